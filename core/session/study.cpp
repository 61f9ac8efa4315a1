// Running studies step by step, and writing their tables.
#include "core/session/study.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/input_file.h"
#include "core/base/json.h"
#include "core/base/own_folder.h"
#include "core/learn/training_files.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cristae {

namespace fs = std::filesystem;

namespace {

/// What makes two runs of a study the same run.
nlohmann::json identity(const Study& study, const StudySettings& settings) {
    nlohmann::json slices = nlohmann::json::array();
    for (const TrainingSlice& slice : settings.set.slices)
        slices.push_back(
            {slice.name, int(slice.role), sha256(slice.image.asBytes()), sha256(slice.labels.asBytes())});
    std::string model;
    if (settings.model) {
        ModelPackage package = *settings.model;
        model = packageHash(package);
    }
    const std::string all = slices.dump();
    return {{"study", study.key()},  {"size", settings.quick ? "quick" : "full"},
            {"seed", settings.seed}, {"recipe", settings.recipeSettings},
            {"model", model},        {"data", sha256(std::as_bytes(std::span(all)))}};
}

void takeFolder(const Study& study, const StudySettings& settings) {
    takeOwnFolder(settings.folder, "a study");
    std::error_code failed;
    fs::create_directory(settings.folder / "steps", failed);
    if (failed) throw outputError(settings.folder / "steps", failed.value());
    const nlohmann::json mine = identity(study, settings);
    const fs::path file = settings.folder / "study.json";
    if (!fs::exists(file)) {
        writeFileAtomically(ownFile(file), mine.dump(2) + "\n");
        return;
    }
    if (parseJson(readTextFile(file)) != mine)
        throw Error(ErrorKind::usage,
                    fmt::format("The folder {} holds a study with other settings or data; choose another, or "
                                "remove it.",
                                settings.folder.string()));
}

std::string cellText(const nlohmann::json& cell) {
    if (cell.is_null()) return "";
    if (cell.is_string()) return cell.get<std::string>();
    if (cell.is_number_float()) return fmt::format("{:.4g}", cell.get<double>());
    return cell.dump();
}

std::string quoted(const std::string& text) {
    if (text.find_first_of(",\"\n") == std::string::npos) return text;
    std::string result = "\"";
    for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
    return result + "\"";
}

/// Characters of UTF-8 text, for alignment.
size_t lengthOf(const std::string& text) {
    return size_t(std::ranges::count_if(text, [](char c) { return (uint8_t(c) & 0xC0) != 0x80; }));
}

} // namespace

const Study& findStudy(const std::string& key) {
    std::vector<std::string> keys;
    for (const auto& study : allStudies()) {
        if (study->key() == key) return *study;
        keys.push_back(study->key());
    }
    throw Error(ErrorKind::usage,
                fmt::format("There is no study \"{}\"; there are {}.", key, fmt::join(keys, ", ")));
}

fs::path studyData(const Study& study, const SessionPaths& paths) {
    const fs::path list = paths.zoo / "studies" / (study.defaultData() + ".data.json");
    if (study.defaultData().empty() || !fs::exists(list))
        throw Error(
            ErrorKind::usage,
            fmt::format(
                "The study {} has no data of its own; name some with --data, or --images and --labels.",
                study.key()));
    return list;
}

void requireStudyFolder(const fs::path& folder) {
    for (const std::string& complaint : {folderComplaint(folder), foreignFolderComplaint(folder, "a study")})
        if (!complaint.empty()) throw Error(ErrorKind::output, complaint);
}

StudyResult runStudy(const Study& study, Session& session, const StudySettings& settings,
                     const Progress& progress) {
    if (study.wantsModel() && !settings.model)
        throw Error(ErrorKind::usage, fmt::format("The study {} is of a model; name one.", study.key()));
    if (study.wantsLabels() && settings.set.slices.empty())
        throw Error(ErrorKind::usage,
                    fmt::format("The study {} needs images with labels; name them.", study.key()));
    const std::vector<StudyStep> steps = study.steps(session, settings);
    takeFolder(study, settings);
    std::map<std::string, nlohmann::json> measured;
    for (size_t i = 0; i < steps.size(); ++i) {
        const StudyStep& step = steps[i];
        const fs::path file = settings.folder / "steps" / (step.id + ".json");
        nlohmann::json value;
        if (fs::exists(file)) value = parseJson(readTextFile(file));
        if (value.is_null() || value.is_discarded()) {
            progress.throwIfCancelled();
            progress.report(double(i) / double(steps.size()), step.words);
            const PartProgress part(progress, double(i) / double(steps.size()),
                                    double(i + 1) / double(steps.size()));
            value = step.run(part);
            writeFileAtomically(ownFile(file), value.dump(2) + "\n");
        }
        measured[step.id] = std::move(value);
    }
    StudyResult result = study.result(settings, measured);
    result.title = study.title();
    result.question = study.question();
    writeFileAtomically(ownFile(settings.folder / "table.csv"), studyCsv(result));
    writeFileAtomically(ownFile(settings.folder / "table.txt"), studyText(result));
    return result;
}

std::string studyCsv(const StudyResult& result) {
    std::string text;
    const auto line = [&](const auto& cells, auto&& toText) {
        for (size_t i = 0; i < cells.size(); ++i) text += (i ? "," : "") + quoted(toText(cells[i]));
        text += "\r\n";
    };
    line(result.columns, [](const std::string& name) { return name; });
    for (const auto& row : result.rows)
        line(row, [](const nlohmann::json& cell) { return cell.is_number() ? cell.dump() : cellText(cell); });
    return text;
}

std::string studyText(const StudyResult& result) {
    std::vector<size_t> widths;
    for (const std::string& column : result.columns) widths.push_back(lengthOf(column));
    for (const auto& row : result.rows)
        for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], lengthOf(cellText(row[i])));
    std::string text = result.title + "\n" + result.question + "\n\n";
    const auto padded = [&](const std::string& cell, size_t column, bool right) {
        const std::string space(widths[column] - lengthOf(cell), ' ');
        return right ? space + cell : cell + space;
    };
    for (size_t i = 0; i < result.columns.size(); ++i)
        text += (i ? "  " : "") + padded(result.columns[i], i, i > 0);
    text += "\n";
    for (const auto& row : result.rows) {
        for (size_t i = 0; i < row.size(); ++i)
            text += (i ? "  " : "") + padded(cellText(row[i]), i, !row[i].is_string());
        text += "\n";
    }
    for (const std::string& note : result.notes) text += "\n" + note;
    return text + (result.notes.empty() ? "" : "\n");
}

} // namespace cristae
