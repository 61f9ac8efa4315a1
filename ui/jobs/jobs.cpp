// The lanes behind Jobs: thread pools, the mailbox of progress, and the one way in which a job ends.
#include "ui/jobs/jobs.h"

#include <QPointer>
#include <QThreadPool>
#include <QTimer>

#include <algorithm>
#include <array>
#include <exception>
#include <mutex>
#include <new>

#ifdef Q_OS_LINUX
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace cristae {

namespace {

constexpr int keptEndedJobs = 50;
constexpr int progressIntervalMs = 50; // about 20 updates a second

/// Networks use every processor; a lower priority keeps the window smooth while they do. Threads that a
/// library starts from here inherit it.
void lowerPriorityOfThisThread() {
#ifdef Q_OS_LINUX
    const auto thread = static_cast<id_t>(syscall(SYS_gettid));
    if (getpriority(PRIO_PROCESS, thread) < 5) setpriority(PRIO_PROCESS, thread, 5);
#endif
}

} // namespace

/// What the UI thread and the worker both hold. Everything but the mailbox belongs to the UI thread.
struct Job::Shared : Progress {
    QString title;
    Lane lane = Lane::view;
    bool listed = true;
    State state = State::waiting;
    double fraction = 0;
    QString words, errorText;
    QDateTime started = QDateTime::currentDateTime();
    std::optional<TimeLeft> timeLeft;
    std::function<void()> done, cancelledCallback;
    std::function<void(const Error&)> failed;

    std::atomic<bool> cancelRequested = false;
    mutable std::mutex mailbox;
    mutable double newFraction = 0;
    mutable std::string newWords;
    mutable bool news = false;

    void report(double value, const std::string& text) const override {
        const std::lock_guard lock(mailbox);
        newFraction = std::clamp(value, 0.0, 1.0);
        newWords = text;
        news = true;
    }
    bool cancelled() const override { return cancelRequested.load(std::memory_order_relaxed); }

    /// True if something was new.
    bool collect() {
        const std::lock_guard lock(mailbox);
        if (!news) return false;
        fraction = newFraction;
        words = QString::fromStdString(newWords);
        news = false;
        return true;
    }
    bool over() const { return state == State::done || state == State::failed || state == State::cancelled; }
    /// The callbacks hold what they captured; they go when they can no longer be called.
    void releaseCallbacks() {
        done = {};
        failed = {};
        cancelledCallback = {};
    }
};

QString Job::title() const {
    return shared_->title;
}
Job::State Job::state() const {
    return shared_->state;
}
double Job::fraction() const {
    return shared_->fraction;
}
QString Job::words() const {
    return shared_->words;
}
QString Job::errorText() const {
    return shared_->errorText;
}
QDateTime Job::started() const {
    return shared_->started;
}
bool Job::listed() const {
    return shared_->listed;
}

std::optional<double> Job::secondsLeft() const {
    if (shared_->state != State::running || !shared_->timeLeft) return std::nullopt;
    return shared_->timeLeft->seconds(shared_->fraction);
}

void Job::cancel() {
    if (shared_->over()) return;
    shared_->cancelRequested = true;
    shared_->state = State::cancelled;
    const auto callback = std::move(shared_->cancelledCallback);
    shared_->releaseCallbacks();
    const QPointer<Job> self(this);
    if (callback) callback();
    if (!self) return;
    Q_EMIT changed();
    if (self) Q_EMIT ended();
}

struct Jobs::Private {
    Private() {
        lanes[size_t(Lane::view)].setMaxThreadCount(2);
        lanes[size_t(Lane::compute)].setMaxThreadCount(1);
        lanes[size_t(Lane::files)].setMaxThreadCount(1);
        // A library keeps its own worker threads for each thread that calls it; one lasting thread means one
        // such set.
        lanes[size_t(Lane::compute)].setExpiryTimeout(-1);
    }
    std::array<QThreadPool, 3> lanes;
    std::vector<Job*> all; // oldest first
    QTimer tick;

    void dropOld() {
        int ended = 0;
        for (auto it = all.rbegin(); it != all.rend();) {
            Job* job = *it;
            const bool over = job->shared_->over();
            if (over && (!job->listed() || ++ended > keptEndedJobs)) {
                job->deleteLater();
                it = decltype(it)(all.erase(std::next(it).base()));
            } else {
                ++it;
            }
        }
    }
};

Jobs::Jobs(QObject* parent) : QObject(parent), p_(std::make_unique<Private>()) {
    p_->tick.setInterval(progressIntervalMs);
    connect(&p_->tick, &QTimer::timeout, this, [this] {
        bool running = false;
        for (Job* job : std::vector<Job*>(p_->all)) {
            if (job->shared_->over()) continue;
            running = true;
            if (job->shared_->collect()) Q_EMIT job->changed();
        }
        if (!running) p_->tick.stop();
    });
}

Jobs::~Jobs() {
    // Callbacks are not called any more: whoever gave them may be gone already.
    for (Job* job : p_->all) {
        job->blockSignals(true);
        job->shared_->releaseCallbacks();
        job->cancel();
    }
    for (QThreadPool& lane : p_->lanes) lane.clear();
    for (QThreadPool& lane : p_->lanes) lane.waitForDone();
}

Job* Jobs::startErased(Lane lane, const QString& title, std::function<void(const Progress&)> work,
                       std::function<void()> done, std::function<void(const Error&)> failed,
                       std::function<void()> cancelled, bool listed) {
    auto* job = new Job;
    job->setParent(this);
    job->shared_ = std::make_shared<Job::Shared>();
    const auto shared = job->shared_;
    shared->title = title;
    shared->lane = lane;
    shared->listed = listed;
    shared->done = std::move(done);
    shared->failed = std::move(failed);
    shared->cancelledCallback = std::move(cancelled);
    p_->all.push_back(job);
    connect(job, &Job::ended, this, [this, listed] {
        p_->dropOld();
        if (listed) Q_EMIT jobsChanged();
    });

    const QPointer<Job> guarded(job);
    // Runs on the UI thread when the work has come to its end.
    const auto finish = [this, guarded, shared](const std::optional<Error>& error) {
        if (!guarded || shared->over()) return;
        std::optional<Error> problem = error;
        shared->collect();
        if (!problem) {
            shared->state = Job::State::done;
            shared->fraction = 1;
            const auto callback = std::move(shared->done);
            try {
                if (callback) callback();
            } catch (const Error& thrown) {
                problem = thrown;
            } catch (const std::bad_alloc&) {
                problem.emplace(ErrorKind::memory,
                                tr("There is not enough memory to take over the result.").toStdString());
            } catch (const std::exception& thrown) {
                problem.emplace(ErrorKind::internal, thrown.what());
            }
        }
        if (problem && problem->kind() == ErrorKind::cancelled) {
            shared->state = Job::State::running; // so that cancel() takes it to its end
            if (guarded) guarded->cancel();
            return;
        }
        if (problem) {
            shared->state = Job::State::failed;
            shared->errorText = QString::fromUtf8(problem->what());
            const auto callback = std::move(shared->failed);
            if (callback)
                callback(*problem);
            else
                Q_EMIT errorRaised(shared->title, shared->errorText);
        }
        shared->releaseCallbacks();
        if (guarded) Q_EMIT guarded->changed();
        if (guarded) Q_EMIT guarded->ended();
    };
    const auto begin = [guarded, shared] {
        if (!guarded || shared->state != Job::State::waiting) return;
        shared->state = Job::State::running;
        shared->timeLeft.emplace();
        Q_EMIT guarded->changed();
    };

    // The worker posts to this object; the destructor waits for it, so the object is there.
    auto body = [this, shared, begin, finish, lane, work = std::move(work),
                 title = title.toStdString()]() mutable {
        if (shared->cancelled()) return;
        if (lane == Lane::compute) lowerPriorityOfThisThread();
        QMetaObject::invokeMethod(this, begin, Qt::QueuedConnection);
        std::optional<Error> error;
        try {
            work(*shared);
        } catch (const Error& thrown) {
            error = thrown;
        } catch (const std::bad_alloc&) {
            error.emplace(ErrorKind::memory,
                          tr("There is not enough memory for this. Close other programs, or work on fewer "
                             "slices or a smaller region.")
                              .toStdString());
        } catch (const std::exception& thrown) {
            error.emplace(ErrorKind::internal, thrown.what());
        } catch (...) {
            error.emplace(ErrorKind::internal, tr("Something unknown went wrong.").toStdString());
        }
        work = {}; // what the work captured is released here, not on the UI thread
        QMetaObject::invokeMethod(
            this, [finish, error] { finish(error); }, Qt::QueuedConnection);
    };
    p_->lanes[size_t(lane)].start(std::move(body)); // no copy stays here that could be the last
    if (!p_->tick.isActive() && listed) p_->tick.start();
    if (listed) Q_EMIT jobsChanged();
    return job;
}

std::vector<Job*> Jobs::jobs() const {
    std::vector<Job*> listed;
    for (auto it = p_->all.rbegin(); it != p_->all.rend(); ++it)
        if ((*it)->listed()) listed.push_back(*it);
    return listed;
}

Job* Jobs::current() const {
    for (Job* job : p_->all)
        if (job->listed() && job->state() == Job::State::running) return job;
    return nullptr;
}

bool Jobs::busy(Lane lane) const {
    return std::any_of(p_->all.begin(), p_->all.end(),
                       [&](const Job* job) { return job->shared_->lane == lane && !job->shared_->over(); });
}

void Jobs::cancelAll() {
    for (Job* job : std::vector<Job*>(p_->all)) {
        const auto alive = std::find(p_->all.begin(), p_->all.end(), job) != p_->all.end();
        if (alive) job->cancel();
    }
}

} // namespace cristae
