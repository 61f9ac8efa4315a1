// Jobs: each job ends once, on the UI thread, and neither cancelling nor closing the program waits for the
// work.
#include "ui/jobs/jobs.h"

#include <QElapsedTimer>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTest>
#include <QThread>

#include <new>

using namespace cristae;

class TestJobs : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void valueArrivesOnTheUiThread() {
        Jobs jobs;
        int value = 0;
        bool workedElsewhere = false, arrivedHere = false;
        Job* job = jobs.start<int>(
            Lane::files, "Reading",
            [&](const Progress& progress) {
                workedElsewhere = QThread::currentThread() != qApp->thread();
                progress.report(0.5, "slice 1 of 2");
                return 42;
            },
            [&](int result) {
                value = result;
                arrivedHere = QThread::currentThread() == qApp->thread();
            });
        QSignalSpy ended(job, &Job::ended);
        QVERIFY(jobs.busy(Lane::files));
        QTRY_COMPARE(job->state(), Job::State::done);
        QCOMPARE(value, 42);
        QVERIFY(workedElsewhere);
        QVERIFY(arrivedHere);
        QCOMPARE(ended.count(), 1);
        QCOMPARE(job->words(), QString("slice 1 of 2"));
        QCOMPARE(job->fraction(), 1.0);
        QVERIFY(!jobs.busy(Lane::files));
    }

    void errorsOfAllKinds() {
        Jobs jobs;
        QSignalSpy raised(&jobs, &Jobs::errorRaised);
        ErrorKind kind = ErrorKind::internal;
        Job* own = jobs.start<int>(
            Lane::files, "Own",
            [](const Progress&) -> int { throw Error(ErrorKind::input, "a.tif is broken; save it again."); },
            [](int) { QFAIL("no value was made"); }, [&](const Error& error) { kind = error.kind(); });
        QTRY_COMPARE(own->state(), Job::State::failed);
        QCOMPARE(kind, ErrorKind::input);
        QCOMPARE(own->errorText(), QString("a.tif is broken; save it again."));
        QCOMPARE(raised.count(), 0);

        Job* memory = jobs.start<int>(
            Lane::files, "Memory", [](const Progress&) -> int { throw std::bad_alloc(); }, [](int) {},
            [&](const Error& error) { kind = error.kind(); });
        QTRY_COMPARE(memory->state(), Job::State::failed);
        QCOMPARE(kind, ErrorKind::memory);

        Job* foreign = jobs.start<int>(
            Lane::files, "Foreign", [](const Progress&) -> int { throw std::out_of_range("map::at"); },
            [](int) {});
        QTRY_COMPARE(foreign->state(), Job::State::failed);
        QCOMPARE(raised.count(), 1);
        QCOMPARE(raised.at(0).at(0).toString(), QString("Foreign"));
        QCOMPARE(raised.at(0).at(1).toString(), QString("map::at"));

        Job* takingOver = jobs.start<int>(
            Lane::files, "Taking over", [](const Progress&) { return 1; },
            [](int) { throw Error(ErrorKind::input, "does not fit"); });
        QTRY_COMPARE(takingOver->state(), Job::State::failed);
        QCOMPARE(raised.count(), 2);
    }

    void cancelBeforeTheStart() {
        Jobs jobs;
        std::atomic<bool> release = false, worked = false;
        Job* first = jobs.start<int>(
            Lane::compute, "First",
            [&](const Progress&) {
                while (!release) QThread::msleep(1);
                return 1;
            },
            [](int) {});
        int cancelledCalls = 0;
        Job* second = jobs.start<int>(
            Lane::compute, "Second",
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
            Lane::compute, "After", [](const Progress&) { return 1; }, [&](int) { after = true; });
        QTRY_VERIFY(after);
        QVERIFY(!worked);
    }

    void cancelWhileRunning() {
        Jobs jobs;
        std::atomic<bool> running = false, stopped = false;
        int cancelledCalls = 0;
        Job* job = jobs.start<int>(
            Lane::compute, "Long",
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
            for (Lane lane : {Lane::view, Lane::compute, Lane::files})
                jobs.start<int>(
                    lane, "Long",
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
            Lane::compute, "Chatty",
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
                Lane::files, QString::number(i), [](const Progress&) { return 1; }, [&](int) { ++ended; });
        jobs.start<int>(
            Lane::view, "tile", [](const Progress&) { return 1; }, [&](int) { ++ended; }, {}, {}, false);
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
            Lane::compute, "Training",
            [&](const Progress&) {
                while (!release) QThread::msleep(1);
                return 1;
            },
            [](int) {});
        jobs.start<int>(
            Lane::files, "Opening", [](const Progress&) { return 1; }, [&](int) { opened = true; });
        QTRY_VERIFY(opened);
        QTRY_VERIFY(jobs.current());
        QCOMPARE(jobs.current()->title(), QString("Training"));
        release = true;
    }
};

QTEST_GUILESS_MAIN(TestJobs)
#include "tst_jobs.moc"
