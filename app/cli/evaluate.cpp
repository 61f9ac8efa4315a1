// cristae-cli evaluate: predictions against a truth.
#include "app/cli/console.h"
#include "app/cli/verbs.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/export/difference_file.h"
#include "core/export/metadata.h"
#include "core/export/picture_file.h"
#include "core/image/with_voxel_size.h"
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
    ReadingFlags reading, truthReading;
    LabelRule rule;
    std::string perSlice, difference, image, report;
    std::vector<std::string> metrics;
    std::optional<int64_t> truthLabel, predictionLabel;
    std::optional<double> threshold;
    std::string objectsIn = "volume";
    bool truthInverted = false, ids = false, truthIds = false, predictionIds = false, boundaries = false;
    int64_t smallest = 0;
};

EvaluationOptions evaluationOptions(const EvaluateArguments& args) {
    EvaluationOptions options{args.truthLabel, args.predictionLabel, args.truthInverted};
    options.metrics = args.metrics;
    if (options.metrics.empty() && !args.report.empty()) options.metrics = {"all"};
    options.predictionIds = args.predictionIds || args.ids;
    options.truthIds = args.truthIds || args.ids;
    options.connectivity = args.objectsIn == "slices" ? Connectivity::slices : Connectivity::volume;
    options.boundaries = args.boundaries;
    options.smallest = args.smallest;
    return options;
}

nlohmann::json classesJson(const Comparison& one, const ClassTable& truthNames) {
    nlohmann::json list = nlohmann::json::array();
    for (const ClassScore& score : classScores(one.classes, truthNames, one.classNames))
        list.push_back({{"value", score.value},
                        {"name", score.name},
                        {"dice", score.counts.dice()},
                        {"iou", score.counts.iou()},
                        {"precision", score.counts.precision()},
                        {"recall", score.counts.recall()}});
    return list;
}

nlohmann::json figuresJson(const Comparison& one, const ClassTable& truthNames) {
    nlohmann::json result, conventions;
    for (const Metric& metric : one.metrics) {
        result[metric.name] = metric.value;
        conventions[metric.name] = metric.convention;
    }
    result["conventions"] = conventions;
    if (nlohmann::json classes = classesJson(one, truthNames); !classes.empty()) result["classes"] = classes;
    return result;
}

void printFigures(const Comparison& one, const ClassTable& truthNames) {
    if (const std::string found = foundWords(one.metrics); !found.empty()) printResult("{}\n", found);
    for (const Metric& metric : one.metrics)
        if (std::isnan(metric.value))
            printResult("{:<24} not defined  {}\n", metric.name, metric.convention);
        else
            printResult("{:<24} {:.4f}  {}\n", metric.name, metric.value, metric.convention);
    const std::vector<ClassScore> classes = classScores(one.classes, truthNames, one.classNames);
    if (!classes.empty()) printResult("The figures above take all classes for one; class by class:\n");
    for (const ClassScore& score : classes)
        printResult("{:<24} dice {:.4f}  iou {:.4f}  precision {:.4f}  recall {:.4f}\n",
                    fmt::format("{} {}", score.value, score.name), score.counts.dice(), score.counts.iou(),
                    score.counts.precision(), score.counts.recall());
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
    remarkOnSpreadsheetName(line, args.perSlice, "CSV");
    if (outputs.report) outputs.report->checkFile();
    return outputs;
}

/// What the verb reads.
struct Inputs {
    std::vector<PreparedPrediction> predictions;
    TileSourcePtr truth, image; // image: null where none was given
};

/// Labels, or probabilities as they are where those are expected.
PreparedPrediction openPrediction(const EvaluateArguments& args, CommandLine& line, const std::string& file,
                                  const Progress& progress) {
    OpenOptions options = args.reading.options();
    options.labels = true;
    line.files.addInput(file);
    PreparedPrediction prepared =
        preparePrediction(openImage(file, options), evaluationOptions(args), args.threshold, progress);
    if (!prepared.probabilities)
        prepared.labels = asLabels(prepared.labels, {{}, args.rule.renumber}, progress);
    addRemarks(line, file, prepared.labels->info().remarks);
    return prepared;
}

Inputs openInputs(const EvaluateArguments& args, CommandLine& line, const Progress& progress) {
    Inputs inputs;
    for (size_t i = 0; i + 1 < args.files.size(); ++i)
        inputs.predictions.push_back(openPrediction(args, line, args.files[i], progress));
    inputs.truth = openLabelInput(line, args.files.back(), args.truthReading.options(), args.rule, progress);
    for (size_t i = 0; i < inputs.predictions.size(); ++i)
        if (const std::string remark =
                remarkOnSizes(inputs.truth->info(), inputs.predictions[i].labels->info());
            !remark.empty())
            addRemark(line, remark);
    if (!args.image.empty()) inputs.image = openInput(line, args.image);
    return inputs;
}

/// The figures of all predictions; hashes and slices where a file is written.
EvaluationRecord recordOf(const EvaluateArguments& args, const Inputs& inputs, CommandLine& line,
                          const Progress& progress) {
    const auto& [predictions, truth, image] = inputs;
    EvaluationRecord record;
    record.program = "Cristae " CRISTAE_VERSION;
    const ComparisonParts parts{!args.report.empty() || !args.perSlice.empty(),
                                !args.report.empty() || !args.perSlice.empty()};
    if (parts.file) record.truth = comparedFile(truth->info(), progress);
    record.truthNames = classTableOf(truth->info());
    for (size_t i = 0; i < predictions.size(); ++i) {
        const PartProgress part(progress, double(i) / double(predictions.size()),
                                double(i + 1) / double(predictions.size()));
        record.predictions.push_back(compareWithTruth(predictions[i], *truth, part, parts));
        Comparison& one = record.predictions.back();
        one.classNames = classTableOf(predictions[i].labels->info());
        addRemarks(line, args.files[i], one.remarks);
        if (args.threshold && !one.fromProbabilities)
            addRemarks(line, args.files[i],
                       {"The file holds labels, not probabilities: --threshold has no effect."});
    }
    record.remarks = line.remarks;
    return record;
}

#ifdef CRISTAE_HAS_REPORT
/// Each prediction's difference on the slice where it is worst.
std::vector<EvaluationPicture> reportPictures(const EvaluationRecord& record, const Inputs& inputs,
                                              const Progress& progress) {
    const auto& [predictions, truth, image] = inputs;
    std::vector<EvaluationPicture> pictures;
    for (size_t i = 0; i < predictions.size(); ++i) {
        const Comparison& one = record.predictions[i];
        const int64_t z = worstSlice(one);
        pictures.push_back(
            {differenceImage(predictions[i].labels, truth, predictions[i].options, image, z, progress),
             QString::fromStdString(fmt::format("slice {} (Dice {:.3f}): {}", z + 1,
                                                one.slices[size_t(z)].dice(), one.prediction.name))});
    }
    return pictures;
}
#endif

void writeReport(const EvaluateArguments& args, const Destination& report, const EvaluationRecord& record,
                 [[maybe_unused]] const Inputs& inputs, [[maybe_unused]] const Progress& progress) {
    if (std::filesystem::path(args.report).extension() == ".csv") {
        writeFileAtomically(report, evaluationCsv(record));
        return;
    }
#ifdef CRISTAE_HAS_REPORT
    const auto application = ensureGuiApplication();
    writeEvaluationPdf(report, record, reportPictures(record, inputs, progress));
#endif
}

/// Writes the picture in four colours of the first prediction; gives the place where it stands.
std::filesystem::path writeDifference(const EvaluateArguments& args, const Destination& output,
                                      const Inputs& inputs, const Session& session,
                                      const Progress& progress) {
    const PreparedPrediction& first = inputs.predictions.front();
    return writeDifferencePicture(*differencePicture(first.labels, inputs.truth, first.options, inputs.image),
                                  session.exporters(), output, args.files.front(), args.files.back(),
                                  progress);
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
    Inputs inputs;
    EvaluationRecord record;
    std::filesystem::path picture;
    {
        const ConsoleProgress progress(line.quiet);
        inputs = openInputs(args, line, PartProgress(progress, 0, 0.2));
        if (outputs.difference)
            requirePicturePlace(inputs.truth->info().extent(), line.session.exporters(), *outputs.difference);
        record = recordOf(args, inputs, line, PartProgress(progress, 0.2, 0.9));
        if (outputs.perSlice) writeFileAtomically(*outputs.perSlice, slicesCsv(record));
        if (outputs.report) writeReport(args, *outputs.report, record, inputs, progress);
        if (outputs.difference)
            picture = writeDifference(args, *outputs.difference, inputs, line.session,
                                      PartProgress(progress, 0.9, 1));
    }
    if (line.json) {
        nlohmann::json result = figuresJson(record.predictions.front(), record.truthNames);
        if (record.predictions.size() > 1) {
            nlohmann::json list = nlohmann::json::array();
            for (const Comparison& one : record.predictions) {
                list.push_back(figuresJson(one, record.truthNames));
                list.back()["prediction"] = args.files[size_t(&one - record.predictions.data())];
            }
            result = {{"predictions", list}};
        }
        printJson(line, result);
        return 0;
    }
    for (const Comparison& one : record.predictions) {
        if (record.predictions.size() > 1)
            printResult("{}{}\n", &one == &record.predictions.front() ? "" : "\n",
                        args.files[size_t(&one - record.predictions.data())]);
        printFigures(one, record.truthNames);
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
    verb->add_option(
            "--threshold", args->threshold,
            "Probabilities from this value on are foreground, so that they give all metrics; maps of "
            "0 to 255 or 65535 are taken for 0 to 1")
        ->check(CLI::Range(0.0, 1.0));
    verb->add_option("--metrics", args->metrics,
                     "Metrics or groups (pixels, objects, surfaces, partitions, curves, all), "
                     "separated by commas; else pixels")
        ->delimiter(',');
    verb->add_flag("--ids", args->ids,
                   "Values of both are object ids: equal values are one object, also in several pieces; "
                   "otherwise objects are what touches");
    verb->add_flag("--truth-ids", args->truthIds,
                   "Values of the ground truth are object ids; otherwise objects are connected components");
    verb->add_flag("--prediction-ids", args->predictionIds, "Values of the prediction are object ids");
    verb->add_option("--smallest", args->smallest,
                     "Objects of fewer voxels are left out of the object metrics, on both sides")
        ->check(CLI::Range(int64_t(0), int64_t(1) << 40));
    verb->add_option("--objects-in", args->objectsIn,
                     "volume: objects in 3D, through the slices; slices: objects in 2D, in each slice")
        ->check(CLI::IsMember({"volume", "slices"}));
    verb->add_flag("--boundaries", args->boundaries,
                   "Foreground marks boundaries: compare the cells they enclose (v_rand, v_info …)");
    addReading(*verb, args->reading);
    addReading(*verb, args->truthReading, "truth-", "the ground truth");
    addLabelRule(*verb, args->rule);
    verb->add_option("--per-slice", args->perSlice, "CSV to write: the pixel metrics of every slice");
    verb->add_option("--difference", args->difference,
                     "Picture to write (.png, .tif …): true and false positives and negatives in colours, of "
                     "the first prediction");
    verb->add_option("--image", args->image, "The micrographs, shown under the colours of the difference");
    verb->add_option("--report", args->report,
                     "File to write (.pdf, .csv): every metric with its convention, the slices, the classes, "
                     "the difference and the files; with all metrics unless --metrics names some");
    addJson(*verb, line);
    addOverwrite(*verb, line);
    verb->callback([args, &line] { line.run = [args, &line] { return run(*args, line); }; });
}

} // namespace cristae
