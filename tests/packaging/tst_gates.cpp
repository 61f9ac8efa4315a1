// packaging/lint.sh lets a clean tree pass and refuses each kind of fault, tried on a small repository.
#include "run_program.h"

#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

using namespace cristae;

namespace {

void write(const QString& path, const QByteArray& text) {
    QVERIFY(QDir().mkpath(QFileInfo(path).path()));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size());
}

const char* const goodSource = "// A sum.\nint sum(int a, int b) {\n    return a + b;\n}\n";
const char* const goodScript = "#!/usr/bin/env bash\n# Says where it is.\nset -euo pipefail\necho \"$PWD\"\n";

} // namespace

class TestGates : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        QTest::failOnWarning(QRegularExpression(".?"));
        for (const char* tool : {"git", "clang-format", "clang-tidy", "codespell", "shellcheck"})
            if (QStandardPaths::findExecutable(tool).isEmpty())
                QSKIP(qPrintable(QString("%1 is not here; packaging/lint.sh installs it.").arg(tool)));
        for (const char* file :
             {"packaging/lint.sh", "packaging/common.sh", ".clang-format", ".codespellrc", ".shellcheckrc"}) {
            const QString target = repository(file);
            QVERIFY(QDir().mkpath(QFileInfo(target).path()));
            QVERIFY(QFile::copy(QStringLiteral(CRISTAE_SOURCE_DIR "/") + file, target));
        }
        git({"init", "--quiet"});
        write(repository("core/sum.cpp"), goodSource);
        write(repository("tool.sh"), goodScript);
        write(repository("notes.txt"), "Notes.\n");
        commit("First files\n\nSomething to check.");
        commit("More\n\nA second commit, so that there is one before.");
    }

    void aCleanTreePasses() {
        const Outcome outcome = lint();
        QVERIFY2(outcome.code == 0, (outcome.out + outcome.err).constData());
        for (const char* gate : {"format", "spelling", "scripts", "sizes", "commits"})
            QVERIFY(outcome.out.contains(QByteArray("lint: ") + gate));
    }

    void faultsAreRefused_data() {
        QTest::addColumn<QString>("gate");
        QTest::addColumn<QString>("file");
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("layout") << "format"
                                << "core/sum.cpp"
                                << QByteArray("// A sum.\nint  sum( int a,int b ){return a+b;}\n");
        // In pieces, so that this file keeps the rule.
        QTest::newRow("spelling") << "spelling"
                                  << "core/sum.cpp"
                                  << QByteArray(goodSource)
                                         .replace("A sum", "A sum rec"
                                                           "ieved");
        QTest::newRow("script") << "scripts"
                                << "tool.sh" << QByteArray(goodScript).replace("\"$PWD\"", "$1");
        QTest::newRow("size") << "sizes"
                              << "notes.txt" << QByteArray("words ").repeated(200'000);
    }

    void faultsAreRefused() {
        QFETCH(QString, gate);
        QFETCH(QString, file);
        QFETCH(QByteArray, text);
        if (gate == "format" &&
            !runProgram("clang-format", {"--version"}, dir_.path()).out.contains("version 14."))
            QSKIP("Another clang-format than that which lays out the tree.");
        QFile old(repository(file));
        QVERIFY(old.open(QIODevice::ReadOnly));
        const QByteArray before = old.readAll();
        write(repository(file), text);
        refuses(gate);
        write(repository(file), before);
    }

    void archivesAreRefused() {
        write(repository("tool-1.0.whl"), "PK");
        commit("A package\n\nIt came along with everything else.");
        refuses("sizes");
        git({"reset", "--quiet", "--hard", "HEAD~1"});
    }

    void messagesAreRefused_data() {
        QTest::addColumn<QString>("message");
        QTest::newRow("no body") << "A subject alone";
        QTest::newRow("long subject") << QString("x").repeated(73) + "\n\nBecause.";
        QTest::newRow("no empty line") << "A subject\nBecause.";
    }

    void messagesAreRefused() {
        QFETCH(QString, message);
        commit(message);
        refuses("commits");
        write(repository("message"), message.toUtf8());
        QVERIFY(runProgram(script(), {"--message", repository("message")}, dir_.path()).code != 0);
        git({"reset", "--quiet", "--soft", "HEAD~1"});
    }

private:
    QString repository(const QString& file) const { return dir_.filePath("repository/" + file); }
    QString script() const { return repository("packaging/lint.sh"); }

    Outcome lint() const {
        return runProgram(script(), {"format", "spelling", "scripts", "sizes", "commits"}, dir_.path());
    }

    // The gate fails, and no other does.
    void refuses(const QString& gate) {
        const Outcome outcome = lint();
        QVERIFY(outcome.code != 0);
        const QRegularExpression failed("^lint: (\\w+) +FAILED", QRegularExpression::MultilineOption);
        QStringList gates;
        for (auto found = failed.globalMatch(QString(outcome.out)); found.hasNext();)
            gates.append(found.next().captured(1));
        QVERIFY2(gates == QStringList{gate}, (outcome.out + outcome.err).constData());
    }

    void git(const QStringList& arguments) {
        const QStringList identity{"-C", dir_.filePath("repository"), "-c", "user.name=Test",
                                   "-c", "user.email=test@localhost"};
        const Outcome outcome = runProgram("git", identity + arguments, dir_.path());
        QVERIFY2(outcome.code == 0, outcome.err.constData());
    }

    void commit(const QString& message) {
        git({"add", "--all"});
        git({"commit", "--quiet", "--allow-empty", "-m", message});
    }

    QTemporaryDir dir_;
};

QTEST_GUILESS_MAIN(TestGates)
#include "tst_gates.moc"
