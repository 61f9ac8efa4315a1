// ensemble: puts several models into one package, whose answer is the mean of their probabilities.
#include "core/segment/ensemble.h"
#include "app/cli/verbs.h"

#include <fmt/format.h>

namespace cristae {

void addEnsemble(CLI::App& app, CommandLine& line) {
    struct Arguments {
        std::vector<std::string> models;
        std::string output, name;
    };
    auto args = std::make_shared<Arguments>();
    CLI::App* verb =
        app.add_subcommand("ensemble", "Puts several models into one, the mean of their answers");
    verb->add_option("models", args->models, "Names or files of models with the same classes and pixel size")
        ->required()
        ->expected(2, 100);
    verb->add_option("--output,-o", args->output, "The model package to write")->required();
    verb->add_option("--name", args->name, "Its name; else that of the file");
    verb->callback([args, &line] {
        line.run = [args, &line] {
            std::filesystem::path output = args->output;
            if (output.extension() != ".safetensors") output += ".safetensors";
            std::vector<ModelPackage> members;
            for (const std::string& model : args->models) members.push_back(line.session.findModel(model));
            const std::string name = args->name.empty() ? output.stem().string() : args->name;
            const ModelPackage made = writeEnsemble(members, name, output);
            fmt::print("{}: {}\n", made.file.string(), made.card.description);
            return 0;
        };
    });
}

} // namespace cristae
