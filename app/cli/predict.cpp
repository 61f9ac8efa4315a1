// cristae-cli predict: networks over images into result files.
#include "app/cli/console.h"
#include "app/cli/find_scale.h"
#include "app/cli/verbs.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/segment/domain.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace cristae {

namespace {

struct PredictArguments {
    std::vector<std::string> inputs, models, classes;
    std::string output, format, slices, average = "none", device = "auto";
    ReadingFlags reading;
    std::optional<double> threshold;
    bool mask = false, probabilities = false, instances = false, invert = false, findScale = false;
    std::string split = "none", objectsIn = "volume";
    double splitDepth = 2;
    int64_t tile = 0, smallest = 0;
    std::vector<CLI::Option*> objectOptions; // that go with --instances
    int threads = 0;
};

/// Each named class goes to every chosen model that finds it; a class that none finds is an error.
std::vector<ModelRequest> modelRequests(const PredictArguments& args, Session& session) {
    std::vector<ModelRequest> result;
    std::vector<std::string> left = args.classes;
    for (const std::string& model : args.models) {
        ModelRequest request{session.findModel(model), {}, args.threshold, args.invert};
        for (const std::string& wanted : args.classes) {
            const auto& known = request.package.card.classes;
            if (std::none_of(known.begin(), known.end(),
                             [&](const ModelClass& c) { return c.name == wanted; }))
                continue;
            request.classes.push_back(wanted);
            std::erase(left, wanted);
        }
        if (args.classes.empty() || !request.classes.empty()) result.push_back(std::move(request));
    }
    if (!left.empty())
        throw Error(ErrorKind::usage, fmt::format("None of the models finds {}; see cristae-cli models.",
                                                  fmt::join(left, ", ")));
    return result;
}

/// Where the result of each input goes. Several go into a folder, which is made. Throws Error{usage, output}
/// for all that can't be before the first is begun.
std::vector<Destination> targetsFor(const PredictArguments& args, CommandLine& line,
                                    const Exporter& exporter) {
    for (const std::string& input : args.inputs) line.files.addInput(input);
    if (args.inputs.size() == 1) return {line.files.to(args.output)};
    std::error_code failed;
    std::filesystem::create_directories(args.output, failed);
    if (failed) throw outputError(std::filesystem::path(args.output) / "result", failed.value());
    std::vector<Destination> targets;
    std::map<std::string, std::string> inputOf;
    for (const std::string& input : args.inputs) {
        const std::filesystem::path source(input);
        const auto stem = source.has_filename() ? source.stem() : source.parent_path().filename();
        const std::string name = stem.string() + "." + exporter.extensions().front();
        if (const auto [other, isNew] = inputOf.emplace(name, input); !isNew)
            throw Error(
                ErrorKind::usage,
                fmt::format("The results of {} and {} would both be named {}; predict them one at a time, "
                            "or into different folders.",
                            other->second, input, name));
        targets.push_back(line.files.to(std::filesystem::path(args.output) / name));
        targets.back().checkFile();
    }
    return targets;
}

/// Says how the image suits the models, and what would suit them better. The result is written by then, so
/// what goes wrong here is no failure.
nlohmann::json likenessTo(CommandLine& line, const std::string& input, const TileSource& image,
                          const PredictionRequest& request, const Progress& progress) {
    nlohmann::json list = nlohmann::json::array();
    try {
        const std::vector<Likeness> likeness = line.session.likeness(image, request, progress);
        for (size_t i = 0; i < likeness.size(); ++i) {
            const ModelCard& card = request.models[i].package.card;
            const Likeness& one = likeness[i];
            if (const std::string words = likenessWords(one, card.name); !words.empty())
                addRemarks(line, input, {words});
            if (one.invertHelps())
                addRemarks(
                    line, input,
                    {fmt::format("Dark and bright seem to be exchanged: “{}” is surer of the inverted "
                                 "image. {}",
                                 card.name,
                                 request.models[i].invert ? "Try without --invert." : "Try --invert.")});
            list.push_back({{"model", card.name},
                            {"agreement", one.confidence.agreement},
                            {"found", one.confidence.found},
                            {"distance", nullptr},
                            {"doubt", one.doubt},
                            {"unlike", one.unlike()},
                            {"invertHelps", one.invertHelps()}});
            if (one.distance) list.back()["distance"] = *one.distance;
        }
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::cancelled) throw;
        addRemarks(line, input, {error.what()});
    }
    return list;
}

/// --find-scale: of one image and one model, in the middle of the slices asked for.
int runFindScale(const PredictArguments& args, CommandLine& line) {
    if (args.inputs.size() != 1 || args.models.size() != 1)
        throw Error(ErrorKind::usage, "--find-scale takes one image and one --model.");
    if (!args.output.empty() || !args.reading.pixelSize.empty())
        throw Error(ErrorKind::usage, "--find-scale writes nothing and looks for the pixel size; leave out "
                                      "--output and --pixel-size.");
    const TileSourcePtr image = openInput(line, args.inputs.front(), args.reading.options());
    const SliceRange range = checkedSlices(args.slices.empty() ? SliceRange{} : parseSlices(args.slices),
                                           image->info().extent().z);
    ScaleRequest request;
    request.model = modelRequests(args, line.session).front();
    request.z = (range.first + range.end) / 2;
    request.device = args.device;
    request.threads = args.threads;
    return findScale(line, args.inputs.front(), image, request, ConsoleProgress(line.quiet));
}

int run(const PredictArguments& args, CommandLine& line) {
    if (args.findScale) return runFindScale(args, line);
    if (args.output.empty())
        throw Error(ErrorKind::usage, "--output is required: the file, or the folder of several results.");
    if (int(args.mask) + int(args.probabilities) + int(args.instances) > 1)
        throw Error(ErrorKind::usage,
                    "--mask, --probabilities and --instances exclude each other; give one of them.");
    if (!args.instances && std::ranges::any_of(args.objectOptions,
                                               [](const CLI::Option* option) { return option->count() > 0; }))
        throw Error(ErrorKind::usage,
                    "--split, --split-depth, --smallest and --objects-in go with --instances; add it.");
    PredictionRequest request;
    request.models = modelRequests(args, line.session);
    request.device = args.device;
    request.threads = args.threads;
    request.settings.tileSide = args.tile;
    request.settings.averaging = args.average == "all"     ? Averaging::all
                                 : args.average == "flips" ? Averaging::flips
                                                           : Averaging::none;
    request.objects.connectivity = args.objectsIn == "slices" ? Connectivity::slices : Connectivity::volume;
    request.objects.splitting = args.split == "distance"   ? Splitting::distance
                                : args.split == "boundary" ? Splitting::boundary
                                                           : Splitting::none;
    request.objects.depth = args.splitDepth;
    request.objects.smallest = args.smallest;
    const SliceRange slices = args.slices.empty() ? SliceRange{} : parseSlices(args.slices);
    const ResultKind kind = args.mask            ? ResultKind::mask
                            : args.probabilities ? ResultKind::probabilities
                            : args.instances     ? ResultKind::objects
                                                 : ResultKind::labels;
    if (args.inputs.size() > 1 && args.format.empty())
        throw Error(ErrorKind::usage,
                    "Several inputs go to a folder; say with --format how they are written.");
    const Exporter& exporter = findExporter(line.session.exporters(), args.format, args.output);

    nlohmann::json results = nlohmann::json::array();
    int failures = 0;
    ErrorKind failureKind = ErrorKind::input;
    const std::vector<Destination> targets = targetsFor(args, line, exporter);
    for (size_t i = 0; i < args.inputs.size(); ++i) {
        const std::string& input = args.inputs[i];
        ConsoleProgress progress(line.quiet);
        try {
            const TileSourcePtr image = openInput(line, input, args.reading.options());
            const SliceRange range = checkedSlices(slices, image->info().extent().z);
            request.settings.firstSlice = range.first;
            request.settings.endSlice = range.end;
            request.onConcerns = [&](const std::vector<std::string>& concerns) {
                addRemarks(line, input, concerns);
            };
            const WrittenFile written =
                line.session.predictToFile(image, request, kind, exporter, targets[i], progress);
            addRemarks(line, input, written.remarks);
            results.push_back({{"input", input},
                               {"output", written.place.string()},
                               {"slices", {range.first, range.end}},
                               {"likeness", likenessTo(line, input, *image, request, progress)}});
            if (!line.json) printResult("{}\n", written.place.string());
        } catch (const Error& error) {
            // One bad file of many must not cost the others.
            if (args.inputs.size() == 1 || error.kind() == ErrorKind::cancelled ||
                error.kind() == ErrorKind::usage)
                throw;
            printError("{}\n", onOneLine(error.what()));
            results.push_back({{"input", input}, {"error", error.what()}});
            failureKind = error.kind();
            ++failures;
        }
    }
    if (line.json)
        printJson(line, args.inputs.size() == 1 ? results[0] : nlohmann::json{{"results", results}});
    if (failures == 0) return 0;
    return failures == int(args.inputs.size()) ? exitCode(failureKind) : 6;
}

} // namespace

void addPredict(CLI::App& app, CommandLine& line) {
    auto* verb =
        app.add_subcommand("predict", "Find structures in images and write labels, masks or probabilities");
    auto args = std::make_shared<PredictArguments>();
    verb->add_option("INPUT", args->inputs, "Images, stacks or folders of images")->required();
    verb->add_option("--model", args->models, "Name or file of a model; may be given several times")
        ->required()
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    verb->add_option("--output", args->output, "Result file; a folder when there are several inputs");
    verb->add_flag("--find-scale", args->findScale,
                   "Print what the model finds at five assumed pixel sizes, and which is likeliest; for "
                   "images of unknown pixel size");
    verb->add_option("--classes", args->classes, "Classes to find, in the order of their label values")
        ->delimiter(',');
    verb->add_option("--threshold", args->threshold,
                     "Least probability of a pixel of the class, instead of the model's own")
        ->check(CLI::Range(0.0, 1.0));
    verb->add_flag("--invert", args->invert,
                   "Exchange dark and bright for the models; the image stays as it is");
    verb->add_flag("--mask", args->mask, "Write 0 and 255 for one class");
    verb->add_flag("--probabilities", args->probabilities,
                   "Write float32 probabilities, one channel a class");
    verb->add_flag("--instances", args->instances, "Write a number for each object of one class");
    args->objectOptions = {
        verb->add_option(
                "--split", args->split,
                "How touching objects are split: none (connected components); distance (distance-transform "
                "watershed); boundary (the class marks boundaries, objects are the cells between)")
            ->check(CLI::IsMember({"none", "distance", "boundary"})),
        verb->add_option("--split-depth", args->splitDepth,
                         "Minimum basin depth (px): larger values split less")
            ->check(CLI::Range(0.0, 1000.0)),
        verb->add_option("--smallest", args->smallest, "Objects of fewer voxels are left out")
            ->check(CLI::Range(int64_t(0), int64_t(1) << 40)),
        verb->add_option("--objects-in", args->objectsIn,
                         "volume: objects in 3D, through the slices; slices: objects in 2D, in each slice")
            ->check(CLI::IsMember({"volume", "slices"}))};
    verb->add_option("--format", args->format,
                     "tiff, png, jpeg, hdf5, raw or pdf, instead of the output's extension");
    addReading(*verb, args->reading);
    verb->add_option("--slices", args->slices, "A:B, slices A to B - 1, counted from 0");
    verb->add_option("--average", args->average,
                     "Test-time augmentation: average over none, flips (4) or all (8) orientations")
        ->check(CLI::IsMember({"none", "flips", "all"}));
    verb->add_option("--device", args->device, "auto, cpu, cuda or cuda:N");
    verb->add_option("--tile", args->tile, "Side of a tile in pixels; 0 = chosen by device")
        ->check(CLI::Range(int64_t(0), int64_t(16384)));
    verb->add_option("--threads", args->threads, "Processor threads; 0 = all")->check(CLI::Range(0, 1024));
    addJson(*verb, line);
    addOverwrite(*verb, line);
    verb->callback([args, &line] { line.run = [args, &line] { return run(*args, line); }; });
}

} // namespace cristae
