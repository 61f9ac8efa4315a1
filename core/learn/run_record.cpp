// Writing and reading run.json.
#include "core/learn/run_record.h"

#include "core/base/atomic_file.h"
#include "core/base/input_file.h"
#include "core/base/json.h"
#include "core/base/own_folder.h"

#include <ctime>

namespace cristae {

namespace {

constexpr const char* recordName = "run.json";

/// "2026-11-28T12:30:00Z".
std::string timeNow() {
    const std::time_t now = std::time(nullptr);
    char text[32];
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

void write(const std::filesystem::path& runFolder, const nlohmann::json& record) {
    writeFileAtomically(ownFile(runFolder / recordName), record.dump(2) + "\n");
}

} // namespace

nlohmann::json readRunRecord(const std::filesystem::path& runFolder) {
    try {
        nlohmann::json record = parseJson(readTextFile(runFolder / recordName));
        if (record.is_object()) return record;
    } catch (const Error&) { // there is none
    }
    return nlohmann::json::object();
}

void recordStart(const TrainingPlan& plan, const nlohmann::json& computedBy, int64_t step) {
    nlohmann::json record = plan.resume ? readRunRecord(plan.runFolder) : nlohmann::json::object();
    if (!record.contains("starts") || !record["starts"].is_array())
        record["starts"] = nlohmann::json::array();
    record.erase("end");
    record["seed"] = plan.recipe.at("seed");
    record["model"] = plan.output.string();
    record["overwrite"] = plan.overwrite;
    record["device"] = plan.device;
    const std::string command =
        plan.card.training.is_object() ? plan.card.training.value("command", "") : std::string();
    if (!record.contains("command")) record["command"] = command;
    if (!plan.request.empty()) record["request"] = plan.request;
    if (!plan.inputs.empty()) record["inputs"] = toJson(plan.inputs);
    std::error_code unknown;
    nlohmann::json start = computedBy;
    start["time"] = timeNow();
    start["folder"] = std::filesystem::current_path(unknown).string();
    start["command"] = command;
    start["step"] = step;
    start["processes"] = plan.place.count;
    record["starts"].push_back(start);
    write(plan.runFolder, record);
}

void recordEnd(const std::filesystem::path& runFolder, const std::string& ending,
               const std::filesystem::path& model) {
    nlohmann::json record = readRunRecord(runFolder);
    record["end"] = {{"time", timeNow()}, {"words", ending}, {"model", model.string()}};
    write(runFolder, record);
}

bool hasEnded(const std::filesystem::path& runFolder) {
    return readRunRecord(runFolder).contains("end");
}

std::filesystem::path recordedOutput(const std::filesystem::path& runFolder) {
    const nlohmann::json record = readRunRecord(runFolder);
    if (!record.contains("model") || !record["model"].is_string()) return {};
    const std::filesystem::path output = record["model"].get<std::string>();
    if (output.empty() || output.is_absolute()) return output;
    const nlohmann::json starts = record.value("starts", nlohmann::json::array());
    std::filesystem::path from = absolutePath(runFolder).parent_path();
    if (starts.is_array() && !starts.empty() && starts[0].is_object() && starts[0].contains("folder") &&
        starts[0]["folder"].is_string())
        from = starts[0]["folder"].get<std::string>();
    return absolutePath(from / output);
}

} // namespace cristae
