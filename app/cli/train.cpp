// cristae-cli train: a model from images and labels.
#include "app/cli/console.h"
#include "app/cli/verbs.h"

#include "core/base/error.h"
#include "core/learn/data_list.h"
#include "core/learn/process_place.h"
#include "core/learn/recipe.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {

namespace {

struct TrainArguments {
    std::string images, labels, validationImages, validationLabels, data,
        dataRoot = ".", output, recipe = "balanced", device = "auto";
    std::string name, title, className = "structure", licence, startFrom, runFolder;
    std::vector<std::string> settings;
    std::vector<int64_t> labelValues;
    bool inverted = false, boundaries = false, resume = false, json = false;
    std::optional<uint64_t> seed;
    double validationShare = 0.15, peerTimeout = 60;
};

/// Prints a line an epoch: words, or one JSON object.
class EpochPrinter : public TrainingListener {
public:
    explicit EpochPrinter(bool json) : json_(json) {}
    void onStep(int64_t, double) override {}
    void onEpoch(const EpochReport& r) override {
        if (json_)
            printResult("{}\n", nlohmann::json{{"epoch", r.epoch},
                                               {"epochs", r.epochs},
                                               {"step", r.step},
                                               {"steps", r.steps},
                                               {"training_loss", r.trainingLoss},
                                               {"training_dice", r.trainingDice},
                                               {"validation_loss", r.validationLoss},
                                               {"validation_dice", r.validationDice},
                                               {"validation_iou", r.validationIou},
                                               {"validation_accuracy", r.validationAccuracy},
                                               {"learning_rate", r.learningRate},
                                               {"seconds_per_step", r.secondsPerStep},
                                               {"share_waiting_for_data", r.shareWaitingForData},
                                               {"best", r.best}}
                                    .dump());
        else
            printResult(
                "epoch {} of {}  step {}  loss {:.4f}  validation: loss {:.4f} dice {:.4f} iou {:.4f} "
                "accuracy {:.4f}  waited {:.1f} % of the time for data{}\n",
                r.epoch, r.epochs, r.step, r.trainingLoss, r.validationLoss, r.validationDice,
                r.validationIou, r.validationAccuracy, 100 * r.shareWaitingForData, r.best ? "  best" : "");
        flushOutput();
    }

private:
    bool json_;
};

LabelMeaning meaningOf(const TrainArguments& args) {
    LabelMeaning meaning;
    meaning.inverted = args.inverted;
    meaning.boundariesOfIds = args.boundaries;
    if (!args.labelValues.empty()) meaning.valuesOfClass = {args.labelValues};
    return meaning;
}

/// Without validation data of their own the last slices of the training data are set aside, at least one.
void setAsideSlices(TrainingSet& set, double share, bool speaks) {
    if (set.slices.size() < 2)
        throw Error(ErrorKind::usage, "There is one labelled slice, and none is left to validate on; give "
                                      "--validation-images and --validation-labels, or more slices.");
    setAsideForValidation(set, share);
    if (!speaks) return;
    const auto first = std::find_if(set.slices.begin(), set.slices.end(), [](const TrainingSlice& slice) {
        return slice.role == Role::validation;
    });
    printError("Set aside for validation: {} to {} ({} of {} slices).\n", first->name, set.slices.back().name,
               set.slices.end() - first, set.slices.size());
}

/// The slices, and what their list says of the model.
LoadedDataList dataOf(const TrainArguments& args, bool speaks, const Progress& progress) {
    if (!args.data.empty()) {
        if (!args.images.empty() || !args.labels.empty())
            throw Error(ErrorKind::usage, "--data and --images exclude each other; give one of them.");
        return loadDataList(args.data, args.dataRoot, progress);
    }
    if (args.images.empty() || args.labels.empty())
        throw Error(ErrorKind::usage, "Training needs --images and --labels, or a list with --data.");
    if (args.validationImages.empty() != args.validationLabels.empty())
        throw Error(ErrorKind::usage,
                    "--validation-images and --validation-labels belong together; give both.");
    auto pairs = pairImagesAndLabels(args.images, args.labels, Role::train);
    if (!args.validationImages.empty())
        for (TrainingPair& pair :
             pairImagesAndLabels(args.validationImages, args.validationLabels, Role::validation))
            pairs.push_back(std::move(pair));
    LoadedDataList loaded;
    loaded.set = loadTrainingSet(pairs, meaningOf(args), {args.className}, progress);
    if (args.validationImages.empty()) setAsideSlices(loaded.set, args.validationShare, speaks);
    loaded.card.classes = {{args.className, standardColour(args.className, 1), 0.5}};
    return loaded;
}

/// A given word replaces what the list says.
void replaceIfGiven(std::string& field, const std::string& given, const std::string& otherwise) {
    if (!given.empty())
        field = given;
    else if (field.empty())
        field = otherwise;
}

int run(const TrainArguments& args, CommandLine& line) {
    TrainingPlan plan;
    plan.recipe = loadRecipe(args.recipe);
    for (const std::string& setting : args.settings) recipeSchema().set(plan.recipe, setting);
    if (args.seed) plan.recipe["seed"] = *args.seed;
    plan.output = args.output;
    if (plan.output.extension() != ".safetensors") plan.output += ".safetensors";
    plan.runFolder = args.runFolder.empty() ? std::filesystem::path(plan.output).replace_extension(".run")
                                            : std::filesystem::path(args.runFolder);
    plan.device = args.device;
    plan.resume = args.resume;
    if (!args.startFrom.empty()) plan.startFrom = line.session.findModel(args.startFrom);
    if (plan.startFrom) line.files.addInput(plan.startFrom->file);
    for (const std::string* input : {&args.images, &args.labels, &args.validationImages,
                                     &args.validationLabels, &args.data, &args.recipe})
        if (!input->empty()) line.files.addInput(*input);
    outputFile(line, plan.output);
    plan.place = processPlace();
    plan.place.patienceSeconds = args.peerTimeout;
    const bool leads = plan.place.rank == 0; // of several processes one speaks
    const ConsoleProgress progress(line.quiet || args.json || !leads);
    LoadedDataList data = dataOf(args, leads, progress);
    plan.set = std::move(data.set);
    plan.card = std::move(data.card);
    replaceIfGiven(plan.card.name, args.name, plan.output.stem().string());
    replaceIfGiven(plan.card.title, args.title, plan.card.name);
    replaceIfGiven(plan.card.licence, args.licence, "");
    plan.card.training["command"] = line.command;
    EpochPrinter printer(args.json);
    const TrainingResult result = line.session.train(std::move(plan), printer, progress);
    if (!leads) return 0;
    if (args.json)
        printResult("{}\n", nlohmann::json{{"model", result.package.file.string()},
                                           {"steps", result.stepsDone},
                                           {"ending", result.ending},
                                           {"best_validation_dice", result.bestValidationDice},
                                           {"scores", toJson(result.package.card).at("scores")}}
                                .dump());
    else {
        printResult("{}\n{}  best validation dice {:.4f} after {} steps\n", result.ending,
                    result.package.file.string(), result.bestValidationDice, result.stepsDone);
        printScores(result.package.card.scores);
    }
    return 0;
}

} // namespace

void addTrain(CLI::App& app, CommandLine& line) {
    auto* verb = app.add_subcommand("train", "Train a model on images and labels");
    auto args = std::make_shared<TrainArguments>();
    verb->add_option("--images", args->images, "A stack or a folder of images");
    verb->add_option("--labels", args->labels, "Labels of the same slices, paired by page or by name");
    verb->add_option("--validation-images", args->validationImages,
                     "Images to validate on; else the last training slices are set aside");
    verb->add_option("--validation-labels", args->validationLabels, "Labels to validate on");
    verb->add_option(
        "--data", args->data,
        "A data list (JSON) of several data sets with what their labels mean, instead of --images");
    verb->add_option("--data-root", args->dataRoot, "Folder that the paths of the data list start from");
    verb->add_option("--class", args->className, "Name of what the labels mark");
    verb->add_option("--label-values", args->labelValues,
                     "Label values that mean the class; else every value other than 0")
        ->delimiter(',');
    verb->add_flag("--labels-inverted", args->inverted, "The label value 0 means the class");
    verb->add_flag("--boundaries", args->boundaries, "The class is where label ids change");
    verb->add_option("--output", args->output, "Model package to write (.safetensors)")->required();
    verb->add_option("--name", args->name, "Name of the model; else that of the file");
    verb->add_option("--title", args->title, "Title shown in lists");
    verb->add_option("--licence", args->licence, "Terms under which the model may be used");
    verb->add_option("--recipe", args->recipe, "quick, balanced, thorough or a JSON file");
    verb->add_option("--set", args->settings, "key=value over the recipe; may be given several times");
    verb->add_option("--start-from", args->startFrom, "Name or file of a model whose weights to start from");
    verb->add_option("--run-folder", args->runFolder, "Where log and checkpoints go; else OUTPUT with .run");
    verb->add_flag("--resume", args->resume, "Continue from the last checkpoint, bit for bit");
    verb->add_option("--peer-timeout", args->peerTimeout,
                     "Started as several processes: seconds to wait for the others to come")
        ->check(CLI::Range(1.0, 86400.0));
    verb->add_option("--device", args->device, "auto, cpu, cuda or cuda:N");
    verb->add_option("--seed", args->seed, "Seed of every random number");
    verb->add_flag("--json", args->json, "One JSON object a line");
    addOverwrite(*verb, line);
    verb->callback([args, &line] { line.run = [args, &line] { return run(*args, line); }; });
}

} // namespace cristae
