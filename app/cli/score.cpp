// cristae-cli score: a model on labelled slices, as its card tells it, image by image and by threshold.
#include "app/cli/console.h"
#include "app/cli/verbs.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/export/picture_file.h"
#include "core/image/memory_source.h"
#include "core/learn/data_list.h"
#include "core/learn/leak_guard.h"
#include "core/measure/csv.h"
#include "core/segment/package_writer.h"
#include "core/session/scoring.h"
#ifdef CRISTAE_HAS_REPORT
#include "ui/report/pdf_exporter.h"
#include "ui/report/worst_picture.h"
#endif

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cristae {

namespace {

struct ScoreArguments {
    std::string model, data, dataRoot, only, average, perImage, worst, device = "auto";
    std::optional<double> threshold;
    int threads = 0;
    bool write = false, sweep = false;
};

/// Where the verb writes, checked before it begins.
struct ScoreOutputs {
    std::optional<Destination> perImage, worst;
};

ScoreOutputs outputsOf(const ScoreArguments& args, const ModelPackage& package, CommandLine& line) {
    line.files.addInput(package.file);
    for (const TrainingInput& input : dataListInputs(args.data, args.dataRoot))
        line.files.addInput(withoutDataset(input.path));
    ScoreOutputs outputs;
    if (!args.perImage.empty()) outputs.perImage = outputFile(line, args.perImage);
    if (!args.worst.empty()) {
#ifndef CRISTAE_HAS_REPORT
        throw Error(ErrorKind::usage, "This build draws no pictures with words; leave --worst out.");
#endif
        outputs.worst = line.files.to(args.worst);
        requirePicturePlace({1, 64, 64}, line.session.exporters(), *outputs.worst);
    }
    return outputs;
}

/// What would leave scores in the card that do not belong to the model as it is.
void refuseHalfScores(const ScoreArguments& args) {
    if (!args.write) return;
    if (args.threshold)
        throw Error(ErrorKind::usage,
                    "--write puts the scores at the card's own threshold into the card; leave "
                    "--threshold or --write out.");
    if (!args.only.empty())
        throw Error(ErrorKind::usage,
                    "--write replaces all scores of the card; leave --only or --write out.");
}

void checkThreshold(const ScoreArguments& args) {
    if (args.threshold && !(*args.threshold >= 0 && *args.threshold <= 1))
        throw Error(ErrorKind::usage,
                    fmt::format("The --threshold {:g} is not between 0 and 1.", *args.threshold));
}

/// Leaves the slices of the wanted data set.
void takeOnly(TrainingSet& set, const ScoreArguments& args) {
    const auto isTest = [](const TrainingSlice& slice) { return slice.role == Role::test; };
    if (std::ranges::none_of(set.slices, isTest))
        throw Error(
            ErrorKind::usage,
            fmt::format("{} has no slices to score; give some of them the role \"test\".", args.data));
    if (args.only.empty()) return;
    std::vector<std::string> names;
    for (const TrainingSlice& slice : set.slices)
        if (isTest(slice) && std::ranges::find(names, slice.data) == names.end()) names.push_back(slice.data);
    if (std::ranges::find(names, args.only) == names.end())
        throw Error(ErrorKind::usage, fmt::format("{} scores no data set \"{}\"; it has: {}.", args.data,
                                                  args.only, fmt::join(names, "; ")));
    std::erase_if(set.slices, [&](const TrainingSlice& slice) { return slice.data != args.only; });
}

void writeImages(const ScoreReport& report, const TrainingSet& set, const ModelCard& card,
                 const std::string& averaging, const Destination& target) {
    std::string text =
        csvLine({"data", "image", "class", "averaging", "dice", "iou", "precision", "recall", "accuracy",
                 "true_positive", "false_positive", "false_negative", "true_negative"});
    for (const ImageScore& one : report.images) {
        const ConfusionCounts& c = one.counts;
        const TrainingSlice& slice = set.slices[one.slice];
        text +=
            csvLine({slice.data, slice.name, card.classes[one.classIndex].name, averaging,
                     csvNumber(c.dice()), csvNumber(c.iou()), csvNumber(c.precision()), csvNumber(c.recall()),
                     csvNumber(c.accuracy()), std::to_string(c.truePositive), std::to_string(c.falsePositive),
                     std::to_string(c.falseNegative), std::to_string(c.trueNegative)});
    }
    writeFileAtomically(target, text);
}

void writeWorst([[maybe_unused]] const ScoreReport& report, [[maybe_unused]] const TrainingSet& set,
                [[maybe_unused]] const ModelCard& card, [[maybe_unused]] const ScoreOutputs& outputs,
                [[maybe_unused]] const CommandLine& line, [[maybe_unused]] const Progress& progress) {
#ifdef CRISTAE_HAS_REPORT
    if (!report.worst) return;
    const ImageScore& one = report.images[*report.worst];
    const TrainingSlice& slice = set.slices[one.slice];
    const auto application = ensureGuiApplication();
    const Pixels picture = worstPicture(slice, report.worstLabels, int64_t(one.classIndex) + 1,
                                        card.classes[one.classIndex].name, one.counts.dice());
    writePicture(MemorySource(picture), line.session.exporters(), *outputs.worst,
                 {{"worst", {{"model", card.name}, {"image", slice.name}, {"dice", one.counts.dice()}}}},
                 progress);
#endif
}

nlohmann::json sweepJson(const std::vector<SweepRow>& rows) {
    nlohmann::json list = nlohmann::json::array();
    for (const SweepRow& row : rows) {
        list.push_back({{"data", row.data}, {"threshold", row.threshold}, {"dice", row.dice}});
        if (row.vRand) list.back().update({{"v_rand", *row.vRand}, {"v_info", *row.vInfo}});
    }
    return list;
}

void printSweep(const std::vector<SweepRow>& rows) {
    std::string data;
    for (const SweepRow& row : rows) {
        if (row.data != data)
            printResult("\n{}\nthreshold  Dice{}\n", row.data, row.vRand ? "    V-rand  V-info" : "");
        data = row.data;
        printResult("{:<9.1f}  {:.4f}{}\n", row.threshold, row.dice,
                    row.vRand ? fmt::format("  {:.4f}  {:.4f}", *row.vRand, *row.vInfo) : "");
    }
}

/// What is measured: the scores of a card are with and without averaging.
std::vector<Averaging> averagings(const ScoreArguments& args) {
    if (args.average == "flips") return {Averaging::flips};
    if (args.average == "all") return {Averaging::all};
    if (args.average == "none" || !args.write) return {Averaging::none};
    return {Averaging::none, Averaging::all};
}

int runScore(const ScoreArguments& args, CommandLine& line) {
    refuseHalfScores(args);
    checkThreshold(args);
    ModelPackage package = line.session.findModel(args.model);
    if (args.write) Destination(package.file, Existing::replace).checkFile();
    const ScoreOutputs outputs = outputsOf(args, package, line);
    const ConsoleProgress progress(line.quiet);
    LoadedDataList loaded = loadDataList(args.data, args.dataRoot, PartProgress(progress, 0, 0.05));
    ModelCard unused; // the notes of the scores say it
    markLeaks(loaded.set, unused, PartProgress(progress, 0.05, 0.05));
    for (const std::string& sentence : loaded.set.remarks) addRemark(line, sentence);
    takeOnly(loaded.set, args);
    if (loaded.set.classNames.size() != package.card.classes.size())
        throw Error(ErrorKind::usage,
                    fmt::format("{} finds {} classes and {} labels {}; they must be the same ones.",
                                package.card.name, package.card.classes.size(), args.data,
                                loaded.set.classNames.size()));
    const std::vector<Averaging> wanted = averagings(args);
    std::vector<ScoreReport> reports;
    std::vector<ModelScore> scores;
    for (size_t i = 0; i < wanted.size(); ++i) {
        // Eight orientations take eight times as long as one.
        const double from = i == 0 ? 0.05 : 0.15, to = i + 1 < wanted.size() ? 0.15 : 1;
        reports.push_back(
            line.session.scoreReport(package, loaded.set.slices,
                                     {wanted[i], args.device, args.threads, loaded.set.marksBoundaries,
                                      args.threshold, args.sweep, line.command},
                                     PartProgress(progress, from, to)));
        std::ranges::copy(reports.back().scores, std::back_inserter(scores));
    }
    const ScoreReport& first = reports.front();
    if (outputs.perImage)
        writeImages(first, loaded.set, package.card, args.average.empty() ? "none" : args.average,
                    *outputs.perImage);
    if (outputs.worst) writeWorst(first, loaded.set, package.card, outputs, line, progress);
    if (args.write) {
        replaceScores(package.card, scores, loaded.card);
        package = publishPackage(package, {package.file, Existing::replace});
    }
    if (line.json) {
        nlohmann::json list = nlohmann::json::array();
        for (const ModelScore& one : scores) list.push_back(toJson(one));
        nlohmann::json result = {{"scores", list}};
        if (args.sweep) result["sweep"] = sweepJson(first.sweep);
        printJson(line, result);
        return 0;
    }
    printScores(scores);
    printSweep(first.sweep);
    return 0;
}

} // namespace

void addScore(CLI::App& app, CommandLine& line) {
    auto* verb = app.add_subcommand(
        "score", "Score a model on labelled slices: all pixels, image by image, 95 % intervals");
    auto args = std::make_shared<ScoreArguments>();
    verb->add_option("MODEL", args->model, "Name or file of the model")->required();
    verb->add_option("--data", args->data,
                     "A data list (JSON) as of train; its slices with the role test are scored")
        ->required();
    verb->add_option("--data-root", args->dataRoot, "Base folder of the paths in the data list");
    verb->add_option("--only", args->only, "Score this data set of the list alone");
    verb->add_option(
            "--average", args->average,
            "Test-time augmentation: none, flips or all orientations; none without the flag, and with "
            "--write both none and all")
        ->check(CLI::IsMember({"none", "flips", "all"}));
    verb->add_option("--threshold", args->threshold,
                     "Probability from which on a pixel belongs to a class, instead of the card's");
    verb->add_flag("--sweep", args->sweep,
                   "Also print Dice, and V-rand of boundaries, at thresholds of 0.1 to 0.9");
    verb->add_option("--per-image", args->perImage, "Write the scores of every image as CSV");
    verb->add_option("--worst", args->worst,
                     "Write the image with the lowest Dice as a picture: the original beside true positives, "
                     "false positives and false negatives");
    verb->add_flag(
        "--write", args->write,
        "Put the scores into the model's card, in place of those there, with the title, description "
        "and licence of the data list where it has them");
    verb->add_option("--device", args->device, "auto, cpu, cuda or cuda:N");
    verb->add_option("--threads", args->threads, "Processor threads; 0 = all");
    addOverwrite(*verb, line);
    addJson(*verb, line);
    verb->callback([args, &line] { line.run = [args, &line] { return runScore(*args, line); }; });
}

} // namespace cristae
