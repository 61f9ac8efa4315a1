// SignalWatch: SIGTERM, SIGINT and SIGHUP as a call on the thread of the event loop.
#pragma once
#include <functional>
#include <memory>

class QSocketNotifier;

namespace cristae {

/// One per process, made after the application object. The handler itself only writes a byte: `caught` runs
/// in the event loop. A second signal ends the process at once, and so does an event loop that does not come
/// round to the end of the program in time. What the parent process had ignored (nohup) stays ignored.
/// SIGPIPE and SIGXFSZ are ignored, so that a write that cannot be is an error of that write.
class SignalWatch {
public:
    explicit SignalWatch(std::function<void(int)> caught);
    ~SignalWatch();

private:
    std::unique_ptr<QSocketNotifier> notifier_;
};

} // namespace cristae
