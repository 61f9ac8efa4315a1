// ModelCard: JSON both ways; packages found by name, by path, and what is said when they are not.
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/segment/card_text.h"
#include "core/segment/model_card.h"
#include "core/segment/safetensors.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <fstream>

using namespace cristae;

namespace {

ModelCard fullCard() {
    ModelCard card;
    card.name = "mitochondria";
    card.title = "Mitochondria";
    card.description = "Finds mitochondria; fails in \"dark\" sections.";
    card.classes = {{"mitochondria", {0xe6, 0x9f, 0x00}, 0.4}, {"membranes", {0x56, 0xb4, 0xe9}, 0.5}};
    card.pixelSizeNm = 5.5;
    card.normalisation = {{"kind", "percentile"}, {"low", 1}, {"high", 99}};
    card.network = {{"base", 16}};
    card.exclusive = true;
    card.channelsIn = 3;
    card.data = {{"Lucchi++", "free for research", "z0–17", "Casser 2018"}};
    card.scores = {{"z18–23", "IoU", 0.87, "cristae-cli evaluate"}};
    card.training = {{"seed", 1}};
    card.licence = "CC-BY-4.0";
    return card;
}

std::string complaint(const nlohmann::json& json) {
    try {
        modelCardFromJson(json);
        return {};
    } catch (const Error& error) {
        return error.kind() == ErrorKind::model ? error.what() : "wrong kind";
    }
}

} // namespace

class TestModelCard : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    std::filesystem::path path(const char* name) const { return folder_.filePath(name).toStdString(); }
    void save(const char* file, const std::string& name) const {
        ModelCard card = fullCard();
        card.name = name;
        SafetensorsFile content;
        content.metadata["cristae.card"] = toJson(card).dump();
        writeSafetensors(path(file), content);
    }

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void jsonBothWays() {
        const nlohmann::json json = toJson(fullCard());
        const ModelCard back = modelCardFromJson(nlohmann::json::parse(json.dump()));
        QCOMPARE(toJson(back).dump(), json.dump());
        QCOMPARE(back.classes[0].threshold, 0.4);
        QCOMPARE(back.classes[1].colour.hex(), std::string("#56b4e9"));
        QCOMPARE(*back.pixelSizeNm, 5.5);
        QVERIFY(back.exclusive);
        QCOMPARE(back.scores[0].value, 0.87);
        ModelCard unknownSize = fullCard();
        unknownSize.pixelSizeNm.reset();
        QVERIFY(!modelCardFromJson(toJson(unknownSize)).pixelSizeNm);
    }

    void oldScoresAreRead() {
        // As Cristae wrote them before there were ranges and intervals.
        nlohmann::json json = toJson(fullCard());
        json["scores"] = {{{"data", "z18"}, {"metric", "IoU"}, {"value", 0.87}, {"command", "c"}}};
        const ModelScore old = modelCardFromJson(json).scores.at(0);
        QCOMPARE(old.value, 0.87);
        QVERIFY(!old.mean && !old.range && !old.interval && old.images == 0 && old.averaging.empty());
        QCOMPARE(toJson(old).dump(), json["scores"][0].dump());
        QCOMPARE(scoreText(old), std::string("0.870"));
        json["scores"][0]["low"] = "wide";
        json["scores"][0]["high"] = 1;
        QVERIFY(QString::fromStdString(complaint(json)).contains("scores.low"));
    }

    void scoresTellHowMuchImagesDiffer() {
        ModelScore score{"Lucchi++", "Dice", 0.8742, "cristae-cli score"};
        score.images = 12;
        score.mean = 0.86;
        score.range = {0.79, 0.93};
        score.interval = {0.861, 0.886};
        score.averaging = "all";
        score.note = "interval over 12 images";
        QCOMPARE(scoreText(score), std::string("0.874 (0.861–0.886; 12 images 0.79–0.93)"));
        QCOMPARE(scoredData(score), std::string("Lucchi++, mean over all orientations"));
        const auto json = toJson(score);
        ModelCard card = fullCard();
        card.scores = {score};
        QCOMPARE(toJson(modelCardFromJson(toJson(card)).scores.at(0)).dump(), json.dump());
        const QString page = QString::fromStdString(cardMarkdown(card));
        QVERIFY(page.contains("| data | Dice | note |\n|---|---|---|\n"));
        QVERIFY(page.contains("| Lucchi++, mean over all orientations | 0.874 (0.861–0.886; 12 images "
                              "0.79–0.93) | interval over 12 images |\n"));
        QVERIFY(page.contains("```\ncristae-cli score\n```"));
        score.range.reset();
        QCOMPARE(scoreText(score), std::string("0.874 (0.861–0.886)"));
        score.interval.reset();
        QCOMPARE(scoreText(score), std::string("0.874"));
    }

    void licencesInShort_data() {
        QTest::addColumn<QString>("sentence");
        QTest::addColumn<QString>("words");
        const auto row = [](const char* sentence, const char* words) {
            QTest::newRow(words) << QString::fromUtf8(sentence) << QString::fromUtf8(words);
        };
        row("", "not stated");
        row("MIT (the data set's): free for every use.", "MIT");
        row("CC BY-NC-SA 3.0, as its data: non-commercial use; cite them.", "CC BY-NC-SA 3.0");
        row("GPL-3. Cite the data.", "GPL-3");
        row("Trained on data for research and non-commercial use: cite them.", "non-commercial");
        row("Trained on images without a stated licence: use it for research.", "research");
        row("Ask the authors of the data before any use.", "Ask the authors of …");
    }
    void licencesInShort() {
        QFETCH(QString, sentence);
        QFETCH(QString, words);
        ModelCard card = fullCard();
        card.licence = sentence.toStdString();
        QCOMPARE(QString::fromStdString(licenceInShort(card)), words);
    }

    void oneLineAModel() {
        std::vector<ModelPackage> packages(3);
        for (ModelPackage& package : packages) package.card = fullCard();
        packages[1].card.name = "cells-of-a-rather-long-name";
        for (const char* name : {"Golgi-Apparat", "Größe", "vésicules", "synapses"})
            packages[1].card.classes.push_back({name, {}, 0.5});
        packages[2].card.pixelSizeNm.reset();
        const QStringList lines = QString::fromStdString(modelTable(packages)).split('\n');
        QCOMPARE(lines.size(), 1 + 3 + 1); // the last line ends too
        for (const QString& line : lines) QVERIFY2(line.size() <= 80, qPrintable(line));
        QVERIFY(lines[1].startsWith("mitochondria ") && lines[1].contains("mitochondria, membranes"));
        QVERIFY(lines[1].contains("5.5 nm") && lines[1].endsWith("CC-BY-4.0"));
        QVERIFY(lines[2].startsWith("cells-of-a-rather-long-name ") && lines[2].contains("…"));
        QVERIFY(lines[3].contains("mixed"));
        for (const QString& line : lines.mid(1, 3)) // one column below the other
            QCOMPARE(line.indexOf("CC-BY"), lines[0].indexOf("licence"));
    }

    void theShippedModelsFitOnAScreen() {
        const auto packages = listModelPackages(CRISTAE_SOURCE_DIR "/models/zoo");
        if (packages.empty()) QSKIP("No shipped models in models/zoo.");
        const QStringList lines = QString::fromStdString(modelTable(packages)).split('\n');
        QCOMPARE(lines.size(), qsizetype(packages.size()) + 2);
        QVERIFY(lines.size() <= 24);
        for (const QString& line : lines) QVERIFY2(line.size() <= 80, qPrintable(line));
    }

    void wrongFieldsAreNamed() {
        const auto with = [](const char* key, nlohmann::json value) {
            nlohmann::json json = toJson(fullCard());
            json[key] = std::move(value);
            return complaint(json);
        };
        QVERIFY(QString::fromStdString(with("name", "")).contains("\"name\""));
        QVERIFY(QString::fromStdString(with("name", 3)).contains("\"name\""));
        QVERIFY(QString::fromStdString(with("classes", nlohmann::json::array())).contains("\"classes\""));
        QVERIFY(QString::fromStdString(with("classes", {{{"name", "a"}, {"threshold", 2}}}))
                    .contains("classes[0].threshold"));
        QVERIFY(QString::fromStdString(with("classes", {{{"name", "a"}, {"colour", "red"}}}))
                    .contains("classes[0].colour"));
        QVERIFY(QString::fromStdString(with("pixelSizeNm", -1)).contains("pixelSizeNm"));
        QVERIFY(QString::fromStdString(with("normalisation", {{"kind", "magic"}})).contains("magic"));
        QVERIFY(QString::fromStdString(with("channelsIn", 0)).contains("channelsIn"));
        QVERIFY(QString::fromStdString(with("format", 2)).contains("newer"));
        QVERIFY(!complaint(nlohmann::json::array()).empty());
    }

    void packagesAreFoundByNameAndByPath() {
        save("model10.safetensors", "ten");
        save("model2.safetensors", "two");
        std::ofstream(path("broken.safetensors")) << "nonsense";
        SafetensorsFile bare;
        writeSafetensors(path("bare.safetensors"), bare);
        std::vector<std::string> remarks;
        const auto packages = listModelPackages(folder_.path().toStdString(), &remarks);
        QCOMPARE(packages.size(), size_t(2));
        QCOMPARE(packages[0].card.name, std::string("two")); // natural order
        QCOMPARE(remarks.size(), size_t(2));
        QVERIFY(remarks[0].find("bare.safetensors") != std::string::npos);

        const std::vector<std::filesystem::path> folders = {"/nonexistent", folder_.path().toStdString()};
        QCOMPARE(findModelPackage("ten", folders).file, path("model10.safetensors"));
        ModelPackage byPath = findModelPackage(path("model2.safetensors").string(), folders);
        QCOMPARE(byPath.card.name, std::string("two"));
        QCOMPARE(packageHash(byPath), sha256OfFile(path("model2.safetensors")));
        QCOMPARE(byPath.sha256.size(), size_t(64));
        try {
            findModelPackage("three", folders);
            QFAIL("found what is not there");
        } catch (const Error& error) {
            QVERIFY(QString(error.what()).contains("two, ten"));
            QCOMPARE(error.kind(), ErrorKind::model);
        }
        QVERIFY_THROWS_EXCEPTION(Error, findModelPackage(path("absent.safetensors").string(), folders));
        QVERIFY_THROWS_EXCEPTION(Error, findModelPackage("three", {}));
    }
};

QTEST_GUILESS_MAIN(TestModelCard)
#include "tst_model_card.moc"
