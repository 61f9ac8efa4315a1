// log.jsonl and curves.csv.
#include "models/train/run_log.h"

#include "core/base/atomic_file.h"
#include "core/base/own_folder.h"
#include "core/measure/csv.h"
#include "models/run/devices.h"

namespace cristae {

namespace {

std::string curvesOf(const nlohmann::json& history) {
    static const std::vector<std::string> columns{"epoch",          "step",          "learningRate",
                                                  "trainingLoss",   "trainingDice",  "validationLoss",
                                                  "validationDice", "validationIou", "validationAccuracy"};
    std::string table = csvLine(columns);
    for (const nlohmann::json& epoch : history) {
        std::vector<std::string> fields;
        for (const std::string& column : columns) fields.push_back(epoch.at(column).dump());
        table += csvLine(fields);
    }
    return table;
}

} // namespace

nlohmann::json computedBy(const NetworkUse& use) {
    return {{"program", std::string("Cristae ") + CRISTAE_VERSION},
            {"engine", torchVersion()},
            {"device", use.device.str()},
            {"precision", use.bf16 ? "bf16" : "fp32"},
            {"threads", at::get_num_threads()}};
}

void writeLog(const std::filesystem::path& folder, const nlohmann::json& history) {
    std::string log;
    for (const nlohmann::json& epoch : history) log += epoch.dump() + "\n";
    writeFileAtomically(ownFile(folder / "log.jsonl"), log);
    writeFileAtomically(ownFile(folder / "curves.csv"), curvesOf(history));
}

} // namespace cristae
