// Which of several processes this one is, as torchrun and Slurm tell it.
#pragma once
#include "core/learn/trainer.h"

#include <functional>

namespace cristae {

/// The value of an environment variable, or nothing.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// torchrun: RANK, LOCAL_RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT. Slurm: SLURM_PROCID, SLURM_LOCALID,
/// SLURM_NTASKS; where MASTER_ADDR and MASTER_PORT are not given, the first node of the step and a port that
/// follows from the job's number. Alone where neither started more than one. Throws Error{usage} naming the
/// variable that is missing or no number.
ProcessPlace processPlace(const Environment& environment);
/// Of this process.
ProcessPlace processPlace();

} // namespace cristae
