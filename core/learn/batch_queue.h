// BatchQueue: patches prepared ahead of the training step by a few threads, handed out in order.
#pragma once
#include "core/learn/augment.h"

#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <thread>

namespace cristae {

struct Batch {
    std::vector<float> images;   // [N, C, Z, S, S], Z the slices seen
    std::vector<uint8_t> labels; // [N, S, S]; of volumes [N, Z, S, S]
};

/// What one of several processes takes of each batch: patches first … first + count − 1 of it.
struct BatchShare {
    int64_t size = 1; // of the whole batch
    int64_t first = 0, count = 1;
};
/// Shares that differ by one patch at the most. `rank` of `processes`.
BatchShare shareOfBatch(int64_t batchSize, int64_t rank, int64_t processes);

/// Batch b holds patches b·N … b·N + N − 1 of the run, or this process's share of them: the same for any
/// number of threads, and after a resume.
class BatchQueue {
public:
    BatchQueue(const PatchSampler& sampler, const BatchShare& share, uint64_t seed, int64_t firstBatch,
               int64_t endBatch, int threads);
    ~BatchQueue();
    /// The next batch in order; waits for it. Rethrows what a worker threw.
    Batch next();

private:
    void work();
    Batch make(int64_t index) const;
    const PatchSampler& sampler_;
    const BatchShare share_;
    const int64_t endBatch_;
    const uint64_t seed_;
    size_t ahead_;
    int64_t nextToMake_, nextToGive_;
    std::map<int64_t, Batch> ready_;
    std::exception_ptr failure_;
    bool stop_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::jthread> threads_;
};

} // namespace cristae
