// A real training that is killed, whose disk is full or read-only, whose folder vanishes: it goes on, from
// another folder too, and ends with the same bytes; an older model stays until then.
#include "core/base/atomic_file.h"
#include "core/base/random.h"
#include "core/learn/checkpoint_files.h"
#include "core/learn/run_folder.h"
#include "core/learn/run_record.h"
#include "core/learn/split_distance.h"
#include "tests/support/cells.h"
#include "tests/support/command_line.h"
#include "tests/support/image_files.h"
#include "tests/support/patience.h"

#include <QElapsedTimer>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace cristae;
namespace fs = std::filesystem;

class TestTrainingFaults : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        QTest::failOnWarning(QRegularExpression(".?"));
        QVERIFY(writeCells(QDir(folder_.path())));
        QElapsedTimer clock;
        clock.start();
        const Outcome whole = run(place("whole"), training());
        QVERIFY2(whole.code == 0, qPrintable(whole.words()));
        milliseconds_ = int(clock.elapsed());
        expected_ = bytesOf(in("whole/m.safetensors"));
        QVERIFY(!expected_.isEmpty());
        QVERIFY(!QFile::exists(in("whole/m.run/best.safetensors")));
    }

    void killedAtAnyMomentItEndsTheSame() {
        Random random(11);
        for (int round = 0; round < 4; ++round) {
            const QString here = place(QString("killed-%1").arg(round)), folder = here + "/m.run";
            int kills = 0;
            for (bool done = false; !done;) {
                // Goes on from another folder, with nothing but the run folder; before there is a checkpoint
                // it starts again.
                const bool started = hasCheckpoint(folder.toStdString());
                const QStringList again{"train", "--resume", "--run-folder", folder, "--checkpoint-seconds",
                                        "0"};
                const auto process = started ? start(round % 2 ? QDir::rootPath() : folder_.path(), again)
                                             : start(here, training());
                const int wait = int(random.below(uint32_t(milliseconds_ * 5 / 4)));
                if (kills >= 2 || process->waitForFinished(wait)) {
                    QVERIFY(process->state() == QProcess::NotRunning || process->waitForFinished(patienceMs));
                    QVERIFY2(process->exitCode() == 0, process->readAllStandardError().constData());
                    done = true;
                } else {
                    QVERIFY(!QFile::exists(here + "/m.safetensors") ||
                            bytesOf(here + "/m.safetensors") == expected_);
                    process->kill();
                    process->waitForFinished();
                    ++kills;
                }
            }
            QVERIFY2(bytesOf(here + "/m.safetensors") == expected_,
                     qPrintable(QString("round %1, killed %2 times").arg(round).arg(kills)));
            QVERIFY(hasEnded(folder.toStdString()));
        }
    }

    void anOlderModelStaysUntilTheEnd() {
        const QString here = place("older"), model = here + "/m.safetensors";
        QVERIFY(QFile::copy(in("whole/m.safetensors"), model));
        const QStringList other = training() + QStringList{"--seed", "2"};
        QStringList unasked = other;
        unasked.removeAll("--overwrite");
        Outcome refused = run(here, unasked);
        QCOMPARE(refused.code, 3);
        QVERIFY2(refused.words().contains("m.safetensors already") && refused.words().contains("--overwrite"),
                 qPrintable(refused.words()));
        const auto process = start(here, other + QStringList{"--set", "steps=1000000"});
        QTRY_VERIFY_WITH_TIMEOUT(stepIn(here) >= 20, patienceMs); // an epoch and its best network are there
        QVERIFY(QFile::exists(here + "/m.run/best.safetensors"));
        process->kill();
        process->waitForFinished();
        QCOMPARE(bytesOf(model), expected_);
        refused = run(here, unasked);
        QVERIFY2(refused.words().contains("stopped at step"), qPrintable(refused.words()));
        const Outcome replaced = run(here, other);
        QVERIFY2(replaced.code == 0, qPrintable(replaced.words()));
        QVERIFY(bytesOf(model) != expected_);
    }

    void whatIsMissingIsSaidAtOnce() {
        const QString here = place("missing");
        const Outcome begin =
            run(here, {"train", "--images", "../no-images", "--labels", "../no-labels", "--output", "no/m"});
        QCOMPARE(begin.code, 3);
        for (const char* word : {"no-images (--images)", "no-labels (--labels)", "/no "})
            QVERIFY2(begin.words().contains(word), qPrintable(begin.words()));
        stoppedRun(here);
        QVERIFY(QDir().rename(in("labels"), in("elsewhere")));
        QVERIFY(QFile::rename(in("images/1.png"), in("1.png")));
        const Outcome resumed = run(folder_.path(), {"train", "--resume", "--run-folder", "missing/m.run"});
        QVERIFY(QDir().rename(in("elsewhere"), in("labels")));
        QVERIFY(QFile::rename(in("1.png"), in("images/1.png")));
        QCOMPARE(resumed.code, 3);
        QVERIFY2(resumed.words().contains("labels (--labels) is not there") &&
                     resumed.words().contains("images (--images) has"),
                 qPrintable(resumed.words()));
        const Outcome nothing = run(folder_.path(), {"train", "--resume", "--run-folder", "images"});
        QCOMPARE(nothing.code, 3);
        QVERIFY2(nothing.words().contains("no training in"), qPrintable(nothing.words()));
        QCOMPARE(run(here, {"train", "--images", "../images", "--labels", "../labels"}).code, 2);
    }

    void aRunThatKeepsItsDataNeedsNoFiles() {
        // As the window leaves it: the slices lie in the run folder, and no request names files.
        const QString here = place("window");
        stoppedRun(here);
        const fs::path folder = (here + "/m.run").toStdString();
        TrainingPlan plan;
        plan.set = loadTrainingSet(
            pairImagesAndLabels(in("images").toStdString(), in("labels").toStdString(), Role::train), {},
            {"structure"}, Progress::none());
        holdOutForValidation(plan.set);
        plan.card.name = "m";
        plan.recipe = runState(folder).at("recipe");
        plan.runFolder = folder;
        plan.output = (here + "/m.safetensors").toStdString();
        saveRun(plan, {}, Progress::none());
        nlohmann::json record = readRunRecord(folder);
        record.erase("request");
        record.erase("inputs");
        writeFileAtomically({folder / "run.json", Existing::replace}, record.dump());
        const Outcome resumed = run(here, {"train", "--resume", "--run-folder", "m.run"});
        QVERIFY2(resumed.code == 0, qPrintable(resumed.words()));
        QCOMPARE(bytesOf(here + "/m.safetensors"), expected_);
        // Without its data either it says what is needed.
        closeRun(folder);
        const Outcome asked = run(here, {"train", "--resume", "--run-folder", "m.run"});
        QVERIFY2(asked.code == 2 && asked.words().contains("--images"), qPrintable(asked.words()));
    }

    void aFolderThatVanishesIsASentence() {
        const QString here = place("vanished"), folder = here + "/m.run";
        const auto process = start(here, training());
        QTRY_VERIFY_WITH_TIMEOUT(stepIn(here) >= 1, patienceMs);
        QVERIFY(QDir().rename(folder, here + "/gone"));
        QVERIFY(process->waitForFinished(patienceMs));
        const QByteArray words = process->readAllStandardError();
        QVERIFY2(process->exitCode() == 3 && words.contains("does not exist"), words.constData());
        QVERIFY(QDir().rename(here + "/gone", folder));
        const Outcome resumed = run(here, {"train", "--resume", "--run-folder", "m.run"});
        QVERIFY2(resumed.code == 0, qPrintable(resumed.words()));
        QCOMPARE(bytesOf(here + "/m.safetensors"), expected_);
    }

    void aLimitOfFileSizesIsASentence() {
        const QString here = place("limit");
        QVERIFY(QFile::copy(in("whole/m.safetensors"), here + "/m.safetensors"));
        const Outcome limited = shell(here, "ulimit -f 16; exec \"$0\" \"$@\"", training());
        QCOMPARE(limited.code, 3);
        QVERIFY2(limited.words().contains("your limit for files"), qPrintable(limited.words()));
        QCOMPARE(bytesOf(here + "/m.safetensors"), expected_);
    }

    void aDiskThatFailsIsASentence_data() {
        QTest::addColumn<QString>("fail");
        QTest::addColumn<QString>("mend");
        QTest::addColumn<QString>("words");
        QTest::newRow("full") << "dd if=/dev/zero of=fill bs=4096 2>/dev/null"
                              << "rm fill"
                              << "the disk is full";
        QTest::newRow("read-only") << "until mount -o remount,ro . 2>/dev/null; do sleep 0.01; done"
                                   << "mount -o remount,rw ."
                                   << "read-only";
    }
    void aDiskThatFailsIsASentence() {
        QFETCH(QString, fail);
        QFETCH(QString, mend);
        QFETCH(QString, words);
        // A small disk of its own under the training; what it left is copied out at the end.
        const QString script = QStringLiteral(R"(
            mount -t tmpfs -o size=6m none . || exit 77
            cd "$PWD"
            cp ../whole/m.safetensors m.safetensors
            "$0" "$@" 2>../words &
            while [ ! -e m.run/checkpoint.safetensors ] && kill -0 $!; do sleep 0.01; done
            %1
            wait $!
            echo "code $?"
            cat ../words
            cmp m.safetensors ../whole/m.safetensors && echo "the older model is whole"
            %2
            "$0" train --resume --run-folder m.run && cmp m.safetensors ../whole/m.safetensors &&
                echo "the model is whole")")
                                   .arg(fail, mend);
        const QString here = place(QTest::currentDataTag());
        QProcess process;
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.setWorkingDirectory(here);
        process.start("unshare", QStringList{"-Urm", "sh", "-c", script, cli} + training());
        QVERIFY(process.waitForStarted() && process.waitForFinished(patienceMs));
        const QString said = QString::fromUtf8(process.readAll());
        if (process.exitCode() == 77 || said.contains("unshare failed"))
            QSKIP("no user namespaces here: a small disk cannot be mounted");
        for (const QString& word :
             {QStringLiteral("code 3"), words, QStringLiteral("goes on from its last"),
              QStringLiteral("the older model is whole"), QStringLiteral("the model is whole")})
            QVERIFY2(said.contains(word), qPrintable(word + " is missing in: " + said));
    }

private:
    QString in(const QString& name) const { return folder_.filePath(name); }
    /// A folder of its own beside images and labels.
    QString place(const QString& name) const {
        QDir(folder_.path()).mkdir(name);
        return in(name);
    }
    /// The same words in every folder, so that the models may be equal.
    static QStringList training() {
        QStringList arguments{"train",    "--images",      "../images", "--labels", "../labels",
                              "--output", "m.safetensors", "--device",  "cpu",      "--overwrite"};
        for (const char* setting : {"patch=32", "base=4", "levels=2", "batch=2", "threads=1", "steps=200",
                                    "stepsPerEpoch=20", "workers=1"})
            arguments << "--set" << setting;
        return arguments;
    }
    static std::unique_ptr<QProcess> start(const QString& here, const QStringList& arguments) {
        auto process = std::make_unique<QProcess>();
        process->setWorkingDirectory(here);
        process->start(cli, arguments);
        process->waitForStarted();
        return process;
    }
    static Outcome run(const QString& here, const QStringList& arguments) {
        return ::run(arguments, {.folder = here});
    }
    static Outcome shell(const QString& here, const QString& script, const QStringList& arguments) {
        return ::run(QStringList{"-c", script, cli} + arguments, {.folder = here, .program = "sh"});
    }
    static int stepIn(const QString& here) {
        const nlohmann::json state = runState((here + "/m.run").toStdString());
        return state.is_object() ? state.value("step", -1) : -1;
    }
    /// Leaves a run that was killed after a step.
    static void stoppedRun(const QString& here) {
        const auto process = start(here, training());
        QTRY_VERIFY_WITH_TIMEOUT(stepIn(here) >= 1, patienceMs);
        process->kill();
        process->waitForFinished();
    }
    QTemporaryDir folder_;
    QByteArray expected_;
    int milliseconds_ = 0; // of a whole training
};

QTEST_GUILESS_MAIN(TestTrainingFaults)
#include "tst_training_faults.moc"
