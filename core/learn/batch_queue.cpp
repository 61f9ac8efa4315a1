// Worker threads that prepare batches ahead of the training step.
#include "core/learn/batch_queue.h"

#include <algorithm>
#include <cstring>

namespace cristae {

BatchShare shareOfBatch(int64_t batchSize, int64_t rank, int64_t processes) {
    const int64_t first = batchSize * rank / processes;
    return {batchSize, first, batchSize * (rank + 1) / processes - first};
}

BatchQueue::BatchQueue(const PatchSampler& sampler, const BatchShare& share, uint64_t seed,
                       int64_t firstBatch, int64_t endBatch, int threads)
    : sampler_(sampler), share_(share), endBatch_(endBatch), seed_(seed), ahead_(size_t(2 * threads + 1)),
      nextToMake_(firstBatch), nextToGive_(firstBatch) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

BatchQueue::~BatchQueue() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_all();
}

void BatchQueue::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [&] {
            return stop_ || failure_ || nextToMake_ >= endBatch_ ||
                   nextToMake_ < nextToGive_ + int64_t(ahead_);
        });
        if (stop_ || failure_ || nextToMake_ >= endBatch_) return;
        const int64_t index = nextToMake_++;
        lock.unlock();
        Batch batch;
        std::exception_ptr failure;
        try {
            batch = make(index);
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        if (failure)
            failure_ = failure;
        else
            ready_[index] = std::move(batch);
        changed_.notify_all();
    }
}

Batch BatchQueue::make(int64_t index) const {
    Batch batch;
    for (int64_t i = 0; i < share_.count; ++i) {
        const Patch patch = sampler_.patch(seed_, uint64_t(index * share_.size + share_.first + i));
        const auto image = patch.image.values<float>();
        const auto labels = patch.labels.values<uint8_t>();
        batch.images.insert(batch.images.end(), image.begin(), image.end());
        batch.labels.insert(batch.labels.end(), labels.begin(), labels.end());
    }
    return batch;
}

Batch BatchQueue::next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return failure_ || ready_.contains(nextToGive_); });
    if (failure_) std::rethrow_exception(failure_);
    Batch batch = std::move(ready_.extract(nextToGive_).mapped());
    ++nextToGive_;
    changed_.notify_all();
    return batch;
}

} // namespace cristae
