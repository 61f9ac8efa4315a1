// cristae-cli train: a model from images and labels.
#include "app/cli/console.h"
#include "app/cli/fine_tune.h"
#include "app/cli/train_request.h"
#include "app/cli/verbs.h"

#include "core/base/error.h"
#include "core/learn/checkpoint_files.h"
#include "core/learn/fine_tune.h"
#include "core/learn/leak_guard.h"
#include "core/learn/process_place.h"
#include "core/learn/recipe.h"
#include "core/learn/run_folder.h"
#include "core/learn/run_record.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cristae {

namespace {

struct TrainArguments {
    TrainRequest request;
    std::string output, recipe, device;
    std::string name, title, licence, startFrom, runFolder;
    std::vector<std::string> settings;
    FitArguments fit;
    bool resume = false, overwrite = false, keepSample = false;
    std::optional<uint64_t> seed;
    double peerTimeout = 60, checkpointSeconds = 300;

    /// The model's own network and a short, careful schedule.
    bool fits() const { return !startFrom.empty() && recipe.empty() && !resume; }
};

/// Prints a line an epoch: words, or one JSON object.
class EpochPrinter : public TrainingListener {
public:
    EpochPrinter(CommandLine& line, const ConsoleProgress& progress) : line_(line), progress_(progress) {}
    void onStep(int64_t, double) override { progress_.holdBack(true); } // a log has a line an epoch
    void onEpoch(const EpochReport& r) override {
        progress_.printLast();
        progress_.holdBack(false);
        if (line_.json)
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
                                               {"share_known", r.shareKnown},
                                               {"best", r.best}}
                                    .dump());
        else
            printResult(
                "epoch {} of {}  step {}  loss {:.4f}{}{}  waited {:.1f} % of the time for data{}\n", r.epoch,
                r.epochs, r.step, r.trainingLoss,
                r.validationAccuracy > 0 // without labels to validate on there are no scores
                    ? fmt::format("  validation: loss {:.4f} dice {:.4f} iou {:.4f} accuracy {:.4f}",
                                  r.validationLoss, r.validationDice, r.validationIou, r.validationAccuracy)
                    : "",
                r.shareKnown < 0.9995 ? fmt::format("  labelled {:.1f} % of the pixels", 100 * r.shareKnown)
                                      : "",
                100 * r.shareWaitingForData, r.best ? "  best" : "");
        flushOutput();
    }

    void onRemark(const std::string& sentence) override { addRemark(line_, sentence); }

private:
    CommandLine& line_;
    const ConsoleProgress& progress_;
};

/// A given word replaces what the list says.
void replaceIfGiven(std::string& field, const std::string& given, const std::string& otherwise) {
    if (!given.empty())
        field = given;
    else if (field.empty())
        field = otherwise;
}

/// Where the run keeps its things and where its model goes.
void setPlaces(const TrainArguments& args, TrainingPlan& plan) {
    plan.output = absolutePath(args.output);
    if (!plan.output.empty() && plan.output.extension() != ".safetensors") plan.output += ".safetensors";
    plan.runFolder = absolutePath(args.runFolder);
    if (plan.runFolder.empty() && !plan.output.empty())
        plan.runFolder = std::filesystem::path(plan.output).replace_extension(".run");
    plan.resume = args.resume;
    plan.overwrite = args.overwrite;
    if (!args.device.empty()) plan.device = args.device;
    if (plan.runFolder.empty() || (plan.output.empty() && !args.resume))
        throw Error(ErrorKind::usage, "There is no file to write the model to; name one with --output (with "
                                      "--resume the run folder is enough: --run-folder).");
    if (!args.resume) return;
    if (!hasCheckpoint(plan.runFolder))
        throw Error(ErrorKind::input,
                    fmt::format("There is no training in {} that could be resumed; name its folder with "
                                "--run-folder, or start without --resume.",
                                plan.runFolder.string()));
    if (plan.output.empty()) plan.output = recordedOutput(plan.runFolder);
    if (plan.output.empty())
        throw Error(
            ErrorKind::usage,
            fmt::format("The run in {} does not say where its model goes; name the file with --output.",
                        plan.runFolder.string()));
    // Runs of older versions wrote their model from the first epoch on.
    const nlohmann::json record = readRunRecord(plan.runFolder);
    plan.overwrite = plan.overwrite || !record.contains("overwrite") || record["overwrite"] == true;
    if (args.device.empty() && record.contains("device") && record["device"].is_string())
        plan.device = record["device"];
}

nlohmann::json recipeOf(const TrainArguments& args, const TrainingPlan& plan) {
    const nlohmann::json state =
        args.resume && args.recipe.empty() ? runState(plan.runFolder) : nlohmann::json();
    nlohmann::json recipe = state.is_object() && state.contains("recipe")
                                ? completeRecipe(state["recipe"])
                                : loadRecipe(args.recipe.empty() ? "balanced" : args.recipe);
    for (const std::string& setting : args.settings) recipeSchema().set(recipe, setting);
    if (args.seed) recipe["seed"] = *args.seed;
    return recipe;
}

/// What the flags name, or what the run that is resumed was started with.
TrainRequest requestOf(const TrainArguments& args, const TrainingPlan& plan) {
    if (!args.resume || args.request.namesData()) return args.request;
    const TrainRequest before =
        trainRequestFromJson(readRunRecord(plan.runFolder).value("request", nlohmann::json()));
    if (!before.namesData())
        throw Error(
            ErrorKind::usage,
            fmt::format("The run in {} does not say where its data lie; give --images and --labels, or "
                        "--data, as when it was started.",
                        plan.runFolder.string()));
    return before;
}

/// Everything that is missing or in the way, before the first image is read.
void checkFiles(const TrainingPlan& plan) {
    const nlohmann::json record = plan.resume ? readRunRecord(plan.runFolder) : nlohmann::json::object();
    std::vector<std::string> found =
        plan.resume
            ? changedInputs(plan.inputs, trainingInputsFromJson(record.value("inputs", nlohmann::json())))
            : missingInputs(plan.inputs);
    Destination model(plan.output, Existing::replace); // an older model is judged below
    for (const TrainingInput& input : plan.inputs) model.reading(withoutDataset(input.path));
    if (!plan.resume && std::filesystem::exists(plan.output)) model.checkFile();
    if (plan.place.rank == 0) {
        std::ranges::move(placeComplaints(plan.output, plan.runFolder), std::back_inserter(found));
        std::ranges::move(overwriteComplaints(plan), std::back_inserter(found));
    }
    if (!found.empty())
        throw Error(ErrorKind::input, fmt::format("The training cannot {}. {}",
                                                  plan.resume ? "go on" : "start", fmt::join(found, " ")));
}

/// Reads what the run learns from: the files of its request, or what the window kept in its folder.
TrainingPlan planOf(const TrainArguments& args, CommandLine& line, const Progress& progress) {
    TrainingPlan plan;
    plan.place = processPlace();
    plan.place.patienceSeconds = args.peerTimeout;
    plan.checkpointSeconds = args.checkpointSeconds;
    setPlaces(args, plan);
    if (!args.fits()) plan.recipe = recipeOf(args, plan);
    if (!args.startFrom.empty() && !args.resume) plan.startFrom = line.session.findModel(args.startFrom);
    if (!args.fits() && (!args.fit.complete.empty() || args.fit.minutes != FitArguments().minutes))
        throw Error(ErrorKind::usage, "--complete and --minutes belong to a fit: --start-from MODEL without "
                                      "--recipe.");
    if (args.resume && !args.request.namesData() && keepsItsData(plan.runFolder)) {
        checkFiles(plan);
        TrainingPlan kept = loadRun(plan.runFolder, progress);
        plan.set = std::move(kept.set);
        plan.card = std::move(kept.card);
        return plan;
    }
    const TrainRequest request = requestOf(args, plan);
    plan.request = toJson(request);
    plan.inputs = inputsOf(request);
    if (plan.startFrom) plan.inputs.push_back(trainingInput("--start-from", plan.startFrom->file));
    const std::string weights = args.fits() ? "" : plan.recipe.value("weights", std::string());
    if (!weights.empty() && !args.resume)
        plan.inputs.push_back(trainingInput("the recipe's weights", weights));
    checkFiles(plan);
    if (args.fits()) {
        fillFitPlan(line.session, request, args.fit, args.settings, plan, progress);
        if (args.seed) plan.recipe["seed"] = *args.seed;
        return plan;
    }
    LoadedDataList data = dataOf(request, progress);
    plan.set = std::move(data.set);
    plan.card = std::move(data.card);
    if (!args.resume) choosePixelSize(plan.set, plan.recipe);
    remarkOnValidation(plan.set);
    if (!markLeaks(plan.set, plan.card, progress).leaks.empty() && request.split.empty())
        plan.set.remarks.push_back("Held-out data that lie far enough away: --split distance, or roles and "
                                   "regions in the data list.");
    return plan;
}

int run(const TrainArguments& args, CommandLine& line) {
    const bool leads = processPlace().rank == 0; // of several processes one prints
    const ConsoleProgress progress(line.quiet || line.json || !leads);
    TrainingPlan plan = planOf(args, line, progress);
    for (const std::string& sentence : plan.set.remarks) addRemark(line, sentence);
    replaceIfGiven(plan.card.name, args.name, plan.output.stem().string());
    replaceIfGiven(plan.card.title, args.title, plan.card.name);
    replaceIfGiven(plan.card.licence, args.licence, "");
    plan.card.training["command"] = line.command;
    EpochPrinter printer(line, progress);
    const std::filesystem::path runFolder = plan.runFolder;
    TrainingSet sample{{}, plan.set.classNames};
    if (args.keepSample && leads) sample.slices = sampleOf(plan.set);
    if (args.fits() && leads) saveRun(plan, line.session.engine().trainer->slicesSeen(plan.recipe), progress);
    const TrainingResult result = line.session.train(std::move(plan), printer, progress);
    if (!leads) return 0;
    closeRun(runFolder);
    keepSample(result.package.file, sample);
    if (line.json)
        printResult(
            "{}\n",
            nlohmann::json{{"model", result.package.file.string()},
                           {"steps", result.stepsDone},
                           {"ending", result.ending},
                           {"best_validation_dice", result.bestValidationDice},
                           {"scores", toJson(result.package.card).at("scores")},
                           {"leaks", result.package.card.training.value("leaks", nlohmann::json::array())},
                           {"remarks", line.remarks}}
                .dump());
    else {
        const std::string best = result.bestValidationDice > 0
                                     ? fmt::format("best validation dice {:.4f} ", result.bestValidationDice)
                                     : "";
        printResult("{}\n{}  {}after {} steps\n", result.ending, result.package.file.string(), best,
                    result.stepsDone);
        printScores(result.package.card.scores);
    }
    return 0;
}

} // namespace

void addTrain(CLI::App& app, CommandLine& line) {
    auto* verb = app.add_subcommand("train", "Train a model on images and labels");
    auto args = std::make_shared<TrainArguments>();
    TrainRequest& request = args->request;
    verb->add_option("--images", request.images, "A stack or a folder of images");
    verb->add_option("--labels", request.labels, "Labels of the same slices, paired by page or by name");
    verb->add_option(
        "--validation-images", request.validationImages,
        "Images to validate on; else a part of the training data is held out, with a distance to "
        "the rest where they are large enough");
    verb->add_option("--validation-labels", request.validationLabels, "Labels to validate on");
    verb->add_option(
        "--data", request.data,
        "A data list (JSON) of several data sets with what their labels mean, instead of --images");
    verb->add_option("--data-root", request.dataRoot, "Base folder of the paths in the data list");
    verb->add_option(
            "--split", request.split,
            "Split the data anew: distance (held-out pixels at least 250 nm or 10 slices from training "
            "pixels: whole volumes, slices or columns) or volume (whole volumes)")
        ->check(CLI::IsMember({"distance", "volume"}));
    verb->add_flag("--split-test", request.splitTest,
                   "With --split: hold out a part for the scores too; a list with test data always does");
    verb->add_option("--class", request.className, "Name of what the labels mark");
    verb->add_option("--label-values", request.labelValues,
                     "Label values that mean the class; else every value other than 0")
        ->delimiter(',');
    verb->add_option("--unlabelled", request.unlabelled,
                     "Label values that say nothing: no loss, no score; −1 and NaN never do")
        ->delimiter(',');
    verb->add_flag("--labels-inverted", request.inverted, "The label value 0 means the class");
    verb->add_flag("--boundaries", request.boundaries, "The class is where label ids change");
    verb->add_option("--output", args->output, "Model package to write (.safetensors)");
    verb->add_option("--name", args->name, "Name of the model; else that of the file");
    verb->add_option("--title", args->title, "Title shown in lists");
    verb->add_option("--licence", args->licence, "Licence under which the model may be used");
    verb->add_option("--recipe", args->recipe, "quick, balanced (the default), thorough or a JSON file");
    verb->add_option("--set", args->settings, "key=value over the recipe; may be given several times");
    verb->add_option("--start-from", args->startFrom,
                     "Name or file of a model whose weights to start from; without --recipe it is fitted to "
                     "the labelled slices: its own network, a short schedule that forgets little");
    verb->add_option("--complete", args->fit.complete,
                     "Of a fit: slices whose labels are complete, or a region of them (3, 0:4, "
                     "3,100:400,0:500); the background counts there alone. Without it all are")
        ->allow_extra_args(false);
    verb->add_option("--minutes", args->fit.minutes, "Of a fit: the longest it may take on this machine")
        ->check(CLI::Range(0.1, 1440.0));
    verb->add_flag("--keep-sample", args->keepSample,
                   "Keep some training slices beside the model (folder samples), which later fits of it mix "
                   "in so that nothing is forgotten");
    verb->add_option("--run-folder", args->runFolder, "Where log and checkpoints go; else OUTPUT with .run");
    verb->add_flag("--resume", args->resume,
                   "Continue from the last checkpoint, bit for bit; what is not given is taken from the run "
                   "folder; --set "
                   "may change steps, schedule, cooldown and learningRate");
    verb->add_flag(
        "--overwrite", args->overwrite,
        "Replace an older model at the end, and start anew where the run folder holds a stopped training");
    verb->add_option("--checkpoint-seconds", args->checkpointSeconds,
                     "From one checkpoint within an epoch to the next; 0: every step")
        ->check(CLI::Range(0.0, 86400.0));
    verb->add_option("--peer-timeout", args->peerTimeout,
                     "Started as several processes: seconds to wait for the others to come")
        ->check(CLI::Range(1.0, 86400.0));
    verb->add_option("--device", args->device, "auto (the default), cpu, cuda or cuda:N");
    verb->add_option("--seed", args->seed, "Seed of every random number");
    verb->add_flag("--json", line.json, "One JSON object a line: one an epoch, and the result at last");
    verb->callback([args, &line] { line.run = [args, &line] { return run(*args, line); }; });
}

} // namespace cristae
