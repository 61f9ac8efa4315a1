// Augmentation: image and labels stay aligned, patches depend on seed and number alone, resampling and
// normalisation are right.
#include "core/image/memory_source.h"
#include "core/learn/batch_queue.h"
#include "tests/learn/discs.h"

#include <QRegularExpression>
#include <QTest>
#include <array>
#include <cmath>

using namespace cristae;

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
        const BatchShare all{3, 0, 3};
        BatchQueue one(sampler, all, 11, 0, 8, 1), four(sampler, all, 11, 0, 8, 4),
            later(sampler, all, 11, 5, 8, 2), other(sampler, all, 12, 0, 8, 2);
        for (int64_t b = 0; b < 8; ++b) {
            const Batch first = one.next(), second = four.next();
            QVERIFY(first.images == second.images);
            QVERIFY(first.labels == second.labels);
            QVERIFY(first.images != other.next().images);
            if (b >= 5) QVERIFY(later.next().images == first.images); // as after a resume
        }
    }

    void processesShareEachBatch() {
        for (const int64_t batch : {2, 5, 8}) {
            const BatchShare first = shareOfBatch(batch, 0, 2), second = shareOfBatch(batch, 1, 2);
            QCOMPARE(second.first, first.count);
            QCOMPARE(first.count + second.count, batch);
            QVERIFY(std::abs(first.count - second.count) <= 1);
        }
        const nlohmann::json values = recipe({});
        const std::vector<PreparedSlice> slices{prepareSlice(discs(200, 200), 1, values)};
        const PatchSampler sampler(slices, values);
        BatchQueue whole(sampler, {5, 0, 5}, 11, 2, 3, 1), left(sampler, shareOfBatch(5, 0, 2), 11, 2, 3, 1),
            right(sampler, shareOfBatch(5, 1, 2), 11, 2, 3, 1);
        Batch parts = left.next();
        const Batch rest = right.next();
        parts.images.insert(parts.images.end(), rest.images.begin(), rest.images.end());
        parts.labels.insert(parts.labels.end(), rest.labels.begin(), rest.labels.end());
        const Batch all = whole.next();
        QVERIFY(parts.images == all.images && parts.labels == all.labels);
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
