// The tile cache: budget, order of use, one load for many readers, loaders that throw.
#include "core/image/tile_cache.h"

#include <QtTest>
#include <atomic>
#include <thread>
#include <vector>

using namespace cristae;

namespace {
Pixels tile(uint8_t value) {
    Pixels pixels(PixelType::u8, 1, {1, 10, 10});
    for (uint8_t& each : pixels.values<uint8_t>()) each = value;
    return pixels;
}
TileKey key(int64_t x, const std::string& source = "a") {
    return {source, 0, 0, 0, x};
}
} // namespace

class TestTileCache : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void leastRecentlyUsedGoesFirst() {
        TileCache cache(300);
        for (int i = 0; i < 3; ++i) static_cast<void>(cache.get(key(i), [&] { return tile(uint8_t(i)); }));
        QCOMPARE(cache.bytes(), size_t(300));
        QVERIFY(cache.find(key(0)).has_value()); // used again
        static_cast<void>(cache.get(key(3), [] { return tile(3); }));
        QCOMPARE(cache.bytes(), size_t(300));
        QVERIFY(cache.find(key(0)) && !cache.find(key(1)) && cache.find(key(2)) && cache.find(key(3)));
        QCOMPARE(cache.get(key(0), []() -> Pixels { throw Error(ErrorKind::internal, "loaded twice"); })
                     .at(0, 0, 0, 0),
                 0.0);
        cache.setBudget(100);
        QCOMPARE(cache.bytes(), size_t(100));
    }

    void tooLargeIsReturnedButNotKept() {
        TileCache cache(50);
        QCOMPARE(cache.get(key(0), [] { return tile(9); }).at(0, 0, 3, 3), 9.0);
        QCOMPARE(cache.bytes(), size_t(0));
    }

    void forgetsOneSource() {
        TileCache cache(1000);
        static_cast<void>(cache.get(key(0, "a"), [] { return tile(1); }));
        static_cast<void>(cache.get(key(0, "b"), [] { return tile(2); }));
        cache.forget("a");
        QVERIFY(!cache.find(key(0, "a")) && cache.find(key(0, "b")));
        QCOMPARE(cache.bytes(), size_t(100));
    }

    void manyReadersOneLoad() {
        TileCache cache(1000);
        std::atomic<int> loads{0}, right{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&] {
                const Pixels pixels = cache.get(key(5), [&] {
                    ++loads;
                    std::this_thread::sleep_for(std::chrono::milliseconds(30));
                    return tile(5);
                });
                if (pixels.at(0, 0, 9, 9) == 5) ++right;
            });
        for (std::thread& thread : threads) thread.join();
        QCOMPARE(loads.load(), 1);
        QCOMPARE(right.load(), 8);
    }

    void throwingLoaderLeavesTheCacheIntact() {
        TileCache cache(1000);
        static_cast<void>(cache.get(key(0), [] { return tile(1); }));
        std::atomic<int> loads{0}, failures{0}, successes{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&] {
                try {
                    static_cast<void>(cache.get(key(1), [&]() -> Pixels {
                        std::this_thread::sleep_for(std::chrono::milliseconds(5));
                        if (++loads == 1) throw Error(ErrorKind::input, "unreadable");
                        return tile(2);
                    }));
                    ++successes;
                } catch (const Error&) {
                    ++failures;
                }
            });
        for (std::thread& thread : threads) thread.join();
        QCOMPARE(failures.load(), 1);
        QCOMPARE(successes.load(), 3);
        QCOMPARE(loads.load(), 2);
        QVERIFY(cache.find(key(0)) && cache.find(key(1)));
        QCOMPARE(cache.bytes(), size_t(200));
    }

    void loaderMayUseTheCache() {
        TileCache cache(1000);
        const Pixels pixels = cache.get(key(1), [&] { return cache.get(key(2), [] { return tile(4); }); });
        QCOMPARE(pixels.at(0, 0, 0, 0), 4.0);
    }
};

QTEST_GUILESS_MAIN(TestTileCache)
#include "tst_tile_cache.moc"
