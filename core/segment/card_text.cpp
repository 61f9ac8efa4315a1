// Writing the sections of a model card, and its line in a list.
#include "core/segment/card_text.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cristae {

namespace {

std::string shortNumber(const nlohmann::json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string networkSection(const ModelCard& card) {
    std::vector<std::string> options, classes;
    for (const auto& [key, value] : card.network.items()) options.push_back(key + " " + shortNumber(value));
    for (const ModelClass& known : card.classes)
        classes.push_back(card.exclusive
                              ? known.name
                              : fmt::format("{} from a probability of {:g} on", known.name, known.threshold));
    std::string text =
        fmt::format("## Network\n{}: {}. {} in; finds {}{}.", card.architecture, fmt::join(options, ", "),
                    card.channelsIn == 1 ? "Grey images" : fmt::format("{} channels", card.channelsIn),
                    fmt::join(classes, ", "), card.exclusive ? " (the most probable class wins)" : "");
    if (card.pixelSizeNm)
        text += fmt::format(" Images of known pixel size are brought to {:g} nm.", *card.pixelSizeNm);
    return text + "\n";
}

std::string dataSection(const ModelCard& card) {
    if (card.data.empty()) return "";
    std::string text = "\n## Data\nSlices count from 0; the end of a range is not part of it.\n\n| data | "
                       "slices | licence | cite |\n|---|---|---|---|\n";
    for (const TrainingData& data : card.data)
        text += fmt::format("| {} | {} | {} | {} |\n", data.name, data.slices, data.licence, data.cite);
    return text;
}

std::string trainingSection(const ModelCard& card) {
    const nlohmann::json& training = card.training;
    if (!training.is_object() || !training.contains("command")) return "";
    std::string text = fmt::format("\n## Made with\n```\n{}\n```\n", training.value("command", ""));
    std::vector<std::string> facts;
    if (training.contains("step"))
        facts.push_back(fmt::format("weights of step {}", training["step"].dump()));
    for (const char* key : {"device", "precision", "engine", "program", "date"})
        if (training.contains(key)) facts.push_back(shortNumber(training[key]));
    if (training.contains("threads"))
        facts.push_back(
            fmt::format("{} thread{}", training["threads"].dump(), training["threads"] == 1 ? "" : "s"));
    if (training.contains("recipe") && training["recipe"].contains("seed"))
        facts.push_back(fmt::format("seed {}", training["recipe"]["seed"].dump()));
    return text + fmt::format("{}.\n", fmt::join(facts, ", "));
}

void remember(std::vector<std::string>& list, const std::string& word) {
    if (std::ranges::find(list, word) == list.end()) list.push_back(word);
}

/// The commands that measured the scores, where those were not measured by the training itself.
std::string scoreCommands(const ModelCard& card) {
    std::vector<std::string> commands;
    const std::string training =
        card.training.is_object() ? card.training.value("command", std::string()) : std::string();
    for (const ModelScore& score : card.scores)
        if (!score.command.empty() && score.command != training) remember(commands, score.command);
    return commands.empty() ? "" : fmt::format("\n```\n{}\n```\n", fmt::join(commands, "\n"));
}

std::string scoreSection(const ModelCard& card) {
    if (card.scores.empty()) return "";
    std::vector<std::string> rows, metrics;
    bool notes = false, intervals = false;
    for (const ModelScore& score : card.scores) {
        remember(rows, scoredData(score));
        remember(metrics, score.metric);
        notes = notes || !score.note.empty();
        intervals = intervals || score.interval;
    }
    std::string text = fmt::format("\n## Scores\nOn slices that were neither trained on nor used to choose "
                                   "weights or thresholds{}.\n{}\n| data | {} |{}\n|---|",
                                   intervals ? ". In brackets the 95 % interval (bootstrap), then the range "
                                               "over single images"
                                             : "",
                                   scoreCommands(card), fmt::join(metrics, " | "), notes ? " note |" : "");
    for (size_t i = 0; i < metrics.size() + size_t(notes); ++i) text += "---|";
    text += "\n";
    for (const std::string& row : rows) {
        text += "| " + row + " |";
        std::vector<std::string> told;
        for (const std::string& metric : metrics) {
            const auto score = std::ranges::find_if(
                card.scores, [&](const ModelScore& s) { return scoredData(s) == row && s.metric == metric; });
            if (score == card.scores.end()) {
                text += " |";
                continue;
            }
            const bool whole = metric == "Dice" || metric.starts_with("V-");
            text += whole ? fmt::format(" {} |", scoreText(*score)) : fmt::format(" {:.3f} |", score->value);
            if (!score->note.empty()) remember(told, score->note);
        }
        text += notes ? fmt::format(" {} |\n", fmt::join(told, "; ")) : "\n";
    }
    return text;
}

} // namespace

std::string scoredData(const ModelScore& score) {
    if (score.averaging == "flips") return score.data + ", mean over flips";
    if (score.averaging == "all") return score.data + ", mean over all orientations";
    return score.data;
}

std::string scoreText(const ModelScore& score) {
    std::vector<std::string> parts;
    if (score.interval)
        parts.push_back(fmt::format("{:.3f}–{:.3f}", score.interval->low, score.interval->high));
    if (score.images > 1 && score.range)
        parts.push_back(
            fmt::format("{} images {:.2f}–{:.2f}", score.images, score.range->low, score.range->high));
    return fmt::format("{:.3f}", score.value) +
           (parts.empty() ? "" : fmt::format(" ({})", fmt::join(parts, "; ")));
}

std::string cardMarkdown(const ModelCard& card) {
    std::string text = fmt::format("# {}\n\n", card.title.empty() ? card.name : card.title);
    if (!card.description.empty()) text += card.description + "\n\n";
    if (!card.licence.empty()) text += fmt::format("**Licence.** {}\n\n", card.licence);
    return text + networkSection(card) + dataSection(card) + trainingSection(card) + scoreSection(card);
}

namespace {

constexpr size_t licenceWidth = 20;
constexpr std::string_view blanks = "  "; // between columns

using Row = std::array<std::string, 4>; // name, classes, pixel size, licence

Row rowOf(const ModelCard& card) {
    std::vector<std::string> classes;
    for (const ModelClass& known : card.classes) classes.push_back(known.name);
    return {card.name, fmt::format("{}", fmt::join(classes, ", ")),
            card.pixelSizeNm ? fmt::format("{:g} nm", *card.pixelSizeNm) : "mixed", licenceInShort(card)};
}

} // namespace

std::string licenceInShort(const ModelCard& card) {
    const std::string& text = card.licence;
    std::string name = text.substr(0, std::min(text.find_first_of(",:;("), text.find(". ")));
    while (name.ends_with(' ') || name.ends_with('.')) name.pop_back();
    if (name.empty()) return "not stated";
    if (characterCount(name) <= licenceWidth) return name;
    for (const char* word : {"non-commercial", "research"})
        if (text.find(word) != std::string::npos) return word;
    return shortened(name, licenceWidth);
}

std::string modelTable(const std::vector<ModelPackage>& packages, size_t width) {
    std::vector<Row> rows{{"model", "finds", "pixel size", "licence"}};
    for (const ModelPackage& package : packages) rows.push_back(rowOf(package.card));
    std::array<size_t, 4> widths{};
    for (const Row& row : rows)
        for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], characterCount(row[i]));
    const size_t others = widths[0] + widths[2] + widths[3] + 3 * blanks.size(), least = rows[0][1].size();
    widths[1] = std::min(widths[1], std::max(least, width > others ? width - others : 0));
    std::string text;
    for (const Row& row : rows) {
        for (size_t i = 0; i + 1 < row.size(); ++i) {
            const std::string cell = shortened(row[i], widths[i]);
            text += cell + std::string(widths[i] - characterCount(cell), ' ') + std::string(blanks);
        }
        text += row.back() + "\n";
    }
    return text;
}

} // namespace cristae
