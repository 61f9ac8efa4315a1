// ensemble: combines several models into one package that gives the mean of their probabilities.
#include "app/cli/console.h"
#include "app/cli/verbs.h"
#include "core/learn/data_list.h"

#include <fmt/format.h>

namespace cristae {

namespace {

struct EnsembleArguments {
    std::vector<std::string> models;
    std::string output, name, data, dataRoot, device = "auto";
    int threads = 0;
};

int run(const EnsembleArguments& args, CommandLine& line) {
    EnsembleRequest request;
    std::filesystem::path output = args.output;
    if (output.extension() != ".safetensors") output += ".safetensors";
    request.name = args.name.empty() ? output.stem().string() : args.name;
    request.device = args.device;
    request.threads = args.threads;
    request.training = {{"command", line.command}, {"program", "Cristae " CRISTAE_VERSION}};
    for (const std::string& model : args.models) {
        request.members.push_back(line.session.findModel(model));
        line.files.addInput(request.members.back().file);
    }
    if (!args.data.empty()) line.files.addInput(args.data);
    request.output = outputFile(line, output);
    const ConsoleProgress progress(line.quiet);
    if (!args.data.empty()) {
        LoadedDataList loaded = loadDataList(args.data, args.dataRoot, PartProgress(progress, 0, 0.05));
        request.set = std::move(loaded.set);
        request.words = std::move(loaded.card);
    }
    const ModelPackage made = line.session.makeEnsemble(request, PartProgress(progress, 0.05, 1));
    for (const std::string& sentence : request.set.remarks) addRemark(line, sentence);
    if (line.json) {
        printJson(line, {{"output", made.file.string()}, {"scores", toJson(made.card).at("scores")}});
        return 0;
    }
    printResult("{}: {}\n", made.file.string(), made.card.description);
    printScores(made.card.scores);
    return 0;
}

} // namespace

void addEnsemble(CLI::App& app, CommandLine& line) {
    auto args = std::make_shared<EnsembleArguments>();
    CLI::App* verb =
        app.add_subcommand("ensemble", "Combine several models into one: the mean of their probabilities");
    verb->add_option("models", args->models, "Names or files of models with the same classes and pixel size")
        ->required()
        ->expected(2, 100);
    verb->add_option("--output,-o", args->output, "The model package to write")->required();
    verb->add_option("--name", args->name, "Name of the model; else that of the file");
    verb->add_option(
        "--data", args->data,
        "A data list (JSON) as of train: validation slices choose the thresholds, test slices give the "
        "scores, and its descriptions go into the card; without it thresholds are the members' mean");
    verb->add_option("--data-root", args->dataRoot, "Base folder of the paths in the data list");
    verb->add_option("--device", args->device, "auto, cpu, cuda or cuda:N");
    verb->add_option("--threads", args->threads, "Processor threads; 0 = all");
    addJson(*verb, line);
    addOverwrite(*verb, line);
    verb->callback([args, &line] { line.run = [args, &line] { return run(*args, line); }; });
}

} // namespace cristae
