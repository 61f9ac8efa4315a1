// The leak guard: distances of labelled pixels in three dimensions, links, copies; real stacks.
#include "core/io/format.h"
#include "core/learn/data_list.h"
#include "core/learn/leak_guard.h"
#include "core/segment/model_card.h"
#include "tests/learn/synthetic_stack.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QImage>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <filesystem>

using namespace cristae;
namespace fs = std::filesystem;

namespace {

Leak onlyLeak(const TrainingSet& set) {
    const LeakReport report = findLeaks(set, Progress::none());
    return report.leaks.size() == 1 ? report.leaks.front() : Leak{999, 999};
}

TrainingSet twoRegions(const Region& train, const Region& held, int64_t heldZ, std::optional<double> pixelNm,
                       std::optional<double> sliceNm) {
    const auto source = stackOf(1, 30, 40, 400);
    const auto slices = stackSlices(source, "stack", pixelNm, sliceNm);
    TrainingSet set;
    set.slices = {slices[0], slices[size_t(heldZ)]};
    set.slices[0].labels = knownOnlyIn(train, slices[0].labels);
    set.slices[1].labels = knownOnlyIn(held, slices[1].labels);
    set.slices[1].role = Role::validation;
    return set;
}

} // namespace

class TestLeakGuard : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void pixelsDecideInThreeDimensions_data() {
        QTest::addColumn<int>("gap");
        QTest::addColumn<int>("z");
        QTest::addColumn<double>("pixelNm"); // 0: unknown
        QTest::addColumn<double>("sliceNm");
        QTest::addColumn<double>("nm"); // −1: no leak, −2: a leak of unknown length
        QTest::newRow("in the slice, 3 px") << 3 << 0 << 5.0 << 5.0 << 15.0;
        QTest::newRow("in the slice, 49 px") << 49 << 0 << 5.0 << 5.0 << 245.0;
        QTest::newRow("in the slice, 50 px") << 50 << 0 << 5.0 << 5.0 << -1.0;
        QTest::newRow("oblique, 30 px and 40 nm × 5") << 30 << 4 << 5.0 << 40.0 << std::hypot(150.0, 160.0);
        QTest::newRow("oblique, far") << 40 << 4 << 5.0 << 40.0 << -1.0; // 200 and 160 nm: 256 nm
        QTest::newRow("behind each other") << 0 << 2 << 5.0 << 40.0 << 80.0;
        QTest::newRow("sections of 50 nm") << 0 << 5 << 5.0 << 50.0 << -1.0;
        QTest::newRow("slices unknown, 9") << 0 << 9 << 5.0 << 0.0 << -2.0;
        QTest::newRow("slices unknown, 10") << 0 << 10 << 5.0 << 0.0 << -1.0;
        QTest::newRow("pixels unknown, 63") << 63 << 0 << 0.0 << 5.0 << -2.0;
        QTest::newRow("pixels unknown, 64") << 64 << 0 << 0.0 << 5.0 << -1.0;
    }
    void pixelsDecideInThreeDimensions() {
        QFETCH(int, gap);
        QFETCH(int, z);
        QFETCH(double, pixelNm);
        QFETCH(double, sliceNm);
        QFETCH(double, nm);
        const auto known = [](double v) { return v > 0 ? std::optional(v) : std::nullopt; };
        // Of pixels that touch, in other slices, the gap is 0.
        const TrainingSet set =
            twoRegions({0, 40, 0, 100}, {0, 40, 100 + gap, 400}, z, known(pixelNm), known(sliceNm));
        const LeakReport report = findLeaks(set, Progress::none());
        QCOMPARE(report.leaks.empty(), nm == -1.0);
        if (nm == -1.0) return;
        const Leak& leak = report.leaks.front();
        QVERIFY(leak.reason == LeakReason::neighbour);
        QCOMPARE(leak.heldOut, size_t(1));
        QCOMPARE(leak.training, size_t(0));
        QCOMPARE(leak.distanceNm.has_value(), nm > 0);
        if (nm > 0)
            QVERIFY2(std::abs(*leak.distanceNm - nm) < 1e-6, qPrintable(QString::number(*leak.distanceNm)));
        QCOMPARE(report.sentences.size(), size_t(1));
    }

    void labelledPixelsCountWhateverTheirShape() {
        // A diagonal edge: the boxes of both parts overlap, their pixels are 64 px and more apart.
        TrainingSet set = twoRegions({0, 40, 0, 400}, {0, 40, 0, 400}, 0, 5.0, 5.0);
        const auto keep = [](TrainingSlice& slice, auto&& where) {
            slice.labels = knownOnlyIn(Region::of(slice.labels.extent()), slice.labels);
            for (int64_t y = 0; y < 40; ++y)
                for (int64_t x = 0; x < 400; ++x)
                    if (!where(y, x)) slice.labels.values<uint8_t>()[size_t(y * 400 + x)] = 255;
        };
        keep(set.slices[0], [](int64_t y, int64_t x) { return x < 100 + y; });
        keep(set.slices[1], [](int64_t y, int64_t x) { return x >= 175 + y; });
        QVERIFY(findLeaks(set, Progress::none()).leaks.empty());
        keep(set.slices[1], [](int64_t y, int64_t x) { return x >= 175 + y && x != 0; });
        set.slices[1].labels.values<uint8_t>()[160] = 0; // one pixel: 61 px from (0, 99), nearer to others
        const Leak leak = onlyLeak(set);
        QVERIFY(leak.reason == LeakReason::neighbour && leak.pixels > 40 && leak.pixels < 61);
    }

    void samePixelsAreNamed() {
        const TrainingSet set = twoRegions({0, 40, 0, 200}, {0, 40, 199, 400}, 0, 5.0, 5.0);
        QVERIFY(onlyLeak(set).reason == LeakReason::overlap);
        const std::string sentence = findLeaks(set, Progress::none()).sentences.at(0);
        QVERIFY2(sentence.starts_with("1 validation slice of “stack” is trained on"), sentence.c_str());
    }

    void manySlicesAreOneSentence() {
        TrainingSet set;
        set.slices = stackSlices(stackOf(2, 60, 40, 60), "Lucchi++", 5.0, 5.0);
        for (size_t i = 40; i < 60; ++i) set.slices[i].role = Role::test;
        set.classNames = {"mitochondria"};
        ModelCard card;
        card.data = {{"Lucchi++", "", "all", ""}};
        const LeakReport report = markLeaks(set, card, Progress::none());
        QCOMPARE(report.leaks.size(), size_t(20));
        QCOMPARE(report.sentences,
                 std::vector<std::string>{
                     "20 test slices of “Lucchi++” are neighbours of training slices (as near as "
                     "5 nm; at least 250 nm are needed), so their scores flatter the model."});
        QCOMPARE(set.slices[40].leak, std::string("neighbours of training slices (5 nm)"));
        QCOMPARE(set.slices[59].leak, std::string("neighbours of training slices (100 nm)"));
        QVERIFY(set.slices[0].leak.empty());
        QCOMPARE(set.remarks, report.sentences);
        QVERIFY(card.data[0].slices.find("20 test slices") != std::string::npos);
        QCOMPARE(card.training.at("leaks").at(0).get<std::string>(), report.sentences[0]);
        for (size_t i = 0; i < 60; ++i) set.slices[i].role = i < 5 ? Role::train : Role::test;
        QCOMPARE(findLeaks(set, Progress::none()).leaks.size(),
                 size_t(49)); // slice 54 is 250 nm from slice 4
    }

    void linksAndCopiesAreTheSameImage() {
        QTemporaryDir folder;
        const fs::path here = folder.path().toStdString();
        const auto write = [&](const char* name, uint64_t seed) {
            const Pixels pixels = waves(seed, 1, 300, 300, 4);
            QImage image(300, 300, QImage::Format_Grayscale8);
            for (int y = 0; y < 300; ++y)
                std::copy_n(pixels.values<uint8_t>().data() + y * 300, 300, image.scanLine(y));
            QVERIFY(image.save(folder.filePath(name)));
        };
        write("a.png", 1);
        write("other.png", 2);
        fs::create_symlink(here / "a.png", here / "link.png");
        fs::create_hard_link(here / "a.png", here / "hard.png");
        fs::copy_file(here / "a.png", here / "copy.png");
        const auto mask = std::make_shared<MemorySource>(Pixels(PixelType::u8, 1, {1, 300, 300}));
        const auto leaksOf = [&](const char* name) {
            TrainingSet set = loadTrainingSet(
                {{.name = "a", .image = openImage(here / "a.png"), .labels = mask},
                 {.name = name, .image = openImage(here / name), .labels = mask, .role = Role::validation}},
                {.noObject = true}, {"cell"}, Progress::none());
            return findLeaks(set, Progress::none()).leaks;
        };
        QVERIFY(leaksOf("other.png").empty());
        for (const char* same : {"a.png", "link.png", "hard.png"})
            QVERIFY2(leaksOf(same).at(0).reason == LeakReason::overlap, same);
        QVERIFY(leaksOf("copy.png").at(0).reason == LeakReason::alike);
        QVERIFY(leaksOf("copy.png").at(0).likeness > 0.999);
    }

    void greyValuesAndSmallShiftsDoNotHide() {
        const Pixels image = waves(7, 1, 600, 640, 4);
        Pixels changed(PixelType::u16, 1, {1, 600, 640}); // brighter, moved by a pixel
        for (int64_t y = 0; y < 600; ++y)
            for (int64_t x = 0; x < 640; ++x)
                changed.values<uint16_t>()[size_t(y * 640 + x)] = uint16_t(
                    9000 + 55 * image.at(0, 0, std::max<int64_t>(0, y - 1), std::min<int64_t>(639, x + 1)));
        QVERIFY(likeness(thumbnailOf(image), thumbnailOf(changed)) > 0.95);
        QVERIFY(likeness(thumbnailOf(image), thumbnailOf(waves(8, 1, 600, 640, 4))) < 0.5);
        // Images without contrast look like nothing.
        const Pixels empty(PixelType::u8, 1, {1, 300, 320});
        QCOMPARE(likeness(thumbnailOf(empty), thumbnailOf(empty)), 0.0);
    }

    void filesOfOneFolderAreAStackWhereTheyLookLikeOne() {
        QTemporaryDir folder;
        const auto writeAll = [&](const QString& name, auto&& imageOf) {
            QDir(folder.path()).mkdir(name);
            TrainingSet set;
            const auto mask = std::make_shared<MemorySource>(Pixels(PixelType::u8, 1, {1, 128, 128}));
            for (int i = 0; i < 12; ++i) {
                const Pixels pixels = imageOf(i);
                QImage image(128, 128, QImage::Format_Grayscale8);
                for (int y = 0; y < 128; ++y)
                    std::copy_n(pixels.values<uint8_t>().data() + y * 128, 128, image.scanLine(y));
                const QString file = folder.filePath(QString("%1/z%2.png").arg(name).arg(3 * i));
                image.save(file);
                TrainingSet part = loadTrainingSet({{.name = "f",
                                                     .image = openImage(file.toStdString()),
                                                     .labels = mask,
                                                     .role = i < 8 ? Role::train : Role::validation}},
                                                   {.noObject = true}, {"cell"}, Progress::none());
                set.slices.push_back(part.slices[0]);
            }
            return set;
        };
        const Pixels stack = waves(3, 12, 128, 128, 3);
        const TrainingSet slices = writeAll("stack", [&](int z) {
            return stack.cropped({z, 0, 0, z + 1, 128, 128});
        });
        const TrainingSet images =
            writeAll("images", [&](int z) { return waves(uint64_t(100 + z), 1, 128, 128, 3); });
        // The numbers in the names are places: file 8 is z24, 3 slices from z21; file 11 (z33) is 12 away.
        const auto leaks = findLeaks(slices, Progress::none()).leaks;
        QCOMPARE(leaks.size(), size_t(3));
        QCOMPARE(leaks[0].slices, int64_t(3));
        QVERIFY(findLeaks(images, Progress::none()).leaks.empty());
    }

    void realStacks() {
        const fs::path data = CRISTAE_TEST_DATA;
        if (!fs::exists(data / "lucchi_pp/train_even")) QSKIP("The folder of real micrographs is not here.");
        // Slices of different volumes look different; slices of Lucchi++ 2 apart in different files alike.
        std::vector<std::pair<std::string, Thumbnail>> all;
        const auto add = [&](const std::string& volume, const fs::path& file, int64_t every) {
            const TileSourcePtr source = openImage(data / file);
            for (int64_t z = 0; z < source->info().extent().z; z += every)
                all.emplace_back(volume,
                                 thumbnailOf(source->read(0, Box3::ofSlice(source->info().extent(), z))));
        };
        add("lucchi", "lucchi_pp/train_even/images", 5);
        add("lucchi", "lucchi_pp/train_images_z000-023.tif", 6);
        add("vnc", "vnc_sstem/stack1_raw_z00-13.tif", 2);
        add("isbi", "isbi2012/train-volume.tif", 2);
        add("cdeep3m", "cdeep3m_mito/mito_testsample/training/images", 2);
        add("hela", "hela_cell_slices", 1);
        for (const auto& file : fs::directory_iterator(data / "nasa_superalloy_sem/train/images"))
            add(file.path().filename().string(), file.path(), 1);
        for (const auto& file : fs::directory_iterator(data / "emps_particles/train/images"))
            add(file.path().filename().string(), file.path(), 1);
        double most = 0;
        for (size_t i = 0; i < all.size(); ++i)
            for (size_t j = i + 1; j < all.size(); ++j)
                if (all[i].first != all[j].first)
                    most = std::max(most, likeness(all[i].second, all[j].second));
        QVERIFY2(most < 0.7, qPrintable(QString::number(most)));
        const auto slice = [&](const char* file) {
            const TileSourcePtr source = openImage(data / file);
            return thumbnailOf(source->read(0, Box3::ofSlice(source->info().extent(), 0)));
        };
        const double near = likeness(slice("lucchi_pp/train_even/images/z064.png"),
                                     slice("lucchi_pp/train_sparse/images/z066.png"));
        QVERIFY2(near > 0.9, qPrintable(QString::number(near)));
    }

    void largeStackTakesSeconds() {
        TrainingSet set;
        Pixels one = waves(5, 1, 768, 1024, 4);
        const auto source = std::make_shared<MemorySource>(one);
        const TrainingSlice slice = stackSlices(source, "large", 5.0, 5.0).front();
        for (int64_t z = 0; z < 165; ++z) {
            set.slices.push_back(slice);
            set.slices.back().z = z;
            set.slices.back().role = z % 3 == 0 ? Role::validation : Role::train;
        }
        QElapsedTimer clock;
        clock.start();
        const LeakReport report = findLeaks(set, Progress::none());
        qInfo("165 slices of 768 × 1024: %lld ms", clock.elapsed());
        QCOMPARE(report.leaks.size(), size_t(55));
        QVERIFY(clock.elapsed() < 30000);
    }

    void cancelIsHeard() {
        struct Cancelled : Progress {
            void report(double, const std::string&) const override {}
            bool cancelled() const override { return true; }
        };
        TrainingSet set;
        set.slices = stackSlices(stackOf(2, 4, 40, 60), "s", 5.0, 5.0);
        set.slices[3].role = Role::test;
        try {
            findLeaks(set, Cancelled());
            QFAIL("it must be cancelled");
        } catch (const Error& error) {
            QVERIFY(error.kind() == ErrorKind::cancelled);
        }
    }
};

QTEST_GUILESS_MAIN(TestLeakGuard)
#include "tst_leak_guard.moc"
