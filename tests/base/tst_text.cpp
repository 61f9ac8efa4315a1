// Texts for people: order of names, sizes, lengths, counts, short forms.
#include "core/base/text.h"

#include <QTest>

#include <algorithm>
#include <vector>

using namespace cristae;

class TestText : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void digitsAreNumbersInTheOrderOfNames() {
        std::vector<std::string> names{"s10", "S2", "s010b", "s1", "t", "s2"};
        std::sort(names.begin(), names.end(), naturalLess);
        QCOMPARE(names, (std::vector<std::string>{"s1", "S2", "s2", "s10", "s010b", "t"}));
        for (const auto& a : names) {
            QVERIFY(!naturalLess(a, a));
            for (const auto& b : names) QVERIFY(!naturalLess(a, b) || !naturalLess(b, a));
        }
        QVERIFY(naturalLess("z9", "z99999999999999999999999999")); // beyond every integer type
    }

    void threeDigitsAndTheUnitThatSuits_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("right");
        const auto row = [](const char* name, const std::string& text, const char* right) {
            QTest::newRow(name) << QString::fromStdString(text) << QString::fromUtf8(right);
        };
        row("bytes", byteText(999), "999 bytes");
        row("kilobytes", byteText(1000), "1.00 KB");
        row("rounded to the next unit", byteText(999'500), "1.00 MB");
        row("most", byteText(UINT64_MAX), "18.4 EB");
        row("nanometres", lengthText(512), "512 nm");
        row("four digits after rounding", lengthText(9.999), "10.0 nm");
        row("a tenth", lengthText(99.97), "100 nm");
        row("below a micrometre", lengthText(999.4), "999 nm");
        row("a micrometre after rounding", lengthText(999.6), "1.00 µm");
        row("micrometres", lengthText(2560), "2.56 µm");
        row("a millimetre after rounding", lengthText(999'700), "1.00 mm");
        row("negative", lengthText(-1500), "-1.50 µm");
        row("one", countText(1, "slice", "slices"), "1 slice");
        row("none", countText(0, "slice", "slices"), "0 slices");
    }
    void threeDigitsAndTheUnitThatSuits() {
        QFETCH(QString, text);
        QFETCH(QString, right);
        QCOMPARE(text, right);
    }

    void onlyLatinLettersChangeCase() {
        QCOMPARE(lowerCase("OME.TIF"), std::string("ome.tif"));
        QCOMPARE(lowerCase("ÄÅ µM"), std::string("ÄÅ µm")); // bytes of UTF-8 stay whole
    }

    void shortFormsCutBetweenCharacters() {
        QCOMPARE(characterCount("5 µm"), size_t(4));
        QCOMPARE(shortened("mitochondria", 12), std::string("mitochondria"));
        QCOMPARE(shortened("mitochondria", 5), std::string("mito…"));
        QCOMPARE(shortened("µµµµ", 3), std::string("µµ…"));
        QCOMPARE(shortened("abc", 0), std::string());
    }
};

QTEST_GUILESS_MAIN(TestText)
#include "tst_text.moc"
