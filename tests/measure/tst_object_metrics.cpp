// Distances and objects against slow, independent computations on random masks.
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/image/memory_source.h"
#include "core/measure/distances.h"
#include "core/measure/metrics.h"
#include "core/measure/object_scores.h"

#include <QtTest>

#include <cmath>
#include <map>
#include <queue>
#include <set>

using namespace cristae;

namespace {

struct Voxel {
    int64_t z, y, x;
};
std::vector<Voxel> voxelsOf(const std::vector<uint8_t>& mask, const Extent3& e) {
    std::vector<Voxel> list;
    for (int64_t i = 0; i < e.count(); ++i)
        if (mask[size_t(i)]) list.push_back({i / (e.y * e.x), i / e.x % e.y, i % e.x});
    return list;
}
double distance(const Voxel& a, const Voxel& b, const Spacing& s) {
    return std::hypot(double(a.z - b.z) * s.z, double(a.y - b.y) * s.y, double(a.x - b.x) * s.x);
}
double nearest(const Voxel& a, const std::vector<Voxel>& others, const Spacing& s) {
    double best = INFINITY;
    for (const Voxel& b : others) best = std::min(best, distance(a, b, s));
    return best;
}

/// Components by flooding from voxel to voxel.
std::vector<uint32_t> flooded(const std::vector<uint8_t>& mask, const Extent3& e, bool slices, bool corners) {
    std::vector<uint32_t> ids(mask.size());
    uint32_t next = 0;
    for (int64_t start = 0; start < e.count(); ++start) {
        if (!mask[size_t(start)] || ids[size_t(start)]) continue;
        std::queue<int64_t> open({start});
        ids[size_t(start)] = ++next;
        while (!open.empty()) {
            const int64_t i = open.front(), z = i / (e.y * e.x), y = i / e.x % e.y, x = i % e.x;
            open.pop();
            for (int dz = -1; dz <= 1; ++dz)
                for (int dy = -1; dy <= 1; ++dy)
                    for (int dx = -1; dx <= 1; ++dx) {
                        if ((slices && dz) || (!corners && std::abs(dz) + std::abs(dy) + std::abs(dx) != 1))
                            continue;
                        const int64_t nz = z + dz, ny = y + dy, nx = x + dx;
                        if (nz < 0 || ny < 0 || nx < 0 || nz >= e.z || ny >= e.y || nx >= e.x) continue;
                        const auto n = size_t((nz * e.y + ny) * e.x + nx);
                        if (mask[n] && !ids[n]) {
                            ids[n] = next;
                            open.push(int64_t(n));
                        }
                    }
        }
    }
    return ids;
}

std::vector<uint8_t> randomMask(Random& random, const Extent3& e, double share) {
    std::vector<uint8_t> mask(size_t(e.count()));
    for (uint8_t& value : mask) value = random.chance(share);
    return mask;
}
/// Boxes of random size, so that there are objects worth the name.
std::vector<uint8_t> randomBoxes(Random& random, const Extent3& e, int count) {
    std::vector<uint8_t> mask(size_t(e.count()), 0);
    for (int i = 0; i < count; ++i) {
        const auto z = random.below(e.z), y = random.below(e.y), x = random.below(e.x);
        const auto h = int64_t(1 + random.below(5)), w = int64_t(1 + random.below(6));
        for (int64_t zz = z; zz < std::min(e.z, z + 2); ++zz)
            for (int64_t yy = y; yy < std::min(e.y, y + h); ++yy)
                for (int64_t xx = x; xx < std::min(e.x, x + w); ++xx)
                    mask[size_t((zz * e.y + yy) * e.x + xx)] = 1;
    }
    return mask;
}

Pixels pixelsOf(const std::vector<uint8_t>& mask, const Extent3& e) {
    Pixels pixels(PixelType::u8, 1, e);
    std::copy(mask.begin(), mask.end(), pixels.values<uint8_t>().begin());
    return pixels;
}
LabelVolume volume(const std::vector<uint32_t>& labels, const Extent3& e) {
    return {e, labels};
}
std::map<std::string, double> scores(const std::vector<uint8_t>& prediction,
                                     const std::vector<uint8_t>& truth, const Extent3& e,
                                     EvaluationOptions options = {}, ImageInfo info = {}) {
    if (options.metrics.empty()) options.metrics = {"all"};
    std::map<std::string, double> values;
    for (const Metric& m : evaluate(MemorySource(pixelsOf(prediction, e), info),
                                    MemorySource(pixelsOf(truth, e), info), options, Progress::none()))
        values[m.name] = m.value;
    return values;
}
bool near(double a, double b, double tolerance = 1e-5) {
    return std::abs(a - b) <= tolerance * std::max({1.0, std::abs(a), std::abs(b)}) ||
           (std::isnan(a) && std::isnan(b));
}

} // namespace

class TestObjectMetrics : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void distanceTransformAgainstEveryPair() {
        Random random(1);
        const Spacing spacings[] = {{1, 1, 1}, {40, 5, 5}, {3, 0.5, 7.25}};
        for (int round = 0; round < 30; ++round) {
            const Extent3 e{int64_t(1 + random.below(5)), int64_t(1 + random.below(20)),
                            int64_t(1 + random.below(40))};
            const auto mask = randomMask(random, e, round % 3 ? 0.03 : 0.4);
            const Spacing& spacing = spacings[round % 3];
            const auto found = squaredDistances(mask, e, spacing);
            const auto voxels = voxelsOf(mask, e);
            for (int64_t i = 0; i < e.count(); ++i) {
                const double expected = nearest({i / (e.y * e.x), i / e.x % e.y, i % e.x}, voxels, spacing);
                if (voxels.empty())
                    QVERIFY(std::isinf(found[size_t(i)]));
                else
                    QVERIFY2(near(std::sqrt(double(found[size_t(i)])), expected),
                             qPrintable(QString::number(i)));
            }
        }
    }

    void surfaceDistancesAgainstEveryPair() {
        Random random(2);
        for (int round = 0; round < 30; ++round) {
            const Extent3 e{round % 2 ? 1 : 4, 12, 15};
            const auto a = randomBoxes(random, e, 1 + int(random.below(4))),
                       b = randomBoxes(random, e, 1 + int(random.below(4)));
            const Spacing spacing = round % 3 ? Spacing{30, 4, 5} : Spacing{};
            // Surfaces by asking each neighbour.
            const auto surface = [&](const std::vector<uint8_t>& mask) {
                std::vector<Voxel> list;
                const auto at = [&](int64_t z, int64_t y, int64_t x) {
                    return z >= 0 && y >= 0 && x >= 0 && z < e.z && y < e.y && x < e.x &&
                           mask[size_t((z * e.y + y) * e.x + x)];
                };
                for (const Voxel& v : voxelsOf(mask, e))
                    if (!at(v.z, v.y - 1, v.x) || !at(v.z, v.y + 1, v.x) || !at(v.z, v.y, v.x - 1) ||
                        !at(v.z, v.y, v.x + 1) ||
                        (e.z > 1 && (!at(v.z - 1, v.y, v.x) || !at(v.z + 1, v.y, v.x))))
                        list.push_back(v);
                return list;
            };
            std::vector<double> all;
            double means = 0;
            const auto one = surface(a), two = surface(b);
            for (const auto& [from, to] : {std::pair(one, two), std::pair(two, one)}) {
                double sum = 0;
                for (const Voxel& v : from) {
                    all.push_back(nearest(v, to, spacing));
                    sum += all.back();
                }
                means += sum / double(from.size()) / 2;
            }
            std::sort(all.begin(), all.end());
            const double rank = 0.95 * double(all.size() - 1);
            const auto low = size_t(rank);
            const double hd95 =
                all[low] + (low + 1 < all.size() ? (rank - double(low)) * (all[low + 1] - all[low]) : 0);
            const SurfaceDistances found = surfaceDistances(a, b, e, spacing, Progress::none());
            QVERIFY(near(found.hausdorff, all.back()));
            QVERIFY(near(found.hd95, hd95));
            QVERIFY(near(found.mean, means));
        }
    }

    void emptyMasksHaveTheirConventions() {
        const Extent3 e{2, 6, 7};
        const std::vector<uint8_t> empty(84, 0), full(84, 1);
        auto both = scores(empty, empty, e);
        for (const char* one :
             {"dice", "iou", "object_f1", "object_f1_glas", "object_dice", "v_rand", "v_info"})
            QCOMPARE(both.at(one), 1.0);
        for (const char* zero : {"hausdorff", "hd95", "mean_surface_distance", "object_hausdorff",
                                 "objects_total", "adapted_rand_error", "variation_of_information"})
            QCOMPARE(both.at(zero), 0.0);
        auto missed = scores(empty, full, e);
        for (const char* zero : {"dice", "object_f1", "object_f1_glas", "object_dice", "objects_found"})
            QCOMPARE(missed.at(zero), 0.0);
        for (const char* undefined : {"hausdorff", "hd95", "mean_surface_distance", "object_hausdorff"})
            QVERIFY(std::isnan(missed.at(undefined)));
        auto invented = scores(full, empty, e);
        QCOMPARE(invented.at("objects_predicted"), 1.0);
        QVERIFY(std::isnan(invented.at("hausdorff")));
        auto perfect = scores(full, full, e);
        for (const char* one : {"object_f1", "object_f1_mean", "object_dice", "v_rand", "v_info"})
            QCOMPARE(perfect.at(one), 1.0);
        QCOMPARE(perfect.at("hausdorff"), 0.0);
    }

    void componentsAgainstFlooding() {
        Random random(3);
        for (int round = 0; round < 40; ++round) {
            const Extent3 e{int64_t(1 + random.below(4)), int64_t(1 + random.below(15)),
                            int64_t(1 + random.below(25))};
            const auto mask = randomMask(random, e, 0.2 + 0.1 * (round % 5));
            for (const bool slices : {false, true})
                for (const bool corners : {false, true})
                    QCOMPARE(
                        components(mask, e, slices ? Connectivity::slices : Connectivity::volume, corners)
                            .labels,
                        flooded(mask, e, slices, corners));
        }
    }

    void objectsAgainstCountingSets() {
        Random random(4);
        for (int round = 0; round < 40; ++round) {
            const Extent3 e{round % 2 ? 1 : 3, 14, 18};
            const auto truthMask = randomBoxes(random, e, int(random.below(7)));
            auto predictionMask = truthMask;
            for (uint8_t& value : predictionMask) value = random.chance(0.12) ? uint8_t(!value) : value;
            const auto t = flooded(truthMask, e, false, true), p = flooded(predictionMask, e, false, true);
            std::map<uint32_t, std::set<size_t>> truths, predictions;
            for (size_t i = 0; i < t.size(); ++i) {
                if (t[i]) truths[t[i]].insert(i);
                if (p[i]) predictions[p[i]].insert(i);
            }
            const auto shared = [](const std::set<size_t>& a, const std::set<size_t>& b) {
                size_t count = 0;
                for (const size_t i : a) count += b.count(i);
                return double(count);
            };
            double found = 0, glas = 0;
            for (const auto& [id, truth] : truths) {
                bool hit = false;
                for (const auto& [other, prediction] : predictions) {
                    const double both = shared(truth, prediction);
                    hit = hit || both / (double(truth.size() + prediction.size()) - both) > 0.5 - 1e-12;
                }
                found += hit;
            }
            std::set<uint32_t> taken;
            const auto partner = [&](const std::set<size_t>& object, const auto& others) {
                uint32_t best = 0;
                double most = 0;
                for (const auto& [other, set] : others)
                    if (const double both = shared(object, set); both > most) {
                        most = both;
                        best = other;
                    }
                return best;
            };
            double objectDice[2] = {0, 0}, sizes[2] = {0, 0}, distances[2] = {0, 0};
            const auto voxels = [&](const std::set<size_t>& set) {
                std::vector<Voxel> list;
                for (const size_t i : set)
                    list.push_back({int64_t(i) / (e.y * e.x), int64_t(i) / e.x % e.y, int64_t(i) % e.x});
                return list;
            };
            const auto apart = [&](const std::set<size_t>& a, const std::set<size_t>& b) {
                double largest = 0;
                for (const Voxel& v : voxels(a)) largest = std::max(largest, nearest(v, voxels(b), {}));
                for (const Voxel& v : voxels(b)) largest = std::max(largest, nearest(v, voxels(a), {}));
                return largest;
            };
            const auto oneSide = [&](int side, const auto& objects, const auto& others) {
                for (const auto& [id, set] : objects) {
                    const uint32_t other = partner(set, others);
                    const double size = double(set.size());
                    sizes[side] += size;
                    double away = INFINITY;
                    if (other) {
                        const auto& with = others.at(other);
                        objectDice[side] += size * 2 * shared(set, with) / double(set.size() + with.size());
                        away = apart(set, with);
                        if (side == 0 && 2 * shared(set, with) >= double(with.size()) &&
                            taken.insert(other).second)
                            ++glas;
                    } else {
                        for (const auto& [any, with] : others) away = std::min(away, apart(set, with));
                    }
                    distances[side] += size * away;
                }
            };
            oneSide(0, predictions, truths);
            oneSide(1, truths, predictions);
            const auto s = scores(predictionMask, truthMask, e);
            const double total = double(truths.size() + predictions.size());
            QCOMPARE(s.at("objects_total"), double(truths.size()));
            QCOMPARE(s.at("objects_predicted"), double(predictions.size()));
            QCOMPARE(s.at("objects_found"), found);
            QVERIFY(near(s.at("object_f1"), total > 0 ? 2 * found / total : 1));
            QVERIFY(near(s.at("object_f1_glas"), total > 0 ? 2 * glas / total : 1));
            if (truths.empty() || predictions.empty()) continue;
            QVERIFY(near(s.at("object_dice"), (objectDice[0] / sizes[0] + objectDice[1] / sizes[1]) / 2));
            QVERIFY(near(s.at("object_hausdorff"), (distances[0] / sizes[0] + distances[1] / sizes[1]) / 2));
        }
    }

    void aStricterMatchFindsFewer() {
        // IoU of exactly one half counts at 0.5; two halves of one object cannot both find it.
        const Extent3 e{1, 1, 8};
        const LabelVolume truth = volume({1, 1, 1, 1, 0, 0, 0, 0}, e),
                          halves = volume({1, 1, 2, 2, 0, 0, 0, 0}, e);
        const OverlapTable table = overlapsOf(truth, halves);
        QCOMPARE(matchedObjects(table, 0.5).found, 1);
        QCOMPARE(matchedObjects(table, 0.51).found, 0);
        QCOMPARE(matchedObjectsGlas(table).found, 1);
    }

    void nanometresFollowTheVoxelSize() {
        const Extent3 e{3, 8, 8};
        std::vector<uint8_t> a(192, 0), b(192, 0);
        a[0] = 1;              // z 0, y 0, x 0
        b[2 * 64 + 3 * 8] = 1; // z 2, y 3, x 0
        ImageInfo info;
        info.voxelSize = {40.0, 5.0, 4.0, "made by the test"};
        const auto s = scores(a, b, e, {}, info);
        QVERIFY(near(s.at("hausdorff"), std::hypot(2, 3)));
        QVERIFY(near(s.at("hausdorff_nm"), std::hypot(80, 15)));
        QVERIFY(near(s.at("object_hausdorff_nm"), std::hypot(80, 15)));
        const auto unknown = scores(a, b, e);
        QVERIFY(!unknown.contains("hausdorff_nm"));
    }

    void idsAreObjectsWhenSaid() {
        // Two ids that touch: one object as a mask, two by id.
        const Extent3 e{1, 1, 6};
        const std::vector<uint8_t> ids{7, 7, 7, 9, 9, 0}, mask{1, 1, 1, 1, 1, 0};
        EvaluationOptions options;
        QCOMPARE(scores(mask, ids, e, options).at("objects_total"), 1.0);
        options.truthIds = true;
        QCOMPARE(scores(mask, ids, e, options).at("objects_total"), 2.0);
        options.predictionIds = true;
        QCOMPARE(scores(ids, ids, e, options).at("object_f1"), 1.0);
    }

    void unknownMetricsAreNamed() {
        EvaluationOptions options;
        options.metrics = {"dise"};
        try {
            scores(std::vector<uint8_t>(4, 0), std::vector<uint8_t>(4, 0), {1, 2, 2}, options);
            QFAIL("A metric that does not exist was accepted.");
        } catch (const Error& error) {
            QCOMPARE(error.kind(), ErrorKind::usage);
            QVERIFY(QString(error.what()).contains("dise"));
            QVERIFY(QString(error.what()).contains("hausdorff"));
        }
    }
};

QTEST_GUILESS_MAIN(TestObjectMetrics)
#include "tst_object_metrics.moc"
