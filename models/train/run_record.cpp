// run.json and curves.csv.
#include "models/train/run_record.h"

#include "core/base/atomic_file.h"
#include "core/base/input_file.h"
#include "core/base/json.h"
#include "core/measure/csv.h"
#include "models/run/devices.h"

#include <ctime>

namespace cristae {

namespace {

std::string today() {
    const std::time_t now = std::time(nullptr);
    char text[16];
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
    return text;
}

} // namespace

nlohmann::json computedBy(const NetworkUse& use) {
    return {{"program", std::string("Cristae ") + CRISTAE_VERSION},
            {"engine", torchVersion()},
            {"device", use.device.str()},
            {"precision", use.bf16 ? "bf16" : "fp32"},
            {"threads", at::get_num_threads()},
            {"date", today()}};
}

void recordStart(const TrainingPlan& plan, const NetworkUse& use, int64_t step) {
    const auto file = plan.runFolder / "run.json";
    nlohmann::json record;
    std::error_code ignored;
    if (plan.resume && std::filesystem::exists(file, ignored))
        record = parseJson(readTextFile(file.string()));
    if (!record.is_object() || !record.contains("starts") || !record["starts"].is_array())
        record = {{"starts", nlohmann::json::array()}};
    record["seed"] = plan.recipe.at("seed");
    record["model"] = plan.output.string();
    record["command"] = plan.card.training.is_object() ? plan.card.training.value("command", "") : "";
    nlohmann::json start = computedBy(use);
    start["step"] = step;
    start["processes"] = plan.place.count;
    record["starts"].push_back(start);
    writeFileAtomically(file, record.dump(2) + "\n");
}

void writeCurves(const std::filesystem::path& folder, const nlohmann::json& history) {
    static const std::vector<std::string> columns{"epoch",          "step",          "learningRate",
                                                  "trainingLoss",   "trainingDice",  "validationLoss",
                                                  "validationDice", "validationIou", "validationAccuracy"};
    std::string table = csvLine(columns);
    for (const nlohmann::json& epoch : history) {
        std::vector<std::string> fields;
        for (const std::string& column : columns) fields.push_back(epoch.at(column).dump());
        table += csvLine(fields);
    }
    writeFileAtomically(folder / "curves.csv", table);
}

} // namespace cristae
