// cristae-cli evaluate: a prediction against a truth.
#include "app/cli/console.h"
#include "app/cli/verbs.h"

#include "core/base/error.h"
#include "core/measure/metrics.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace cristae {

namespace {

struct EvaluateArguments {
    std::string prediction, truth, predictionDataset, truthDataset;
    std::vector<std::string> metrics;
    std::optional<int64_t> truthLabel, predictionLabel;
    std::string objectsIn = "volume";
    bool truthInverted = false, truthIds = false, predictionIds = false, boundaries = false, json = false;
};

/// "75 of 302 objects found", where that is known.
void printFound(const std::vector<Metric>& metrics) {
    const auto value = [&](const char* name) -> std::optional<double> {
        const auto it = std::ranges::find(metrics, name, &Metric::name);
        return it == metrics.end() ? std::nullopt : std::optional(it->value);
    };
    const auto found = value("objects_found"), total = value("objects_total");
    if (found && total) fmt::print("{:.0f} of {:.0f} objects found\n", *found, *total);
}

int run(const EvaluateArguments& args, CommandLine& line) {
    OpenOptions predictionOptions, truthOptions;
    predictionOptions.dataset = args.predictionDataset;
    truthOptions.dataset = args.truthDataset;
    const TileSourcePtr prediction = openImage(args.prediction, predictionOptions);
    const TileSourcePtr truth = openImage(args.truth, truthOptions);
    EvaluationOptions options{args.truthLabel, args.predictionLabel, args.truthInverted};
    options.metrics = args.metrics;
    options.predictionIds = args.predictionIds;
    options.truthIds = args.truthIds;
    options.connectivity = args.objectsIn == "slices" ? Connectivity::slices : Connectivity::volume;
    options.boundaries = args.boundaries;
    std::vector<Metric> metrics;
    {
        const ConsoleProgress progress(line.quiet);
        metrics = evaluate(*prediction, *truth, options, progress);
    }
    if (args.json) {
        nlohmann::json result, conventions;
        for (const Metric& metric : metrics) {
            result[metric.name] = metric.value;
            conventions[metric.name] = metric.convention;
        }
        result["conventions"] = conventions;
        fmt::print("{}\n", result.dump(2));
    } else {
        printFound(metrics);
        for (const Metric& metric : metrics)
            if (std::isnan(metric.value))
                fmt::print("{:<24} not defined  {}\n", metric.name, metric.convention);
            else
                fmt::print("{:<24} {:.4f}  {}\n", metric.name, metric.value, metric.convention);
    }
    return 0;
}

} // namespace

void addEvaluate(CLI::App& app, CommandLine& line) {
    auto* verb = app.add_subcommand("evaluate", "Compare a prediction with a ground truth");
    auto args = std::make_shared<EvaluateArguments>();
    verb->add_option("PREDICTION", args->prediction, "Labels or mask")->required();
    verb->add_option("TRUTH", args->truth,
                     "Ground truth of the same size; every value other than 0 is foreground")
        ->required();
    verb->add_option("--truth-label", args->truthLabel, "Only this value of the truth is foreground");
    verb->add_option("--prediction-label", args->predictionLabel,
                     "Only this value of the prediction is foreground");
    verb->add_flag("--truth-inverted", args->truthInverted, "The value 0 of the truth is foreground");
    verb->add_option("--metrics", args->metrics,
                     "Metrics or groups (pixels, objects, surfaces, partitions, curves, all), "
                     "separated by commas; else pixels")
        ->delimiter(',');
    verb->add_flag("--truth-ids", args->truthIds,
                   "Values of the truth are object ids; else objects are what touches");
    verb->add_flag("--prediction-ids", args->predictionIds, "Values of the prediction are object ids");
    verb->add_option("--objects-in", args->objectsIn,
                     "volume: objects go on through the slices; slices: each slice has its own")
        ->check(CLI::IsMember({"volume", "slices"}));
    verb->add_flag("--boundaries", args->boundaries,
                   "Foreground marks boundaries: compare the cells they enclose (v_rand, v_info …)");
    verb->add_option("--dataset", args->predictionDataset, "Dataset of the prediction inside an HDF5 file");
    verb->add_option("--truth-dataset", args->truthDataset, "Dataset of the truth inside an HDF5 file");
    verb->add_flag("--json", args->json, "Print one JSON object");
    verb->callback([args, &line] { line.run = [args, &line] { return run(*args, line); }; });
}

} // namespace cristae
