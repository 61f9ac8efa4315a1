// Workers: the threads of one queue. A thread whose work does not come back can be left behind; another takes
// its place.
#pragma once
#include <chrono>
#include <functional>
#include <memory>

namespace cristae {

/// Runs functions in the order in which they come, on up to `count` threads that last as long as this object.
class Workers {
public:
    using Clock = std::chrono::steady_clock;

    explicit Workers(int count);
    /// Drops what waits and waits for what runs, unless it was left behind.
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    /// `ticket` names the work for leaveBehind().
    void start(const void* ticket, std::function<void()> work);
    void dropWaiting();
    /// The thread that runs this work is not counted on any more; it ends by itself if the work ever comes
    /// back. What the work uses must outlive it.
    void leaveBehind(const void* ticket);
    void leaveAllBehind();
    /// True as soon as nothing runs any more, threads left behind included; false at the deadline.
    bool waitUntil(Clock::time_point deadline);

private:
    struct Thread;
    struct State;
    static void run(const std::shared_ptr<State>& state, const std::shared_ptr<Thread>& self);
    void addThread();
    void leaveBehindIf(const std::function<bool(const Thread&)>& chosen);
    int count_;
    std::shared_ptr<State> state_; // outlives this object with the threads left behind
};

/// Networks use every processor; a lower priority keeps the window smooth while they do. Threads that a
/// library starts from here inherit it.
void lowerPriorityOfThisThread(int nice);

} // namespace cristae
