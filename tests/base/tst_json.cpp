// JSON from outside: deep, long and crowded texts end with a sentence, before anything is built of them.
#include "core/base/json.h"
#include "tests/support/expect_error.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>
#include <fstream>

using namespace cristae;

class TestJson : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void whatIsWithinTheLimitsIsParsed() {
        const nlohmann::json value =
            parseJson("{\"a\": [1, \"]]]][[[{{{\", {\"b\": \"\\\"[\\\\\"}], \"c\": null}");
        QCOMPARE(value["a"][2]["b"].get<std::string>(), std::string("\"[\\"));
        const std::string depth(60, '['), back(60, ']');
        QVERIFY(parseJson(depth + back).is_array());
        QVERIFY(parseJson("").is_discarded());
        QVERIFY(parseJson("{\"a\": ").is_discarded());
        QVERIFY(parseJson("\"\xff\"").is_discarded());
        QVERIFY(parseJson("1e999").is_discarded());
    }

    void deepTextsAreRefusedAtOnce() {
        QElapsedTimer timer;
        timer.start();
        for (const std::string& open : {std::string("["), std::string("{\"a\":"), std::string("[{\"a\":")}) {
            std::string text;
            for (int i = 0; i < 2'000'000; ++i) text += open;
            QVERIFY(parseJson(text).is_discarded());
            QVERIFY(refusal(text).find("nested deeper than 64 levels") != std::string::npos);
        }
        QVERIFY(timer.elapsed() < 3000);
    }

    void crowdedAndLongTextsAreRefused() {
        std::string text = "[0";
        for (int i = 0; i < 3'000'000; ++i) text += ",0";
        QVERIFY(refusal(text + "]").find("more than 2000000 values") != std::string::npos);
        QVERIFY(parseJson("[\"" + std::string(65 << 20, 'x') + "\"]").is_discarded());
        QVERIFY(refusal("[\"" + std::string(65 << 20, 'x') + "\"]").find("larger than") != std::string::npos);
    }

    void textsThatAreNoUtf8ArePrinted() {
        QCOMPARE(jsonText({"a\xff"}), std::string("[\n  \"a\xef\xbf\xbd\"\n]"));
    }

    void sentencesNameTheFile() {
        for (const char* text : {"", "{steps", "nul", "[1, 2", "{\"a\" 1}"}) {
            const std::string message = refusal(text);
            QVERIFY2(message.find("a.json") != std::string::npos &&
                         message.find("not JSON") != std::string::npos,
                     message.c_str());
        }
        QVERIFY(messageOf([&] {
                    readJsonFile(folder_.filePath("gone.json").toStdString());
                }).find("does not exist") != std::string::npos);
    }

private:
    std::string refusal(const std::string& text) {
        const std::filesystem::path file = folder_.filePath("a.json").toStdString();
        std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
        return messageOf([&] { readJsonFile(file); });
    }
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestJson)
#include "tst_json.moc"
