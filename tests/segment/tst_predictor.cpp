// Predictor with fake networks: tiles leave no trace, regions are crops, faults and cancel end as promised.
#include "core/base/random.h"
#include "core/image/memory_source.h"
#include "fake_networks.h"

#include <QRegularExpression>
#include <QTest>
#include <atomic>
#include <map>
#include <set>

using namespace cristae;

namespace {

MemorySource noise(int64_t channels, Extent3 extent, uint64_t seed, std::optional<double> nm = {}) {
    Random random(seed);
    Pixels pixels(PixelType::f32, channels, extent);
    for (float& value : pixels.values<float>()) value = float(random.uniform());
    ImageInfo info;
    if (nm) info.voxelSize = {nm, nm, nm, "test"};
    return MemorySource(std::move(pixels), info);
}

NetworkTask taskOf(FakeNetwork& network) {
    return {&network, plainCard(network.info_.classesOut), {}, {}};
}

std::vector<PredictedSlice> run(const TileSource& image, std::vector<NetworkTask> tasks,
                                PredictionSettings settings, std::vector<std::string>* remarks = nullptr,
                                const Progress& progress = Progress::none()) {
    std::vector<PredictedSlice> slices;
    auto said = predict(
        image, tasks, settings, [&](const PredictedSlice& slice) { slices.push_back(slice); }, progress);
    if (remarks) *remarks = std::move(said);
    return slices;
}

PredictionSettings withSide(int64_t side, Averaging averaging = Averaging::none) {
    PredictionSettings settings;
    settings.tileSide = side;
    settings.averaging = averaging;
    settings.wantProbabilities = true;
    return settings;
}

float largestDifference(const Pixels& a, const Pixels& b) {
    float largest = a.extent() == b.extent() && a.channels() == b.channels() ? 0.f : 1e9f;
    if (largest == 0)
        for (size_t i = 0; i < a.values<float>().size(); ++i)
            largest = std::max(largest, std::abs(a.values<float>()[i] - b.values<float>()[i]));
    return largest;
}

/// Finds what is above one half; every connected piece of its input has a number.
class ObjectNetwork : public FakeNetwork {
public:
    ObjectNetwork() : FakeNetwork(identity()) {
        info_.findsObjects = true;
        info_.strideMultiple = 8;
    }
    void run(std::span<const Pixels> in, std::span<Pixels> out) override {
        FakeNetwork::run(in, out);
        const Extent3 e = in[0].extent();
        ids_ = Pixels(PixelType::u32, 1, e);
        const auto grey = in[0].values<float>();
        const auto ids = ids_.values<uint32_t>();
        uint32_t last = 0;
        for (int64_t start = 0; start < e.count(); ++start) {
            if (grey[size_t(start)] < 0.5f || ids[size_t(start)]) continue;
            std::vector<int64_t> open{start};
            ids[size_t(start)] = ++last;
            while (!open.empty()) {
                const int64_t i = open.back();
                open.pop_back();
                for (const int64_t next : {i - 1, i + 1, i - e.x, i + e.x}) {
                    if (next < 0 || next >= e.count() || grey[size_t(next)] < 0.5f || ids[size_t(next)])
                        continue;
                    if (std::abs(next - i) == 1 && next / e.x != i / e.x) continue;
                    ids[size_t(next)] = last;
                    open.push_back(next);
                }
            }
        }
    }
    std::vector<Pixels> objects() const override { return {ids_}; }

private:
    Pixels ids_;
};

/// A network of volumes: the mean of the five nearest slices, weighted so that up and down differ; zeros
/// outside its input. Counts where its inputs begin by the value of a ramp along z.
class FakeVolume : public Network {
public:
    FakeVolume() {
        info_.volumetric = true;
        info_.sliceMultiple = 4;
        info_.sliceRadius = 2;
        info_.strideMultiple = 4;
        info_.device = "fake";
    }
    NetworkInfo info_;
    std::vector<int64_t> depths;
    const NetworkInfo& info() const override { return info_; }
    void run(std::span<const Pixels> in, std::span<Pixels> out) override {
        const Extent3 e = in[0].extent();
        if (e.z % 4 || e.y % 4 || e.x % 4) throw Error(ErrorKind::internal, "a block of a wrong size");
        if (e.count() > failAbove) throw Error(ErrorKind::memory, "not enough memory");
        depths.push_back(e.z);
        out[0] = Pixels(PixelType::f32, 1, e);
        for (int64_t z = 0; z < e.z; ++z)
            for (int64_t i = 0; i < e.y * e.x; ++i) {
                float sum = 0;
                for (int64_t d = -2; d <= 2; ++d)
                    if (z + d >= 0 && z + d < e.z)
                        sum += float(d + 3) / 15 * in[0].plane<float>(0, z + d)[size_t(i)];
                out[0].plane<float>(0, z)[size_t(i)] = sum;
            }
    }
    int64_t failAbove = INT64_MAX;
};

class CancelAfter : public Progress {
public:
    explicit CancelAfter(int reports) : left_(reports) {}
    void report(double, const std::string&) const override { --left_; }
    bool cancelled() const override { return left_ <= 0; }

private:
    mutable std::atomic<int> left_;
};

class Recorder : public Progress {
public:
    mutable std::vector<double> fractions;
    mutable std::vector<std::string> words;
    void report(double fraction, const std::string& text) const override {
        fractions.push_back(fraction);
        words.push_back(text);
    }
    bool cancelled() const override { return false; }
};

} // namespace

class TestPredictor : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void tiledEqualsWhole() {
        const MemorySource image = noise(1, {1, 101, 77}, 1);
        FakeNetwork network(blur(5), 5);
        const auto whole = run(image, {taskOf(network)}, withSide(4096));
        QCOMPARE(network.runs, int64_t(1));
        for (const int64_t side : {48, 64, 80}) {
            const auto tiled = run(image, {taskOf(network)}, withSide(side));
            QVERIFY(largestDifference(whole[0].probabilities, tiled[0].probabilities) < 1e-6f);
            QVERIFY(tiled[0].labels == whole[0].labels);
        }
        for (const Extent3& seen : network.seen) QVERIFY(seen.y % 16 == 0 && seen.x % 16 == 0);
    }

    void aWrongRadiusShows() { // the test above would notice a halo that is too small
        const MemorySource image = noise(1, {1, 101, 77}, 1);
        FakeNetwork network(blur(9), 0);
        const auto whole = run(image, {taskOf(network)}, withSide(4096));
        const auto tiled = run(image, {taskOf(network)}, withSide(32));
        QVERIFY(largestDifference(whole[0].probabilities, tiled[0].probabilities) > 1e-3f);
    }

    void bordersAreMirrored() {
        const MemorySource image = noise(1, {1, 20, 20}, 2);
        FakeNetwork network([](const Pixels& in, int64_t, int64_t y,
                               int64_t x) { return y > 1 ? valueAt(in, 0, 0, y - 2, x) : 0.f; },
                            2);
        const auto slices = run(image, {taskOf(network)}, withSide(64));
        const Pixels& p = slices[0].probabilities;
        for (int64_t x = 0; x < 20; ++x) {
            QCOMPARE(p.at(0, 0, 0, x),
                     image.read(0, {0, 2, x, 1, 3, x + 1}).at(0, 0, 0, 0)); // row −2 is row 2
            QCOMPARE(p.at(0, 0, 1, x), image.read(0, {0, 1, x, 1, 2, x + 1}).at(0, 0, 0, 0));
        }
    }

    void aRegionIsACropOfTheWhole_data() {
        QTest::addColumn<double>("pixelNm");
        QTest::newRow("own pixels") << 0.0;
        QTest::newRow("finer image, shrunk for the model") << 4.0;
        QTest::newRow("coarser image, grown for the model") << 17.0;
    }
    void aRegionIsACropOfTheWhole() {
        QFETCH(double, pixelNm);
        const MemorySource image =
            noise(1, {2, 90, 110}, 3, pixelNm > 0 ? std::optional(pixelNm) : std::nullopt);
        FakeNetwork network(blur(3), 3);
        NetworkTask task = taskOf(network);
        task.card.normalisation = {
            {"kind", "zero-mean-unit-variance"}}; // of the whole slice, not of the region
        task.card.pixelSizeNm = 8;
        const auto whole = run(image, {task}, withSide(64));
        QCOMPARE(whole[0].probabilities.extent(), (Extent3{1, 90, 110}));
        PredictionSettings settings = withSide(64);
        settings.region = Box3{0, 13, 41, 1, 60, 99};
        settings.firstSlice = 1;
        settings.endSlice = 2;
        const auto part = run(image, {task}, settings);
        QCOMPARE(part.size(), size_t(1));
        QCOMPARE(part[0].z, int64_t(1));
        QCOMPARE(part[0].box, (Box3{1, 13, 41, 2, 60, 99}));
        const Box3 crop = {0, 13, 41, 1, 60, 99};
        QVERIFY(largestDifference(part[0].probabilities, whole[1].probabilities.cropped(crop)) < 1e-6f);
    }

    void theModelSeesItsOwnPixelSize() {
        // A feature of 8 image pixels at 5 nm is 4 model pixels at 10 nm: the network sees half the extent,
        // the result has all.
        const MemorySource image = noise(1, {1, 64, 64}, 3, 5.0);
        FakeNetwork network(identity());
        NetworkTask task = taskOf(network);
        task.card.pixelSizeNm = 10;
        std::vector<std::string> remarks;
        const auto slices = run(image, {task}, withSide(4096), &remarks);
        QCOMPARE(network.seen[0], (Extent3{1, 32, 32}));
        QCOMPARE(slices[0].labels.extent(), (Extent3{1, 64, 64}));
        QCOMPARE(remarks.size(), size_t(1));
        task.card.pixelSizeNm = 5.04; // within 1 %
        network.seen.clear();
        run(image, {task}, withSide(4096));
        QCOMPARE(network.seen[0], (Extent3{1, 64, 64}));
    }

    void averagingOfAnEquivariantNetworkChangesNothing() {
        const MemorySource image = noise(1, {1, 70, 50}, 4);
        FakeNetwork network(blur(2), 2);
        const auto plain = run(image, {taskOf(network)}, withSide(48));
        const int64_t runs = network.runs;
        for (const Averaging averaging : {Averaging::flips, Averaging::all}) {
            network.runs = 0;
            const auto averaged = run(image, {taskOf(network)}, withSide(48, averaging));
            QCOMPARE(network.runs, runs * (averaging == Averaging::flips ? 4 : 8));
            QVERIFY(largestDifference(plain[0].probabilities, averaged[0].probabilities) < 1e-6f);
        }
    }

    void averagingOfALopsidedNetworkIsTheMeanOfItsViews() {
        const MemorySource image = noise(1, {1, 32, 32}, 4);
        FakeNetwork network(
            [](const Pixels& in, int64_t, int64_t y, int64_t x) {
                return x + 1 < in.extent().x ? valueAt(in, 0, 0, y, x + 1) : 0.f;
            },
            1);
        const auto slices = run(image, {taskOf(network)}, withSide(4096, Averaging::all));
        const Pixels whole = image.read(0, {0, 0, 0, 1, 32, 32});
        const double expected =
            (whole.at(0, 0, 9, 10) + whole.at(0, 0, 9, 8) + whole.at(0, 0, 10, 9) + whole.at(0, 0, 8, 9)) / 4;
        QVERIFY(std::abs(slices[0].probabilities.at(0, 0, 9, 9) - expected) < 1e-6);
    }

    void lackOfMemoryHalvesTheTile() {
        const MemorySource image = noise(1, {2, 300, 300}, 5);
        FakeNetwork network(blur(2), 2);
        const auto expected = run(image, {taskOf(network)}, withSide(4096));
        network.failAboveSide = 100;
        std::vector<std::string> remarks;
        Recorder progress;
        const auto slices = run(image, {taskOf(network)}, withSide(4096), &remarks, progress);
        QVERIFY(slices[0].labels == expected[0].labels && slices[1].labels == expected[1].labels);
        QVERIFY(!remarks.empty() && QString::fromStdString(remarks[0]).contains("halved"));
        QVERIFY(std::is_sorted(progress.fractions.begin(), progress.fractions.end()));
        QVERIFY(progress.fractions.back() <= 1.0);
        network.failAboveSide = 8;
        try {
            run(image, {taskOf(network)}, withSide(4096));
            QFAIL("no tile was small enough, yet it went on");
        } catch (const Error& error) {
            QCOMPARE(error.kind(), ErrorKind::memory);
        }
    }

    void cancelStopsBetweenTiles() {
        const MemorySource image = noise(1, {3, 200, 200}, 6);
        FakeNetwork network(identity());
        try {
            run(image, {taskOf(network)}, withSide(32), nullptr, CancelAfter(4));
            QFAIL("was not cancelled");
        } catch (const Error& error) {
            QCOMPARE(error.kind(), ErrorKind::cancelled);
        }
        QVERIFY(network.runs <= 4);
    }

    void progressSaysSliceAndTile() {
        const MemorySource image = noise(1, {2, 64, 64}, 6);
        FakeNetwork network(identity());
        Recorder progress;
        run(image, {taskOf(network)}, withSide(32), nullptr, progress);
        QCOMPARE(progress.words.back(), std::string("slice 2 of 2, tile 4 of 4"));
        QCOMPARE(progress.fractions.back(), 1.0);
        PredictionSettings settings = withSide(32);
        const std::vector<NetworkTask> tasks = {taskOf(network)};
        QCOMPARE(predictionWork(image.info(), tasks, settings), double(2 * 64 * 64));
        settings.averaging = Averaging::flips;
        QCOMPARE(predictionWork(image.info(), tasks, settings), double(8 * 64 * 64));
    }

    void neighbouringSlicesAreMirroredAtTheEnds() {
        const MemorySource image = noise(1, {4, 16, 16}, 7);
        FakeNetwork network([](const Pixels& in, int64_t, int64_t y, int64_t x) {
            return valueAt(in, 0, 0, y, x);
        }); // the slice two before
        network.info_.slicesIn = 5;
        const auto slices = run(image, {taskOf(network)}, withSide(64));
        for (const auto& [z, from] : std::vector<std::pair<int64_t, int64_t>>{{0, 2}, {1, 1}, {2, 0}, {3, 1}})
            QCOMPARE(slices[size_t(z)].probabilities.at(0, 0, 3, 3),
                     image.read(0, Box3::ofSlice({4, 16, 16}, from)).at(0, 0, 3, 3));
    }

    void volumesInSlabsEqualTheWhole() {
        const MemorySource image = noise(1, {29, 20, 28}, 11);
        FakeVolume network;
        const NetworkTask task = {&network, plainCard(1), {}, {}};
        network.info_.tileDepth = 64;
        const auto whole = run(image, {task}, withSide(64));
        QCOMPARE(int(whole.size()), 29);
        QCOMPARE(network.depths, std::vector<int64_t>{40}); // 32 slices and a halo of 4 at both ends
        network.info_.tileDepth = 16;
        network.depths.clear();
        const auto slabs = run(image, {task}, withSide(12));
        QVERIFY(network.depths.size() > 4 && network.depths.front() == 16);
        for (size_t z = 0; z < 29; ++z) {
            QCOMPARE(slabs[z].z, int64_t(z));
            QVERIFY(largestDifference(whole[z].probabilities, slabs[z].probabilities) < 1e-6f);
        }
        // A few slices by themselves, mirrored only where the stack ends.
        PredictionSettings some = withSide(64);
        some.firstSlice = 26;
        some.endSlice = 29;
        const auto last = run(image, {task}, some);
        QCOMPARE(int(last.size()), 3);
        for (size_t i = 0; i < 3; ++i)
            QVERIFY(largestDifference(whole[26 + i].probabilities, last[i].probabilities) < 1e-6f);
        const auto at = [&](int64_t z) {
            return image.read(0, Box3::ofSlice({29, 20, 28}, z)).at(0, 0, 7, 9);
        };
        QVERIFY(std::abs(last[2].probabilities.at(0, 0, 7, 9) -
                         (at(26) * 1 + at(27) * 2 + at(28) * 3 + at(27) * 4 + at(26) * 5) / 15) < 1e-6);
        // Lack of memory halves the tile, and the slices come out the same.
        network.info_.tileDepth = 64;
        network.failAbove = 12 * 28 * 40;
        std::vector<std::string> remarks;
        const auto halved = run(image, {task}, withSide(64), &remarks);
        QCOMPARE(int(remarks.size()), 1);
        QVERIFY(largestDifference(whole[5].probabilities, halved[5].probabilities) < 1e-6f);
        QVERIFY(predictionWork(image.info(), {&task, 1}, withSide(64)) == 40.0 * 20 * 28);
    }

    void aVolumeAndASliceNetworkWorkTogether() {
        const MemorySource image = noise(1, {13, 16, 16}, 12);
        FakeVolume volume;
        FakeNetwork slice(identity());
        const NetworkTask first = {&volume, plainCard(1), {}, {}};
        const auto both = run(image, {first, taskOf(slice)}, withSide(64));
        const auto alone = run(image, {first}, withSide(64));
        QCOMPARE(int(both.size()), 13);
        for (size_t z = 0; z < 13; ++z) {
            QCOMPARE(both[z].probabilities.channels(), int64_t(2));
            QCOMPARE(both[z].probabilities.at(0, 0, 3, 4), alone[z].probabilities.at(0, 0, 3, 4));
            QCOMPARE(both[z].probabilities.at(1, 0, 3, 4),
                     image.read(0, Box3::ofSlice({13, 16, 16}, int64_t(z))).at(0, 0, 3, 4));
        }
    }

    void averagingReversesTheOrderOfSlices() {
        const MemorySource image = noise(1, {8, 16, 16}, 13);
        FakeVolume volume;
        volume.info_.tileDepth = 32;
        const NetworkTask task = {&volume, plainCard(1), {}, {}};
        const auto mean = run(image, {task}, withSide(64, Averaging::all));
        QCOMPARE(int(volume.depths.size()), 16);
        // Weights 1…5 and 5…1 average to 3 each.
        double sum = 0;
        for (int64_t z = 2; z < 7; ++z)
            sum += image.read(0, Box3::ofSlice({8, 16, 16}, z)).at(0, 0, 3, 4) / 5;
        QVERIFY(std::abs(mean[4].probabilities.at(0, 0, 3, 4) - sum) < 1e-6);
        // 2.5D: the slice before, averaged with the slice behind.
        FakeNetwork before(
            [](const Pixels& in, int64_t, int64_t y, int64_t x) { return valueAt(in, 0, 0, y, x); });
        before.info_.slicesIn = 3;
        const auto around = run(image, {taskOf(before)}, withSide(64, Averaging::all));
        const double expected = (image.read(0, Box3::ofSlice({8, 16, 16}, 3)).at(0, 0, 3, 4) +
                                 image.read(0, Box3::ofSlice({8, 16, 16}, 5)).at(0, 0, 3, 4)) /
                                2;
        QVERIFY(std::abs(around[4].probabilities.at(0, 0, 3, 4) - expected) < 1e-6);
        QCOMPARE(before.runs, int64_t(16 * 8));
    }

    void colourBecomesGreyOrStaysColour() {
        const MemorySource image = noise(3, {1, 16, 16}, 8);
        const Pixels raw = image.read(0, {0, 0, 0, 1, 16, 16});
        FakeNetwork grey(identity()),
            colour([](const Pixels&in, int64_t, int64_t y, int64_t x) { return valueAt(in, 2, 0, y, x); });
        const auto first = run(image, {taskOf(grey)}, withSide(64));
        const double luma =
            0.299 * raw.at(0, 0, 5, 6) + 0.587 * raw.at(1, 0, 5, 6) + 0.114 * raw.at(2, 0, 5, 6);
        QVERIFY(std::abs(first[0].probabilities.at(0, 0, 5, 6) - luma) < 1e-6);
        colour.info_.channelsIn = 3;
        NetworkTask task = taskOf(colour);
        task.card.channelsIn = 3;
        QCOMPARE(run(image, {task}, withSide(64))[0].probabilities.at(0, 0, 5, 6), raw.at(2, 0, 5, 6));
    }

    void classesCompete() {
        Pixels pixels(PixelType::f32, 1, {1, 16, 16});
        const MemorySource image(pixels);
        const auto constant = [](std::vector<float> values) {
            return [values](const Pixels&, int64_t k, int64_t, int64_t) { return values[size_t(k)]; };
        };
        const auto label = [&](std::vector<NetworkTask> tasks) {
            return int(run(image, tasks, withSide(64))[0].labels.at(0, 0, 8, 8));
        };
        FakeNetwork two(constant({0.6f, 0.7f}), 0, 2), three(constant({0.3f, 0.2f, 0.35f}), 0, 3),
            one(constant({0.65f}), 0, 1);
        NetworkTask task = taskOf(two);
        QCOMPARE(label({task}), 2); // the most probable
        task.classes = {0};
        QCOMPARE(label({task}), 1); // only the wanted ones take part
        task.thresholds = {0.61};
        QCOMPARE(label({task}), 0);
        QCOMPARE(label({taskOf(one), taskOf(two)}), 3); // 0.65 against 0.6 and 0.7, labels counted through
        QCOMPARE(label({taskOf(two), taskOf(one)}), 2);

        three.info_.exclusive = true; // background 0.15
        NetworkTask exclusive = taskOf(three);
        exclusive.card.exclusive = true;
        QCOMPARE(label({exclusive}), 3); // beats the background though below one half
        exclusive.classes = {0};
        QCOMPARE(label({exclusive}), 0); // an unwanted class is more probable
        exclusive.thresholds = {0.25};
        QCOMPARE(label({exclusive}), 1);                       // asked for by number
        FakeNetwork faint(constant({0.3f, 0.2f, 0.1f}), 0, 3); // background 0.4
        faint.info_.exclusive = true;
        NetworkTask faintTask = taskOf(faint);
        faintTask.card.exclusive = true;
        QCOMPARE(label({faintTask}), 0);
    }

    void wrongRequestsAreSentences() {
        const MemorySource image = noise(1, {2, 20, 20}, 9);
        FakeNetwork network(identity());
        const auto kindOf = [&](NetworkTask task, PredictionSettings settings) {
            try {
                run(image, {task}, settings);
                return ErrorKind::internal;
            } catch (const Error& error) {
                return error.kind();
            }
        };
        PredictionSettings settings = withSide(32);
        settings.endSlice = 3;
        QCOMPARE(kindOf(taskOf(network), settings), ErrorKind::usage);
        settings = withSide(32);
        settings.region = Box3{0, 0, 0, 1, 21, 20};
        QCOMPARE(kindOf(taskOf(network), settings), ErrorKind::usage);
        NetworkTask task = taskOf(network);
        task.classes = {1};
        QCOMPARE(kindOf(task, withSide(32)), ErrorKind::usage);
        task = taskOf(network);
        task.card.channelsIn = 3;
        QCOMPARE(kindOf(task, withSide(32)), ErrorKind::model);
        FakeNetwork broken([](const Pixels&, int64_t, int64_t, int64_t) { return std::nanf(""); });
        QCOMPARE(kindOf(taskOf(broken), withSide(32)), ErrorKind::device);
    }

    void objectsAreWholeOverTheBordersOfTiles() {
        // Discs in a plane; each tile numbers its own pieces.
        const Extent3 extent{1, 90, 130};
        Pixels pixels(PixelType::f32, 1, extent);
        const double centres[][3] = {{20, 30, 9},   {32, 64, 10}, {64, 33, 8},
                                     {60, 100, 14}, {20, 110, 5}, {85, 64, 9}};
        std::vector<uint32_t> wanted(size_t(extent.count()));
        for (int64_t y = 0; y < extent.y; ++y)
            for (int64_t x = 0; x < extent.x; ++x)
                for (uint32_t c = 0; c < 6; ++c)
                    if (std::hypot(double(y) - centres[c][0], double(x) - centres[c][1]) < centres[c][2]) {
                        pixels.values<float>()[size_t(y * extent.x + x)] = 1;
                        wanted[size_t(y * extent.x + x)] = c + 1;
                    }
        const MemorySource image(pixels);
        ObjectNetwork network;
        PredictionSettings settings = withSide(32);
        settings.wantObjects = true;
        const auto slices = run(image, {taskOf(network)}, settings);
        const auto found = slices.front().objects.values<uint32_t>();
        std::map<uint32_t, uint32_t> partner;
        for (size_t i = 0; i < wanted.size(); ++i) {
            QCOMPARE(found[i] != 0, wanted[i] != 0);
            if (wanted[i]) QCOMPARE(partner.try_emplace(wanted[i], found[i]).first->second, found[i]);
        }
        std::set<uint32_t> different;
        for (const auto& [disc, id] : partner) different.insert(id);
        QCOMPARE(different.size(), size_t(6));
        QVERIFY(network.runs > 6);
        settings.averaging = Averaging::flips; // whose objects would these be?
        QVERIFY_EXCEPTION_THROWN(run(image, {taskOf(network)}, settings), Error);
    }

    void objectsComeBackAtImagePixels() {
        Pixels pixels(PixelType::f32, 1, {1, 64, 64});
        for (int64_t y = 10; y < 30; ++y)
            for (int64_t x = 20; x < 50; ++x) pixels.values<float>()[size_t(y * 64 + x)] = 1;
        ImageInfo info;
        info.voxelSize = {5.0, 5.0, 5.0, "test"};
        const MemorySource image(pixels, info);
        ObjectNetwork network;
        NetworkTask task = taskOf(network);
        task.card.pixelSizeNm = 10;
        PredictionSettings settings;
        settings.wantObjects = true;
        const auto slices = run(image, {task}, settings);
        const auto found = slices.front().objects.values<uint32_t>();
        for (int64_t y = 0; y < 64; ++y)
            for (int64_t x = 0; x < 64; ++x)
                QCOMPARE(found[size_t(y * 64 + x)] != 0, y >= 10 && y < 30 && x >= 20 && x < 50);
    }
};

QTEST_GUILESS_MAIN(TestPredictor)
#include "tst_predictor.moc"
