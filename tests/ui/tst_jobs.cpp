// Jobs: each job ends once, on the UI thread, and neither cancelling nor closing the program waits for the
// work.
#include "ui/jobs/jobs.h"

#include <QElapsedTimer>
#include <QPointer>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTest>
#include <QThread>

#include <new>

using namespace cristae;

namespace {

/// Work that asks nobody whether it should stop, as a read from a server that is gone, until it is released.
class Hanging {
    struct Shared {
        std::atomic<bool> released = false;
        std::atomic<int> begun = 0, ended = 0;
    };
    std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();

public:
    ~Hanging() { release(); }
    std::function<int(const Progress&)> work() const {
        return [shared = shared_](const Progress&) {
            ++shared->begun;
            while (!shared->released) QThread::msleep(1);
            ++shared->ended;
            return 1;
        };
    }
    void release() { shared_->released = true; }
    int begun() const { return shared_->begun; }
    int ended() const { return shared_->ended; }
};

} // namespace

class TestJobs : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void valueArrivesOnTheUiThread() {
        Jobs jobs;
        int value = 0;
        bool workedElsewhere = false, arrivedHere = false;
        Job* job = jobs.start<int>(
            Queue::files, "Reading",
            [&](const Progress& progress) {
                workedElsewhere = QThread::currentThread() != QCoreApplication::instance()->thread();
                progress.report(0.5, "slice 1 of 2");
                return 42;
            },
            [&](int result) {
                value = result;
                arrivedHere = QThread::currentThread() == QCoreApplication::instance()->thread();
            });
        QSignalSpy ended(job, &Job::ended);
        QVERIFY(jobs.busy(Queue::files));
        QTRY_COMPARE(job->state(), Job::State::done);
        QCOMPARE(value, 42);
        QVERIFY(workedElsewhere);
        QVERIFY(arrivedHere);
        QCOMPARE(ended.count(), 1);
        QCOMPARE(job->words(), QString("slice 1 of 2"));
        QCOMPARE(job->fraction(), 1.0);
        QVERIFY(!jobs.busy(Queue::files));
    }

    void errorsOfAllKinds() {
        Jobs jobs;
        QSignalSpy raised(&jobs, &Jobs::errorRaised);
        ErrorKind kind = ErrorKind::internal;
        Job* own = jobs.start<int>(
            Queue::files, "Own",
            [](const Progress&) -> int { throw Error(ErrorKind::input, "a.tif is broken; save it again."); },
            [](int) { QFAIL("no value was made"); }, [&](const Error& error) { kind = error.kind(); });
        QTRY_COMPARE(own->state(), Job::State::failed);
        QCOMPARE(kind, ErrorKind::input);
        QCOMPARE(own->errorText(), QString("a.tif is broken; save it again."));
        QCOMPARE(raised.count(), 0);

        Job* memory = jobs.start<int>(
            Queue::files, "Memory", [](const Progress&) -> int { throw std::bad_alloc(); }, [](int) {},
            [&](const Error& error) { kind = error.kind(); });
        QTRY_COMPARE(memory->state(), Job::State::failed);
        QCOMPARE(kind, ErrorKind::memory);

        Job* foreign = jobs.start<int>(
            Queue::files, "Foreign", [](const Progress&) -> int { throw std::out_of_range("map::at"); },
            [](int) {});
        QTRY_COMPARE(foreign->state(), Job::State::failed);
        QCOMPARE(raised.count(), 1);
        QCOMPARE(raised.at(0).at(0).toString(), QString("Foreign"));
        QCOMPARE(raised.at(0).at(1).toString(), QString("map::at"));

        Job* takingOver = jobs.start<int>(
            Queue::files, "Taking over", [](const Progress&) { return 1; },
            [](int) { throw Error(ErrorKind::input, "does not fit"); });
        QTRY_COMPARE(takingOver->state(), Job::State::failed);
        QCOMPARE(raised.count(), 2);
    }

    void cancelBeforeTheStart() {
        Jobs jobs;
        std::atomic<bool> release = false, worked = false;
        Job* first = jobs.start<int>(
            Queue::compute, "First",
            [&](const Progress&) {
                while (!release) QThread::msleep(1);
                return 1;
            },
            [](int) {});
        int cancelledCalls = 0;
        Job* second = jobs.start<int>(
            Queue::compute, "Second",
            [&](const Progress&) {
                worked = true;
                return 1;
            },
            [](int) { QFAIL("a cancelled job gives no value"); }, [](const Error&) { QFAIL("nor an error"); },
            [&] { ++cancelledCalls; });
        QCOMPARE(second->state(), Job::State::waiting);
        second->cancel();
        second->cancel();
        QCOMPARE(second->state(), Job::State::cancelled);
        QCOMPARE(cancelledCalls, 1);
        release = true;
        QTRY_COMPARE(first->state(), Job::State::done);
        std::atomic<bool> after = false;
        jobs.start<int>(
            Queue::compute, "After", [](const Progress&) { return 1; }, [&](int) { after = true; });
        QTRY_VERIFY(after);
        QVERIFY(!worked);
    }

    void cancelWhileRunning() {
        Jobs jobs;
        std::atomic<bool> running = false, stopped = false;
        int cancelledCalls = 0;
        Job* job = jobs.start<int>(
            Queue::compute, "Long",
            [&](const Progress& progress) {
                running = true;
                struct Mark {
                    std::atomic<bool>& flag;
                    ~Mark() { flag = true; }
                } mark{stopped};
                for (;;) {
                    progress.throwIfCancelled();
                    QThread::msleep(5);
                }
                return 0;
            },
            [](int) { QFAIL("no value"); }, [](const Error&) { QFAIL("no error"); },
            [&] { ++cancelledCalls; });
        QTRY_VERIFY(running);
        QSignalSpy ended(job, &Job::ended);
        QElapsedTimer timer;
        timer.start();
        job->cancel();
        QCOMPARE(job->state(), Job::State::cancelled);
        QVERIFY2(timer.elapsed() < 50, "cancel() waited for the work");
        QTRY_VERIFY_WITH_TIMEOUT(stopped, 500);
        QTest::qWait(20); // the end of the work is posted now; it must change nothing
        QCOMPARE(job->state(), Job::State::cancelled);
        QCOMPARE(cancelledCalls, 1);
        QCOMPARE(ended.count(), 1);
    }

    void destroyedWhileRunning() {
        std::atomic<bool> running = false, stopped = false;
        {
            Jobs jobs;
            for (Queue queue : {Queue::view, Queue::compute, Queue::files, Queue::saving, Queue::writing,
                                Queue::background})
                jobs.start<int>(
                    queue, "Long",
                    [&](const Progress& progress) {
                        running = true;
                        while (!progress.cancelled()) QThread::msleep(1);
                        stopped = true;
                        return 1;
                    },
                    [](int) { QFAIL("nobody is there to take the value"); }, {},
                    [] { QFAIL("nobody is there to be told"); });
            QTRY_VERIFY(running);
        }
        QVERIFY(stopped);
        QCoreApplication::processEvents();
    }

    void progressIsGatheredNotFlooded() {
        Jobs jobs;
        std::atomic<bool> done = false;
        Job* job = jobs.start<int>(
            Queue::compute, "Chatty",
            [](const Progress& progress) {
                QElapsedTimer timer;
                timer.start();
                while (timer.elapsed() < 500) progress.report(timer.elapsed() / 1000.0, "on the way");
                return 1;
            },
            [&](int) { done = true; });
        QSignalSpy changed(job, &Job::changed);
        QTRY_VERIFY(job->fraction() > 0);
        QTRY_VERIFY(done);
        QVERIFY2(changed.count() <= 20, qPrintable(QString::number(changed.count())));
        QVERIFY(changed.count() >= 2);
    }

    void listKeepsTheNewestAndHidesTileLoads() {
        Jobs jobs;
        int ended = 0;
        for (int i = 0; i < 60; ++i)
            jobs.start<int>(
                Queue::files, QString::number(i), [](const Progress&) { return 1; }, [&](int) { ++ended; });
        jobs.start<int>(
            Queue::view, "tile", [](const Progress&) { return 1; }, [&](int) { ++ended; }, {}, {}, false);
        QTRY_COMPARE(ended, 61);
        QTRY_COMPARE(jobs.jobs().size(), size_t(50));
        QCOMPARE(jobs.jobs().front()->title(), QString("59"));
        QVERIFY(!jobs.current());
    }

    void lanesDoNotWaitForEachOther() {
        Jobs jobs;
        std::atomic<bool> release = false;
        bool opened = false;
        jobs.start<int>(
            Queue::compute, "Training",
            [&](const Progress&) {
                while (!release) QThread::msleep(1);
                return 1;
            },
            [](int) {});
        jobs.start<int>(
            Queue::files, "Opening", [](const Progress&) { return 1; }, [&](int) { opened = true; });
        QTRY_VERIFY(opened);
        QTRY_VERIFY(jobs.current());
        QCOMPARE(jobs.current()->title(), QString("Training"));
        release = true;
    }

    void savingWaitsForNothingElse() {
        Jobs jobs;
        Hanging hanging;
        for (Queue queue : {Queue::view, Queue::files, Queue::writing, Queue::background})
            for (int i = 0; i < 3; ++i) jobs.start<int>(queue, "Hangs", hanging.work(), [](int) {});
        bool saved = false;
        jobs.start<int>(
            Queue::saving, "Save", [](const Progress&) { return 1; }, [&](int) { saved = true; });
        QTRY_VERIFY(saved);
        hanging.release();
    }

    void cancelledWorkThatDoesNotAnswerIsLeftBehind_data() {
        QTest::addColumn<int>("queue");
        QTest::newRow("view") << int(Queue::view);
        QTest::newRow("files") << int(Queue::files);
        QTest::newRow("background") << int(Queue::background);
    }
    void cancelledWorkThatDoesNotAnswerIsLeftBehind() {
        QFETCH(int, queue);
        Jobs jobs;
        Hanging hanging;
        for (int i = 0; i < 2; ++i)
            jobs.start<int>(Queue(queue), "Hangs", hanging.work(), [](int) { QFAIL("was given up"); });
        QTRY_VERIFY(hanging.begun() > 0);
        bool next = false;
        jobs.start<int>(
            Queue(queue), "Next", [](const Progress&) { return 1; }, [&](int) { next = true; });
        for (Job* job : jobs.jobs())
            if (job->title() == QLatin1String("Hangs")) job->cancel();
        QTRY_VERIFY_WITH_TIMEOUT(next, 4000);
        QVERIFY(!jobs.wait(std::chrono::milliseconds(1))); // it is still known that something hangs
        hanging.release();
        QVERIFY(jobs.wait(std::chrono::seconds(5)));
        QCoreApplication::processEvents(); // what it brings is thrown away
    }

    void cancelledWorkThatAnswersIsWaitedFor() {
        Jobs jobs;
        std::atomic<int> inside = 0, most = 0;
        std::atomic<bool> release = false;
        const auto work = [&](const Progress& progress) {
            most = std::max<int>(most, ++inside);
            while (!release) {
                static_cast<void>(progress.cancelled()); // busy tidying up, but alive
                QThread::msleep(5);
            }
            --inside;
            return 1;
        };
        Job* first = jobs.start<int>(Queue::files, "First", work, [](int) {});
        QTRY_COMPARE(inside.load(), 1);
        first->cancel();
        jobs.start<int>(Queue::files, "Second", work, [](int) {});
        QTest::qWait(2500); // longer than the patience with silent work
        QCOMPARE(most.load(), 1);
        release = true;
    }

    void computationsAreNeverLeftBehind() {
        Jobs jobs;
        Hanging hanging;
        Job* first = jobs.start<int>(Queue::compute, "Hangs", hanging.work(), [](int) {});
        QTRY_COMPARE(hanging.begun(), 1);
        first->cancel();
        std::atomic<bool> second = false;
        jobs.start<int>(
            Queue::compute, "Next", [&](const Progress&) { return second = true, 1; }, [](int) {});
        QTest::qWait(2500);
        QVERIFY(!second);
        hanging.release();
        QTRY_VERIFY(second);
    }

    void silenceEndsAJob() {
        Jobs jobs;
        Hanging hanging;
        QString message;
        Job* job = jobs.start<int>(
            Queue::background, "Hangs", hanging.work(), [](int) { QFAIL("no value"); },
            [&](const Error& error) { message = QString::fromUtf8(error.what()); }, {}, false,
            std::chrono::milliseconds(200));
        const QPointer<Job> guarded(job);
        QTRY_VERIFY(!message.isEmpty());
        QVERIFY2(message.contains("0.2 seconds"), qPrintable(message));
        QTRY_VERIFY(!guarded);
        hanging.release();
        QVERIFY(jobs.wait(std::chrono::seconds(5)));
        QCoreApplication::processEvents();
    }

    void workThatReportsIsNotSilent() {
        Jobs jobs;
        bool done = false;
        jobs.start<int>(
            Queue::files, "Slow",
            [](const Progress& progress) {
                for (int i = 0; i < 20; ++i) {
                    QThread::msleep(20);
                    progress.report(i / 20.0, "on the way");
                }
                return 1;
            },
            [&](int) { done = true; }, [](const Error& error) { QFAIL(error.what()); }, {}, true,
            std::chrono::milliseconds(200));
        QTRY_VERIFY(done);
    }

    void afterStopNothingStartsAndNobodyIsCalled() {
        Jobs jobs;
        std::atomic<bool> running = false, worked = false;
        Job* job = jobs.start<int>(
            Queue::compute, "Long",
            [&](const Progress& progress) {
                running = true;
                while (!progress.cancelled()) QThread::msleep(1);
                return 1;
            },
            [](int) { QFAIL("stopped"); }, [](const Error&) { QFAIL("stopped"); }, [] { QFAIL("stopped"); });
        QTRY_VERIFY(running);
        QSignalSpy ended(job, &Job::ended), changed(&jobs, &Jobs::jobsChanged);
        jobs.stop();
        QVERIFY(jobs.wait(std::chrono::seconds(2)));
        Job* late = jobs.start<int>(
            Queue::files, "Late", [&](const Progress&) { return worked = true, 1; }, [](int) {});
        QCOMPARE(late->state(), Job::State::cancelled);
        late->cancel();
        QTest::qWait(20);
        QVERIFY(!worked);
        QCOMPARE(ended.count() + changed.count(), 0);
    }

    void aHangingReadDoesNotHoldUpTheEnd() {
        Hanging hanging;
        QElapsedTimer timer;
        {
            Jobs jobs;
            jobs.start<int>(Queue::files, "Hangs", hanging.work(), [](int) {});
            jobs.start<int>(Queue::background, "Hangs", hanging.work(), [](int) {});
            QTRY_COMPARE(hanging.begun(), 2);
            timer.start();
        }
        QVERIFY(timer.elapsed() < 4000);
        hanging.release();
        QTRY_COMPARE(hanging.ended(), 2);
    }
};

QTEST_GUILESS_MAIN(TestJobs)
#include "tst_jobs.moc"
