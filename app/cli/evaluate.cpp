// cristae-cli evaluate: predictions against a truth.
#include "app/cli/console.h"
#include "app/cli/verbs.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/export/difference_file.h"
#include "core/export/metadata.h"
#include "core/export/picture_file.h"
#include "core/measure/comparison.h"
#include "core/measure/difference.h"
#ifdef CRISTAE_HAS_REPORT
#include "ui/report/evaluation_report.h"
#include "ui/report/pdf_exporter.h"
#endif

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace cristae {

namespace {

struct EvaluateArguments {
    std::vector<std::string> files; // predictions, and the truth last
    std::string predictionDataset, truthDataset, perSlice, difference, image, report;
    std::vector<std::string> metrics;
    std::optional<int64_t> truthLabel, predictionLabel;
    std::optional<double> threshold;
    std::string objectsIn = "volume";
    bool truthInverted = false, truthIds = false, predictionIds = false, boundaries = false, json = false;
};

EvaluationOptions evaluationOptions(const EvaluateArguments& args) {
    EvaluationOptions options{args.truthLabel, args.predictionLabel, args.truthInverted};
    options.metrics = args.metrics;
    if (options.metrics.empty() && !args.report.empty()) options.metrics = {"all"};
    options.predictionIds = args.predictionIds;
    options.truthIds = args.truthIds;
    options.connectivity = args.objectsIn == "slices" ? Connectivity::slices : Connectivity::volume;
    options.boundaries = args.boundaries;
    return options;
}

nlohmann::json figuresJson(const std::vector<Metric>& metrics) {
    nlohmann::json result, conventions;
    for (const Metric& metric : metrics) {
        result[metric.name] = metric.value;
        conventions[metric.name] = metric.convention;
    }
    result["conventions"] = conventions;
    return result;
}

void printFigures(const std::vector<Metric>& metrics) {
    if (const std::string found = foundWords(metrics); !found.empty()) printResult("{}\n", found);
    for (const Metric& metric : metrics)
        if (std::isnan(metric.value))
            printResult("{:<24} not defined  {}\n", metric.name, metric.convention);
        else
            printResult("{:<24} {:.4f}  {}\n", metric.name, metric.value, metric.convention);
}

ClassTable classTable(const ImageInfo& info) {
    ClassTable table;
    for (const LabelClass& one : classesOf(info)) table.set(one);
    return table;
}

/// A prediction as labels, and what of them is foreground.
std::pair<TileSourcePtr, EvaluationOptions>
labelsOf(const EvaluateArguments& args, const TileSourcePtr& prediction, const Progress& progress) {
    EvaluationOptions options = evaluationOptions(args);
    if (!args.threshold || !holdsFractions(*prediction, progress)) return {prediction, options};
    options.predictionLabel.reset();
    return {thresholded(prediction, *args.threshold), options};
}

/// Where the verb writes, checked before it begins; nothing where nothing is asked for.
struct Outputs {
    std::optional<Destination> perSlice, report, difference;
};

Outputs outputsOf(const EvaluateArguments& args, CommandLine& line) {
    for (const std::string& file : args.files) line.files.addInput(file);
    if (!args.image.empty()) line.files.addInput(args.image);
    Outputs outputs;
    for (const auto& [path, place] :
         {std::pair{&args.perSlice, &outputs.perSlice}, std::pair{&args.report, &outputs.report},
          std::pair{&args.difference, &outputs.difference}})
        if (!path->empty()) *place = line.files.to(*path);
    if (outputs.perSlice) outputs.perSlice->checkFile();
    if (outputs.report) outputs.report->checkFile();
    return outputs;
}

/// Whatever needs more than the figures of one prediction.
bool wantsRecord(const EvaluateArguments& args) {
    return args.files.size() > 2 || !args.perSlice.empty() || !args.report.empty();
}

EvaluationRecord recordOf(const EvaluateArguments& args, const std::vector<TileSourcePtr>& predictions,
                          const TileSourcePtr& truth, const Progress& progress) {
    EvaluationRecord record;
    record.program = "Cristae " CRISTAE_VERSION;
    record.truth = comparedFile(truth->info(), progress);
    record.truthNames = classTable(truth->info());
    const EvaluationOptions options = evaluationOptions(args);
    for (size_t i = 0; i < predictions.size(); ++i) {
        const PartProgress part(progress, double(i) / double(predictions.size()),
                                double(i + 1) / double(predictions.size()));
        record.predictions.push_back(compareWithTruth(predictions[i], *truth, options, args.threshold, part));
        record.predictions.back().classNames = classTable(predictions[i]->info());
    }
    return record;
}

#ifdef CRISTAE_HAS_REPORT
/// Each prediction's difference on the slice where it is worst.
std::vector<EvaluationPicture> reportPictures(const EvaluateArguments& args, const EvaluationRecord& record,
                                              const std::vector<TileSourcePtr>& predictions,
                                              const TileSourcePtr& truth, const Progress& progress) {
    const TileSourcePtr image = args.image.empty() ? nullptr : openImage(args.image);
    std::vector<EvaluationPicture> pictures;
    for (size_t i = 0; i < predictions.size(); ++i) {
        const Comparison& one = record.predictions[i];
        const int64_t z = worstSlice(one);
        const auto [labels, options] = labelsOf(args, predictions[i], progress);
        pictures.push_back(
            {differenceImage(labels, truth, options, image, z, progress),
             QString::fromStdString(fmt::format("slice {} (Dice {:.3f}): {}", z + 1,
                                                one.slices[size_t(z)].dice(), one.prediction.name))});
    }
    return pictures;
}
#endif

void writeReport(const EvaluateArguments& args, const Destination& report, const EvaluationRecord& record,
                 [[maybe_unused]] const std::vector<TileSourcePtr>& predictions,
                 [[maybe_unused]] const TileSourcePtr& truth, [[maybe_unused]] const Progress& progress) {
    if (std::filesystem::path(args.report).extension() == ".csv") {
        writeFileAtomically(report, evaluationCsv(record));
        return;
    }
#ifdef CRISTAE_HAS_REPORT
    const auto application = ensureGuiApplication();
    writeEvaluationPdf(report, record, reportPictures(args, record, predictions, truth, progress));
#endif
}

/// Writes the picture in four colours of the first prediction; gives the place where it stands.
std::filesystem::path writeDifference(const EvaluateArguments& args, const Destination& output,
                                      const TileSourcePtr& prediction, const TileSourcePtr& truth,
                                      const Session& session, const Progress& progress) {
    const auto [labels, options] = labelsOf(args, prediction, progress);
    const TileSourcePtr image = args.image.empty() ? nullptr : openImage(args.image);
    return writeDifferencePicture(*differencePicture(labels, truth, options, image), session.exporters(),
                                  output, args.files.front(), args.files.back(), progress);
}

void checkReport(const EvaluateArguments& args) {
    if (args.report.empty()) return;
    const std::string ending = std::filesystem::path(args.report).extension();
#ifdef CRISTAE_HAS_REPORT
    const bool known = ending == ".csv" || ending == ".pdf";
#else
    const bool known = ending == ".csv";
#endif
    if (!known)
        throw Error(ErrorKind::usage,
                    fmt::format("--report {} must end in .pdf or .csv (.pdf only where the program was built "
                                "with its window).",
                                args.report));
}

int run(const EvaluateArguments& args, CommandLine& line) {
    checkReport(args);
    const Outputs outputs = outputsOf(args, line);
    OpenOptions predictionOptions, truthOptions;
    predictionOptions.dataset = args.predictionDataset;
    truthOptions.dataset = args.truthDataset;
    std::vector<TileSourcePtr> predictions;
    for (size_t i = 0; i + 1 < args.files.size(); ++i)
        predictions.push_back(openImage(args.files[i], predictionOptions));
    const TileSourcePtr truth = openImage(args.files.back(), truthOptions);
    if (outputs.difference)
        requirePicturePlace(truth->info().extent(), line.session.exporters(), *outputs.difference);
    EvaluationRecord record;
    std::filesystem::path picture;
    {
        const ConsoleProgress progress(line.quiet);
        if (wantsRecord(args))
            record = recordOf(args, predictions, truth, PartProgress(progress, 0, 0.9));
        else
            record.predictions.push_back(
                {{}, evaluate(*predictions.front(), *truth, evaluationOptions(args), progress), {}, {}, {}});
        if (outputs.perSlice) writeFileAtomically(*outputs.perSlice, slicesCsv(record));
        if (outputs.report) writeReport(args, *outputs.report, record, predictions, truth, progress);
        if (outputs.difference)
            picture = writeDifference(args, *outputs.difference, predictions.front(), truth, line.session,
                                      PartProgress(progress, 0.9, 1));
    }
    if (args.json) {
        nlohmann::json result = figuresJson(record.predictions.front().metrics);
        if (record.predictions.size() > 1) {
            nlohmann::json list = nlohmann::json::array();
            for (const Comparison& one : record.predictions) {
                list.push_back(figuresJson(one.metrics));
                list.back()["prediction"] = one.prediction.path.string();
            }
            result = {{"predictions", list}};
        }
        printResult("{}\n", jsonText(result));
        return 0;
    }
    for (const Comparison& one : record.predictions) {
        if (record.predictions.size() > 1)
            printResult("{}{}\n", &one == &record.predictions.front() ? "" : "\n",
                        one.prediction.path.string());
        printFigures(one.metrics);
    }
    if (!args.difference.empty()) printResult("{}  {}\n", picture.string(), differenceLegend());
    for (const std::string& written : {args.perSlice, args.report})
        if (!written.empty()) printResult("{}\n", written);
    return 0;
}

} // namespace

void addEvaluate(CLI::App& app, CommandLine& line) {
    auto* verb = app.add_subcommand("evaluate", "Compare predictions with a ground truth");
    auto args = std::make_shared<EvaluateArguments>();
    verb->add_option("FILES", args->files,
                     "PREDICTION… TRUTH: labels or masks, and last the ground truth of the same size, in "
                     "which every value other than 0 is foreground")
        ->required()
        ->expected(2, 1000);
    verb->add_option("--truth-label", args->truthLabel, "Only this value of the ground truth is foreground");
    verb->add_option("--prediction-label", args->predictionLabel,
                     "Only this value of the prediction is foreground");
    verb->add_flag("--truth-inverted", args->truthInverted, "The value 0 of the ground truth is foreground");
    verb->add_option("--threshold", args->threshold,
                     "Probabilities from this value on are foreground, so that they give all metrics")
        ->check(CLI::Range(0.0, 1.0));
    verb->add_option("--metrics", args->metrics,
                     "Metrics or groups (pixels, objects, surfaces, partitions, curves, all), "
                     "separated by commas; else pixels")
        ->delimiter(',');
    verb->add_flag("--truth-ids", args->truthIds,
                   "Values of the ground truth are object ids; otherwise objects are connected components");
    verb->add_flag("--prediction-ids", args->predictionIds, "Values of the prediction are object ids");
    verb->add_option("--objects-in", args->objectsIn,
                     "volume: objects in 3D, through the slices; slices: objects in 2D, in each slice")
        ->check(CLI::IsMember({"volume", "slices"}));
    verb->add_flag("--boundaries", args->boundaries,
                   "Foreground marks boundaries: compare the cells they enclose (v_rand, v_info …)");
    verb->add_option("--dataset", args->predictionDataset, "Dataset of the prediction inside an HDF5 file");
    verb->add_option("--truth-dataset", args->truthDataset,
                     "Dataset of the ground truth inside an HDF5 file");
    verb->add_option("--per-slice", args->perSlice, "CSV to write: the pixel metrics of every slice");
    verb->add_option("--difference", args->difference,
                     "Picture to write (.png, .tif …): true and false positives and negatives in colours, of "
                     "the first prediction");
    verb->add_option("--image", args->image, "The micrographs, shown under the colours of the difference");
    verb->add_option("--report", args->report,
                     "File to write (.pdf, .csv): every metric with its convention, the slices, the classes, "
                     "the difference and the files; with all metrics unless --metrics names some");
    verb->add_flag("--json", args->json, "Print one JSON object");
    addOverwrite(*verb, line);
    verb->callback([args, &line] { line.run = [args, &line] { return run(*args, line); }; });
}

} // namespace cristae
