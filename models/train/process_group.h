// ProcessGroup: several processes that train one network, joined by c10d over Gloo.
#pragma once
#include "core/learn/trainer.h"

#include <torch/torch.h>

namespace cristae {

/// All processes call the same functions in the same order. A process that ends or is not heard makes them
/// throw Error{device} in the others: at once where its connection breaks, else after 30 times the place's
/// patience, since the others wait while rank 0 validates.
class ProcessGroup {
public:
    virtual ~ProcessGroup() = default;
    /// Tensors of any device become the sum over all processes, in place.
    virtual void sum(torch::Tensor& tensor) = 0;
    /// … become those of rank 0.
    virtual void takeFromFirst(torch::Tensor& tensor) = 0;
};

/// Waits for the others for as long as the place's patience. Throws Error{device} when not all came. A cancel
/// is heard while waiting for a message; the group can then not be used any more.
std::unique_ptr<ProcessGroup> joinProcesses(const ProcessPlace& place, const Progress& progress);

} // namespace cristae
