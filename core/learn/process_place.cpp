// Reading the variables of torchrun and Slurm.
#include "core/learn/process_place.h"

#include "core/base/error.h"

#include <cstdlib>
#include <fmt/format.h>

namespace cristae {

namespace {

int numberFrom(const Environment& environment, const std::string& name, std::optional<int> otherwise = {}) {
    const auto value = environment(name);
    if (!value && otherwise) return *otherwise;
    char* end = nullptr;
    const long number = value ? std::strtol(value->c_str(), &end, 10) : -1;
    if (!value || value->empty() || *end || number < 0 || number > 1000000)
        throw Error(ErrorKind::usage,
                    fmt::format("Several processes were started, but the environment variable {} is {}; "
                                "start them with torchrun --no-python or srun, which set it.",
                                name, value ? "\"" + *value + "\"" : std::string("not set")));
    return int(number);
}

/// The first host of "node[03-07,12],other" or "alpha,beta".
std::string firstHost(const std::string& list) {
    const size_t bracket = list.find('['), comma = list.find(',');
    if (bracket == std::string::npos || comma < bracket) return list.substr(0, comma);
    const size_t close = list.find(']', bracket);
    const size_t end = std::min(list.find_first_of("-,]", bracket), list.size());
    std::string host = list.substr(0, bracket) + list.substr(bracket + 1, end - bracket - 1);
    if (close != std::string::npos) { // what stands behind the bracket, such as a domain
        const size_t rest = std::min(list.find(',', close), list.size());
        host += list.substr(close + 1, rest - close - 1);
    }
    return host;
}

void checkRank(const ProcessPlace& place) {
    if (place.rank >= place.count)
        throw Error(ErrorKind::usage, fmt::format("Process {} of {} cannot be: ranks count from 0; start the "
                                                  "processes with torchrun --no-python or srun.",
                                                  place.rank, place.count));
}

} // namespace

ProcessPlace processPlace(const Environment& environment) {
    ProcessPlace place;
    if (environment("WORLD_SIZE")) {
        place.count = numberFrom(environment, "WORLD_SIZE");
        if (place.count <= 1) return {};
        place.rank = numberFrom(environment, "RANK");
        place.localRank = numberFrom(environment, "LOCAL_RANK", place.rank);
        place.host = environment("MASTER_ADDR").value_or("localhost");
        place.port = numberFrom(environment, "MASTER_PORT", place.port);
        checkRank(place);
        return place;
    }
    if (!environment("SLURM_PROCID")) return {};
    const bool step = environment("SLURM_STEP_NUM_TASKS").has_value();
    place.count = numberFrom(environment, step ? "SLURM_STEP_NUM_TASKS" : "SLURM_NTASKS", 1);
    if (place.count <= 1) return {};
    place.rank = numberFrom(environment, "SLURM_PROCID");
    place.localRank = numberFrom(environment, "SLURM_LOCALID", 0);
    const std::string nodes =
        environment("SLURM_STEP_NODELIST").value_or(environment("SLURM_JOB_NODELIST").value_or("localhost"));
    place.host = environment("MASTER_ADDR").value_or(firstHost(nodes));
    place.port =
        numberFrom(environment, "MASTER_PORT", 20000 + numberFrom(environment, "SLURM_JOB_ID", 0) % 20000);
    checkRank(place);
    return place;
}

ProcessPlace processPlace() {
    return processPlace([](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value ? std::optional<std::string>(value) : std::nullopt;
    });
}

} // namespace cristae
