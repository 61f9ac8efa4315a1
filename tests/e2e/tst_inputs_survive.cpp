// No command line destroys what it reads, or anything it was not asked to replace.
#include "core/io/format.h"
#include "tests/support/command_line.h"
#include "tests/support/fake_package.h"
#include "tests/support/image_files.h"
#include "tests/support/patience.h"

#include <QCryptographicHash>
#include <QDirIterator>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <sys/stat.h>

using namespace cristae;
namespace fs = std::filesystem;

namespace {

Pixels stripes(int64_t slices, uint8_t value) {
    Pixels pixels(PixelType::u8, 1, {slices, 48, 48});
    auto values = pixels.values<uint8_t>();
    for (size_t i = 0; i < values.size(); ++i) values[i] = i % 16 < 8 ? value : 0;
    return pixels;
}

/// Kind, inode and content of everything below a folder.
QMap<QString, QString> stateOf(const QString& folder) {
    QMap<QString, QString> state;
    QDirIterator it(folder, QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot,
                    QDirIterator::Subdirectories);
    while (it.hasNext()) {
        const QString path = it.next();
        struct stat status {};
        lstat(path.toUtf8().constData(), &status);
        QString entry = QStringLiteral("%1 %2").arg(status.st_mode).arg(status.st_ino);
        QFile file(path);
        if (S_ISREG(status.st_mode) && file.open(QIODevice::ReadOnly))
            entry += QString::fromLatin1(
                QCryptographicHash::hash(file.readAll(), QCryptographicHash::Sha256).toHex());
        state[QDir(folder).relativeFilePath(path)] = entry;
    }
    return state;
}

QStringList words(const char* text) {
    return QString::fromUtf8(text).split(QLatin1Char(' '));
}

} // namespace

class TestInputsSurvive : public QObject {
    Q_OBJECT
private:
    std::unique_ptr<QTemporaryDir> folder_;
    QString in(const QString& name) const { return folder_->filePath(name); }
    Outcome run(const QStringList& arguments, const QString& output = {}) const {
        return ::run(arguments, {.folder = folder_->path(), .output = output, .timeoutMs = 120000});
    }

private Q_SLOTS:
    void init() {
        QTest::failOnWarning(QRegularExpression(QStringLiteral(".?")));
        folder_ = std::make_unique<QTemporaryDir>();
        qputenv("CRISTAE_MODELS", in(QStringLiteral("models")).toUtf8());
        writeImage(stripes(1, 200), in(QStringLiteral("a.tif")), "tiff");
        writeImage(stripes(1, 100), in(QStringLiteral("b.tif")), "tiff");
        writeImage(stripes(1, 1), in(QStringLiteral("l.tif")), "tiff");
        writeImage(stripes(1, 200), in(QStringLiteral("a.png")), "png");
        writeImage(stripes(3, 200), in(QStringLiteral("stack.tif")), "tiff");
        QDir(folder_->path()).mkdir(QStringLiteral("raw"));
        QDir(folder_->path()).mkdir(QStringLiteral("pngs"));
        QDir(folder_->path()).mkdir(QStringLiteral("other"));
        for (int i = 0; i < 3; ++i) {
            writeImage(stripes(1, uint8_t(50 + i)), in(QStringLiteral("raw/s%1.png").arg(i)), "png");
            writeImage(stripes(1, uint8_t(90 + i)), in(QStringLiteral("pngs/mine%1.png").arg(i)), "png");
        }
        writeImage(stripes(1, 30), in(QStringLiteral("other/a.tif")), "tiff");
        QFile::link(in(QStringLiteral("a.tif")), in(QStringLiteral("link.tif")));
        fs::create_hard_link(in(QStringLiteral("b.tif")).toStdString(),
                             in(QStringLiteral("hard.tif")).toStdString());
        QFile json(in(QStringLiteral("note.json")));
        QVERIFY(json.open(QIODevice::WriteOnly) && json.write("{\"mine\": 1}") > 0);
        json.close();
        QCOMPARE(mkfifo(in(QStringLiteral("fifo")).toUtf8().constData(), 0600), 0);
    }

    void refused_data() {
        QTest::addColumn<QStringList>("arguments");
        const auto row = [](const char* text) { QTest::newRow(text) << words(text); };
        row("convert a.tif a.tif");
        row("convert a.tif link.tif");
        row("convert link.tif a.tif");
        row("convert b.tif hard.tif");
        row("convert raw raw.png");
        row("convert stack.tif pngs.png");
        row("convert a.tif note.raw");
        row("convert a.tif b.tif");
        row("convert a.tif fifo --format tiff");
        row("convert a.tif /dev/full --format tiff");
        row("measure l.tif --output l.tif");
        row("measure l.tif --output fifo");
        row("measure l.tif --output raw");
        row("measure l.tif --image a.tif --output a.tif");
        row("evaluate l.tif l.tif --per-slice l.tif");
        row("evaluate l.tif b.tif --difference b.tif");
        row("evaluate l.tif b.tif --difference d.png --image a.png --report b.tif");
        row("evaluate l.tif b.tif --image a.png --difference a.png");
        row("explore a.tif l.tif --output a.tif");
        row("explore a.tif l.tif --output l.tif");
        row("volume stack.tif --output stack.tif");
        row("predict a.tif --model membranes --mask --output a.tif");
        row("predict a.tif --model membranes --output link.tif");
        row("predict raw --model membranes --output raw.png");
        row("predict a.tif b.tif --model membranes --format tiff --output .");
        row("predict a.tif other/a.tif --model membranes --format png --output results");
        row("predict a.tif a.png --model membranes --format tiff --output results");
        row("explain a.tif --model membranes --at 9,9 --output a.tif");
        row("train --images raw --labels pngs --output a.tif");
        row("train --images stack.tif --labels stack.tif --run-folder raw --output m.safetensors");
    }
    /// Also with --overwrite: inputs, devices and what others made are not results.
    void refused() {
        QFETCH(QStringList, arguments);
        const auto before = stateOf(folder_->path());
        const bool couldBeMeant = arguments == words("convert a.tif b.tif");
        for (const bool overwrite : {false, true}) {
            if (overwrite && couldBeMeant) continue;
            const Outcome o = run(arguments + (overwrite ? QStringList{"--overwrite"} : QStringList{}));
            QVERIFY2(o.code == 3 || o.code == 2, qPrintable(QString::number(o.code) + o.err));
            QVERIFY2(!o.err.contains("Unexpected"), qPrintable(o.err));
            auto after = stateOf(folder_->path());
            for (const char* made : {"results", "a.tif.safetensors", "a.tif.run"})
                if (!before.contains(QString::fromLatin1(made)))
                    after.remove(QString::fromLatin1(made)); // an empty folder for results may be there
            QCOMPARE(after, before);
        }
    }

    void replacedOnlyWhenAsked() {
        QCOMPARE(run(words("convert a.tif copy.tif")).code, 0);
        const auto before = stateOf(folder_->path());
        const Outcome refused = run(words("convert b.tif copy.tif"));
        QCOMPARE(refused.code, 3);
        QVERIFY2(refused.err.contains("--overwrite"), qPrintable(refused.err));
        QCOMPARE(stateOf(folder_->path()), before);
        QCOMPARE(run(words("convert other/a.tif copy.tif --overwrite")).code, 0);
        QCOMPARE(openImage(in("copy.tif").toStdString())->read(0, {0, 0, 0, 1, 1, 1}).values<uint8_t>()[0],
                 uint8_t(30));
    }

    void placesAreJudgedBeforeTheWork_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("sentence");
        const auto row = [](const char* text, const char* sentence) {
            QTest::newRow(text) << words(text) << QString::fromLatin1(sentence);
        };
        // What comes after is impossible too, and would be told instead.
        row("predict a.tif --model broken.safetensors --output l.tif", "exists already");
        row("predict a.tif --model broken.safetensors --mask --output no/m.tif", "does not exist");
        row("predict stack.tif --model broken.safetensors --output pngs.png", "did not write there");
        row("explain a.tif --model broken.safetensors --at 9,9 --output l.tif", "exists already");
        row("evaluate a.tif stack.tif --difference pngs.png", "did not write there");
        row("evaluate a.tif stack.tif --difference d.xyz", "in which format");
        row("evaluate a.tif stack.tif --per-slice l.tif", "exists already");
        row("explore a.tif stack.tif --output l.tif", "exists already");
        row("volume a.tif stack.tif --look objects --output l.tif", "exists already");
        row("volume a.tif stack.tif --look objects --output v.xyz", "in which format");
        row("study training-size --images a.tif --labels stack.tif --output raw", "not of a study");
        row("study training-size --images a.tif --labels stack.tif --output a.tif", "not a folder");
        row("train --images a.tif --labels stack.tif --run-folder raw --output m", "not of a training run");
        row("score hard.safetensors --data note.json --write", "hard links");
        row("describe hard.safetensors --data note.json --write", "hard links");
        row("score broken.safetensors --data note.json --per-image l.tif", "exists already");
        row("score broken.safetensors --data note.json --worst w.xyz", "in which format");
        row("ensemble broken.safetensors broken.safetensors --data note.json --output hard",
            "an input of this job");
    }
    void placesAreJudgedBeforeTheWork() {
        QFETCH(QStringList, arguments);
        QFETCH(QString, sentence);
        ModelCard card;
        card.name = "broken";
        card.classes = {{"stripes", {230, 159, 0}, 0.5}};
        writeFakePackage(in("broken.safetensors").toStdString(), card); // no network has such weights
        fs::create_hard_link(in("broken.safetensors").toStdString(), in("hard.safetensors").toStdString());
        const auto before = stateOf(folder_->path());
        const Outcome o = run(arguments);
        QVERIFY2((o.code == 2 || o.code == 3) && o.err.contains(sentence), qPrintable(o.err));
        QCOMPARE(stateOf(folder_->path()), before);
    }
    void whatWouldBeToldInstead() {
        ModelCard card;
        card.name = "broken";
        card.classes = {{"stripes", {230, 159, 0}, 0.5}};
        writeFakePackage(in("broken.safetensors").toStdString(), card);
        const Outcome o = run(words("predict a.tif --model broken.safetensors --output new.tif"));
        QCOMPARE(o.code, 4);
        QVERIFY(!QFile::exists(in("new.tif")));
    }

    void ownStackFoldersCanBeReplaced() {
        QCOMPARE(run(words("convert stack.tif out.png")).code, 0);
        QVERIFY(QFileInfo(in("out")).isDir());
        QCOMPARE(run(words("convert stack.tif out.png")).code, 3);
        QCOMPARE(run(words("convert stack.tif out.png --overwrite")).code, 0);
        QFile mine(in("out/notes.txt"));
        QVERIFY(mine.open(QIODevice::WriteOnly));
        mine.close();
        const auto before = stateOf(folder_->path());
        const Outcome o = run(words("convert stack.tif out.png --overwrite"));
        QCOMPARE(o.code, 3);
        QVERIFY2(o.err.contains("notes.txt"), qPrintable(o.err));
        QCOMPARE(stateOf(folder_->path()), before);
        QCOMPARE(openImage(in("out").toStdString())->info().extent().z, 3);
    }

    void rawWithItsDescriptionIsReplacedTogether() {
        QCOMPARE(run(words("convert a.tif values.raw")).code, 0);
        QCOMPARE(run(words("convert stack.tif values.raw --overwrite")).code, 0);
        QCOMPARE(QFileInfo(in("values.raw")).size(), 3 * 48 * 48);
        QFile json(in("values.json"));
        QVERIFY(json.open(QIODevice::ReadOnly));
        QVERIFY(json.readAll().simplified().contains("\"shape\": [ 3, 48, 48 ]"));
    }

    void outputThatNobodyTakes() {
        const Outcome full = run(words("info a.tif --json"), QStringLiteral("/dev/full"));
        QCOMPARE(full.code, 3);
        QVERIFY2(full.err.contains("No space left"), qPrintable(full.err));
        QProcess shell;
        shell.setWorkingDirectory(folder_->path());
        shell.start("bash", {"-c", "set -o pipefail; '" + cli + "' models | true; '" + cli +
                                       "' info a.tif | head -1"});
        QVERIFY(shell.waitForFinished(patienceMs));
        const QString err = QString::fromUtf8(shell.readAllStandardError());
        QVERIFY2(err.isEmpty(), qPrintable(err));
        QCOMPARE(shell.exitCode(), 0);
    }
};

QTEST_GUILESS_MAIN(TestInputsSurvive)
#include "tst_inputs_survive.moc"
