// cristae-cli score: a model on labelled slices, as its card tells it.
#include "app/cli/console.h"
#include "app/cli/verbs.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/learn/data_list.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {

namespace {

struct ScoreArguments {
    std::string model, data, dataRoot, device = "auto";
    int threads = 0;
    bool write = false;
};

int runScore(const ScoreArguments& args, CommandLine& line) {
    ModelPackage package = line.session.findModel(args.model);
    if (args.write) Destination(package.file, Existing::replace).checkFile();
    const ConsoleProgress progress(line.quiet);
    const LoadedDataList loaded = loadDataList(args.data, args.dataRoot, PartProgress(progress, 0, 0.05));
    const auto isTest = [](const TrainingSlice& slice) { return slice.role == Role::test; };
    for (const std::string& sentence : loaded.set.remarks) addRemark(line, sentence);
    if (std::ranges::none_of(loaded.set.slices, isTest))
        throw Error(
            ErrorKind::usage,
            fmt::format("{} has no slices to score; give some of them the role \"test\".", args.data));
    if (loaded.set.classNames.size() != package.card.classes.size())
        throw Error(ErrorKind::usage,
                    fmt::format("{} finds {} classes and {} labels {}; they must be the same ones.",
                                package.card.name, package.card.classes.size(), args.data,
                                loaded.set.classNames.size()));
    const PartProgress scoring(progress, 0.05, 1);
    if (args.write)
        line.session.scoreIntoCard(package, loaded.set, args.device, args.threads, scoring);
    else
        package.card.scores =
            line.session.cardScores(package, loaded.set, args.device, args.threads, scoring);
    if (line.json) {
        nlohmann::json list = nlohmann::json::array();
        for (const ModelScore& one : package.card.scores)
            list.push_back({{"data", one.data}, {"metric", one.metric}, {"value", one.value}});
        printJson(line, {{"scores", list}});
        return 0;
    }
    printScores(package.card.scores);
    return 0;
}

} // namespace

void addScore(CLI::App& app, CommandLine& line) {
    auto* verb = app.add_subcommand(
        "score", "Score a model on labelled slices, with and without test-time augmentation");
    auto args = std::make_shared<ScoreArguments>();
    verb->add_option("MODEL", args->model, "Name or file of the model")->required();
    verb->add_option("--data", args->data,
                     "A data list (JSON) as of train; its slices with the role test are scored")
        ->required();
    verb->add_option("--data-root", args->dataRoot, "Base folder of the paths in the data list");
    verb->add_flag("--write", args->write, "Put the scores into the model's card, in place of those there");
    verb->add_option("--device", args->device, "auto, cpu, cuda or cuda:N");
    verb->add_option("--threads", args->threads, "Processor threads; 0 = all");
    addJson(*verb, line);
    verb->callback([args, &line] { line.run = [args, &line] { return runScore(*args, line); }; });
}

} // namespace cristae
