// Jobs: runs core's long functions off the UI thread on named lanes and brings their result back to it.
#pragma once
#include "core/base/error.h"
#include "core/base/progress.h"

#include <QDateTime>
#include <QObject>
#include <QString>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

class QThreadPool;

namespace cristae {

/// view: 2 threads, reads pixels for the screen; compute: 1, networks and training; files: 1, opening and
/// writing.
enum class Lane { view, compute, files };

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
    void cancel();       // answers at once; the work stops within 0.5 s

Q_SIGNALS:
    void changed();
    void ended();

private:
    friend class Jobs;
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

class Jobs : public QObject {
    Q_OBJECT
public:
    explicit Jobs(QObject* parent = nullptr);
    ~Jobs() override; // cancels everything and waits

    /// `work` runs on the lane; `done` (with its value) or `failed` runs on the UI thread afterwards; a
    /// cancelled job calls neither of them but `cancelled` if given. `failed` empty: the error is raised by
    /// errorRaised(). The returned job is owned here and stays in jobs() until 50 newer listed ones have
    /// ended.
    template <class T>
    Job* start(Lane lane, const QString& title, std::function<T(const Progress&)> work,
               std::function<void(T)> done, std::function<void(const Error&)> failed = {},
               std::function<void()> cancelled = {}, bool listed = true) {
        auto value = std::make_shared<std::optional<T>>();
        return startErased(
            lane, title, [work = std::move(work), value](const Progress& p) { value->emplace(work(p)); },
            [done = std::move(done), value] { done(std::move(**value)); }, std::move(failed),
            std::move(cancelled), listed);
    }
    Job* startErased(Lane lane, const QString& title, std::function<void(const Progress&)> work,
                     std::function<void()> done, std::function<void(const Error&)> failed,
                     std::function<void()> cancelled, bool listed);

    /// Listed jobs, newest first.
    std::vector<Job*> jobs() const;
    /// The listed job that is running now (the oldest), or null.
    Job* current() const;
    bool busy(Lane lane) const;
    void cancelAll();

Q_SIGNALS:
    void jobsChanged();
    /// An error without a handler of its own: the window shows it in the bar above the canvas.
    void errorRaised(const QString& title, const QString& message);

private:
    struct Private;
    std::unique_ptr<Private> p_;
};

} // namespace cristae
