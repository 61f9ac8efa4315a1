// cristae-cli evaluate: a prediction against a truth.
#include "app/cli/console.h"
#include "app/cli/verbs.h"

#include "core/base/error.h"
#include "core/measure/metrics.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {

namespace {

struct EvaluateArguments {
    std::string prediction, truth, predictionDataset, truthDataset;
    std::vector<std::string> metrics;
    std::optional<int64_t> truthLabel, predictionLabel;
    bool truthInverted = false, json = false;
};

int run(const EvaluateArguments& args, CommandLine& line) {
    OpenOptions predictionOptions, truthOptions;
    predictionOptions.dataset = args.predictionDataset;
    truthOptions.dataset = args.truthDataset;
    const TileSourcePtr prediction = openImage(args.prediction, predictionOptions);
    const TileSourcePtr truth = openImage(args.truth, truthOptions);
    const EvaluationOptions options{args.truthLabel, args.predictionLabel, args.truthInverted};
    std::vector<Metric> metrics;
    {
        const ConsoleProgress progress(line.quiet);
        metrics = evaluate(*prediction, *truth, options, progress);
    }
    if (!args.metrics.empty()) {
        std::vector<Metric> wanted;
        for (const std::string& word : args.metrics) {
            const auto it =
                std::find_if(metrics.begin(), metrics.end(), [&](const Metric& m) { return m.name == word; });
            if (it == metrics.end()) {
                std::vector<std::string> names;
                for (const Metric& known : metrics) names.push_back(known.name);
                throw Error(ErrorKind::usage, fmt::format("There is no metric \"{}\"; there are {}.", word,
                                                          fmt::join(names, ", ")));
            }
            wanted.push_back(*it);
        }
        metrics = std::move(wanted);
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
        for (const Metric& metric : metrics)
            fmt::print("{:<12} {:.4f}  {}\n", metric.name, metric.value, metric.convention);
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
    verb->add_option("--metrics", args->metrics, "Metrics to print, separated by commas")->delimiter(',');
    verb->add_option("--dataset", args->predictionDataset, "Dataset of the prediction inside an HDF5 file");
    verb->add_option("--truth-dataset", args->truthDataset, "Dataset of the truth inside an HDF5 file");
    verb->add_flag("--json", args->json, "Print one JSON object");
    verb->callback([args, &line] { line.run = [args, &line] { return run(*args, line); }; });
}

} // namespace cristae
