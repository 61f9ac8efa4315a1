// Training sets: pairing by name, number and page; every complaint as a sentence; meanings of label values;
// real data.
#include "core/base/error.h"
#include "core/image/memory_source.h"
#include "core/learn/data_list.h"
#include "core/learn/label_meaning.h"

#include <QDir>
#include <QImage>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace cristae;

namespace {

TileSourcePtr source(int64_t slices, int64_t height, int64_t width,
                     const std::function<int(int64_t)>& value) {
    Pixels pixels(PixelType::u8, 1, {slices, height, width});
    for (int64_t i = 0; i < pixels.count(); ++i) pixels.values<uint8_t>()[size_t(i)] = uint8_t(value(i));
    return std::make_shared<MemorySource>(pixels);
}

TrainingPair pair(TileSourcePtr image, TileSourcePtr labels) {
    return {.name = "sample", .image = std::move(image), .labels = std::move(labels)};
}

std::vector<int> classes(std::vector<uint8_t> values, const LabelMeaning& meaning) {
    Pixels pixels(PixelType::u8, 1, {1, 1, int64_t(values.size())});
    std::copy(values.begin(), values.end(), pixels.values<uint8_t>().begin());
    const Pixels result = classesOf(pixels, meaning);
    return {result.values<uint8_t>().begin(), result.values<uint8_t>().end()};
}

template <class F> QString errorOf(F&& f) {
    try {
        f();
    } catch (const Error& error) {
        return QString::fromStdString(error.what());
    }
    return {};
}

} // namespace

class TestTrainingSet : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void complaintsNameWhatIsWrong() {
        const auto grey = source(1, 20, 30, [](int64_t i) { return int(i % 200); });
        const auto mask = source(1, 20, 30, [](int64_t i) { return i < 90 ? 255 : 0; });
        const auto only = [](const std::vector<std::string>& found) {
            return found.size() == 1 ? QString::fromStdString(found[0]) : QString();
        };
        QVERIFY(complaints({pair(grey, mask)}, {}).empty());
        QVERIFY(only(complaints({pair(grey, source(1, 20, 31, [](int64_t) { return 1; }))}, {}))
                    .contains("20 × 31"));
        QVERIFY(only(complaints({pair(mask, mask)}, {})).contains("two grey values"));
        QVERIFY(only(complaints({pair(grey, grey)}, {})).contains("more than 16"));
        QVERIFY(complaints({pair(grey, grey)}, {.valuesOfClass = {{7}}}).empty()); // said to be meant so
        QVERIFY(only(complaints({pair(grey, source(1, 20, 30, [](int64_t) { return 0; }))}, {}))
                    .contains("no object"));
        const std::vector<TrainingPair> wrong{pair(mask, mask), pair(grey, grey)};
        QCOMPARE(int(complaints(wrong, {}).size()), 2); // all at once
        const QString all = errorOf([&] { loadTrainingSet(wrong, {}, {"cell"}, Progress::none()); });
        QVERIFY(all.contains("two grey values") && all.contains("more than 16"));
    }

    void valuesBecomeClasses() {
        QCOMPARE(classes({0, 1, 255, 7}, {}), (std::vector<int>{0, 1, 1, 1}));
        QCOMPARE(classes({0, 255, 0}, {.inverted = true}), (std::vector<int>{1, 0, 1}));
        QCOMPARE(classes({0, 32, 64, 191, 9}, {.valuesOfClass = {{32, 64}, {191}}, .unknownValues = {9}}),
                 (std::vector<int>{0, 1, 1, 2, 255}));
        QCOMPARE(classes({4, 4, 9, 9, 9}, {.boundariesOfIds = true}), (std::vector<int>{0, 1, 1, 0, 0}));
    }

    void slicesAndRolesAreTaken() {
        TrainingPair stack = pair(source(6, 8, 9, [](int64_t i) { return int(i % 251); }),
                                  source(6, 8, 9, [](int64_t i) { return i % 2; }));
        stack.firstSlice = 1;
        stack.endSlice = 6;
        stack.everySlice = 2;
        TrainingSet set = loadTrainingSet({stack}, {}, {"cell"}, Progress::none());
        QCOMPARE(int(set.slices.size()), 3);
        QCOMPARE(set.slices[1].name, std::string("sample, slice 3"));
        QCOMPARE(set.slices[1].image.at(0, 0, 0, 0), double(3 * 72 % 251));
        holdOutForValidation(set, 0.3);
        QVERIFY(set.slices[1].role == Role::train);
        QVERIFY(set.slices[2].role == Role::validation);
    }

    void foldersPairByNameThenNumberThenOrder() {
        QTemporaryDir folder;
        const QString images = write(folder, "images", {"images.010", "images.011"});
        const auto first = [&](const QString& labels) {
            return pairImagesAndLabels(images.toStdString(), labels.toStdString(), Role::train);
        };
        const auto byNumber = first(write(folder, "numbers", {"mitos_3D.011", "mitos_3D.010"}));
        QCOMPARE(int(byNumber.size()), 2);
        QVERIFY(byNumber[1].labels->info().path.string().ends_with("mitos_3D.011.png"));
        QVERIFY(first(write(folder, "names", {"images.011", "images.010"}))[0]
                    .labels->info()
                    .path.string()
                    .ends_with("images.010.png"));
        QCOMPARE(int(first(write(folder, "order", {"left", "right"})).size()), 2);
        const QString missing = errorOf([&] { first(write(folder, "missing", {"images.011"})); });
        QVERIFY2(missing.contains("images.010.png"), qPrintable(missing));
    }

    void realData() {
        const std::filesystem::path data = CRISTAE_TEST_DATA;
        if (!std::filesystem::exists(data / "lucchi_pp"))
            QSKIP("The folder of real micrographs is not here.");
        QTemporaryDir folder;
        const auto list = std::filesystem::path(folder.path().toStdString()) / "list.json";
        QFile file(QString::fromStdString(list.string()));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(R"({"classes": ["mitochondria"], "name": "m", "entries": [
            {"name": "A", "images": "lucchi_pp/train_images_z000-023.tif", "labels": "lucchi_pp/train_labels_z000-023.tif", "slices": "0:2", "pixelSizeNm": 5},
            {"name": "B", "images": "cdeep3m_mito/mito_testsample/training/images", "labels": "cdeep3m_mito/mito_testsample/training/labels", "slices": "12:14", "role": "validation"},
            {"name": "C", "stack": true, "images": "cdeep3m_mito/mito_testsample/training/images", "labels": "cdeep3m_mito/mito_testsample/training/labels", "slices": "3", "role": "test"}]})");
        file.close();
        const LoadedDataList loaded = loadDataList(list, data, Progress::none());
        QCOMPARE(int(loaded.set.slices.size()), 5);
        // A folder as a stack: the slice knows its neighbours.
        QCOMPARE(loaded.set.slices[4].z, int64_t(3));
        QCOMPARE(loaded.set.slices[4].source->info().extent().z, int64_t(14));
        QCOMPARE(loaded.set.slices[3].source->info().extent().z, int64_t(1));
        QCOMPARE(*loaded.set.slices[0].pixelSizeNm, 5.0);
        QVERIFY(loaded.set.slices[3].role == Role::validation);
        QCOMPARE(loaded.set.slices[3].image.extent().x, 1024);
        const auto share = [](const TrainingSlice& slice) {
            int64_t objects = 0;
            for (const uint8_t v : slice.labels.values<uint8_t>()) objects += v;
            return double(objects) / double(slice.labels.count());
        };
        QVERIFY(share(loaded.set.slices[0]) > 0.05 && share(loaded.set.slices[0]) < 0.15);
        QVERIFY(share(loaded.set.slices[3]) > 0.02 && share(loaded.set.slices[3]) < 0.2);
    }

    void wrongListsAreRefused() {
        QTemporaryDir folder;
        const auto message = [&](const char* text) {
            const QString path = folder.filePath("list.json");
            QFile file(path);
            if (file.open(QIODevice::WriteOnly)) file.write(text);
            file.close();
            return errorOf(
                [&] { loadDataList(path.toStdString(), folder.path().toStdString(), Progress::none()); });
        };
        QVERIFY(message("[").contains("not JSON"));
        QVERIFY(message(R"({"classes": ["a"]})").contains("entries"));
        const QString both =
            message(R"({"classes": ["a"], "entries": [{"name": "A", "images": "no.tif", "labels": "no.tif"},
                                                                       {"name": "B", "images": "none.tif", "labels": "no.tif"}]})");
        QVERIFY2(both.contains("no.tif") && both.contains("none.tif"), qPrintable(both));
    }

private:
    static QString write(const QTemporaryDir& folder, const QString& name, const QStringList& files) {
        QDir(folder.path()).mkdir(name);
        for (const QString& file : files) {
            QImage image(12, 10, QImage::Format_Grayscale8);
            for (int y = 0; y < 10; ++y)
                for (int x = 0; x < 12; ++x) image.scanLine(y)[x] = uchar(x * 20);
            image.save(folder.filePath(name + "/" + file + ".png"));
        }
        return folder.filePath(name);
    }
};

QTEST_GUILESS_MAIN(TestTrainingSet)
#include "tst_training_set.moc"
