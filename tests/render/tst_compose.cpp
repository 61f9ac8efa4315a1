// Rendering against naive formulas: display ranges, grey values of every type, overlays, scale bars.
#include "core/base/random.h"
#include "core/render/compose.h"

#include <QtTest>

#include <cmath>

using namespace cristae;

namespace {
const PixelType allTypes[] = {PixelType::u8,  PixelType::i8,  PixelType::u16, PixelType::i16,
                              PixelType::u32, PixelType::i32, PixelType::f32, PixelType::f64};

Pixels randomImage(Random& random, PixelType type, int64_t channels, double low, double high) {
    Pixels wide(PixelType::f64, channels, {1, 37, 53});
    for (double& value : wide.values<double>()) value = random.uniform(low, high);
    return wide.converted(type);
}

// ImageJ's loop as it stands in ContrastAdjuster.autoAdjust, with the histogram handed in.
std::pair<int, int> imageJLimits(const std::vector<int64_t>& histogram, int64_t pixelCount,
                                 int64_t autoThreshold) {
    const int64_t limit = pixelCount / 10, threshold = pixelCount / autoThreshold;
    int i = -1;
    bool found = false;
    do {
        i++;
        int64_t count = histogram[size_t(i)];
        if (count > limit) count = 0;
        found = count > threshold;
    } while (!found && i < 255);
    const int low = i;
    i = 256;
    do {
        i--;
        int64_t count = histogram[size_t(i)];
        if (count > limit) count = 0;
        found = count > threshold;
    } while (!found && i > 0);
    return {low, i};
}

int naiveGrey(double value, const DisplayRange& range) {
    if (std::isnan(value)) return 0;
    double t = range.high > range.low ? (value - range.low) / (range.high - range.low)
               : value < range.low    ? 0
               : value > range.low    ? 1
                                      : 0.5;
    t = std::pow(std::min(1.0, std::max(0.0, t)), range.gamma);
    if (range.inverted) t = 1 - t;
    return int(std::floor(255 * t + 0.5));
}
} // namespace

class TestCompose : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void autoRangeIsImageJs() {
        Random random(11);
        for (int round = 0; round < 40; ++round) {
            // A bell of grey values with a spike of background and a few hot pixels.
            const bool bytes = round % 2 == 0;
            Pixels image(PixelType::f64, 1, {1, 100, 130});
            for (double& v : image.values<double>())
                v = std::clamp(random.normal() * (bytes ? 20 : 900) + (bytes ? 120 : 5000), 0.0,
                               bytes ? 255.0 : 60000.0);
            for (int64_t i = random.below(3000); i > 0; --i)
                image.values<double>()[size_t(random.below(13000))] = 0;
            image.values<double>()[17] = bytes ? 255 : 60000;
            image = image.converted(bytes ? PixelType::u8 : round % 4 == 1 ? PixelType::u16 : PixelType::f32);
            double low = 1e300, high = -1e300;
            for (int64_t i = 0; i < 13000; ++i) {
                const double v = image.at(0, 0, i / 130, i % 130);
                low = std::min(low, v);
                high = std::max(high, v);
            }
            const double first = bytes ? 0 : low, bin = bytes ? 1 : (high - low) / 256;
            std::vector<int64_t> histogram(256, 0);
            for (int64_t i = 0; i < 13000; ++i) {
                const double v = image.at(0, 0, i / 130, i % 130);
                ++histogram[size_t(bytes ? int(v) : std::min(255, int((1 / bin) * (v - first))))];
            }
            const int64_t divisors[] = {5000, 2500, 1250, 625, 312, 156, 78, 39, 19, 9, 5000};
            for (int press = 0; press <= 10; ++press) {
                const auto [a, b] = imageJLimits(histogram, 13000, divisors[press]);
                const DisplayRange range = autoRange(image, press);
                if (b >= a && a != b) {
                    QCOMPARE(range.low, first + a * bin);
                    QCOMPARE(range.high, first + b * bin);
                } else {
                    QCOMPARE(range.high, bytes && b < a ? 255.0 : high);
                }
            }
        }
    }

    void autoRangeOfFlatAndEmptyImages() {
        Pixels flat(PixelType::u8, 1, {1, 10, 10});
        QCOMPARE(autoRange(flat).low, 0.0); // every pixel in one bin above the limit: reset to 0…255
        QCOMPARE(autoRange(flat).high, 255.0);
        Pixels wide(PixelType::u16, 1, {1, 10, 10});
        for (uint16_t& v : wide.values<uint16_t>()) v = 300;
        QCOMPARE(autoRange(wide).low, 300.0);
        QCOMPARE(autoRange(wide).high, 300.0);
        Pixels broken(PixelType::f32, 1, {1, 2, 2});
        for (float& v : broken.values<float>()) v = std::nanf("");
        QVERIFY(std::isfinite(autoRange(broken).low) && std::isfinite(autoRange(broken).high));
        broken.values<float>()[0] = 3;
        broken.values<float>()[1] = INFINITY;
        QCOMPARE(fullRange(broken).high, 3.0);
    }

    void fullRangeOfTypes() {
        QCOMPARE(fullRange(Pixels(PixelType::u8, 1, {1, 1, 1})).high, 255.0);
        QCOMPARE(fullRange(Pixels(PixelType::i8, 1, {1, 1, 1})).low, -128.0);
        QCOMPARE(fullRange(Pixels(PixelType::u16, 1, {1, 1, 1})).high, 65535.0);
        QCOMPARE(fullRange(Pixels(PixelType::i16, 1, {1, 1, 1})).low, -32768.0);
        QCOMPARE(fullRange(Pixels(PixelType::u32, 1, {1, 1, 1})).high, 4294967295.0);
        Pixels real(PixelType::f64, 1, {1, 1, 2});
        real.values<double>()[1] = -7.5;
        QCOMPARE(fullRange(real).low, -7.5);
        QCOMPARE(fullRange(real).high, 0.0);
    }

    void greyValuesOfEveryType() {
        Random random(12);
        std::vector<uint32_t> out;
        for (const PixelType type : allTypes)
            for (int round = 0; round < 8; ++round) {
                const int64_t channels = round % 4 == 3 ? 3 : 1;
                const Pixels image = randomImage(random, type, channels, -150, 300);
                DisplayRange range{random.uniform(-100, 100), random.uniform(100, 280),
                                   round % 2 ? random.uniform(0.3, 3) : 1.0, random.chance(0.5)};
                if (round == 2) range.high = range.low = 20;
                greyToRgb(image, range, out);
                QCOMPARE(out.size(), size_t(37 * 53));
                for (int64_t i = 0; i < 37 * 53; ++i) {
                    QCOMPARE(out[size_t(i)] >> 24, 255u);
                    for (int c = 0; c < 3; ++c) {
                        const int expected =
                            naiveGrey(image.at(channels == 3 ? c : 0, 0, i / 53, i % 53), range);
                        const int shown = int(out[size_t(i)] >> (16 - 8 * c) & 255);
                        const bool exact = type == PixelType::u8 || type == PixelType::u16 ||
                                           type == PixelType::i8 || type == PixelType::i16;
                        QVERIFY2(std::abs(shown - expected) <= (exact ? 0 : 1),
                                 qPrintable(QString("%1 %2").arg(shown).arg(expected)));
                    }
                }
            }
        Pixels odd(PixelType::f32, 1, {1, 1, 3});
        odd.values<float>()[0] = std::nanf("");
        odd.values<float>()[1] = INFINITY;
        odd.values<float>()[2] = -INFINITY;
        greyToRgb(odd, {0, 1, 1, false}, out);
        QCOMPARE(out, (std::vector<uint32_t>{0xff000000u, 0xffffffffu, 0xff000000u}));
    }

    void overlayFillAndOutline() {
        Random random(13);
        ClassTable classes;
        classes.set({1, "mitochondria", {230, 159, 0}, true, false});
        classes.set({2, "hidden", {1, 2, 3}, false, false});
        std::vector<uint32_t> out;
        for (int round = 0; round < 10; ++round) {
            Pixels labels(PixelType::u32, 1, {1, 30, 41});
            for (uint32_t& v : labels.values<uint32_t>())
                v = random.chance(0.7) ? 1u : uint32_t(random.below(4)) * (random.chance(0.2) ? 1000u : 1u);
            const OverlayStyle style{random.uniform(), random.uniform(), random.chance(0.3)};
            labelsToArgb(labels, classes, style, out);
            QCOMPARE(out.size(), size_t(28 * 39));
            for (int64_t y = 1; y < 29; ++y)
                for (int64_t x = 1; x < 40; ++x) {
                    const auto at = [&](int64_t dy, int64_t dx) {
                        return uint32_t(labels.at(0, 0, y + dy, x + dx));
                    };
                    const uint32_t label = at(0, 0), shown = out[size_t((y - 1) * 39 + x - 1)];
                    if (label == 0 || label == 2) {
                        QCOMPARE(shown, 0u);
                        continue;
                    }
                    const bool border =
                        at(-1, 0) != label || at(1, 0) != label || at(0, -1) != label || at(0, 1) != label;
                    const double opacity = border ? style.outline : style.fill;
                    const Colour colour =
                        label == 1 && !style.byInstance ? Colour{230, 159, 0} : instanceColour(label);
                    const int alpha = int(std::lround(255 * opacity));
                    QCOMPARE(int(shown >> 24), alpha);
                    const uint8_t parts[] = {colour.r, colour.g, colour.b};
                    for (int c = 0; c < 3; ++c) {
                        const int value = int(shown >> (16 - 8 * c) & 255);
                        QVERIFY(std::abs(value - parts[c] * alpha / 255.0) <= 0.51);
                        QVERIFY2(value <= alpha, "premultiplied");
                    }
                }
        }
    }

    void overlayIsTheSameInPieces() {
        Random random(14);
        Pixels labels(PixelType::u32, 1, {1, 42, 62});
        uint32_t label = 0;
        for (uint32_t& v : labels.values<uint32_t>()) {
            if (random.chance(0.1)) label = uint32_t(random.below(3));
            v = label;
        }
        std::vector<uint32_t> whole, part;
        labelsToArgb(labels, {}, {}, whole);
        for (int64_t y = 0; y < 40; y += 20)
            for (int64_t x = 0; x < 60; x += 15) {
                labelsToArgb(labels.cropped({0, y, x, 1, y + 22, x + 17}), {}, {}, part);
                for (int64_t i = 0; i < 20 * 15; ++i)
                    QCOMPARE(part[size_t(i)], whole[size_t((y + i / 15) * 60 + x + i % 15)]);
            }
    }

    void scaleBars() {
        const auto bar = [](std::optional<double> nm, double zoom, double most) {
            return scaleBar(nm, zoom, most);
        };
        QCOMPARE(bar(4.0, 1, 150).text, std::string("500 nm"));
        QCOMPARE(bar(4.0, 1, 150).screenPixels, 125.0);
        QCOMPARE(bar(10.0, 1, 100).text, std::string("1 µm"));
        QCOMPARE(bar(10.0, 1, 100).screenPixels, 100.0); // exactly as long as allowed
        QCOMPARE(bar(10.0, 0.001, 250).text, std::string("2 mm"));
        QCOMPARE(bar(0.1, 40, 150).text, std::string("0.2 nm"));
        QCOMPARE(bar(std::nullopt, 1, 150).text, std::string("100 px"));
        QCOMPARE(bar(std::nullopt, 100, 150).text, std::string("1 px"));
        QCOMPARE(bar(0.0, 1, 150).text, std::string("100 px"));
        QVERIFY(bar(4.0, 0, 150).text.empty() && bar(4.0, std::nan(""), 150).text.empty() &&
                bar(4.0, 1, 0).text.empty());
        Random random(15);
        for (int i = 0; i < 500; ++i) {
            const double nm = std::pow(10, random.uniform(-2, 4)), zoom = std::pow(10, random.uniform(-3, 2)),
                         most = random.uniform(20, 400);
            const ScaleBar b = bar(nm, zoom, most);
            QVERIFY(b.screenPixels <= most * (1 + 1e-9) && b.screenPixels > most / 2.5 * (1 - 1e-9));
            QVERIFY(std::abs(b.length * zoom / nm - b.screenPixels) < 1e-6 * most);
            const double mantissa = b.length / std::pow(10, std::floor(std::log10(b.length) + 1e-9));
            QVERIFY(std::abs(mantissa - 1) < 1e-6 || std::abs(mantissa - 2) < 1e-6 ||
                    std::abs(mantissa - 5) < 1e-6);
        }
    }
};

QTEST_GUILESS_MAIN(TestCompose)
#include "tst_compose.moc"
