// The queues behind Jobs: their threads, the mailbox of progress, and the one way in which a job ends.
#include "ui/jobs/jobs.h"
#include "ui/jobs/workers.h"

#include <QPointer>
#include <QTimer>

#include <algorithm>
#include <array>
#include <exception>
#include <mutex>
#include <new>

namespace cristae {

namespace {

constexpr int keptEndedJobs = 50;
constexpr int progressIntervalMs = 50;            // about 20 updates a second
constexpr std::chrono::seconds cancelPatience(2); // then cancelled work that gives no sign is left behind

int64_t nowMs() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Workers::Clock::now().time_since_epoch())
        .count();
}

bool mayBeLeftBehind(Queue queue) {
    return queue == Queue::view || queue == Queue::files || queue == Queue::background;
}

} // namespace

/// What the UI thread and the worker both hold. Everything but the mailbox belongs to the UI thread.
struct Job::Shared : Progress {
    QString title;
    Queue queue = Queue::view;
    bool listed = true;
    State state = State::waiting;
    double fraction = 0;
    QString words, errorText;
    QDateTime started = QDateTime::currentDateTime();
    std::optional<TimeLeft> timeLeft;
    std::function<void()> done, cancelledCallback;
    std::function<void(const Error&)> failed;

    Jobs::Milliseconds silence{0};

    std::atomic<bool> cancelRequested = false;
    std::atomic<bool> inWork = false;            // between the first and the last line of the work
    mutable std::atomic<int64_t> lastSignMs = 0; // of life, while it is in work
    mutable std::mutex mailbox;
    mutable double newFraction = 0;
    mutable std::string newWords;
    mutable bool fresh = false;

    void report(double value, const std::string& text) const override {
        lastSignMs.store(nowMs(), std::memory_order_relaxed);
        const std::lock_guard lock(mailbox);
        newFraction = std::clamp(value, 0.0, 1.0);
        newWords = text;
        fresh = true;
    }
    bool cancelled() const override {
        lastSignMs.store(nowMs(), std::memory_order_relaxed);
        return cancelRequested.load(std::memory_order_relaxed);
    }
    bool silentFor(Jobs::Milliseconds limit) const {
        return inWork && nowMs() - lastSignMs.load(std::memory_order_relaxed) > limit.count();
    }

    /// True if something was new.
    bool collect() {
        const std::lock_guard lock(mailbox);
        if (!fresh) return false;
        fraction = newFraction;
        words = QString::fromStdString(newWords);
        fresh = false;
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
Queue Job::queue() const {
    return shared_->queue;
}
bool Job::over() const {
    return shared_->over();
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

/// Where workers post what is to run on the UI thread; outlives the Jobs with threads left behind.
struct Link {
    std::mutex mutex;
    QObject* jobs = nullptr;
    void post(std::function<void()> call) {
        const std::lock_guard lock(mutex);
        if (jobs) QMetaObject::invokeMethod(jobs, std::move(call), Qt::QueuedConnection);
    }
};

struct Jobs::Private {
    // A library keeps its own worker threads for each thread that calls it; the one lasting thread of compute
    // means one such set.
    std::array<Workers, 7> queues{Workers(2), Workers(1), Workers(1), Workers(1),
                                  Workers(1), Workers(2), Workers(1)};
    std::vector<Job*> all;                             // oldest first
    std::vector<std::shared_ptr<Job::Shared>> leaving; // cancelled; their work has not come back
    std::shared_ptr<Link> link = std::make_shared<Link>();
    QTimer tick;
    bool stopped = false;

    Workers& queue(Queue which) { return queues[size_t(which)]; }
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
    /// Frees the queue of cancelled work that gives no sign of life.
    void leaveSilent() {
        std::erase_if(leaving, [this](const std::shared_ptr<Job::Shared>& job) {
            if (!job->inWork) return true;
            if (!job->silentFor(cancelPatience)) return false;
            queue(job->queue).leaveBehind(job.get());
            return true;
        });
    }
};

Jobs::Jobs(QObject* parent) : QObject(parent), p_(std::make_unique<Private>()) {
    p_->link->jobs = this;
    p_->tick.setInterval(progressIntervalMs);
    connect(&p_->tick, &QTimer::timeout, this, &Jobs::poll);
}

Jobs::~Jobs() {
    stop();
    {
        const std::lock_guard lock(p_->link->mutex);
        p_->link->jobs = nullptr;
    }
    if (wait(cancelPatience)) return;
    for (const Queue queue : {Queue::view, Queue::files, Queue::background})
        p_->queue(queue).leaveAllBehind();
}

/// What is to be seen to while work goes on: progress, silence, cancelled work that does not come back.
void Jobs::poll() {
    bool running = false;
    for (const QPointer<Job>& job : std::vector<QPointer<Job>>(p_->all.begin(), p_->all.end())) {
        if (!job || job->over()) continue;
        running = true;
        Job::Shared& shared = *job->shared_;
        if (shared.collect()) Q_EMIT job->changed();
        if (!job || shared.silence.count() == 0 || !shared.silentFor(shared.silence)) continue;
        shared.cancelRequested = true;
        p_->queue(shared.queue).leaveBehind(&shared);
        finish(*job,
               Error(ErrorKind::input,
                     tr("There was no answer for %1 seconds. See whether the drive or the server answers, "
                        "then try again.")
                         .arg(double(shared.silence.count()) / 1000)
                         .toStdString()));
    }
    p_->leaveSilent();
    if (!running && p_->leaving.empty()) p_->tick.stop();
}

/// The one way in which work that came back, or was given up, ends its job. UI thread.
void Jobs::finish(Job& job, std::optional<Error> problem) {
    const QPointer<Job> guarded(&job);
    const auto shared = job.shared_;
    if (shared->over()) return;
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
            problem.emplace(ErrorKind::memory, tr("There is not enough memory for the result. Close other "
                                                  "programs, or work on fewer slices.")
                                                   .toStdString());
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
}

Job* Jobs::startErased(Queue queue, const QString& title, std::function<void(const Progress&)> work,
                       std::function<void()> done, std::function<void(const Error&)> failed,
                       std::function<void()> cancelled, bool listed, Milliseconds silence) {
    auto* job = new Job;
    job->setParent(this);
    job->shared_ = std::make_shared<Job::Shared>();
    const auto shared = job->shared_;
    shared->title = title;
    shared->queue = queue;
    shared->listed = listed;
    shared->silence = silence;
    p_->all.push_back(job);
    if (p_->stopped) {
        shared->state = Job::State::cancelled;
        return job;
    }
    shared->done = std::move(done);
    shared->failed = std::move(failed);
    shared->cancelledCallback = std::move(cancelled);
    connect(job, &Job::ended, this, [this, listed, shared] {
        if (shared->state == Job::State::cancelled && shared->inWork && mayBeLeftBehind(shared->queue)) {
            p_->leaving.push_back(shared);
            p_->tick.start();
        }
        p_->dropOld();
        if (listed) Q_EMIT jobsChanged();
    });

    const QPointer<Job> guarded(job);
    const auto begin = [guarded, shared] {
        if (!guarded || shared->state != Job::State::waiting) return;
        shared->state = Job::State::running;
        shared->timeLeft.emplace();
        Q_EMIT guarded->changed();
    };
    const auto end = [this, guarded](const std::optional<Error>& error) {
        if (guarded) finish(*guarded, error);
    };

    auto body = [link = p_->link, shared, begin, end, queue, work = std::move(work)]() mutable {
        shared->lastSignMs = nowMs();
        shared->inWork = true; // before the question: who cancels now is seen here, or sees that work goes on
        if (shared->cancelRequested) {
            shared->inWork = false;
            return;
        }
        if (queue == Queue::compute) lowerPriorityOfThisThread(5);
        if (queue == Queue::fitting) lowerPriorityOfThisThread(10);
        link->post(begin);
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
            error.emplace(ErrorKind::internal,
                          tr("Unexpected error; please report what you did.").toStdString());
        }
        work = {}; // what the work captured is released here, not on the UI thread
        shared->inWork = false;
        link->post([end, error] { end(error); });
    };
    p_->queue(queue).start(shared.get(), std::move(body)); // no copy stays here that could be the last
    if (!p_->tick.isActive() && (listed || silence.count() > 0)) p_->tick.start();
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

Job* Jobs::newest() const {
    for (Job* job : jobs())
        if (job->state() == Job::State::running) return job;
    return nullptr;
}

bool Jobs::busy(Queue queue) const {
    return std::any_of(p_->all.begin(), p_->all.end(),
                       [&](const Job* job) { return job->shared_->queue == queue && !job->shared_->over(); });
}

std::vector<Job*> Jobs::unfinishedWork() const {
    std::vector<Job*> found;
    for (Job* job : jobs()) {
        const bool regretted = job->queue() == Queue::compute || job->queue() == Queue::fitting ||
                               job->queue() == Queue::saving || job->queue() == Queue::writing;
        if (regretted && !job->over()) found.push_back(job);
    }
    return found;
}

void Jobs::cancelQueue(Queue queue) {
    for (const QPointer<Job>& job : std::vector<QPointer<Job>>(p_->all.begin(), p_->all.end()))
        if (job && job->queue() == queue) job->cancel();
}

void Jobs::stop() {
    p_->stopped = true;
    p_->tick.stop();
    for (Workers& queue : p_->queues) queue.dropWaiting();
    for (Job* job : p_->all) {
        job->blockSignals(true);
        job->shared_->releaseCallbacks();
        job->cancel();
    }
}

bool Jobs::wait(Milliseconds limit) {
    const auto deadline = Workers::Clock::now() + limit;
    bool all = true;
    for (Workers& queue : p_->queues) all = queue.waitUntil(deadline) && all;
    return all;
}

} // namespace cristae
