// SignalWatch.
#include "app/signal_watch.h"

#include <QSocketNotifier>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace cristae {

namespace {

constexpr unsigned longestSeconds = 20; // from the first signal to the end of the process

int ends[2] = {-1, -1}; // of the pipe: reading, writing
std::atomic<int> first{0};
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" void onSignal(int number) {
    const int before = errno;
    int none = 0;
    if (!first.compare_exchange_strong(none, number)) ::_exit(128 + none);
    ::alarm(longestSeconds);
    const char byte = 0;
    [[maybe_unused]] const ssize_t written = ::write(ends[1], &byte, 1);
    errno = before;
}

extern "C" void onAlarm(int) {
    ::_exit(128 + first);
}

void watch(int number, void (*handler)(int)) {
    struct sigaction now {};
    if (::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN) return;
    struct sigaction wanted {};
    wanted.sa_handler = handler;
    wanted.sa_flags = SA_RESTART;
    ::sigaction(number, &wanted, nullptr);
}

} // namespace

SignalWatch::SignalWatch(std::function<void(int)> caught) {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return; // then signals end the program as they always did
    notifier_ = std::make_unique<QSocketNotifier>(ends[0], QSocketNotifier::Read);
    QObject::connect(notifier_.get(), &QSocketNotifier::activated, [this, caught = std::move(caught)] {
        notifier_->setEnabled(false); // once
        caught(first);
    });
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) watch(number, onSignal);
    watch(SIGALRM, onAlarm);
}

SignalWatch::~SignalWatch() = default;

} // namespace cristae
