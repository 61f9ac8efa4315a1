// parallelFor: a loop over independent indices on a few threads.
#pragma once
#include <cstdint>
#include <functional>

namespace cristae {

/// Processors this process may use, at least 1.
int processorCount();
/// Calls body(i) for i in [0, count) on up to `threads` threads (0 = processorCount()); rethrows the first
/// exception after all threads have stopped.
void parallelFor(int64_t count, const std::function<void(int64_t)>& body, int threads = 0);

} // namespace cristae
