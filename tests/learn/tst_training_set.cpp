// Training sets: pairing by name, number and page; every complaint as a sentence; meanings of label values;
// real data.
#include "core/base/error.h"
#include "core/image/memory_source.h"
#include "core/learn/data_list.h"
#include "core/learn/label_meaning.h"
#include "core/learn/split_distance.h"

#include <QDir>
#include <QImage>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>
#include <nlohmann/json.hpp>

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
        QVERIFY(only(complaints({pair(grey, grey)}, {})).contains("grey values"));
        // Slices without an object show what the class is not.
        QVERIFY(complaints({pair(grey, source(1, 20, 30, [](int64_t) { return 0; }))}, {}).empty());
        const std::vector<TrainingPair> wrong{pair(mask, mask), pair(grey, grey)};
        QCOMPARE(int(complaints(wrong, {}).size()), 2); // all at once
        const QString all = errorOf([&] { loadTrainingSet(wrong, {}, {"cell"}, Progress::none()); });
        QVERIFY(all.contains("two grey values") && all.contains("labels: it holds"));
    }

    void valuesBecomeClasses() {
        QCOMPARE(classes({0, 1, 255, 7}, {}), (std::vector<int>{0, 1, 1, 1}));
        QCOMPARE(classes({0, 255, 0}, {.inverted = true}), (std::vector<int>{1, 0, 1}));
        QCOMPARE(classes({0, 32, 64, 191, 9}, {.valuesOfClass = {{32, 64}, {191}}, .unknownValues = {9}}),
                 (std::vector<int>{0, 1, 1, 2, 255}));
        QCOMPARE(classes({4, 4, 9, 9, 9}, {.boundariesOfIds = true}), (std::vector<int>{0, 1, 1, 0, 0}));
    }

    void partialLabelsSayWhatIsBackground() {
        // Myelin (2) is background, everything else unknown; the class is nowhere.
        QCOMPARE(classes({0, 1, 2, 7}, {.valuesOfClass = {{}}, .backgroundValues = {2}, .restUnknown = true}),
                 (std::vector<int>{255, 255, 0, 255}));
        QCOMPARE(classes({0, 1, 2, 7}, {.backgroundValues = {2}, .restUnknown = true}),
                 (std::vector<int>{255, 255, 0, 255}));
        QCOMPARE(
            classes({0, 1, 2, 7}, {.valuesOfClass = {{1}}, .backgroundValues = {0}, .restUnknown = true}),
            (std::vector<int>{0, 1, 255, 255}));
        // Every other value is the class, as without a background.
        QCOMPARE(classes({0, 1, 2, 7}, {.backgroundValues = {2}}), (std::vector<int>{0, 1, 0, 1}));
        QCOMPARE(classes({0, 1, 2, 7}, {.unknownValues = {7}, .noObject = true}),
                 (std::vector<int>{0, 0, 0, 255}));
    }

    void regionsAreKnownAlone() {
        TrainingPair part = pair(source(2, 8, 9, [](int64_t i) { return int(i % 251); }),
                                 source(2, 8, 9, [](int64_t i) { return i % 2; }));
        part.region = parseRegion("2:6,:4", {2, 8, 9});
        const TrainingSet set = loadTrainingSet({part}, {}, {"cell"}, Progress::none());
        QCOMPARE(set.slices[1].name, std::string("sample, slice 1, rows 2–5, columns 0–3"));
        QCOMPARE(set.slices[1].image.extent().x, int64_t(9));
        const KnownPixels known = knownPixels(set.slices[1].labels);
        QCOMPARE(known.box, (Region{2, 6, 0, 4}));
        QCOMPARE(known.count, int64_t(16));
        QCOMPARE(set.slices[1].labels.at(0, 0, 3, 2), double((72 + 3 * 9 + 2) % 2));
        for (const char* wrong :
             {"2:6", "6:2,0:4", "0:9,0:4", "0:4,0:10", "a:4,0:4", "-1:4,0:4", "0:4,0:4,1"})
            QVERIFY2(errorOf([&] { parseRegion(wrong, {2, 8, 9}); }).contains("8 rows and 9 columns"), wrong);
        QCOMPARE(regionText({0, 8, 0, 9}, {2, 8, 9}), std::string());
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

    void filesPairByNameOrNumber_data() {
        QTest::addColumn<QStringList>("images");
        QTest::addColumn<QStringList>("labels");
        QTest::addColumn<QStringList>("partners"); // of the images in order
        QTest::newRow("name") << QStringList{"a.010", "a.011"} << QStringList{"a.011", "a.010"}
                              << QStringList{"a.010", "a.011"};
        QTest::newRow("last number") << QStringList{"images.010", "images.011"}
                                     << QStringList{"mitos_3D.011", "mitos_3D.010"}
                                     << QStringList{"mitos_3D.010", "mitos_3D.011"};
        QTest::newRow("suffix") << QStringList{"img_1", "img_2"} << QStringList{"img_1_mask", "img_2_mask"}
                                << QStringList{"img_1_mask", "img_2_mask"};
        QTest::newRow("cellpose") << QStringList{"cellA", "cellB"}
                                  << QStringList{"cellB_cp_masks", "cellA_cp_masks"}
                                  << QStringList{"cellA_cp_masks", "cellB_cp_masks"};
        QTest::newRow("prefix") << QStringList{"im1", "im10", "im2"} << QStringList{"gt1", "gt10", "gt2"}
                                << QStringList{"gt1", "gt2", "gt10"};
        QTest::newRow("zeros") << QStringList{"z7", "z11"} << QStringList{"label-007", "label-011"}
                               << QStringList{"label-007", "label-011"};
        QTest::newRow("several numbers")
            << QStringList{"t1_z1", "t1_z2", "t2_z1"} << QStringList{"seg-1-1", "seg-1-2", "seg-2-1"}
            << QStringList{"seg-1-1", "seg-1-2", "seg-2-1"};
        QTest::newRow("one") << QStringList{"raw"} << QStringList{"mask"} << QStringList{"mask"};
    }
    void filesPairByNameOrNumber() {
        QFETCH(QStringList, images);
        QFETCH(QStringList, labels);
        QFETCH(QStringList, partners);
        QTemporaryDir folder;
        const auto pairs = pairImagesAndLabels(write(folder, "images", images).toStdString(),
                                               write(folder, "labels", labels).toStdString(), Role::train);
        QStringList found;
        for (const TrainingPair& one : pairs)
            found << QString::fromStdString(one.labels->info().path.stem().string());
        QCOMPARE(found, partners);
        // Numbers alone are said.
        const bool numbersOnly =
            QStringList{"last number", "several numbers", "zeros"}.contains(QTest::currentDataTag());
        const auto& remarks = pairs.front().remarks;
        QCOMPARE(std::ranges::any_of(remarks,
                                     [](const auto& r) { return r.find("alone: ") != std::string::npos; }),
                 numbersOnly);
        // Both in one folder.
        QTemporaryDir both;
        const QString place = write(both, "all", images);
        write(both, "all", labels);
        if (QTest::currentDataTag() == std::string("suffix"))
            QCOMPARE(pairImagesAndLabels(place.toStdString(), place.toStdString(), Role::train).size(),
                     size_t(2));
    }

    void filesThatDoNotPairAreNamed() {
        QTemporaryDir folder;
        const QString images = write(folder, "images", {"img_1", "img_2", "img_4"});
        const auto refusal = [&](const QString& name, const QStringList& labels) {
            return errorOf([&] {
                pairImagesAndLabels(images.toStdString(), write(folder, name, labels).toStdString(),
                                    Role::train);
            });
        };
        const QString gap = refusal("gap", {"lab_1", "lab_2", "lab_3"}); // as many, but not the same
        QVERIFY2(gap.contains("img_4.png in") && gap.contains("lab_3.png"), qPrintable(gap));
        QVERIFY(refusal("few", {"lab_1"}).contains("img_2.png, img_4.png"));
        QVERIFY(refusal("order", {"left", "middle", "right"}).contains("img_1.png, img_2.png, img_4.png"));
        const QString twins = refusal("twins", {"a_1", "b_1", "a_2", "a_4"});
        QVERIFY2(twins.contains("a_1.png and b_1.png"), qPrintable(twins));
        const QString more = write(folder, "more", {"img_1_mask", "img_2_mask", "img_3_mask", "img_4_mask"});
        const auto pairs = pairImagesAndLabels(images.toStdString(), more.toStdString(), Role::train);
        QCOMPARE(pairs.size(), size_t(3));
        QVERIFY(pairs.front().remarks.at(0).find("img_3_mask.png") != std::string::npos);
    }

    void masksBesideTheImagesAreNoImages() {
        QTemporaryDir folder;
        const QString images = write(folder, "images", {"s0", "s0_cp_masks", "s1", "s1_cp_masks"});
        const QString labels = write(folder, "labels", {"s0_label", "s1_label"});
        const auto pairs = pairImagesAndLabels(images.toStdString(), labels.toStdString(), Role::train);
        QCOMPARE(pairs.size(), size_t(2));
        QVERIFY(pairs.front().remarks.at(0).find("2 masks") != std::string::npos);
    }

    void whatIsNotLabelledCountsForNothing() {
        const auto grey = source(1, 20, 30, [](int64_t i) { return int(i % 200); });
        Pixels labels(PixelType::f32, 1, {1, 20, 30});
        const auto values = labels.values<float>();
        for (size_t i = 0; i < values.size(); ++i) values[i] = i < 200 ? NAN : i < 300 ? 1.f : 0.f;
        const TrainingSet set = loadTrainingSet({pair(grey, std::make_shared<MemorySource>(labels))}, {},
                                                {"cell"}, Progress::none());
        const auto classes = set.slices.at(0).labels.values<uint8_t>();
        QCOMPARE(std::count(classes.begin(), classes.end(), 255), 200);
        QCOMPARE(std::count(classes.begin(), classes.end(), 1), 100);
        QVERIFY(hasRemark(set, "200 voxels are not labelled"));
        // By option, also where boundaries are learnt.
        const auto ids = source(1, 20, 30, [](int64_t i) { return i % 30 < 10 ? 1 : i % 30 < 20 ? 2 : 255; });
        const TrainingSet named =
            loadTrainingSet({pair(grey, ids)}, {.unknownValues = {255}, .boundariesOfIds = true},
                            {"membrane"}, Progress::none());
        const auto boundary = named.slices.at(0).labels.values<uint8_t>();
        QCOMPARE(std::count(boundary.begin(), boundary.end(), 255), 200);
        QCOMPARE(std::count(boundary.begin(), boundary.end(), 1), 40); // not towards what is unknown
    }

    void whatValuesMeanIsSaid() {
        const auto grey = source(1, 20, 30, [](int64_t i) { return int(i % 200); });
        const auto mixed = source(1, 20, 30, [](int64_t i) { return i < 60 ? 3 : i < 90 ? 7 : 0; });
        const auto empty = source(1, 20, 30, [](int64_t) { return 0; });
        const TrainingSet set =
            loadTrainingSet({pair(grey, mixed), pair(grey, empty)}, {}, {"cell"}, Progress::none());
        QCOMPARE(set.slices.size(), size_t(2));
        QVERIFY(hasRemark(set, "Every label value other than 0 is the class “cell”: 3 and 7."));
        QVERIFY(hasRemark(set, "no voxel is labelled"));
        QVERIFY(!hasRemark(set, "none is background"));
        const auto full = source(1, 20, 30, [](int64_t) { return 255; });
        QVERIFY(
            hasRemark(loadTrainingSet({pair(grey, full), pair(grey, mixed)}, {}, {"cell"}, Progress::none()),
                      "every labelled voxel is the class"));
        const TrainingSet chosen =
            loadTrainingSet({pair(grey, mixed)}, {.valuesOfClass = {{3}}}, {"cell"}, Progress::none());
        QVERIFY(hasRemark(chosen, "label value 7 belongs to no class"));
    }

    void slicesWithObjectsAreOnBothSides_data() {
        QTest::addColumn<QList<int>>("objects"); // 1: a slice with an object
        QTest::addColumn<int>("held");
        QTest::addColumn<bool>("remark");
        QTest::newRow("the last") << QList<int>{1, 1, 1, 1} << 3 << false;
        QTest::newRow("last is empty") << QList<int>{1, 0, 1, 0} << 2 << false;
        QTest::newRow("only the last") << QList<int>{0, 0, 0, 1} << 3 << false;
        QTest::newRow("only the first") << QList<int>{1, 0, 0, 0} << 3 << true;
    }
    void slicesWithObjectsAreOnBothSides() {
        QFETCH(QList<int>, objects);
        QFETCH(int, held);
        QFETCH(bool, remark);
        TrainingSet set;
        for (const int object : objects) {
            TrainingSlice slice;
            slice.labels = Pixels(PixelType::u8, 1, {1, 4, 4});
            slice.labels.values<uint8_t>()[3] = uint8_t(object);
            set.slices.push_back(slice);
        }
        holdOutForValidation(set);
        remarkOnValidation(set);
        for (int i = 0; i < int(objects.size()); ++i)
            QCOMPARE(set.slices[size_t(i)].role == Role::validation, i == held);
        QCOMPARE(!set.remarks.empty(), remark);
    }

    void outliersInImagesAreSaid() {
        Pixels image(PixelType::u16, 1, {1, 64, 64});
        for (int64_t i = 0; i < image.count(); ++i)
            image.values<uint16_t>()[size_t(i)] = uint16_t(1000 + i * 37 % 100);
        image.values<uint16_t>()[100] = 65535;
        const auto mask = source(1, 64, 64, [](int64_t i) { return i < 90 ? 255 : 0; });
        const TrainingSet set = loadTrainingSet({pair(std::make_shared<MemorySource>(image), mask)}, {},
                                                {"cell"}, Progress::none());
        QVERIFY(hasRemark(set, "far outside the others"));
    }

    void onePixelSizeIsChosen_data() {
        QTest::addColumn<QList<double>>("sizes"); // 0: unknown
        QTest::addColumn<double>("recipe");
        QTest::addColumn<double>("chosen");
        QTest::addColumn<QString>("remark");
        QTest::newRow("all alike") << QList<double>{5, 5, 5} << 0.0 << 5.0 << "";
        QTest::newRow("unknown") << QList<double>{0, 0} << 0.0 << 0.0 << "";
        QTest::newRow("nearly") << QList<double>{4, 5, 6} << 0.0 << 5.0 << "4 to 6 nm";
        QTest::newRow("far apart") << QList<double>{4, 5, 16} << 0.0 << 0.0 << "more than a factor of 1.5";
        QTest::newRow("of the recipe") << QList<double>{4, 16} << 8.0 << 8.0 << "rescaled to 8 nm";
        QTest::newRow("some unknown") << QList<double>{5, 0, 5} << 0.0 << 5.0 << "1 of 3 slices is not known";
    }
    void onePixelSizeIsChosen() {
        QFETCH(QList<double>, sizes);
        QFETCH(double, recipe);
        QFETCH(double, chosen);
        QFETCH(QString, remark);
        TrainingSet set;
        for (const double size : sizes) {
            TrainingSlice slice;
            if (size > 0) slice.pixelSizeNm = size;
            set.slices.push_back(slice);
        }
        nlohmann::json settings{{"pixelSizeNm", recipe}};
        choosePixelSize(set, settings);
        QCOMPARE(settings["pixelSizeNm"].get<double>(), chosen);
        QCOMPARE(set.remarks.size(), size_t(!remark.isEmpty()));
        if (!remark.isEmpty())
            QVERIFY2(QString::fromStdString(set.remarks[0]).contains(remark), set.remarks[0].c_str());
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

    void listsSayRegionsSharesAndNegatives() {
        QTemporaryDir folder;
        write(folder, "x", {"a", "labels"});
        QImage labels(12, 10, QImage::Format_Grayscale8);
        for (int y = 0; y < 10; ++y)
            for (int x = 0; x < 12; ++x) labels.scanLine(y)[x] = uchar(y < 5 ? 1 : x < 6 ? 2 : 0);
        labels.save(folder.filePath("x/labels.png"));
        const auto load = [&](const std::string& entries) {
            const std::string list = R"({"classes": ["a"], "entries": [)" + entries + "]}";
            QFile file(folder.filePath("list.json"));
            if (file.open(QIODevice::WriteOnly)) file.write(list.c_str());
            file.close();
            return loadDataList(folder.filePath("list.json").toStdString(), folder.path().toStdString(),
                                Progress::none());
        };
        const std::string files = R"("images": "x/a.png", "labels": "x/labels.png")";
        const LoadedDataList loaded = load(
            R"({"name": "A", "region": "0:10,0:6", "share": 0.3, "sliceDistanceNm": 40, "pixelSizeNm": 4, )" +
            files +
            R"(, "meaning": {"values": [[1]], "background": [2], "unknown": "rest"}},
                 {"name": "N", "negative": true, "images": "x/a.png"},
                 {"name": "P", "negative": true, )" +
            files + R"(, "meaning": {"background": [2], "unknown": "rest"}})");
        QCOMPARE(loaded.set.slices.size(), size_t(3));
        const auto count = [&](size_t slice, int value) {
            return std::ranges::count(loaded.set.slices[slice].labels.values<uint8_t>(), uint8_t(value));
        };
        QCOMPARE(count(0, 1), 30); // rows 0–4 of the region's six columns
        QCOMPARE(count(0, 0), 30);
        QCOMPARE(count(0, 255), 60);
        QCOMPARE(count(1, 0), 120); // no label file: nothing but background
        QCOMPARE(count(2, 0), 30);
        QCOMPARE(count(2, 255), 90);
        QCOMPARE(loaded.set.slices[0].share, 0.3);
        QCOMPARE(*loaded.set.slices[0].sliceDistanceNm, 40.0);
        QCOMPARE(loaded.set.slices[1].entry, int64_t(1));
        QVERIFY(loaded.set.slices[0].stack == loaded.set.slices[1].stack &&
                !loaded.set.slices[0].stack.empty());
        QVERIFY(loaded.card.data[0].slices.find("0:10,0:6") != std::string::npos);
        QVERIFY(!hasRemark(loaded.set, "no voxel is labelled"));
        QVERIFY(errorOf([&] { load("{\"name\": \"A\", \"share\": 1.5, " + files + "}"); }).contains("share"));
        const QString full = errorOf([&] {
            load("{\"name\": \"A\", \"share\": 1, " + files + "}, {\"name\": \"B\", " + files + "}");
        });
        QVERIFY2(full.contains("leaves no patch"), qPrintable(full));
        QVERIFY(errorOf([&] { load("{\"region\": \"0:11,0:4\", " + files + "}"); }).contains("10 rows"));
        QVERIFY(
            errorOf([&] { load("{\"meaning\": {\"unknown\": \"all\"}, " + files + "}"); }).contains("rest"));
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
        write(folder, "sized", {"a"});
        for (const char* size : {"-5", "0", "1e9"}) {
            const std::string list =
                R"({"classes": ["a"], "entries": [{"name": "Lucchi", "images": "sized/a.png",
                "labels": "sized/a.png", "pixelSizeNm": )" +
                std::string(size) + "}]}";
            const QString absurd = message(list.c_str());
            QVERIFY2(absurd.contains("Lucchi") && absurd.contains("no size of a pixel"), qPrintable(absurd));
        }
    }

private:
    static bool hasRemark(const TrainingSet& set, const std::string& words) {
        return std::any_of(set.remarks.begin(), set.remarks.end(), [&](const std::string& remark) {
            return remark.find(words) != std::string::npos;
        });
    }
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
