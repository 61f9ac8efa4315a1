// A stack from any side: what lies where, how large a ball looks, and what is refused.
#include "core/base/error.h"
#include "core/image/memory_source.h"
#include "core/render/volume_picture.h"

#include <QRegularExpression>
#include <QTest>

#include <cmath>
#include <numbers>

using namespace cristae;

namespace {

constexpr Colour black{0, 0, 0};
constexpr int64_t side = 300; // of a picture

class Cancelled : public Progress {
public:
    void report(double, const std::string&) const override {}
    bool cancelled() const override { return true; }
};

ClassTable oneClass(bool visible = true) {
    ClassTable table;
    table.set({1, "balls", {230, 159, 0}, visible, false});
    return table;
}

MemorySource source(Pixels pixels) {
    return MemorySource(std::move(pixels));
}

/// A ball of `radius` (in pixels of x) in the middle of a stack whose slices lie `thick` pixels apart.
Pixels ball(const Extent3& e, double radius, double thick) {
    Pixels labels(PixelType::u8, 1, e);
    for (int64_t i = 0; i < e.count(); ++i) {
        const double z = (double(i / (e.y * e.x)) - double(e.z - 1) / 2) * thick,
                     y = double(i / e.x % e.y) - double(e.y - 1) / 2,
                     x = double(i % e.x) - double(e.x - 1) / 2;
        labels.values<uint8_t>()[size_t(i)] = z * z + y * y + x * x <= radius * radius;
    }
    return labels;
}

std::array<int, 3> at(const VolumePicture& picture, int64_t y, int64_t x) {
    const Pixels& p = picture.colours;
    return {int(p.at(0, 0, y, x)), int(p.at(1, 0, y, x)), int(p.at(2, 0, y, x))};
}
bool orange(const std::array<int, 3>& c) {
    return c[0] > c[2] + 30 && c[1] > c[2] + 20;
}

} // namespace

class TestVolumePicture : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".?"))); }

    void fromTheFrontItIsTheFirstSlice() {
        // Four quarters of different grey, in the first slice only.
        Pixels grey(PixelType::u8, 1, {10, 64, 64});
        for (int64_t i = 0; i < 64 * 64; ++i)
            grey.values<uint8_t>()[size_t(i)] = uint8_t(40 + 60 * (i / 64 >= 32) + 120 * (i % 64 >= 32));
        const VolumeScene scene = volumeScene(source(grey), nullptr, {}, {}, 1'000'000, Progress::none());
        QCOMPARE(scene.extent, (Extent3{10, 64, 64}));
        const VolumePicture picture =
            volumePicture(scene, {0, 0, 1}, VolumeRendering::outside, side, side, black, Progress::none());
        const int64_t mid = side / 2, off = 40;
        const std::array<int, 4> seen{
            at(picture, mid - off, mid - off)[0], at(picture, mid + off, mid - off)[0],
            at(picture, mid - off, mid + off)[0], at(picture, mid + off, mid + off)[0]};
        for (int i = 0; i < 4; ++i) {
            const size_t y = size_t(16 + 32 * (i % 2)), x = size_t(16 + 32 * (i / 2));
            QCOMPARE(seen[size_t(i)], int(scene.grey[y * 64 + x])); // straight on nothing is darker
        }
        QVERIFY(seen[0] < seen[1] && seen[1] < seen[2] && seen[2] < seen[3]);
        QCOMPARE(at(picture, 2, 2)[0], 0); // the background
    }

    void turnedAndTiltedItShowsItsRightSideAndItsTop() {
        Pixels grey(PixelType::u8, 1, {40, 40, 40});
        for (int64_t i = 0; i < 40 * 40 * 40; ++i) {
            const int64_t x = i % 40, y = i / 40 % 40, z = i / 1600;
            grey.values<uint8_t>()[size_t(i)] = z == 0 ? 20 : x == 39 ? 250 : y == 0 ? 130 : 0;
        }
        VolumeScene scene = volumeScene(source(grey), nullptr, {}, {}, 1'000'000, Progress::none());
        for (size_t i = 0; i < scene.grey.size(); ++i) // as they are, without contrast
            scene.grey[i] = grey.values<uint8_t>()[i];
        const VolumePicture picture =
            volumePicture(scene, {}, VolumeRendering::outside, side, side, black, Progress::none());
        const auto right = at(picture, side / 2, side - 75), left = at(picture, side / 2, 75),
                   top = at(picture, 62, side / 2);
        QVERIFY2(right[0] > 150, qPrintable(QString::number(right[0])));
        QVERIFY2(left[0] > 10 && left[0] < 30, qPrintable(QString::number(left[0])));
        QVERIFY2(top[0] > 80 && top[0] < 130, qPrintable(QString::number(top[0])));
    }

    void aBallIsRoundFromEverySide_data() {
        QTest::addColumn<double>("turn");
        QTest::addColumn<double>("tilt");
        QTest::addColumn<double>("thick");
        QTest::newRow("front") << 0.0 << 0.0 << 1.0;
        QTest::newRow("oblique") << 35.0 << 25.0 << 1.0;
        QTest::newRow("from behind") << 190.0 << -40.0 << 1.0;
        QTest::newRow("thick slices") << 60.0 << 10.0 << 4.0;
        QTest::newRow("thick slices from the top") << 0.0 << 90.0 << 4.0;
    }
    void aBallIsRoundFromEverySide() {
        QFETCH(const double, turn);
        QFETCH(const double, tilt);
        QFETCH(const double, thick);
        const Extent3 e{int64_t(80 / thick), 80, 80};
        VoxelSize size;
        size.yNm = size.xNm = 5;
        size.zNm = 5 * thick;
        const VolumeScene scene =
            volumeScene(source(Pixels(PixelType::u8, 1, e)), nullptr, {}, size, 1'000'000, Progress::none());
        QCOMPARE(*scene.nmPerStep, 5.0);
        const MemorySource labels(ball(e, 25, thick));
        const VolumeScene full = volumeScene(source(Pixels(PixelType::u8, 1, e)), &labels, oneClass(), size,
                                             1'000'000, Progress::none());
        const VolumePicture picture = volumePicture(full, {turn, tilt, 1}, VolumeRendering::objects, side,
                                                    side, black, Progress::none());
        int64_t count = 0;
        double sumY = 0, sumX = 0, sumYy = 0, sumXx = 0;
        for (int64_t y = 0; y < side; ++y)
            for (int64_t x = 0; x < side; ++x)
                if (orange(at(picture, y, x))) {
                    ++count;
                    sumY += double(y);
                    sumX += double(x);
                    sumYy += double(y * y);
                    sumXx += double(x * x);
                }
        const double n = double(count), meanY = sumY / n, meanX = sumX / n;
        const double area = n * picture.stepsPerPixel * picture.stepsPerPixel,
                     wanted = std::numbers::pi * 25 * 25;
        QVERIFY2(std::abs(area / wanted - 1) < 0.06,
                 qPrintable(QStringLiteral("area %1 of %2").arg(area).arg(wanted)));
        QVERIFY(std::abs(meanY - (side - 1) / 2.0) < 1.5 && std::abs(meanX - (side - 1) / 2.0) < 1.5);
        const double spreadY = sumYy / n - meanY * meanY, spreadX = sumXx / n - meanX * meanX;
        QVERIFY2(std::abs(spreadY / spreadX - 1) < 0.08, qPrintable(QString::number(spreadY / spreadX)));
        // Lit from the upper left: that side is brighter.
        const auto off = int64_t(std::lround(15 / picture.stepsPerPixel));
        const auto lit = at(picture, side / 2 - off, side / 2 - off),
                   shade = at(picture, side / 2 + off, side / 2 + off);
        QVERIFY(lit[0] > shade[0]);
    }

    void bigStacksAreAveraged() {
        Pixels grey(PixelType::u16, 1, {30, 200, 400});
        Pixels labels(PixelType::u8, 1, {30, 200, 400});
        for (int64_t i = 0; i < 30 * 200 * 400; ++i) {
            grey.values<uint16_t>()[size_t(i)] = uint16_t(i % 400 < 200 ? 1000 : 3000);
            labels.values<uint8_t>()[size_t(i)] = i % 400 < 100;
        }
        const MemorySource labelSource(labels);
        VoxelSize size;
        size.yNm = size.xNm = 4;
        size.zNm = 12;
        const VolumeScene scene =
            volumeScene(source(grey), &labelSource, oneClass(), size, 50'000, Progress::none());
        QVERIFY(scene.extent.count() <= 50'000);
        QCOMPARE(scene.imageExtent, (Extent3{30, 200, 400}));
        // Edges keep their length: extent × step × nm is the stack's size, but for the last, partly filled
        // block.
        const double nm = *scene.nmPerStep;
        QVERIFY(std::abs(double(scene.extent.x) * scene.step[2] * nm / 1600 - 1) < 0.06);
        QVERIFY(std::abs(double(scene.extent.y) * scene.step[1] * nm / 800 - 1) < 0.06);
        QVERIFY(std::abs(double(scene.extent.z) * scene.step[0] * nm / 360 - 1) < 0.2);
        // A block's edge divided by its voxels gives the image's own size to the last nanometre.
        QCOMPARE(scene.step[2] * nm / double(scene.block.x), 4.0);
        QCOMPARE(scene.step[0] * nm / double(scene.block.z), 12.0);
        int64_t labelled = 0;
        for (const uint8_t label : scene.label) labelled += label == 1;
        QVERIFY(std::abs(double(labelled) / double(scene.extent.count()) - 0.25) < 0.02);
        const uint8_t dark = scene.grey.front(), bright = scene.grey[size_t(scene.extent.x - 1)];
        QVERIFY(dark < 20 && bright > 235);
    }

    void hiddenClassesAndUnknownValues() {
        const Extent3 e{6, 20, 20};
        Pixels labels(PixelType::u16, 1, e);
        for (size_t i = 0; i < 2400; ++i) labels.values<uint16_t>()[i] = uint16_t(i % 20 < 10 ? 1 : 77);
        const MemorySource image{Pixels(PixelType::u8, 1, e)}, labelSource(labels);
        const VolumeScene both = volumeScene(image, &labelSource, oneClass(), {}, 100'000, Progress::none());
        QCOMPARE(both.colours.size(), size_t(2));
        QCOMPARE(both.colours[1], instanceColour(77));
        QVERIFY(!both.nmPerStep);
        const VolumeScene without =
            volumeScene(image, &labelSource, oneClass(false), {}, 100'000, Progress::none());
        QCOMPARE(without.colours.size(), size_t(1));
        QCOMPARE(without.label[0], uint8_t(0));
        QCOMPARE(without.label[19], uint8_t(1));
        // Of three hundred objects each still has a colour.
        Pixels many(PixelType::u16, 1, e);
        for (size_t i = 0; i < 2400; ++i) many.values<uint16_t>()[i] = uint16_t(1 + i / 8);
        const MemorySource manySource(many);
        const VolumeScene crowd = volumeScene(image, &manySource, {}, {}, 100'000, Progress::none());
        QVERIFY(crowd.colours.size() >= 254);
        for (const uint8_t label : crowd.label) QVERIFY(label >= 1 && label <= crowd.colours.size());
    }

    void whatCannotBeDrawnIsRefused() {
        const MemorySource image{Pixels(PixelType::u8, 1, {4, 20, 20})},
            other{Pixels(PixelType::u8, 1, {4, 20, 21})}, fractions{Pixels(PixelType::f32, 1, {4, 20, 20})};
        for (const MemorySource* wrong : {&other, &fractions}) try {
                volumeScene(image, wrong, {}, {}, 1000, Progress::none());
                QFAIL("drawn");
            } catch (const Error& error) {
                QCOMPARE(error.kind(), ErrorKind::input);
            }
        QVERIFY_EXCEPTION_THROWN(volumeScene(image, nullptr, {}, {}, 1000, Cancelled()), Error);
        const VolumeScene scene = volumeScene(image, nullptr, {}, {}, 100'000, Progress::none());
        QVERIFY_EXCEPTION_THROWN(
            volumePicture(scene, {}, VolumeRendering::outside, 50, 50, black, Cancelled()), Error);
    }
};

QTEST_GUILESS_MAIN(TestVolumePicture)
#include "tst_volume_picture.moc"
