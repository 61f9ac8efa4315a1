// What messages and documents tell a person to type exists: scripts, verbs, flags, presets and settings.
#include "run_program.h"

#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QtTest>

using namespace cristae;

namespace {

const QDir root(CRISTAE_SOURCE_DIR);
const QString cli = QStringLiteral(CRISTAE_BINARY_DIR "/bin/cristae-cli");

// Flags of other programs that our texts quote.
const QSet<QString> flagsOfOthers{"--no-python"};

QString readText(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) return {};
    return QString::fromUtf8(file.readAll());
}

QStringList allMatches(const QString& text, const QString& pattern, int group = 0) {
    QStringList found;
    auto matches = QRegularExpression(pattern, QRegularExpression::MultilineOption).globalMatch(text);
    while (matches.hasNext()) found.append(matches.next().captured(group));
    return found;
}

// The texts of a source file: its string constants, those that follow each other as one.
QStringList stringsOf(QString source) {
    source.remove(QRegularExpression("^\\s*(//.*|#include.*)$", QRegularExpression::MultilineOption));
    static const QRegularExpression joint("(?<!\\\\)\"\\s*\\n\\s*\"");
    source.remove(joint);
    return allMatches(source, "\"((?:[^\"\\\\\\n]|\\\\.)*)\"", 1);
}

// What a document shows as something to type: its code, in lines and in blocks.
QStringList codeOf(QString document) {
    QStringList found;
    static const QRegularExpression block("^```[a-z]*\\n(.*?)^```$",
                                          QRegularExpression::MultilineOption |
                                              QRegularExpression::DotMatchesEverythingOption);
    auto blocks = block.globalMatch(document);
    while (blocks.hasNext())
        for (const QString& line : blocks.next().captured(1).split('\n'))
            found.append(line.section(" #", 0, 0));
    document.remove(block);
    return found + allMatches(document, "`([^`\\n]+)`", 1);
}

QString helpOf(const QString& program, const QStringList& arguments) {
    const Outcome outcome = runProgram(program, arguments, QDir::tempPath());
    return outcome.code == 0 ? QString::fromUtf8(outcome.out + outcome.err) : QString();
}

const QString flag = "(?<![\\w-])--[a-z][a-z-]*";

QSet<QString> flagsIn(const QString& text) {
    const QStringList flags = allMatches(text, flag);
    return {flags.begin(), flags.end()};
}

/// What there is to type.
struct Offer {
    QMap<QString, QSet<QString>> scripts, verbs; // name → flags
    QSet<QString> flags;                         // of all verbs
    QSet<QString> presets, options, variables;
};

Offer currentOffer() {
    Offer offer;
    QString scriptTexts;
    for (const QFileInfo& script : QDir(root.filePath("packaging")).entryInfoList({"*.sh"})) {
        const QString text = readText(script.filePath());
        scriptTexts += text;
        if (script.fileName() == "common.sh") continue; // read by the others
        // One that does not know the flag would start its work.
        offer.scripts[script.fileName()] =
            text.contains("--help") ? flagsIn(helpOf(script.filePath(), {"--help"})) : QSet<QString>();
    }
    const QString help = helpOf(cli, {"--help"});
    offer.flags = flagsIn(help);
    for (const QString& verb : allMatches(help.section("ubcommands", 1), "^  ([a-z]+)\\b", 1)) {
        offer.verbs[verb] = flagsIn(helpOf(cli, {verb, "--help"}));
        offer.flags += offer.verbs[verb];
    }
    const QJsonObject presets =
        QJsonDocument::fromJson(readText(root.filePath("CMakePresets.json")).toUtf8()).object();
    for (const QJsonValue& preset : presets["configurePresets"].toArray())
        offer.presets.insert(preset["name"].toString());
    const QString cmake =
        readText(root.filePath("CMakeLists.txt")) + readText(root.filePath("tests/CMakeLists.txt"));
    const QStringList options = allMatches(cmake, "^(?:option|set)\\((CRISTAE_\\w+) ", 1);
    offer.options = {options.begin(), options.end()};
    const QStringList variables =
        allMatches(scriptTexts, "\\$\\{(CRISTAE_\\w+)", 1) +
        allMatches(readText(root.filePath("app/locations.cpp")), "getenv\\(\"(CRISTAE_\\w+)\"", 1);
    offer.variables = {variables.begin(), variables.end()};
    return offer;
}

/// One sentence for each thing in a text that does not exist.
QStringList wrongIn(const QString& text, const Offer& offer) {
    QStringList wrong;
    static const QRegularExpression script("packaging/([\\w-]+\\.sh)((?: +-[^\\s`,;]+)*)");
    static const QRegularExpression verb("cristae-cli +([a-z]+)\\b([^|;&`]*)");
    for (auto found = script.globalMatch(text); found.hasNext();) {
        const auto match = found.next();
        const QString name = match.captured(1);
        if (!offer.scripts.contains(name)) wrong.append("there is no packaging/" + name);
        for (const QString& used : flagsIn(match.captured(2)))
            if (!offer.scripts[name].contains(used) && used != "--help")
                wrong.append(QString("packaging/%1 has no %2").arg(name, used));
    }
    for (auto found = verb.globalMatch(text); found.hasNext();) {
        const auto match = found.next();
        if (!offer.verbs.contains(match.captured(1))) {
            wrong.append("cristae-cli has no verb " + match.captured(1));
            continue;
        }
        for (const QString& used : flagsIn(match.captured(2)))
            if (!offer.verbs[match.captured(1)].contains(used))
                wrong.append(QString("cristae-cli %1 has no %2").arg(match.captured(1), used));
    }
    for (const QString& used : allMatches(text, "--preset ([a-z|-]+)", 1))
        for (const QString& name : used.split('|'))
            if (!offer.presets.contains(name)) wrong.append("there is no preset " + name);
    for (const QString& used : allMatches(text, "-D(CRISTAE_\\w+)", 1))
        if (!offer.options.contains(used)) wrong.append("CMake knows no " + used);
    for (const QString& used : allMatches(text, "(?<![\\w-])(CRISTAE_\\w+)=", 1))
        if (!offer.variables.contains(used)) wrong.append("nothing reads " + used);
    // A flag by itself belongs to a verb.
    if (!text.contains("packaging/") && !text.contains("cristae-cli") &&
        !text.contains(QRegularExpression("\\b(cmake|cpack|ctest|git|pre-commit|torchrun)\\b")))
        for (const QString& used : flagsIn(text))
            if (!offer.flags.contains(used) && !flagsOfOthers.contains(used))
                wrong.append("no verb has " + used);
    return wrong;
}

} // namespace

class TestRemedies : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        QTest::failOnWarning(QRegularExpression(".?"));
        offer_ = currentOffer();
        QVERIFY(offer_.verbs.size() > 10);
        QVERIFY(offer_.verbs["predict"].contains("--model"));
        QVERIFY(offer_.scripts["build.sh"].contains("--preset"));
        QVERIFY(offer_.presets.contains("release"));
        QVERIFY(offer_.variables.contains("CRISTAE_CUDA"));
    }

    void whatDoesNotExistIsFound() {
        for (const char* text :
             {"run packaging/build.sh --cuda", "run packaging/install.sh", "cristae-cli predcit x.tif",
              "cristae-cli predict x.tif --modle y", "cmake --preset fast", "-DCRISTAE_NOTHING=1",
              "CRISTAE_NOTHING=1 packaging/build.sh", "give --no-such-flag", "a --modle"})
            QCOMPARE(wrongIn(text, offer_).size(), 1);
        for (const char* text :
             {"CRISTAE_CUDA=1 packaging/build.sh", "cristae-cli predict x.tif --model y",
              "cmake --preset release|dev", "packaging/build.sh --preset asan, then", "a -- b"})
            QCOMPARE(wrongIn(text, offer_), QStringList());
        QCOMPARE(stringsOf("f(\"one \"\n   \"two\");\n// \"three\"\ng(\"th\\\"ree\");"),
                 (QStringList{"one two", "th\\\"ree"}));
        QCOMPARE(codeOf("a `b c` d\n```sh\ne # f\n```\n`g`"), (QStringList{"e", "", "b c", "g"}));
    }

    void everyScriptExplainsItself() {
        for (auto script = offer_.scripts.begin(); script != offer_.scripts.end(); ++script) {
            const QString path = root.filePath("packaging/" + script.key());
            QVERIFY2(readText(path).contains("--help"), qPrintable(path));
            const QString help = helpOf(path, {"--help"});
            QVERIFY2(help.startsWith("usage: packaging/" + script.key()), qPrintable(path + ": " + help));
        }
    }

    void messagesNameWhatExists() {
        QStringList wrong;
        int strings = 0;
        for (const char* folder : {"core", "models", "ui", "app"}) {
            QDirIterator files(root.filePath(folder), {"*.h", "*.cpp"}, QDir::Files,
                               QDirIterator::Subdirectories);
            while (files.hasNext()) {
                const QString path = files.next();
                for (const QString& text : stringsOf(readText(path))) {
                    ++strings;
                    for (const QString& what : wrongIn(text, offer_))
                        wrong.append(root.relativeFilePath(path) + ": " + what);
                }
            }
        }
        QVERIFY(strings > 1000);
        QVERIFY2(wrong.isEmpty(), qPrintable("\n" + wrong.join('\n')));
    }

    void documentsNameWhatExists() {
        QStringList wrong;
        int commands = 0;
        for (const char* folder : {".", "models", "packaging", "resources", "tests"}) {
            QDirIterator files(root.filePath(folder), {"*.md"}, QDir::Files,
                               QString(folder) == "." ? QDirIterator::NoIteratorFlags
                                                      : QDirIterator::Subdirectories);
            while (files.hasNext()) {
                const QString path = files.next();
                for (const QString& text : codeOf(readText(path))) {
                    ++commands;
                    for (const QString& what : wrongIn(text, offer_))
                        wrong.append(root.relativeFilePath(path) + ": " + what);
                }
            }
        }
        QVERIFY(commands > 100);
        QVERIFY2(wrong.isEmpty(), qPrintable("\n" + wrong.join('\n')));
    }

private:
    Offer offer_;
};

QTEST_GUILESS_MAIN(TestRemedies)
#include "tst_remedies.moc"
