// Class table: colours as text, standard colours, values of new classes, and how far object colours lie
// apart.
#include "core/base/error.h"
#include "core/labels/class_table.h"

#include <QtTest>

#include <cmath>
#include <set>

using namespace cristae;

namespace {
// Distance in OKLab (Ottosson 2020), where equal steps look about equal.
std::array<double, 3> oklab(Colour colour) {
    const auto linear = [](uint8_t c) {
        const double v = c / 255.0;
        return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
    };
    const double r = linear(colour.r), g = linear(colour.g), b = linear(colour.b);
    const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
            1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
            0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

double distance(Colour a, Colour b) {
    const auto p = oklab(a), q = oklab(b);
    return std::hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}
} // namespace

class TestClassTable : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void coloursAsText() {
        QCOMPARE(Colour({0xe6, 0x9f, 0x00}).hex(), std::string("#e69f00"));
        QVERIFY(Colour::fromHex("#E69F00") == Colour({0xe6, 0x9f, 0x00}));
        for (const char* wrong : {"", "e69f00", "#e69f0", "#e69f0g", "#e69f000", "#-69f00", "# 69f00"}) {
            try {
                Colour::fromHex(wrong);
                QFAIL(wrong);
            } catch (const Error& error) {
                QVERIFY(error.kind() == ErrorKind::input);
                QVERIFY(std::string(error.what()).find("#rrggbb") != std::string::npos);
            }
        }
    }

    void standardColours() {
        const std::pair<const char*, const char*> expected[] = {
            {"membranes", "#56b4e9"}, {"mitochondria", "#e69f00"}, {"nuclei", "#cc79a7"},
            {"synapses", "#009e73"},  {"myelin", "#f0e442"},       {"axons", "#0072b2"}};
        for (const auto& [name, hex] : expected) QCOMPARE(standardColour(name, 9).hex(), std::string(hex));
        QCOMPARE(standardColour("Mitochondrion", 3).hex(), std::string("#e69f00"));
        QCOMPARE(standardColour("vesicles", 1).hex(), std::string("#d55e00"));
    }

    void newClassesTakeFreeValuesAndColours() {
        ClassTable table;
        QCOMPARE(table.ensure("mitochondria").value, 1u);
        QCOMPARE(table.ensure("vesicles").colour.hex(), std::string("#d55e00"));
        const LabelClass third = table.ensure("lysosomes");
        QCOMPARE(third.value, 3u);
        QVERIFY(third.colour != Colour::fromHex("#d55e00"));
        QCOMPARE(table.ensure("vesicles").value, 2u);
        QCOMPARE(table.classes().size(), size_t(3));
        table.remove(2);
        QVERIFY(!table.find(2));
        QCOMPARE(table.ensure("granules").value,
                 4u); // not the gap: voxels of a removed class may still carry its value
        LabelClass changed = *table.find(3);
        changed.locked = true;
        table.set(changed);
        QVERIFY(table.locked(3));
        QVERIFY(!table.locked(77));
        QCOMPARE(table.classes().size(), size_t(3));
        QVERIFY_EXCEPTION_THROWN(table.set(LabelClass{}), Error);
    }

    void objectColoursStayApart() {
        std::set<std::string> seen;
        double nearest = 10;
        for (uint32_t a = 1; a <= 42; ++a) {
            seen.insert(instanceColour(a).hex());
            QVERIFY(instanceColour(a) == instanceColour(a));
            for (uint32_t b = a + 1; b <= 42; ++b)
                nearest = std::min(nearest, distance(instanceColour(a), instanceColour(b)));
            QVERIFY2(distance(instanceColour(a), Colour{0, 0, 0}) > 0.4, "dark colours vanish on dark cells");
        }
        QCOMPARE(seen.size(), size_t(42));
        for (uint32_t a = 1; a < 2000; ++a)
            QVERIFY(distance(instanceColour(a), instanceColour(a + 1)) > 0.12);
        QVERIFY2(nearest > 0.02, qPrintable(QString::number(nearest)));
        QVERIFY(instanceColour(0xffffffffu) == instanceColour(0xffffffffu));
    }
};

QTEST_GUILESS_MAIN(TestClassTable)
#include "tst_class_table.moc"
