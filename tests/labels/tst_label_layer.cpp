// Label store: edits, deltas, snapshots and rules against a dense array, in long random sequences.
#include "core/base/random.h"
#include "core/labels/label_source.h"
#include "dense_labels.h"

#include <QtTest>

#include <thread>

using namespace cristae;

namespace {
const Extent3 volume{3, 200, 301}; // tiles cut off at both edges

WriteRule randomRule(Random& random) {
    WriteRule rule;
    if (random.chance(0.4)) rule.lockedLabels.push_back(uint32_t(random.below(4)));
    if (random.chance(0.2)) rule.lockedLabels.push_back(uint32_t(random.below(4)));
    rule.keepHuman = random.chance(0.3);
    if (random.chance(0.3)) rule.onlyOver = uint32_t(random.below(3));
    return rule;
}

Pixels randomBlock(Random& random, const Extent3& size) {
    const PixelType types[] = {PixelType::u8, PixelType::u16, PixelType::u32};
    Pixels wide(PixelType::u32, 1, size);
    uint32_t value = 0;
    for (uint32_t& voxel : wide.values<uint32_t>()) {
        if (random.chance(0.1)) value = uint32_t(random.below(4));
        voxel = value;
    }
    return wide.converted(types[random.below(3)]);
}

// The same random writes through the edit and into the array.
void randomWrites(Random& random, LabelEdit& edit, DenseLabels& dense, const WriteRule& rule, int count) {
    for (int i = 0; i < count; ++i) {
        const int64_t z = random.below(4) - (random.chance(0.05) ? 1 : 0), y = random.below(220) - 10;
        const int64_t x0 = random.below(330) - 15, x1 = x0 + random.below(200);
        const Voxel value{uint32_t(random.below(4)), Origin(1 + random.below(3))};
        switch (random.below(5)) {
        case 0:
            edit.set(z, y, x0, value);
            dense.set(z, y, x0, value, rule);
            break;
        case 1:
        case 2:
            edit.setRun(z, y, x0, x1, value);
            for (int64_t x = x0; x < x1; ++x) dense.set(z, y, x, value, rule);
            break;
        case 3: {
            std::vector<uint32_t> labels;
            if (random.chance(0.5)) labels = {1, 3};
            edit.eraseRun(z, y, x0, x1, labels);
            for (int64_t x = x0; x < x1; ++x) {
                if (!dense.inside(z, y, x)) continue;
                const uint32_t label = dense.at(z, y, x).label;
                if (label == 0 || (!labels.empty() && label != 1 && label != 3)) continue;
                dense.set(z, y, x, {0, Origin::human}, rule);
            }
            break;
        }
        default: {
            const Box3 box{
                z, y, x0, z + 1 + random.below(2), y + 1 + random.below(140), x0 + 1 + random.below(180)};
            const Pixels block = randomBlock(random, box.extent());
            edit.setBlock(box, block, Origin::model);
            for (int64_t bz = box.z0; bz < box.z1; ++bz)
                for (int64_t by = box.y0; by < box.y1; ++by)
                    for (int64_t bx = box.x0; bx < box.x1; ++bx) {
                        const uint32_t label = uint32_t(block.at(0, bz - box.z0, by - box.y0, bx - box.x0));
                        dense.set(bz, by, bx, {label, label ? Origin::model : Origin::none}, rule);
                    }
        }
        }
    }
}

size_t voxelsChanged(const LabelDelta& delta) {
    size_t sum = 0;
    for (const TileDelta& tile : delta.tiles)
        for (const TileDelta::Run& run : tile.runs) sum += run.length;
    return sum;
}
} // namespace

class TestLabelLayer : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void randomSequencesAgainstDenseModel() {
        Random random(20261121);
        LabelLayer layer(volume);
        DenseLabels dense(volume);
        std::vector<std::pair<LabelSnapshot, DenseLabels>>
            kept;                                             // pictures taken on the way must never change
        std::vector<std::pair<LabelDelta, DenseLabels>> done; // with the state before
        for (int step = 0; step < 60; ++step) {
            if (random.chance(0.3) && !done.empty()) {
                const DenseLabels after = dense;
                const LabelDelta delta = done.back().first;
                dense = done.back().second;
                layer.apply(delta, true);
                QVERIFY(denseOf(layer.snapshot()) == dense);
                if (random.chance(0.5)) {
                    layer.apply(delta);
                    dense = after;
                    QVERIFY(denseOf(layer.snapshot()) == dense);
                } else {
                    done.pop_back();
                }
                continue;
            }
            const WriteRule rule = randomRule(random);
            LabelEdit edit(layer.snapshot(), rule);
            const DenseLabels before = dense;
            const bool live = random.chance(0.5);
            std::vector<LabelDelta> parts;
            for (int burst = 0; burst < 4; ++burst) {
                randomWrites(random, edit, dense, rule, 4);
                if (live) parts.push_back(edit.takeIncrement());
            }
            for (int probe = 0; probe < 50; ++probe) {
                const int64_t z = random.below(3), y = random.below(200), x = random.below(301);
                QVERIFY(edit.at(z, y, x) == dense.at(z, y, x));
            }
            const LabelDelta delta = edit.delta();
            size_t differing = 0;
            for (size_t i = 0; i < dense.voxels.size(); ++i) differing += dense.voxels[i] != before.voxels[i];
            QCOMPARE(voxelsChanged(delta), differing);
            if (live) {
                LabelLayer other = layer;
                for (const LabelDelta& part : parts) other.apply(part);
                QVERIFY(denseOf(other.snapshot()) == dense);
                QVERIFY(edit.takeIncrement().empty());
                for (auto part = parts.rbegin(); part != parts.rend(); ++part) other.apply(*part, true);
                QVERIFY(denseOf(other.snapshot()) == before);
                const LabelDelta joined = merged(parts);
                QCOMPARE(voxelsChanged(joined), differing);
                other.apply(joined);
                QVERIFY(denseOf(other.snapshot()) == dense);
            }
            const uint64_t generation = layer.generation();
            layer.apply(delta);
            QVERIFY(layer.generation() > generation);
            QVERIFY(denseOf(layer.snapshot()) == dense);
            done.emplace_back(delta, before);
            if (random.chance(0.3)) kept.emplace_back(layer.snapshot(), dense);
        }
        QVERIFY(kept.size() > 3);
        for (const auto& [snapshot, expected] : kept) QVERIFY(denseOf(snapshot) == expected);
        while (!done.empty()) {
            layer.apply(done.back().first, true);
            done.pop_back();
        }
        for (int64_t z = 0; z < volume.z; ++z)
            QVERIFY2(layer.snapshot().sliceEmpty(z), "undone tiles are given back");
    }

    void readersAgreeWithEachOther() {
        Random random(5);
        LabelLayer layer(volume);
        DenseLabels dense(volume);
        LabelEdit edit(layer.snapshot(), {});
        randomWrites(random, edit, dense, {}, 40);
        layer.apply(edit.delta());
        const LabelSnapshot& snapshot = layer.snapshot();
        for (int i = 0; i < 40; ++i) {
            Box3 box{random.below(3), random.below(200), random.below(301), 0, 0, 0};
            box.z1 = box.z0 + 1 + random.below(3 - box.z0);
            box.y1 = box.y0 + 1 + random.below(200 - box.y0);
            box.x1 = box.x0 + 1 + random.below(301 - box.x0);
            const Pixels labels = snapshot.labels(box), origins = snapshot.origins(box);
            QVERIFY(labels.type() == PixelType::u32 && labels.extent() == box.extent());
            for (int probe = 0; probe < 30; ++probe) {
                const int64_t z = box.z0 + random.below(box.extent().z),
                              y = box.y0 + random.below(box.extent().y),
                              x = box.x0 + random.below(box.extent().x);
                QCOMPARE(uint32_t(labels.at(0, z - box.z0, y - box.y0, x - box.x0)), dense.at(z, y, x).label);
                QCOMPARE(uint8_t(origins.at(0, z - box.z0, y - box.y0, x - box.x0)),
                         uint8_t(dense.at(z, y, x).origin));
                QVERIFY(snapshot.at(z, y, x) == dense.at(z, y, x));
            }
        }
        uint32_t largest = 0;
        for (const Voxel& voxel : dense.voxels) largest = std::max(largest, voxel.label);
        QCOMPARE(snapshot.maxLabel(), largest);
        for (int64_t z = 0; z < volume.z; ++z) {
            std::map<uint32_t, int64_t> counts;
            for (int64_t y = 0; y < volume.y; ++y)
                for (int64_t x = 0; x < volume.x; ++x)
                    if (dense.at(z, y, x).label) ++counts[dense.at(z, y, x).label];
            QVERIFY(snapshot.countsInSlice(z) == counts);
        }
        QVERIFY_EXCEPTION_THROWN(snapshot.labels({0, 0, 0, 1, 201, 1}), Error);
        QVERIFY(snapshot.at(-1, 0, 0) == Voxel{} && snapshot.at(0, -1, -1) == Voxel{} &&
                snapshot.at(9, 999, 999) == Voxel{});
    }

    void aResultEqualToWhatIsThereChangesNothing() {
        LabelLayer layer({1, 256, 256});
        LabelEdit edit(layer.snapshot(), {});
        Pixels block(PixelType::u8, 1, {1, 256, 256});
        edit.setBlock({0, 0, 0, 1, 256, 256}, block, Origin::model);
        QVERIFY(edit.delta().empty());
        edit.set(0, 5, 5, {2, Origin::human});
        edit.set(0, 5, 5, {0, Origin::none});
        QVERIFY2(edit.delta().empty(), "voxels that end as they began are left out");
        QCOMPARE(edit.delta().touched(), Box3{});
    }

    void rebasingKeepsNewerHandworkAndUndoExact() {
        Random random(77);
        for (int round = 0; round < 10; ++round) {
            LabelLayer layer(volume);
            DenseLabels dense(volume);
            LabelEdit first(layer.snapshot(), {});
            randomWrites(random, first, dense, {}, 10);
            layer.apply(first.delta());
            const DenseLabels read = dense; // what the result was made from
            LabelEdit result(layer.snapshot(), {});
            DenseLabels wanted = dense;
            for (int i = 0; i < 3; ++i) {
                Box3 box{0, random.below(100), random.below(100), 1, 0, 0};
                box.y1 = box.y0 + 90;
                box.x1 = box.x0 + 180;
                const Pixels block = randomBlock(random, box.extent());
                result.setBlock(box, block, Origin::model);
            }
            const LabelDelta late = result.delta();
            {
                LabelLayer copy = layer;
                copy.apply(late);
                wanted = denseOf(copy.snapshot());
            }
            LabelEdit meanwhile(layer.snapshot(), {});
            randomWrites(random, meanwhile, dense, {}, 15);
            layer.apply(meanwhile.delta());
            const LabelDelta exact = rebased(late, layer.snapshot(), true);
            layer.apply(exact);
            for (size_t i = 0; i < dense.voxels.size(); ++i) {
                const bool changedByResult = wanted.voxels[i] != read.voxels[i];
                const bool newerHand =
                    dense.voxels[i] != read.voxels[i] && dense.voxels[i].origin == Origin::human;
                const Voxel expected = changedByResult && !newerHand ? wanted.voxels[i] : dense.voxels[i];
                const int64_t z = int64_t(i) / (200 * 301), y = int64_t(i) / 301 % 200, x = int64_t(i) % 301;
                if (!(layer.at(z, y, x) == expected))
                    QFAIL(qPrintable(QString("voxel %1 %2 %3").arg(z).arg(y).arg(x)));
            }
            layer.apply(exact, true);
            QVERIFY(denseOf(layer.snapshot()) == dense);
        }
    }

    void snapshotsAreReadWhileTheLayerChanges() {
        Random random(31);
        LabelLayer layer(volume);
        for (int round = 0; round < 20; ++round) {
            LabelEdit edit(layer.snapshot(), {});
            DenseLabels ignored(volume);
            randomWrites(random, edit, ignored, {}, 6);
            layer.apply(edit.delta());
            const DenseLabels expected = denseOf(layer.snapshot());
            bool same = true;
            std::thread reader([&same, &expected, snapshot = layer.snapshot()]() mutable {
                for (int i = 0; i < 3; ++i) same &= denseOf(snapshot) == expected;
                snapshot = LabelSnapshot(); // dropped here, on the other thread
            });
            LabelEdit next(layer.snapshot(), {});
            randomWrites(random, next, ignored, {}, 10);
            const LabelDelta delta = next.delta();
            for (int i = 0; i < 5; ++i) {
                layer.apply(delta);
                layer.apply(delta, true);
            }
            reader.join();
            QVERIFY(same);
        }
    }

    void malformedDeltasAreRefused() {
        LabelLayer layer({1, 128, 128});
        LabelDelta outside;
        outside.tiles.push_back({0, 1, 0, {{0, 1, {}, {1, Origin::human}}}});
        QVERIFY_EXCEPTION_THROWN(layer.apply(outside), Error);
        LabelDelta tooLong;
        tooLong.tiles.push_back({0, 0, 0, {{16000, 500, {}, {1, Origin::human}}}});
        QVERIFY_EXCEPTION_THROWN(layer.apply(tooLong), Error);
        LabelEdit edit(layer.snapshot(), {});
        QVERIFY_EXCEPTION_THROWN(
            edit.setBlock({0, 0, 0, 1, 4, 4}, Pixels(PixelType::u8, 1, {1, 4, 5}), Origin::model), Error);
        QVERIFY_EXCEPTION_THROWN(
            edit.setBlock({0, 0, 0, 1, 4, 4}, Pixels(PixelType::f32, 1, {1, 4, 4}), Origin::model), Error);
    }

    void labelsAsAnImage() {
        for (const uint32_t largest : {0u, 255u, 256u, 65535u, 65536u, 0xffffffffu}) {
            LabelLayer layer({2, 10, 200});
            LabelEdit edit(layer.snapshot(), {});
            edit.set(1, 3, 150, {largest, Origin::human});
            layer.apply(edit.delta());
            const TileSourcePtr source =
                makeLabelSource(layer.snapshot(), {std::nullopt, 4.0, 5.0, "entered by hand"});
            QVERIFY(source->info().type == labelTypeFor(largest));
            QCOMPARE(byteSize(source->info().type), largest <= 255     ? size_t(1)
                                                    : largest <= 65535 ? size_t(2)
                                                                       : size_t(4));
            QCOMPARE(uint32_t(source->read(0, {1, 0, 0, 2, 10, 200}).at(0, 0, 3, 150)), largest);
            QCOMPARE(*source->info().voxelSize.xNm, 5.0);
            QVERIFY(source->id() != makeLabelSource(layer.snapshot(), {})->id());
        }
    }
};

QTEST_GUILESS_MAIN(TestLabelLayer)
#include "tst_label_layer.moc"
