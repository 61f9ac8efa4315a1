// Workers.
#include "ui/jobs/workers.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#ifdef __linux__
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace cristae {

/// Guarded by State::mutex.
struct Workers::Thread {
    std::thread thread;
    const void* ticket = nullptr; // of the work that runs; null: it waits for some
    bool leftBehind = false;
};

struct Workers::State {
    std::mutex mutex;
    std::condition_variable wake, ended;
    std::deque<std::pair<const void*, std::function<void()>>> waiting;
    std::vector<std::shared_ptr<Thread>> threads; // without those left behind
    int leftBehind = 0;                           // that still run
    bool closing = false;
};

Workers::Workers(int count) : count_(count), state_(std::make_shared<State>()) {}

Workers::~Workers() {
    std::vector<std::shared_ptr<Thread>> threads;
    {
        const std::lock_guard lock(state_->mutex);
        state_->closing = true;
        threads = state_->threads;
    }
    dropWaiting();
    state_->wake.notify_all();
    for (const auto& each : threads) each->thread.join();
}

void Workers::run(const std::shared_ptr<State>& state, const std::shared_ptr<Thread>& self) {
    std::unique_lock lock(state->mutex);
    for (;;) {
        state->wake.wait(lock, [&] { return state->closing || !state->waiting.empty(); });
        if (state->waiting.empty()) return; // closing
        auto [ticket, work] = std::move(state->waiting.front());
        state->waiting.pop_front();
        self->ticket = ticket;
        lock.unlock();
        work();
        work = {}; // what it captured goes here, not under the lock
        lock.lock();
        self->ticket = nullptr;
        if (self->leftBehind) --state->leftBehind;
        state->ended.notify_all();
        if (self->leftBehind) return;
    }
}

/// The lock is held.
void Workers::addThread() {
    auto thread = std::make_shared<Thread>();
    state_->threads.push_back(thread);
    thread->thread = std::thread([state = state_, thread] { run(state, thread); });
}

void Workers::start(const void* ticket, std::function<void()> work) {
    const std::lock_guard lock(state_->mutex);
    state_->waiting.emplace_back(ticket, std::move(work));
    const auto idle = std::count_if(state_->threads.begin(), state_->threads.end(),
                                    [](const auto& each) { return !each->ticket; });
    if (size_t(idle) < state_->waiting.size() && int(state_->threads.size()) < count_) addThread();
    state_->wake.notify_one();
}

void Workers::dropWaiting() {
    std::deque<std::pair<const void*, std::function<void()>>> dropped; // freed without the lock
    const std::lock_guard lock(state_->mutex);
    dropped.swap(state_->waiting);
    state_->ended.notify_all();
}

void Workers::leaveBehindIf(const std::function<bool(const Thread&)>& chosen) {
    const std::lock_guard lock(state_->mutex);
    std::erase_if(state_->threads, [&](const std::shared_ptr<Thread>& each) {
        if (!each->ticket || !chosen(*each)) return false;
        each->leftBehind = true;
        each->thread.detach();
        ++state_->leftBehind;
        return true;
    });
    // What waits must not wait for a thread that is gone.
    while (!state_->closing && !state_->waiting.empty() && int(state_->threads.size()) < count_) addThread();
}

void Workers::leaveBehind(const void* ticket) {
    leaveBehindIf([&](const Thread& thread) { return thread.ticket == ticket; });
}

void Workers::leaveAllBehind() {
    leaveBehindIf([](const Thread&) { return true; });
}

bool Workers::waitUntil(Clock::time_point deadline) {
    std::unique_lock lock(state_->mutex);
    return state_->ended.wait_until(lock, deadline, [&] {
        return state_->waiting.empty() && state_->leftBehind == 0 &&
               std::none_of(state_->threads.begin(), state_->threads.end(),
                            [](const auto& each) { return each->ticket != nullptr; });
    });
}

void lowerPriorityOfThisThread(int nice) {
#ifdef __linux__
    const auto thread = static_cast<id_t>(syscall(SYS_gettid));
    if (getpriority(PRIO_PROCESS, thread) < nice) setpriority(PRIO_PROCESS, thread, nice);
#else
    (void)nice;
#endif
}

} // namespace cristae
