// Augmentation: image and labels stay aligned, patches depend on seed and number alone, resampling and
// normalisation are right.
#include "core/base/random.h"
#include "core/image/memory_source.h"
#include "core/learn/batch_queue.h"
#include "core/learn/recipe.h"

#include <QRegularExpression>
#include <QTest>
#include <array>
#include <cmath>
#include <set>

using namespace cristae;

namespace {

/// Grey = 200 inside a few discs and 50 outside; the labels say the same. A corner is unknown.
TrainingSlice discs(int64_t height, int64_t width) {
    TrainingSlice slice{"discs",
                        Pixels(PixelType::u8, 1, {1, height, width}),
                        Pixels(PixelType::u8, 1, {1, height, width}),
                        5.0,
                        Role::train,
                        1};
    for (int64_t y = 0; y < height; ++y)
        for (int64_t x = 0; x < width; ++x) {
            const double dy = double(y % 60) - 30, dx = double(x % 70) - 35;
            const bool inside = dy * dy + dx * dx < 20 * 20;
            slice.image.values<uint8_t>()[size_t(y * width + x)] = inside ? 200 : 50;
            slice.labels.values<uint8_t>()[size_t(y * width + x)] = y < 10 && x < 10 ? 255 : inside;
        }
    return slice;
}

nlohmann::json recipe(std::initializer_list<std::pair<const char*, nlohmann::json>> changes) {
    nlohmann::json values = recipeSchema().defaults();
    values["patch"] = 96;
    for (const auto& [key, value] : changes) values[key] = value;
    return values;
}

/// Only geometry, each kind always.
nlohmann::json geometryOnly() {
    return recipe({{"flip", 1},
                   {"rotate", 1},
                   {"scale", 1},
                   {"elastic", 1},
                   {"quarterTurns", 1},
                   {"shear", 1},
                   {"crop", 1},
                   {"brightness", 0},
                   {"contrast", 0},
                   {"gamma", 0},
                   {"noise", 0},
                   {"blur", 0}});
}

/// As the recipe says of data, but without any augmentation besides these.
nlohmann::json nothingBut(std::initializer_list<std::pair<const char*, nlohmann::json>> changes) {
    nlohmann::json values = recipe({});
    for (const Option& option : recipeSchema().options())
        if (option.group == "Augmentation" && option.minimum == 0.0 && option.maximum == 1.0)
            values[option.key] = 0;
    for (const auto& [key, value] : changes) values[key] = value;
    return values;
}

TrainingSlice noisyDiscs(int64_t height, int64_t width) {
    TrainingSlice slice = discs(height, width);
    Random random(1);
    for (uint8_t& value : slice.image.values<uint8_t>()) value = uint8_t(value + random.below(40) - 20);
    return slice;
}

} // namespace

class TestAugment : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void normalisedToZeroMeanAndUnitVariance() {
        const PreparedSlice slice = prepareSlice(discs(120, 140), 1, recipe({}));
        double sum = 0, squares = 0;
        for (const float v : std::as_const(slice.image).values<float>()) sum += v, squares += double(v) * v;
        QVERIFY(std::abs(sum / double(slice.image.count())) < 1e-4);
        QVERIFY(std::abs(squares / double(slice.image.count()) - 1) < 1e-3);
    }

    void resampledToTheRecipesPixelSize() {
        const PreparedSlice slice = prepareSlice(discs(120, 140), 1, recipe({{"pixelSizeNm", 10}}));
        QCOMPARE(slice.image.extent().y, 60);
        QCOMPARE(slice.labels.extent().x, 70);
        int64_t agree = 0;
        for (size_t i = 0; i < size_t(slice.image.count()); ++i) {
            const uint8_t label = slice.labels.values<uint8_t>()[i];
            QVERIFY(label == 0 || label == 1 || label == 255); // nothing mixed
            agree += label == 255 || (slice.image.values<float>()[i] > 0) == (label == 1);
        }
        QVERIFY(double(agree) / double(slice.image.count()) > 0.98);
        TrainingSlice unknown = discs(120, 140);
        unknown.pixelSizeNm.reset();
        QCOMPARE(prepareSlice(unknown, 1, recipe({{"pixelSizeNm", 10}})).image.extent().y, 120);
    }

    void imageAndLabelsStayAligned() {
        const std::vector<PreparedSlice> slices{prepareSlice(discs(300, 280), 1, geometryOnly())};
        const PatchSampler sampler(slices, geometryOnly());
        int64_t agree = 0, known = 0, objects = 0;
        for (uint64_t n = 0; n < 20; ++n) {
            const Patch patch = sampler.patch(7, n);
            for (size_t i = 0; i < size_t(patch.labels.count()); ++i) {
                const uint8_t label = patch.labels.values<uint8_t>()[i];
                if (label == 255) continue;
                ++known;
                objects += label;
                agree += (patch.image.values<float>()[i] > 0.35) == (label == 1);
            }
        }
        QVERIFY(objects > known / 20);
        QVERIFY2(double(agree) / double(known) > 0.985,
                 qPrintable(QString::number(double(agree) / double(known))));
    }

    void everyKindOfChangeChangesSomething() {
        nlohmann::json nothing = geometryOnly();
        for (const char* key : {"flip", "rotate", "scale", "elastic", "quarterTurns", "shear", "crop"})
            nothing[key] = 0;
        const std::vector<PreparedSlice> slices{prepareSlice(discs(300, 280), 1, nothing)};
        for (const char* key :
             {"flip", "rotate", "scale", "elastic", "brightness", "contrast", "gamma", "noise", "blur",
              "quarterTurns", "shear", "crop", "median", "sharpen", "saltPepper"}) {
            nlohmann::json one = nothing;
            one[key] = 1;
            int different = 0;
            for (uint64_t n = 0; n < 4; ++n)
                different += !(PatchSampler(slices, one).patch(3, n).image ==
                               PatchSampler(slices, nothing).patch(3, n).image);
            QVERIFY2(different >= 2, key);
        }
    }

    void batchesDoNotDependOnTheNumberOfThreads() {
        const nlohmann::json values = recipe({});
        const std::vector<PreparedSlice> slices{prepareSlice(discs(200, 200), 1, values),
                                                prepareSlice(discs(100, 150), 1, values)};
        const PatchSampler sampler(slices, values);
        BatchQueue one(sampler, 3, 11, 0, 8, 1), four(sampler, 3, 11, 0, 8, 4),
            later(sampler, 3, 11, 5, 8, 2), other(sampler, 3, 12, 0, 8, 2);
        for (int64_t b = 0; b < 8; ++b) {
            const Batch first = one.next(), second = four.next();
            QVERIFY(first.images == second.images);
            QVERIFY(first.labels == second.labels);
            QVERIFY(first.images != other.next().images);
            if (b >= 5) QVERIFY(later.next().images == first.images); // as after a resume
        }
    }

    void olderRecipesGiveTheSamePatches() {
        const nlohmann::json values = recipe({{"noise", 0.5}});
        const std::vector<PreparedSlice> slices{prepareSlice(discs(200, 190), 1, values),
                                                prepareSlice(discs(120, 150), 1, values)};
        const PatchSampler sampler(slices, values);
        // Pixels of the class and three grey values of each patch, as they were before there were shear,
        // crops, turns, medians, sharpening, salt and pepper.
        const double expected[6][4] = {{2837, -0.4132, 1.5884, -0.3209},  {3330, -0.7318, -0.6674, -0.6560},
                                       {2692, -1.1536, -0.9192, -0.2842}, {3049, -0.6088, -0.8102, -0.7886},
                                       {2660, -0.5509, -0.5509, -0.5509}, {2860, -0.6652, -0.6652, 1.4873}};
        for (uint64_t n = 0; n < 6; ++n) {
            const Patch patch = sampler.patch(21, n);
            double objects = 0;
            for (const uint8_t label : std::as_const(patch.labels).values<uint8_t>()) objects += label == 1;
            const auto grey = patch.image.values<float>();
            const std::array<double, 4> found{objects, grey[1000], grey[4700], grey[9000]};
            for (size_t i = 0; i < found.size(); ++i)
                QVERIFY2(std::abs(found[i] - expected[n][i]) < (i ? 2e-3 : 3),
                         qPrintable(QString("patch %1: %2").arg(n).arg(found[i])));
        }
    }

    void slicesSmallerThanAPatchAreMirrored() {
        const std::vector<PreparedSlice> slices{prepareSlice(discs(61, 71), 1, geometryOnly())};
        const Patch patch = PatchSampler(slices, geometryOnly()).patch(1, 1);
        QCOMPARE(patch.image.extent().y, 96);
        for (const float v : std::as_const(patch.image).values<float>()) QVERIFY(std::isfinite(v));
    }

    void neighboursAreReadMirroredAndReversedTogether() {
        // Slice z is bright in rows 8 z … 8 z + 7, and its labels say so there.
        Pixels stack(PixelType::u8, 1, {6, 48, 64});
        for (int64_t z = 0; z < 6; ++z)
            std::ranges::fill(stack.plane<uint8_t>(0, z).subspan(size_t(z * 8 * 64), 8 * 64), uint8_t(200));
        const auto source = std::make_shared<MemorySource>(stack);
        std::vector<TrainingSlice> slices;
        for (const auto& [z, role] : {std::pair{0, Role::train}, std::pair{1, Role::validation},
                                      std::pair{2, Role::train}, std::pair{5, Role::test}}) {
            TrainingSlice slice;
            slice.image = source->read(0, Box3::ofSlice({6, 48, 64}, z));
            slice.labels = Pixels(PixelType::u8, 1, {1, 48, 64});
            std::ranges::fill(slice.labels.plane<uint8_t>(0, 0).subspan(size_t(z * 8 * 64), 8 * 64),
                              uint8_t(1));
            slice.role = role;
            slice.source = source;
            slice.z = z;
            slices.push_back(slice);
        }
        const auto brightRow = [](std::span<const float> plane) {
            return (std::ranges::max_element(plane) - plane.begin()) / 64 / 8;
        };
        const auto rows = [&](const PreparedSlice& slice) {
            std::vector<int64_t> found;
            for (const Pixels& plane : slice.planes) found.push_back(brightRow(plane.plane<float>(0, 0)));
            return found;
        };
        const nlohmann::json plain = recipe({{"patch", 48},
                                             {"flip", 0},
                                             {"rotate", 0},
                                             {"scale", 0},
                                             {"elastic", 0},
                                             {"brightness", 0},
                                             {"contrast", 0},
                                             {"gamma", 0},
                                             {"noise", 0},
                                             {"blur", 0},
                                             {"reverseZ", 0},
                                             {"foregroundFraction", 0}});
        auto prepared = prepareSlices(slices, 1, plain, {2, 2, false}, Progress::none());
        QCOMPARE(int(prepared.size()), 3); // not the test slice
        QCOMPARE(rows(prepared[0]), (std::vector<int64_t>{2, 1, 0, 1, 2}));
        QCOMPARE(rows(prepared[2]), (std::vector<int64_t>{0, 1, 2, 3, 4}));
        const Patch patch = PatchSampler(prepared, plain).patch(3, 1);
        QVERIFY(patch.image.extent() == (Extent3{5, 48, 48}) &&
                patch.labels.extent() == (Extent3{1, 48, 48}));
        nlohmann::json flipped = plain;
        flipped["flip"] = flipped["reverseZ"] = 1; // always: both axes and the order of slices
        const std::vector<PreparedSlice> middle{prepared[2]};
        const auto brightest = [](const Patch& of, int64_t z) {
            const auto plane = of.image.plane<float>(0, z);
            return (std::ranges::max_element(plane) - plane.begin()) / 48;
        };
        // Rows upside down and slices the other way round: the bright rows go down through the slices as
        // before.
        for (const Patch& seen :
             {PatchSampler(middle, plain).patch(3, 1), PatchSampler(middle, flipped).patch(3, 1)})
            QVERIFY(brightest(seen, 1) < brightest(seen, 2) && brightest(seen, 2) < brightest(seen, 3));

        nlohmann::json reversed = plain;
        reversed["reverseZ"] = 1; // by itself: bright rows go up
        const Patch back = PatchSampler(middle, reversed).patch(3, 1);
        QVERIFY(brightest(back, 1) > brightest(back, 2) && brightest(back, 2) > brightest(back, 3));

        // Volumes: only labels of training slices count beside a training slice.
        prepared = prepareSlices(slices, 1, plain, {1, 2, true}, Progress::none());
        QCOMPARE(rows(prepared[2]), (std::vector<int64_t>{1, 2, 3, 4}));
        const auto known = [](const Pixels& labels) { return labels.at(0, 0, 0, 0) != 255; };
        QVERIFY(!known(prepared[2].planeLabels[0]) && known(prepared[2].planeLabels[1]) &&
                !known(prepared[2].planeLabels[2]));
        QVERIFY(known(prepared[0].planeLabels[3])); // slice 2 is for training like slice 0
        const Patch volume = PatchSampler(prepared, plain).patch(3, 2);
        QVERIFY(volume.image.extent() == (Extent3{4, 48, 48}) &&
                volume.labels.extent() == (Extent3{4, 48, 48}));
        // A slice that stands alone sees itself.
        slices[0].source = nullptr;
        prepared = prepareSlices({slices[0]}, 1, plain, {1, 1, false}, Progress::none());
        QCOMPARE(rows(prepared[0]), (std::vector<int64_t>{0, 0, 0}));
    }

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

    void weightsSteerWherePatchesComeFrom() {
        nlohmann::json values = recipe(
            {{"patch", 16}, {"brightness", 0}, {"contrast", 0}, {"gamma", 0}, {"noise", 0}, {"blur", 0}});
        TrainingSlice heavy = discs(100, 100), light = discs(100, 100);
        for (uint8_t& v : heavy.labels.values<uint8_t>()) v = 1;
        for (uint8_t& v : light.labels.values<uint8_t>()) v = 2;
        heavy.weight = 3;
        const std::vector<PreparedSlice> slices{prepareSlice(heavy, 1, values),
                                                prepareSlice(light, 1, values)};
        const PatchSampler sampler(slices, values);
        int fromHeavy = 0;
        for (uint64_t n = 0; n < 400; ++n) fromHeavy += sampler.patch(5, n).labels.values<uint8_t>()[0] == 1;
        QVERIFY2(fromHeavy > 260 && fromHeavy < 340, qPrintable(QString::number(fromHeavy)));
    }
};

QTEST_GUILESS_MAIN(TestAugment)
#include "tst_augment.moc"
