// Objects and class statistics against a flood fill over every voxel; tables as text.
#include "core/base/random.h"
#include "core/image/memory_source.h"
#include "core/measure/class_statistics.h"

#include <QtTest>

#include <cmath>
#include <map>

using namespace cristae;

namespace {
TileSourcePtr source(const Pixels& pixels, const char* path = "") {
    ImageInfo info;
    info.path = path;
    return std::make_shared<MemorySource>(pixels, info);
}

// Objects by visiting neighbours one by one, in the order of first voxels.
std::vector<LabelObject> bruteForce(const Pixels& labels, Connectivity connectivity) {
    const Extent3 e = labels.extent();
    const int64_t reach = connectivity == Connectivity::volume ? 1 : 0;
    std::vector<uint8_t> seen(size_t(e.count()), 0);
    std::vector<LabelObject> objects;
    const auto index = [&](int64_t z, int64_t y, int64_t x) { return size_t((z * e.y + y) * e.x + x); };
    for (int64_t z = 0; z < e.z; ++z)
        for (int64_t y = 0; y < e.y; ++y)
            for (int64_t x = 0; x < e.x; ++x) {
                const double label = labels.at(0, z, y, x);
                if (label == 0 || seen[index(z, y, x)]) continue;
                LabelObject object;
                object.number = int64_t(objects.size()) + 1;
                object.label = uint32_t(label);
                object.box = {z, y, x, z + 1, y + 1, x + 1};
                std::vector<std::array<int64_t, 3>> stack{{z, y, x}};
                seen[index(z, y, x)] = 1;
                while (!stack.empty()) {
                    const auto [cz, cy, cx] = stack.back();
                    stack.pop_back();
                    ++object.voxels;
                    object.centroidZ += double(cz) + 0.5;
                    object.centroidY += double(cy) + 0.5;
                    object.centroidX += double(cx) + 0.5;
                    Box3& b = object.box;
                    b = {std::min(b.z0, cz),     std::min(b.y0, cy),     std::min(b.x0, cx),
                         std::max(b.z1, cz + 1), std::max(b.y1, cy + 1), std::max(b.x1, cx + 1)};
                    object.touchesBorder |= cy == 0 || cx == 0 || cy == e.y - 1 || cx == e.x - 1 ||
                                            (reach && e.z > 1 && (cz == 0 || cz == e.z - 1));
                    for (int64_t nz = cz - reach; nz <= cz + reach; ++nz)
                        for (int64_t ny = cy - 1; ny <= cy + 1; ++ny)
                            for (int64_t nx = cx - 1; nx <= cx + 1; ++nx) {
                                if (nz < 0 || ny < 0 || nx < 0 || nz >= e.z || ny >= e.y || nx >= e.x)
                                    continue;
                                if (seen[index(nz, ny, nx)] || labels.at(0, nz, ny, nx) != label) continue;
                                seen[index(nz, ny, nx)] = 1;
                                stack.push_back({nz, ny, nx});
                            }
                }
                object.centroidZ /= double(object.voxels);
                object.centroidY /= double(object.voxels);
                object.centroidX /= double(object.voxels);
                objects.push_back(object);
            }
    return objects;
}

void requireEqual(const std::vector<LabelObject>& found, const std::vector<LabelObject>& expected) {
    QCOMPARE(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) {
        const LabelObject &a = found[i], &b = expected[i];
        QCOMPARE(a.number, b.number);
        QCOMPARE(a.label, b.label);
        QCOMPARE(a.voxels, b.voxels);
        QCOMPARE(a.box, b.box);
        QCOMPARE(a.touchesBorder, b.touchesBorder);
        QVERIFY(std::abs(a.centroidZ - b.centroidZ) < 1e-9 && std::abs(a.centroidY - b.centroidY) < 1e-9 &&
                std::abs(a.centroidX - b.centroidX) < 1e-9);
    }
}
} // namespace

class TestClassStatistics : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void objectsAgainstFloodFill() {
        Random random(8);
        for (int round = 0; round < 40; ++round) {
            const Extent3 extent{1 + random.below(5), 1 + random.below(30), 1 + random.below(30)};
            const double share = random.uniform(0.1, 0.9);
            const int64_t labelsUsed = 1 + random.below(3);
            Pixels labels(PixelType::u8, 1, extent);
            for (uint8_t& v : labels.values<uint8_t>())
                v = random.chance(share) ? uint8_t(1 + random.below(labelsUsed)) : uint8_t(0);
            const PixelType types[] = {PixelType::u8, PixelType::u16, PixelType::i32, PixelType::f32};
            const TileSourcePtr image = source(labels.converted(types[random.below(4)]));
            for (const Connectivity c : {Connectivity::slices, Connectivity::volume})
                requireEqual(measureObjects(*image, Progress::none(), {c}), bruteForce(labels, c));
        }
    }

    void spiralsAreOneObject() {
        // A comb and its mirror need many unions of parts that are far apart in the table.
        Pixels labels(PixelType::u8, 1, {1, 40, 41});
        auto values = labels.values<uint8_t>();
        for (int64_t y = 0; y < 40; ++y)
            for (int64_t x = 0; x < 41; x += 2) values[size_t(y * 41 + x)] = 1;
        for (int64_t x = 0; x < 41; ++x) values[size_t(39 * 41 + x)] = 1;
        requireEqual(measureObjects(*source(labels), Progress::none()),
                     bruteForce(labels, Connectivity::volume));
        QCOMPARE(measureObjects(*source(labels), Progress::none()).size(), size_t(1));
    }

    void sumsAndPhysicalSizes() {
        Pixels labels(PixelType::u16, 1, {2, 10, 10});
        auto values = labels.values<uint16_t>();
        for (size_t i : {11u, 12u, 55u, 155u}) values[i] = 700;
        values[99] = 3;
        const auto objects = measureObjects(*source(labels), Progress::none());
        QCOMPARE(objects.size(), size_t(3)); // 55 and 155 touch through the stack
        const Extent3 extent{2, 10, 10};
        auto statistics = classStatistics(objects, extent, {50.0, 4.0, 5.0, "entered by hand"});
        QCOMPARE(statistics.size(), size_t(2));
        QCOMPARE(statistics[1].label, 700u);
        QCOMPARE(statistics[1].voxels, int64_t(4));
        QCOMPARE(statistics[1].objects, int64_t(2));
        QCOMPARE(statistics[1].fraction, 4.0 / 200);
        QCOMPARE(*statistics[1].areaNm2, 80.0);
        QCOMPARE(*statistics[1].volumeNm3, 4000.0);
        statistics = classStatistics(objects, extent, {});
        QVERIFY(!statistics[1].areaNm2 && !statistics[1].volumeNm3);
        statistics = classStatistics(objects, extent, {std::nullopt, 4.0, 5.0, ""});
        QVERIFY(statistics[1].areaNm2 && !statistics[1].volumeNm3);
    }

    void oneIdInTwoPieces() {
        Pixels labels(PixelType::u16, 1, {2, 3, 5});
        auto values = labels.values<uint16_t>();
        values[0] = values[4] = 7;   // two pieces in the first slice
        values[15 + 14] = 7;         // a third in the second
        values[7] = values[8] = 300; // beside them
        QCOMPARE(measureObjects(*source(labels), Progress::none()).size(), size_t(4));
        const auto ids = measureObjects(*source(labels), Progress::none(), {Connectivity::volume, true});
        QCOMPARE(ids.size(), size_t(2));
        QCOMPARE(ids[0].label, 7u);
        QCOMPARE(ids[0].voxels, int64_t(3));
        QCOMPARE(ids[0].centroidX, (0.5 + 4.5 + 4.5) / 3);
        const auto inSlices = measureObjects(*source(labels), Progress::none(), {Connectivity::slices, true});
        QCOMPARE(inSlices.size(), size_t(3));
        QCOMPARE(inSlices[0].voxels, int64_t(2));
    }

    void smallObjectsAreLeftOutAndCounted() {
        Pixels labels(PixelType::u8, 1, {1, 3, 6});
        auto values = labels.values<uint8_t>();
        values[0] = values[3] = values[4] = values[12] = values[13] = values[14] = 1;
        auto objects = measureObjects(*source(labels), Progress::none());
        QCOMPARE(objects.size(), size_t(3));
        QCOMPARE(leaveOutSmall(objects, 2), int64_t(1));
        QCOMPARE(objects.size(), size_t(2));
        QCOMPARE(objects[0].number, int64_t(1));
        QCOMPARE(objects[0].voxels, int64_t(2));
        QCOMPARE(leaveOutSmall(objects, 0), int64_t(0));
    }

    void whatIsNotLabelledIsNoObject() {
        Pixels labels(PixelType::u8, 1, {1, 2, 4});
        auto values = labels.values<uint8_t>();
        values[0] = 1;
        values[1] = values[2] = 255;
        ImageInfo info;
        info.unlabelled = 255;
        const auto objects = measureObjects(MemorySource(labels, info), Progress::none());
        QCOMPARE(objects.size(), size_t(1));
        QCOMPARE(objects[0].voxels, int64_t(1));
    }

    void tables() {
        Pixels labels(PixelType::u8, 1, {1, 4, 5});
        auto values = labels.values<uint8_t>();
        values[6] = values[7] = 1;
        values[19] = 2;
        ClassTable classes;
        classes.set({1, "mito, \"dark\"", {}, true, false});
        const auto objects = measureObjects(*source(labels), Progress::none());
        QCOMPARE(objectTableCsv(objects, {std::nullopt, 2.5, 2.0, ""}, classes),
                 std::string("object,label,class,size_voxels,area_nm2,centroid_z_px,centroid_y_px,centroid_x_"
                             "px,box_z0_px,box_y0_px,"
                             "box_x0_px,box_z1_px,box_y1_px,box_x1_px,touches_border,one_object_is\r\n"
                             "1,1,\"mito, \"\"dark\"\"\",2,10,0.5,1.5,2,0,1,1,1,2,3,0,"
                             "touching voxels of equal label (26 neighbours)\r\n"
                             "2,2,,1,5,0.5,3.5,4.5,0,3,4,1,4,5,1,"
                             "touching voxels of equal label (26 neighbours)\r\n"));
        const std::string ids = objectTableCsv(objects, {}, {}, {Connectivity::slices, true}, "nuclei");
        QVERIFY(ids.find("\r\n2,2,nuclei,1,") != std::string::npos);
        QVERIFY(ids.ends_with("1,voxels of equal id in a slice\r\n"));
        QVERIFY(objectTableCsv(objects, {}).find("nm") == std::string::npos);
        QCOMPARE(classTableCsv(classStatistics(objects, {1, 4, 5}, {}), classes),
                 std::string("label,class,objects,size_voxels,fraction_of_image\r\n1,\"mito, "
                             "\"\"dark\"\"\",1,2,0.1\r\n2,,1,1,0.05\r\n"));
    }

    void imagesThatAreNoLabelsAreRefused() {
        const auto refused = [](const Pixels& pixels) {
            try {
                measureObjects(*source(pixels, "/data/some.tif"), Progress::none());
            } catch (const Error& error) {
                return error.kind() == ErrorKind::input &&
                       std::string(error.what()).find("/data/some.tif") != std::string::npos;
            }
            return false;
        };
        QVERIFY(refused(Pixels(PixelType::u8, 3, {1, 2, 2})));
        Pixels negative(PixelType::i16, 1, {1, 2, 2});
        negative.values<int16_t>()[1] = -4;
        QVERIFY(refused(negative));
        Pixels fractions(PixelType::f32, 1, {1, 2, 2});
        fractions.values<float>()[1] = 0.5f;
        QVERIFY(refused(fractions));
        fractions.values<float>()[1] = std::nanf("");
        QVERIFY(refused(fractions));
    }
};

QTEST_GUILESS_MAIN(TestClassStatistics)
#include "tst_class_statistics.moc"
