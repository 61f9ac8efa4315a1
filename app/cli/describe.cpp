// cristae-cli describe: what a model's training images look like, for its card.
#include "app/cli/console.h"
#include "app/cli/verbs.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/learn/data_list.h"
#include "core/segment/domain.h"
#include "core/segment/package_writer.h"

#include <cmath>

namespace cristae {

namespace {

struct DescribeArguments {
    std::string model, data, dataRoot, device = "auto";
    int threads = 0;
    bool write = false;
};

int runDescribe(const DescribeArguments& args, CommandLine& line) {
    ModelPackage package = line.session.findModel(args.model);
    if (args.write) Destination(package.file, Existing::replace).checkFile();
    const ConsoleProgress progress(line.quiet);
    const LoadedDataList loaded = loadDataList(args.data, args.dataRoot, PartProgress(progress, 0, 0.1));
    for (const std::string& sentence : loaded.set.remarks) addRemark(line, sentence);
    const nlohmann::json json = line.session.domainFor(package, loaded.set.slices, args.device, args.threads,
                                                       PartProgress(progress, 0.1, 1));
    const std::optional<Domain> domain = domainFromJson(json);
    if (!domain)
        throw Error(
            ErrorKind::usage,
            fmt::format("{} has no slices to describe; give some of them the role \"train\".", args.data));
    if (args.write) {
        package.card.domain = json;
        package = publishPackage(package, {package.file, Existing::replace});
    }
    if (line.json) {
        printJson(line, {{"model", package.card.name}, {"domain", json}, {"written", args.write}});
        return 0;
    }
    for (const Domain::Group& group : domain->groups)
        printResult("{}: noise {:.3g} of the standard deviation, skew {:.2f}\n", group.data,
                    std::pow(10, group.mean[7]), skewOf(group.mean));
    return 0;
}

} // namespace

void addDescribe(CLI::App& app, CommandLine& line) {
    auto* verb = app.add_subcommand(
        "describe", "Describe the training images of a model, so that images unlike them are noticed");
    auto args = std::make_shared<DescribeArguments>();
    verb->add_option("MODEL", args->model, "Name or file of the model")->required();
    verb->add_option("--data", args->data, "A data list (JSON) as of train; its slices with the role train")
        ->required();
    verb->add_option("--data-root", args->dataRoot, "Base folder of the paths in the data list");
    verb->add_flag("--write", args->write,
                   "Put the description into the model's card; training does so by itself");
    verb->add_option("--device", args->device, "auto, cpu, cuda or cuda:N");
    verb->add_option("--threads", args->threads, "Processor threads; 0 = all");
    addJson(*verb, line);
    verb->callback([args, &line] { line.run = [args, &line] { return runDescribe(*args, line); }; });
}

} // namespace cristae
