// The end of the window in every state: closed, quit, ended by the system, destroyed; and what the next start
// says.
#include "tests/support/tiny_tiff.h"
#include "tests/support/ui_setup.h"
#include "tests/ui/fake_engine.h"
#include "tests/ui/gated_exporter.h"
#include "ui/canvas/canvas_view.h"
#include "ui/panels/predict_page.h"
#include "ui/panels/train_page.h"
#include "ui/window/main_window.h"
#include "ui/window/message_bar.h"
#include "ui/window/recovery.h"
#include "ui/window/workbench.h"

#include <QAbstractButton>
#include <QAction>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include <csignal>
#include <fstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace cristae;
namespace fs = std::filesystem;

class TestClosing : public QObject {
    Q_OBJECT
    std::unique_ptr<FakeWorld> world_;
    std::shared_ptr<Gate> gate_;
    std::shared_ptr<std::atomic<bool>> stuck_; // work on the queue of files hangs as long as this is true
    std::unique_ptr<Session> session_;
    std::unique_ptr<Workbench> bench_;
    std::unique_ptr<MainWindow> window_;
    QTemporaryDir settings_;
    std::atomic<int> engineMs_ = 0;
    std::thread opener_;

    void startProgram() {
        const SessionPaths paths{world_->path("zoo"), world_->path("mine"), world_->path("samples"),
                                 world_->path("recovered"), world_->path("marks")};
        session_ = std::make_unique<Session>(paths, [this] {
            QThread::msleep(static_cast<unsigned long>(engineMs_.load()));
            FakeControl& control = world_->control;
            return Engine{std::make_unique<FakeLoader>(control), std::make_unique<FakeTrainer>(control)};
        });
        session_->addExporter(std::make_unique<GatedExporter>(gate_));
        bench_ = std::make_unique<Workbench>(*session_);
        window_ = std::make_unique<MainWindow>(*bench_);
        window_->resize(1280, 720);
        window_->show();
        QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
    }
    void endProgram() {
        window_.reset();
        bench_.reset();
        session_.reset();
    }
    void open(const QString& path) {
        bench_->open(path);
        QTRY_VERIFY(bench_->document());
    }
    /// A class and a square of it.
    void label() {
        bench_->ensureCurrentClass();
        LabelEdit edit(bench_->document()->labels().snapshot(), {});
        for (int64_t y = 10; y < 30; ++y) edit.setRun(0, y, 10, 30, {1, Origin::human});
        bench_->document()->applyLabels(edit.delta(), "Brush");
        QVERIFY(bench_->unsaved());
    }
    template <class T> T* child(const char* name) {
        return window_->findChild<T*>(QString::fromLatin1(name));
    }
    void press(const char* button) {
        auto* found = child<QAbstractButton>(button);
        QVERIFY2(found, button);
        found->click();
    }
    QString image(const char* name = "image.png") { return world_->writeImage(name, 160, 120); }
    QString target(const char* name) const { return world_->name(name); }
    std::string content(const QString& path) const {
        std::ifstream stream(path.toStdString());
        return {std::istreambuf_iterator<char>(stream), {}};
    }

    void beginPrediction(int msPerTile = 100) {
        world_->control.msPerTile = msPerTile;
        window_->showPage(MainWindow::Page::predict);
        QTRY_COMPARE(window_->predictPage()->obstacle(), QString());
        window_->predictPage()->predict();
        QTRY_VERIFY(window_->predictPage()->running());
        QTRY_COMPARE(window_->predictPage()->running()->state(), Job::State::running);
    }
    void beginTraining() {
        world_->control.msPerStep = 50;
        bench_->jobs().start<bool>(
            Queue::compute, QStringLiteral("Training “fake”"),
            [session = session_.get(), folder = world_->path("run"),
             output = world_->path("new.safetensors")](const Progress& progress) {
                struct Listener : TrainingListener {
                    void onStep(int64_t, double) override {}
                    void onEpoch(const EpochReport&) override {}
                    bool paused() const override { return false; }
                    bool stopRequested() const override { return false; }
                } listener;
                TrainingPlan plan;
                plan.runFolder = folder;
                plan.output = output;
                session->engine().trainer->train(plan, listener, progress);
                return true;
            },
            [](bool) {});
        QTRY_VERIFY(world_->control.steps > 0);
    }
    void hang(Queue queue, const char* title) {
        auto begun = std::make_shared<std::atomic<bool>>(false);
        bench_->jobs().start<bool>(
            queue, QString::fromLatin1(title),
            [begun, stuck = stuck_](const Progress&) {
                *begun = true;
                while (*stuck) QThread::msleep(1);
                return true;
            },
            [](bool) {});
        QTRY_VERIFY(*begun);
    }
    void work(Queue queue, const char* title) {
        auto begun = std::make_shared<std::atomic<bool>>(false);
        bench_->jobs().start<bool>(
            queue, QString::fromLatin1(title),
            [begun](const Progress& progress) {
                *begun = true;
                for (;;) {
                    progress.throwIfCancelled();
                    QThread::msleep(1);
                }
                return true;
            },
            [](bool) { QFAIL("was to be cancelled"); });
        QTRY_VERIFY(*begun);
    }
    /// Brings the program into the state.
    void enter(const QString& state) {
        if (state == "start page") return;
        if (state == "engine loading") {
            engineMs_ = 300;
            window_->loadEngine();
            return;
        }
        open(image());
        if (state == "idle") return;
        label();
        if (state == "predicting")
            beginPrediction();
        else if (state == "training")
            beginTraining();
        else if (state == "opening")
            work(Queue::files, "Open other.tif");
        else if (state == "opening, hangs")
            hang(Queue::files, "Open other.tif");
        else if (state == "saving") {
            gate_->open = false;
            bench_->saveLabels(target("saved.gate"));
            QTRY_COMPARE(gate_->waiting.load(), 1);
            opener_ = std::thread([gate = gate_] { // not in the event loop, which may not come round any more
                QThread::msleep(200);
                gate->open = true;
            });
        } else if (state == "exporting")
            work(Queue::writing, "Exporting labels.tif");
        else if (state == "measuring")
            work(Queue::files, "Measuring");
        else if (state == "study")
            work(Queue::compute, "Study: slices");
        else if (state == "thumbnails")
            work(Queue::background, "Thumbnail");
        else if (state == "reading tiles")
            work(Queue::view, "Loading the view");
    }
    static void states() {
        QTest::addColumn<QString>("state");
        for (const char* state :
             {"start page", "engine loading", "idle", "predicting", "training", "opening", "opening, hangs",
              "saving", "exporting", "measuring", "study", "thumbnails", "reading tiles"})
            QTest::newRow(state) << QString::fromLatin1(state);
    }

private Q_SLOTS:
    void initTestCase() { useOwnSettings(settings_); }
    void init() {
        QSettings().clear();
        world_ = std::make_unique<FakeWorld>();
        gate_ = std::make_shared<Gate>();
        stuck_ = std::make_shared<std::atomic<bool>>(true);
        engineMs_ = 0;
        startProgram();
    }
    void cleanup() {
        gate_->open = true;
        *stuck_ = false;
        endProgram();
        if (opener_.joinable()) opener_.join();
        world_.reset();
    }

    void destroyedInEveryState_data() { states(); }
    void destroyedInEveryState() {
        QFETCH(QString, state);
        enter(state);
        endProgram();
        *stuck_ = false;
        QCoreApplication::sendPostedEvents();
        QCoreApplication::processEvents();
    }

    /// Stopped before it is destroyed, as the program does at its end.
    void stoppedInEveryState_data() { states(); }
    void stoppedInEveryState() {
        QFETCH(QString, state);
        enter(state);
        bench_->jobs().stop();
        const bool all = bench_->jobs().wait(std::chrono::seconds(3));
        QCOMPARE(all, state != "opening, hangs");
        QCoreApplication::processEvents();
        endProgram();
    }

    void closedInEveryState_data() { states(); }
    void closedInEveryState() {
        QFETCH(QString, state);
        const bool unsaved = state != "start page" && state != "engine loading" && state != "idle";
        const bool asks =
            state == "predicting" || state == "training" || state == "exporting" || state == "study";
        enter(state);
        QCOMPARE(window_->close(), !unsaved);
        if (asks) {
            QVERIFY(child<QMessageBox>("workQuestion"));
            QVERIFY(!window_->close()); // asked once
            QCOMPARE(window_->findChildren<QMessageBox*>().size(), 1);
            press("stopWork");
            QVERIFY(bench_->jobs().unfinishedWork().empty());
        }
        if (state == "saving")
            QVERIFY(!child<QMessageBox>("unsavedQuestion")); // about to be saved: nothing to ask
        else if (unsaved) {
            QTRY_VERIFY(child<QMessageBox>("unsavedQuestion"));
            QVERIFY(window_->isVisible());
            press("discardLabels");
        }
        QTRY_VERIFY(!window_->isVisible());
        if (state == "saving") QCOMPARE(content(target("saved.gate")), std::string("1"));
        QVERIFY(readRecovered(world_->path("recovered")).empty());
    }

    void endedByTheSystemInEveryState_data() { states(); }
    void endedByTheSystemInEveryState() {
        QFETCH(QString, state);
        enter(state);
        const bool unsaved = bench_->unsaved();
        int ends = 0;
        QElapsedTimer timer;
        timer.start();
        window_->forceEnd([&] { ++ends; });
        window_->forceEnd([&] { ++ends; });
        QTRY_COMPARE(ends, 1);
        QVERIFY2(timer.elapsed() < 4000, qPrintable(QString::number(timer.elapsed())));
        QVERIFY(window_->findChildren<QMessageBox*>().empty());
        const auto kept = readRecovered(world_->path("recovered"));
        if (state == "saving") {
            QCOMPARE(content(target("saved.gate")), std::string("1"));
            QVERIFY(kept.empty()); // they stand in the person's file
        } else
            QCOMPARE(kept.size(), size_t(unsaved ? 1 : 0));
        endProgram();
    }

    void quitIsAsked() {
        open(image());
        label();
        for (auto* action : window_->findChildren<QAction*>())
            if (action->shortcut() == QKeySequence(QStringLiteral("Ctrl+Q"))) action->trigger();
        QVERIFY(child<QMessageBox>("unsavedQuestion"));
        QVERIFY(window_->isVisible());
    }

    void closesWhenThePredictionIsFinished() {
        open(image());
        beginPrediction(300);
        QVERIFY(!window_->close());
        press("closeLater");
        QVERIFY(window_->isVisible());
        // Its result is unsaved labels.
        QTRY_VERIFY(child<QMessageBox>("unsavedQuestion"));
        QVERIFY(bench_->document()->modified());
        press("discardLabels");
        QTRY_VERIFY(!window_->isVisible());
    }

    void workThatEndsWhileItIsAskedAboutIsNoHindrance() {
        open(image());
        label();
        work(Queue::writing, "Exporting a.tif");
        QVERIFY(!window_->close());
        bench_->jobs().cancelQueue(Queue::writing);
        QTRY_VERIFY(bench_->jobs().unfinishedWork().empty());
        press("closeLater");
        QTRY_VERIFY(child<QMessageBox>("unsavedQuestion"));
        press("discardLabels");
        QTRY_VERIFY(!window_->isVisible());
    }

    void cancelledQuestionKeepsEverything() {
        open(image());
        work(Queue::writing, "Exporting a.tif");
        QVERIFY(!window_->close());
        QTest::keyClick(child<QMessageBox>("workQuestion"), Qt::Key_Escape);
        QTRY_VERIFY(!child<QMessageBox>("workQuestion"));
        QCOMPARE(bench_->jobs().unfinishedWork().size(), size_t(1));
        QVERIFY(window_->isVisible());
    }

    void aFailedSaveDoesNotCloseTheWindow() {
        open(image());
        label();
        std::ofstream(target("saved.gate").toStdString()) << "old";
        gate_->fails = true;
        gate_->open = false;
        bench_->saveLabels(target("saved.gate"));
        QTRY_COMPARE(gate_->waiting.load(), 1);
        QVERIFY(!window_->close());
        gate_->open = true;
        QTRY_VERIFY(window_->messages()->text().contains("saved.gate"));
        QVERIFY2(window_->messages()->text().contains("full"), qPrintable(window_->messages()->text()));
        QVERIFY(window_->isVisible() && bench_->document()->modified());
        QCOMPARE(content(target("saved.gate")), std::string("old"));
        // A later save is only a save.
        gate_->fails = false;
        QSignalSpy saved(bench_.get(), &Workbench::labelsSaved);
        bench_->saveLabels(target("saved.gate"));
        QTRY_COMPARE(saved.count(), 1);
        QCoreApplication::processEvents();
        QVERIFY(window_->isVisible() && !bench_->document()->modified());
    }

    void anOlderSaveIsFinishedBeforeTheEnd() {
        open(image());
        label();
        gate_->open = false;
        bench_->saveLabels(target("saved.gate"));
        QTRY_COMPARE(gate_->waiting.load(), 1);
        LabelEdit edit(bench_->document()->labels().snapshot(), {});
        edit.setRun(0, 50, 10, 30, {1, Origin::human});
        bench_->document()->applyLabels(edit.delta(), "Brush");
        QVERIFY(!window_->close());
        press("discardLabels"); // the latest stroke, not the file that is being written
        QVERIFY(window_->isVisible());
        gate_->open = true;
        QTRY_VERIFY(!window_->isVisible());
        QCOMPARE(content(target("saved.gate")), std::string("1"));
    }

    void savingIsNotHeldUpByAHangingOpen() {
        open(image());
        label();
        hang(Queue::files, "Open gone.tif");
        bench_->saveLabels(target("saved.tif"));
        QTRY_VERIFY(!bench_->document()->modified());
        QVERIFY(QFileInfo::exists(target("saved.tif")));
    }

    void aNewOpenGivesUpTheOneThatHangs() {
        const QString first = image();
        hang(Queue::files, "Open gone.tif");
        for (Job* job : bench_->jobs().jobs()) job->cancel();
        bench_->open(first);
        QTRY_VERIFY_WITH_TIMEOUT(bench_->document(), 5000);
    }

    void keptLabelsComeBackAtTheNextStart() {
        const QString path = image();
        open(path);
        label();
        const Pixels before = bench_->document()->labels().snapshot().labels(Box3::ofExtent({1, 120, 160}));
        const ClassTable classes = bench_->document()->classes();
        bool ended = false;
        window_->forceEnd([&] { ended = true; });
        QTRY_VERIFY(ended);
        endProgram();

        startProgram();
        QTRY_VERIFY(child<QPushButton>("restoreLabels"));
        QVERIFY(child<QLabel>("offer")->text().contains("image.png"));
        press("restoreLabels");
        QTRY_VERIFY(bench_->document() && bench_->document()->modified());
        QCOMPARE(bench_->document()->labels().snapshot().labels(Box3::ofExtent({1, 120, 160})), before);
        QVERIFY(bench_->document()->classes() == classes);
        QTRY_VERIFY(!child<QPushButton>("restoreLabels"));

        // Ended once more before they are saved: still there, once.
        ended = false;
        window_->forceEnd([&] { ended = true; });
        QTRY_VERIFY(ended);
        QCOMPARE(readRecovered(world_->path("recovered")).size(), size_t(1));
        endProgram();
        startProgram();
        QTRY_VERIFY(child<QPushButton>("restoreLabels"));
        press("restoreLabels");
        QTRY_VERIFY(bench_->document() && bench_->document()->modified());
        bench_->saveLabels(target("saved.tif"));
        QTRY_VERIFY(!bench_->document()->modified());
        QVERIFY(readRecovered(world_->path("recovered")).empty());
    }

    void keptLabelsCanBeDiscarded() {
        open(image());
        label();
        window_->keepLabelsNow(std::chrono::seconds(5));
        QCOMPARE(readRecovered(world_->path("recovered")).size(), size_t(1));
        endProgram();
        startProgram();
        QTRY_VERIFY(child<QPushButton>("discardRecovered"));
        press("discardRecovered");
        QVERIFY(readRecovered(world_->path("recovered")).empty());
        QVERIFY(fs::is_empty(world_->path("recovered")));
    }

    void labelsKeptForNothingAreForgottenWhenSaved() {
        open(image());
        label();
        window_->keepLabelsNow(std::chrono::seconds(5)); // the session did not end after all
        QCoreApplication::processEvents();
        bench_->saveLabels(target("saved.tif"));
        QTRY_VERIFY(!bench_->document()->modified());
        QVERIFY(readRecovered(world_->path("recovered")).empty());
    }

    void whatEndedTheLastStartIsLeftOut() {
        const QString good = image("good.png"), bad = image("bad.png");
        const std::string model = world_->path("mine/bad.safetensors").string();
        writeFakePackage(model, fakeCard("bad", "nuclei"));
        endProgram();
        QSettings().setValue(QStringLiteral("recent"), QStringList{bad, good});
        const pid_t child = ::fork();
        if (child == 0) { // the start that did not get past them
            StartGuard guard(world_->path("marks"));
            const auto file = guard.attempt(bad.toStdString()), package = guard.attempt(model);
            ::raise(SIGKILL);
        }
        ::waitpid(child, nullptr, 0);

        startProgram();
        auto* offer = this->child<QLabel>("offer");
        QVERIFY(offer && offer->text().contains("bad.png") && offer->text().contains("bad.safetensors"));
        const auto words = [&](const QString& name) {
            for (auto* card : window_->findChildren<QAbstractButton*>())
                if (card->accessibleName().contains(name))
                    if (auto* label = card->findChild<QLabel*>(QStringLiteral("cardWords")))
                        return label->text();
            return QString();
        };
        QTRY_VERIFY(words("good.png").contains("160 × 120"));
        QTRY_VERIFY(words("bad.png").contains("left out"));
        press("tryLeftOut");
        QTRY_VERIFY(words("bad.png").contains("160 × 120"));
        QTRY_VERIFY(!this->child<QLabel>("offer"));
        endProgram();
        QVERIFY(fs::is_empty(world_->path("marks")));
    }
};

QTEST_MAIN(TestClosing)
#include "tst_closing.moc"
