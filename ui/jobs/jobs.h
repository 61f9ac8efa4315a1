// Jobs: runs core's long functions off the UI thread on named queues and brings their result back to it.
#pragma once
#include "core/base/error.h"
#include "core/base/progress.h"

#include <QDateTime>
#include <QObject>
#include <QString>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace cristae {

/// view: 2 threads, reads pixels for the screen; compute: 1, networks and training; files: 1, opening and
/// measuring; saving: 1, the labels of the document, which wait for nothing else; writing: 1, all other
/// results; background: 2, what nobody asked for, such as thumbnails; fitting: 1, a model that is fitted
/// while one goes on working, at the lowest priority.
enum class Queue { view, compute, files, saving, writing, background, fitting };

/// One piece of work; ends in exactly one of value, error, cancelled. Lives on the UI thread; `progress()`
/// may be used anywhere.
class Job : public QObject {
    Q_OBJECT
public:
    enum class State { waiting, running, done, failed, cancelled };
    QString title() const;
    State state() const;
    double fraction() const;
    QString words() const;
    std::optional<double> secondsLeft() const;
    QString errorText() const;
    QDateTime started() const;
    bool listed() const; // shown in the status bar and the list of jobs; tile loads are not
    Queue queue() const;
    bool over() const; // done, failed or cancelled
    void cancel();     // answers at once; the work stops within 0.5 s

Q_SIGNALS:
    void changed();
    void ended();

private:
    friend class Jobs;
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

/// Reading can hang in a system call that nothing ends (a server that is gone, a pipe). Work on view, files
/// and background that was cancelled, or that exceeded its `silence`, and still gives no sign of life is left
/// behind: another thread takes its place, and what it may bring one day is thrown away. Work on compute,
/// saving and writing is never left behind, because networks and files belong to one thread at a time.
class Jobs : public QObject {
    Q_OBJECT
public:
    using Milliseconds = std::chrono::milliseconds;

    explicit Jobs(QObject* parent = nullptr);
    ~Jobs() override; // stops, and waits for what cannot be left behind

    /// `work` runs on the queue; `done` (with its value) or `failed` runs on the UI thread afterwards; a
    /// cancelled job calls neither of them but `cancelled` if given. `failed` empty: the error is raised by
    /// errorRaised(). The returned job is owned here and stays in jobs() until 50 newer listed ones have
    /// ended. `silence`, if not 0: the job fails with Error{input} when its work has for so long neither
    /// reported progress nor asked whether it is cancelled.
    template <class T>
    Job* start(Queue queue, const QString& title, std::function<T(const Progress&)> work,
               std::function<void(T)> done, std::function<void(const Error&)> failed = {},
               std::function<void()> cancelled = {}, bool listed = true, Milliseconds silence = {}) {
        auto value = std::make_shared<std::optional<T>>();
        return startErased(
            queue, title, [work = std::move(work), value](const Progress& p) { value->emplace(work(p)); },
            [done = std::move(done), value] { done(std::move(**value)); }, std::move(failed),
            std::move(cancelled), listed, silence);
    }
    Job* startErased(Queue queue, const QString& title, std::function<void(const Progress&)> work,
                     std::function<void()> done, std::function<void(const Error&)> failed,
                     std::function<void()> cancelled, bool listed, Milliseconds silence);

    /// Listed jobs, newest first.
    std::vector<Job*> jobs() const;
    /// The listed job that is running now (the oldest), or null.
    Job* current() const;
    /// The listed job that was started last of those that run, or null: what a person asked for last.
    Job* newest() const;
    /// Listed jobs whose loss a person would regret, newest first: computations and files being written.
    std::vector<Job*> unfinishedWork() const;
    bool busy(Queue queue) const;
    void cancelQueue(Queue queue);
    /// For the end of the window: everything is cancelled, nothing is started and nobody called back any
    /// more. Afterwards the objects that callbacks speak of may go in any order.
    void stop();
    /// After stop(): true as soon as no work runs any more, that left behind included; false after `limit`.
    bool wait(Milliseconds limit);

Q_SIGNALS:
    void jobsChanged();
    /// An error without a handler of its own: the window shows it in the bar above the canvas.
    void errorRaised(const QString& title, const QString& message);

private:
    struct Private;
    void finish(Job& job, std::optional<Error> problem);
    void poll();
    std::unique_ptr<Private> p_;
};

} // namespace cristae
