// Single kinds of augmentation: exact turns, crops, shear, borders, grey values; classes in balance.
#include "tests/learn/discs.h"

#include <QRegularExpression>
#include <QTest>
#include <cmath>
#include <set>

using namespace cristae;

class TestAugmentKinds : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void quarterTurnsAreExact() {
        nlohmann::json values = nothingBut({});
        const std::vector<PreparedSlice> slices{prepareSlice(noisyDiscs(150, 160), 1, values)};
        std::set<int> seen;
        for (uint64_t n = 0; n < 12; ++n) {
            const Patch still = PatchSampler(slices, values).patch(2, n);
            const Patch turned = PatchSampler(slices, nothingBut({{"quarterTurns", 1}})).patch(2, n);
            const int64_t s = 96;
            for (int turn = 1; turn < 4; ++turn) {
                const auto same = [&](auto from, auto to) {
                    for (int64_t y = 0; y < s; ++y)
                        for (int64_t x = 0; x < s; ++x) {
                            const auto [v, u] = turn == 1   ? std::pair{x, s - 1 - y}
                                                : turn == 2 ? std::pair{s - 1 - y, s - 1 - x}
                                                            : std::pair{s - 1 - x, y};
                            if (from[size_t(v * s + u)] != to[size_t(y * s + x)]) return false;
                        }
                    return true;
                };
                if (!same(still.image.values<float>(), turned.image.values<float>())) continue;
                QVERIFY(same(still.labels.values<uint8_t>(), turned.labels.values<uint8_t>()));
                seen.insert(turn);
            }
        }
        QCOMPARE(int(seen.size()), 3);
    }

    void cropsAreEnlarged() {
        // A ramp along x: in a crop it is less steep, down to the smallest share, and inside the patch.
        TrainingSlice ramp = discs(200, 200);
        for (int64_t i = 0; i < 200 * 200; ++i) ramp.image.values<uint8_t>()[size_t(i)] = uint8_t(i % 200);
        std::ranges::fill(ramp.labels.values<uint8_t>(), uint8_t(0));
        ramp.labels.values<uint8_t>()[100 * 200 + 100] = 1; // where all patches are centred
        nlohmann::json none = nothingBut({{"foregroundFraction", 1}, {"shift", 0}}), values = none;
        values.update({{"crop", 1}, {"cropShare", 0.5}});
        const std::vector<PreparedSlice> slices{prepareSlice(ramp, 1, none)};
        const auto row = [](const Patch& patch) { return patch.image.values<float>().subspan(40 * 96, 96); };
        double smallest = 1, largest = 0;
        for (uint64_t n = 0; n < 60; ++n) {
            const Patch whole = PatchSampler(slices, none).patch(4, n),
                        crop = PatchSampler(slices, values).patch(4, n);
            const double share = (row(crop)[95] - row(crop)[0]) / (row(whole)[95] - row(whole)[0]);
            smallest = std::min(smallest, share);
            largest = std::max(largest, share);
            QVERIFY(row(crop)[0] >= row(whole)[0] - 1e-3f && row(crop)[95] <= row(whole)[95] + 1e-3f);
        }
        QVERIFY2(smallest > 0.49 && smallest < 0.56, qPrintable(QString::number(smallest)));
        QVERIFY2(largest > 0.94 && largest < 1.01, qPrintable(QString::number(largest)));
    }

    void shearTurnsOneAxisOnly() {
        TrainingSlice ramp = discs(200, 200);
        for (int64_t i = 0; i < 200 * 200; ++i) ramp.image.values<uint8_t>()[size_t(i)] = uint8_t(i % 200);
        const nlohmann::json values =
            nothingBut({{"shear", 1}, {"shearDegrees", 20}, {"foregroundFraction", 0}, {"patch", 48}});
        const std::vector<PreparedSlice> slices{prepareSlice(ramp, 1, values)};
        const double step = slices[0].image.values<float>()[1] - slices[0].image.values<float>()[0];
        double most = 0;
        for (uint64_t n = 0; n < 40; ++n) {
            const Patch patch = PatchSampler(slices, values).patch(4, n);
            const auto grey = patch.image.values<float>();
            QVERIFY(std::abs((grey[20 * 48 + 30] - grey[20 * 48 + 20]) / step - 10) < 0.1); // x as it was
            most = std::max(most, std::abs(grey[30 * 48 + 20] - grey[20 * 48 + 20]) / step / 10);
        }
        QVERIFY2(most > 0.2 && most < std::tan(20 * 3.14159265 / 180) + 0.01,
                 qPrintable(QString::number(most)));
    }

    void borderIsMirroredOrUnknown() {
        const nlohmann::json mirrored = nothingBut({{"foregroundFraction", 0}}),
                             constant = nothingBut({{"foregroundFraction", 0}, {"border", "constant"}});
        TrainingSlice small = discs(60, 60);
        std::ranges::fill(small.labels.values<uint8_t>(), uint8_t(1));
        const std::vector<PreparedSlice> slices{prepareSlice(small, 1, mirrored)};
        const Patch inside = PatchSampler(slices, mirrored).patch(1, 1),
                    cut = PatchSampler(slices, constant).patch(1, 1);
        int64_t unknown = 0;
        for (size_t i = 0; i < 96 * 96; ++i) {
            QCOMPARE(int(inside.labels.values<uint8_t>()[i]), 1);
            if (cut.labels.values<uint8_t>()[i] == 1) continue;
            QCOMPARE(int(cut.labels.values<uint8_t>()[i]), 255);
            ++unknown;
        }
        QVERIFY(unknown > 96 * 96 - 62 * 62);
        QCOMPARE(cut.image.values<float>()[0], 0.f);
        QVERIFY(inside.image.values<float>()[0] != 0.f);
    }

    void saltAndPepperSharpeningAndMedianDoWhatTheySay() {
        const nlohmann::json none = nothingBut({});
        const std::vector<PreparedSlice> slices{prepareSlice(noisyDiscs(200, 200), 1, none)};
        const auto patchWith = [&](std::initializer_list<std::pair<const char*, nlohmann::json>> changes) {
            return PatchSampler(slices, nothingBut(changes)).patch(8, 1);
        };
        const Patch plain = patchWith({});
        const auto before = plain.image.values<float>();
        const auto [low, high] = std::ranges::minmax(before);
        // At most the named share of pixels, to the extremes, as many up as down; labels as they were.
        int64_t up = 0, down = 0;
        for (uint64_t n = 0; n < 10; ++n) {
            const nlohmann::json values = nothingBut({{"saltPepper", 1}, {"saltPepperRange", 0.1}});
            const Patch noisy = PatchSampler(slices, values).patch(8, n),
                        clean = PatchSampler(slices, none).patch(8, n);
            const auto grey = noisy.image.values<float>(), was = clean.image.values<float>();
            const auto [least, most] = std::ranges::minmax(was);
            int64_t changed = 0;
            for (size_t i = 0; i < grey.size(); ++i) {
                if (grey[i] == was[i]) continue;
                QVERIFY(grey[i] == least || grey[i] == most);
                ++changed;
                ++(grey[i] == most ? up : down);
            }
            QVERIFY(changed < 0.11 * 96 * 96);
            QVERIFY(noisy.labels.values<uint8_t>()[500] == clean.labels.values<uint8_t>()[500]);
        }
        QVERIFY(up + down > 1000 && std::abs(double(up - down)) < 0.2 * double(up + down));
        const auto roughness = [](const Patch& patch) {
            const auto grey = patch.image.values<float>();
            double sum = 0;
            for (size_t i = 1; i < grey.size(); ++i) sum += std::abs(double(grey[i]) - grey[i - 1]);
            return sum;
        };
        QVERIFY(roughness(patchWith({{"sharpen", 1}, {"sharpenRange", 3}})) > 1.1 * roughness(plain));
        const Patch smooth = patchWith({{"median", 1}});
        QVERIFY(roughness(smooth) < 0.7 * roughness(plain));
        // Each inner pixel is the median of the nine around it.
        for (const size_t i : {size_t(10 * 96 + 10), size_t(50 * 96 + 33), size_t(80 * 96 + 70)}) {
            std::vector<float> window;
            for (const int dy : {-96, 0, 96})
                for (const int dx : {-1, 0, 1}) window.push_back(before[size_t(int(i) + dy + dx)]);
            std::ranges::sort(window);
            QCOMPARE(smooth.image.values<float>()[i], window[4]);
        }
        QVERIFY(low < high);
    }

    void rareClassesComeAsOftenAsCommonOnes() {
        // Class 1 is everywhere, class 2 is a spot of nine pixels in the smaller of three slices.
        nlohmann::json values = nothingBut({{"patch", 16}, {"shift", 0}, {"foregroundFraction", 1}});
        std::vector<PreparedSlice> slices;
        for (int i = 0; i < 3; ++i) {
            TrainingSlice slice = discs(i == 2 ? 80 : 300, 100);
            std::ranges::fill(slice.labels.values<uint8_t>(), uint8_t(1));
            if (i == 2)
                for (int64_t y = 40; y < 43; ++y)
                    for (int64_t x = 50; x < 53; ++x) slice.labels.values<uint8_t>()[size_t(y * 100 + x)] = 2;
            slices.push_back(prepareSlice(slice, 1, values));
        }
        const PatchSampler sampler(slices, values);
        int rare = 0;
        for (uint64_t n = 0; n < 400; ++n)
            rare += sampler.patch(5, n).labels.values<uint8_t>()[8 * 16 + 8] == 2;
        QVERIFY2(rare > 120 && rare < 260, qPrintable(QString::number(rare)));
    }
};

QTEST_GUILESS_MAIN(TestAugmentKinds)
#include "tst_augment_kinds.moc"
