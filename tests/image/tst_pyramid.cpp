// The pyramid: sizes, means, bands instead of whole planes, one making for many readers, cancelling.
#include "core/image/pyramid.h"

#include "core/image/memory_source.h"
#include "core/image/readable.h"

#include <QtTest>
#include <atomic>
#include <cmath>
#include <thread>
#include <vector>

using namespace cristae;

namespace {

/// A source that makes its values up and counts what is read.
class CountingSource : public TileSource {
public:
    explicit CountingSource(const Extent3& extent, PixelType type = PixelType::u16) {
        info_.levels = {extent};
        info_.type = type;
    }
    const ImageInfo& info() const override { return info_; }
    std::string id() const override { return "counting"; }
    static double value(int64_t z, int64_t y, int64_t x) { return double((z * 31 + y * 7 + x * 3) % 1000); }
    Pixels read(int, const Box3& box, const Progress& progress) const override {
        progress.throwIfCancelled();
        ++reads;
        largest = std::max(largest.load(), box.extent().count());
        voxels += box.extent().count();
        if (slow) std::this_thread::sleep_for(std::chrono::milliseconds(5));
        Pixels pixels(info_.type, 1, box.extent());
        withPixelType(info_.type, [&](auto t) {
            using T = decltype(t);
            auto values = pixels.values<T>();
            size_t i = 0;
            for (int64_t z = box.z0; z < box.z1; ++z)
                for (int64_t y = box.y0; y < box.y1; ++y)
                    for (int64_t x = box.x0; x < box.x1; ++x) values[i++] = T(value(z, y, x));
        });
        return pixels;
    }
    mutable std::atomic<int> reads{0};
    mutable std::atomic<int64_t> largest{0}, voxels{0};
    bool slow = false;

private:
    ImageInfo info_;
};

/// One whose file is damaged in some boxes.
class DamagedSource : public CountingSource {
public:
    DamagedSource(const Extent3& extent, std::vector<Box3> damaged)
        : CountingSource(extent), damaged_(std::move(damaged)) {}
    Pixels read(int level, const Box3& box, const Progress& progress) const override {
        for (const Box3& part : damaged_)
            if (!part.intersected(box).empty())
                throw Error(ErrorKind::input, "“slices.tif” cannot be read: a part of its image is damaged.");
        return CountingSource::read(level, box, progress);
    }

private:
    std::vector<Box3> damaged_;
};

struct CancelAfter : Progress {
    explicit CancelAfter(int calls) : left(calls) {}
    mutable std::atomic<int> left;
    void report(double, const std::string&) const override {}
    bool cancelled() const override { return --left < 0; }
};

} // namespace

class TestPyramid : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void levelsHalveUntilSmall() {
        const PyramidSource pyramid(std::make_shared<CountingSource>(Extent3{3, 1025, 2050}));
        const std::vector<Extent3> expected{{3, 1025, 2050}, {3, 513, 1025}, {3, 257, 513}, {3, 129, 257}};
        QVERIFY(pyramid.info().levels == expected);
        const auto small = std::make_shared<CountingSource>(Extent3{3, 500, 512});
        QCOMPARE(withPyramid(small).get(), static_cast<const TileSource*>(small.get()));
        QVERIFY(withPyramid(std::make_shared<CountingSource>(Extent3{1, 500, 513}))->info().levels.size() ==
                2);
    }

    void meansOfFour() {
        for (const PixelType type : {PixelType::u8, PixelType::i16, PixelType::f32}) {
            const auto source = std::make_shared<CountingSource>(Extent3{2, 601, 701}, type);
            const PyramidSource pyramid(source);
            const Pixels full = source->read(0, Box3::ofSlice(source->info().extent(), 1), Progress::none());
            const Pixels half = pyramid.read(1, Box3::ofSlice(pyramid.info().levels[1], 1));
            for (int64_t y = 0; y < 301; ++y)
                for (int64_t x = 0; x < 351; ++x) {
                    const int64_t y1 = std::min<int64_t>(2 * y + 1, 600),
                                  x1 = std::min<int64_t>(2 * x + 1, 700);
                    const double mean = (full.at(0, 0, 2 * y, 2 * x) + full.at(0, 0, y1, 2 * x) +
                                         full.at(0, 0, 2 * y, x1) + full.at(0, 0, y1, x1)) /
                                        4;
                    QVERIFY(std::abs(half.at(0, 0, y, x) - mean) <= (isInteger(type) ? 0.5 : 1e-3));
                }
        }
    }

    void labelsAreNotMixed() {
        Pixels labels(PixelType::u32, 1, {1, 600, 600});
        for (size_t i = 0; i < 360000; ++i) labels.values<uint32_t>()[i] = i % 2 ? 4000000000u : 7u;
        const PyramidSource pyramid(std::make_shared<MemorySource>(labels), Reduction::first);
        const Pixels half = pyramid.read(1, Box3::ofExtent(pyramid.info().levels[1]));
        for (const uint32_t value : half.values<uint32_t>()) QCOMPARE(value, 7u);
        const PyramidSource means(std::make_shared<MemorySource>(labels)); // no overflow on the way
        QCOMPARE(means.read(1, {0, 0, 0, 1, 1, 1}).at(0, 0, 0, 0), 2000000004.0);
    }

    void channelsAndSlicesKeepTheirPlace() {
        Pixels pixels(PixelType::u8, 3, {2, 600, 520});
        for (int64_t c = 0; c < 3; ++c)
            for (int64_t z = 0; z < 2; ++z)
                for (uint8_t& value : pixels.plane<uint8_t>(c, z)) value = uint8_t(10 * c + z);
        const PyramidSource pyramid(std::make_shared<MemorySource>(pixels));
        const Pixels half = pyramid.read(1, {0, 5, 6, 2, 100, 90});
        for (int64_t c = 0; c < 3; ++c)
            for (int64_t z = 0; z < 2; ++z) QCOMPARE(half.at(c, z, 50, 50), double(10 * c + z));
    }

    void readsBandsAndEachVoxelOnce() {
        const auto source = std::make_shared<CountingSource>(Extent3{1, 6000, 4000});
        const PyramidSource pyramid(source);
        for (int level = int(pyramid.info().levels.size()) - 1; level > 0; --level)
            static_cast<void>(pyramid.read(level, {0, 0, 0, 1, 10, 10}));
        QCOMPARE(source->voxels.load(), int64_t(6000) * 4000);
        QVERIFY(source->largest * 2 <= int64_t(8) << 20);
    }

    void manyReadersMakeASliceOnce() {
        const auto source = std::make_shared<CountingSource>(Extent3{2, 2000, 3000});
        source->slow = true;
        const PyramidSource pyramid(source);
        std::vector<std::thread> threads;
        for (int i = 0; i < 6; ++i)
            threads.emplace_back([&, i] {
                static_cast<void>(pyramid.read(1 + i % 2, {0, 0, 0, 1, 20, 20}));
            });
        for (std::thread& thread : threads) thread.join();
        QCOMPARE(source->voxels.load(), int64_t(2000) * 3000);
    }

    void budgetKeepsTheNewestSlices() {
        const auto source = std::make_shared<CountingSource>(Extent3{4, 1000, 1000});
        const PyramidSource pyramid(source, Reduction::mean, 1300000); // two slices of 500² u16
        for (const int64_t z : {0, 1, 1, 0, 2}) static_cast<void>(pyramid.read(1, {z, 0, 0, z + 1, 5, 5}));
        const int before = source->reads;
        static_cast<void>(pyramid.read(1, {0, 0, 0, 1, 5, 5}));
        QCOMPARE(source->reads.load(), before);
        static_cast<void>(pyramid.read(1, {1, 0, 0, 2, 5, 5}));
        QVERIFY(source->reads > before);
    }

    void cancelledMakingCanBeRepeated() {
        const auto source = std::make_shared<CountingSource>(Extent3{1, 6000, 4000});
        const PyramidSource pyramid(source);
        const CancelAfter cancel(2);
        QVERIFY_EXCEPTION_THROWN(static_cast<void>(pyramid.read(1, {0, 0, 0, 1, 5, 5}, cancel)), Error);
        QVERIFY(source->voxels < int64_t(6000) * 4000);
        QCOMPARE(pyramid.read(1, {0, 0, 0, 1, 5, 5}).extent().y, int64_t(5));
    }

    void damageTakesOnlyItsOwnRegion() {
        // A strip across the slice and a tile, as a TIFF would have them.
        const Extent3 extent{2, 2100, 1900};
        const Box3 strip{0, 700, 0, 1, 708, 1900}, tile{0, 1536, 1024, 1, 1792, 1280};
        const auto source = std::make_shared<DamagedSource>(extent, std::vector{strip, tile});
        const PyramidSource pyramid(source);
        const PyramidSource whole(std::make_shared<CountingSource>(extent));
        for (int level = 1; level < int(pyramid.info().levels.size()); ++level) {
            const Extent3& size = pyramid.info().levels[size_t(level)];
            const Box3 all = Box3::ofExtent({1, size.y, size.x});
            QVERIFY_EXCEPTION_THROWN(static_cast<void>(pyramid.read(level, all)), Error);
            const ReadablePart part = readReadable(pyramid, level, all);
            QVERIFY(!part.nothing() && part.why.find("slices.tif") != std::string::npos);
            // Everything outside is as in a sound file; what is lost is the damage, widened to the grain.
            const Pixels sound = whole.read(level, all);
            int64_t lost = 0, wrong = 0;
            for (int64_t y = 0; y < size.y; ++y)
                for (int64_t x = 0; x < size.x; ++x) {
                    const bool unreadable =
                        std::any_of(part.unreadable.begin(), part.unreadable.end(), [&](const Box3& b) {
                            return b.contains({0, y, x, 1, y + 1, x + 1});
                        });
                    if (unreadable)
                        ++lost;
                    else if (part.pixels.at(0, 0, y, x) != sound.at(0, 0, y, x))
                        ++wrong;
                }
            QCOMPARE(wrong, int64_t(0));
            const int64_t scale = int64_t(1) << level, grain = 64;
            QVERIFY(lost >= (strip.extent().count() + tile.extent().count()) / (scale * scale));
            QVERIFY(lost <= 2 * grain * size.x + (256 / scale + 2 * grain) * (256 / scale + 2 * grain));
            QVERIFY2(part.unreadable.size() < 8, qPrintable(QString::number(part.unreadable.size())));
        }
        // The other slice is whole, and the damaged one was not read over and over.
        QVERIFY(!pyramid.read(2, {1, 0, 0, 2, 525, 475}).empty());
        const int before = source->reads;
        static_cast<void>(readReadable(pyramid, 1, {0, 0, 0, 1, 1050, 950}));
        QCOMPARE(source->reads.load(), before);
    }

    void nothingReadable() {
        const Extent3 extent{1, 200, 300};
        const DamagedSource source(extent, {Box3::ofExtent(extent)});
        const ReadablePart part = readReadable(source, 0, Box3::ofExtent(extent));
        QVERIFY(part.nothing());
        QCOMPARE(part.unreadable.size(), size_t(1));
        QVERIFY(part.unreadable.front() == Box3::ofExtent(extent));
        // Only damage is looked around; other errors are not.
        const CancelAfter cancel(0);
        QVERIFY_EXCEPTION_THROWN(
            static_cast<void>(readReadable(CountingSource(extent), 0, Box3::ofExtent(extent), cancel)),
            Error);
    }
};

QTEST_GUILESS_MAIN(TestPyramid)
#include "tst_pyramid.moc"
