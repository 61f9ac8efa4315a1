// Explanations: the part of the image round a click, and what hiding its places does to a network.
#include "core/segment/explain.h"

#include "core/base/error.h"
#include "core/image/memory_source.h"
#include "fake_networks.h"

#include <QRegularExpression>
#include <QTest>

using namespace cristae;

namespace {

MemorySource ramp(std::optional<double> nm = {}) {
    Pixels pixels(PixelType::f32, 1, {2, 80, 100});
    for (int64_t z = 0; z < 2; ++z)
        for (int64_t y = 0; y < 80; ++y)
            for (int64_t x = 0; x < 100; ++x)
                pixels.plane<float>(0, z)[size_t(y * 100 + x)] = float(y * 100 + x);
    ImageInfo info;
    if (nm) info.voxelSize = {nm, nm, nm, "test"};
    return MemorySource(std::move(pixels), info);
}

} // namespace

class TestExplain : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".?"))); }

    void theClickedPixelIsInTheInput() {
        FakeNetwork network(identity());
        network.info_.strideMultiple = 16;
        const MemorySource image = ramp();
        for (const auto& [y, x] : {std::pair<int64_t, int64_t>{40, 50}, {0, 0}, {79, 99}, {3, 97}}) {
            const Surroundings at =
                surroundingsOf(image, plainCard(), network.info(), 1, y, x, 40, Progress::none());
            QCOMPARE(at.input.extent(), (Extent3{1, 48, 48})); // rounded up to the multiple
            QCOMPARE(at.input.plane<float>(0, 0)[size_t(at.y * 48 + at.x)], float(y * 100 + x));
            QCOMPARE(at.originY % 16, int64_t(0));
            QCOMPARE(probabilityAt(network, at, 0), double(y * 100 + x));
            QVERIFY(at.box.y0 <= y && y < at.box.y1 && at.box.x0 <= x && x < at.box.x1 && at.box.z0 == 1);
            // A map of the input laid back is the image.
            const Pixels back = atImagePixels(at.input, at);
            const Pixels same = image.read(0, at.box);
            QVERIFY(std::ranges::equal(back.values<float>(), same.values<float>()));
        }
        QVERIFY_EXCEPTION_THROWN(
            surroundingsOf(image, plainCard(), network.info(), 2, 0, 0, 40, Progress::none()), Error);
    }

    void modelPixelsAreOfTheirOwnSize() {
        FakeNetwork network(identity());
        network.info_.strideMultiple = 8;
        ModelCard card = plainCard();
        card.pixelSizeNm = 10;
        const MemorySource image = ramp(5.0); // one model pixel is two of the image's
        const Surroundings at = surroundingsOf(image, card, network.info(), 0, 40, 60, 16, Progress::none());
        QCOMPARE(at.input.extent(), (Extent3{1, 16, 16}));
        QCOMPARE(at.originY + at.y, int64_t(20));
        QCOMPARE(at.originX + at.x, int64_t(30));
        QCOMPARE(at.box.y1 - at.box.y0, int64_t(32));
        const Pixels back = atImagePixels(at.input, at);
        for (const int64_t y : {int64_t(34), int64_t(40), int64_t(44)}) // linear stays linear inside
            for (const int64_t x : {int64_t(54), int64_t(61)})
                QVERIFY(std::abs(back.plane<float>(0, 0)[size_t((y - at.box.y0) * 32 + x - at.box.x0)] -
                                 float(y * 100 + x)) < 1.f);
    }

    void hidingWhatTheNetworkLooksAtCounts() {
        // It decides by the pixel eight to the left of each.
        FakeNetwork network([](const Pixels& in, int64_t, int64_t y, int64_t x) {
            return x < 8 ? 0.f : 0.8f * valueAt(in, 0, 0, y, x - 8);
        });
        network.info_.strideMultiple = 4;
        Pixels pixels(PixelType::f32, 1, {1, 64, 64});
        for (float& value : pixels.values<float>()) value = 1;
        const MemorySource image(pixels);
        const Surroundings at =
            surroundingsOf(image, plainCard(), network.info(), 0, 30, 32, 32, Progress::none());
        const Pixels map = occlusionMap(network, at, 0, 4, Progress::none());
        const auto fall = [&](int64_t y, int64_t x) { return map.values<float>()[size_t(y * 32 + x)]; };
        QVERIFY(std::abs(fall(at.y, at.x - 8) - 0.8f) < 1e-6f);
        for (int64_t y = 0; y < 32; ++y)
            for (int64_t x = 0; x < 32; ++x)
                if (std::abs(y - at.y) >= 4 || std::abs(x - at.x + 8) >= 4) QCOMPARE(fall(y, x), 0.f);
        QVERIFY_EXCEPTION_THROWN(occlusionMap(network, at, 0, 40, Progress::none()), Error);
    }
};

QTEST_GUILESS_MAIN(TestExplain)
#include "tst_explain.moc"
