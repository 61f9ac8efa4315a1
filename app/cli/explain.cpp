// cristae-cli explain: what made a model see a class at a place, as a map.
#include "app/cli/console.h"
#include "app/cli/verbs.h"

#include "core/base/error.h"
#include "core/session/result_file.h"

#include <fmt/format.h>

namespace cristae {

namespace {

struct ExplainArguments {
    std::string input, model, className, at, output, method = "activation", device = "auto";
    ReadingFlags reading;
    int64_t side = 256, square = 0;
    int threads = 0;
};

/// "Z,Y,X", or "Y,X" in a single slice.
void parsePlace(const std::string& text, ExplanationRequest& request) {
    std::vector<int64_t> numbers;
    std::stringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) {
        size_t used = 0;
        try {
            numbers.push_back(std::stoll(part, &used));
        } catch (const std::exception&) {
        }
        if (part.empty() || used != part.size()) numbers.clear();
    }
    if (numbers.size() == 2) numbers.insert(numbers.begin(), 0);
    if (numbers.size() != 3)
        throw Error(
            ErrorKind::usage,
            fmt::format("\"{}\" is not a position; write --at Z,Y,X in pixels, counted from 0.", text));
    request.z = numbers[0];
    request.y = numbers[1];
    request.x = numbers[2];
}

int runExplain(const ExplainArguments& args, CommandLine& line) {
    ExplanationRequest request;
    request.model = {line.session.findModel(args.model), {}, {}};
    request.className =
        args.className.empty() ? request.model.package.card.classes.front().name : args.className;
    request.method = args.method == "occlusion" ? Explanation::occlusion : Explanation::activation;
    request.side = args.side;
    request.square = args.square;
    request.device = args.device;
    request.threads = args.threads;
    parsePlace(args.at, request);
    const TileSourcePtr image = openInput(line, args.input, args.reading.options());
    line.files.addInput(request.model.package.file);
    const Exporter& exporter = findExporter(line.session.exporters(), "", args.output);
    ExportDescription description =
        describe(image, image->info().voxelSize, ResultKind::probabilities, {{1, request.className, {}}},
                 request.z, checkedEnd(image->info(), request.z, request.z + 1), {}, {});
    requireWritable(exporter, description);
    const Destination output = line.files.to(args.output);
    exporter.requirePlace(output, description);
    const ConsoleProgress progress(line.quiet);
    const ExplanationMap found = line.session.explain(*image, request, progress);

    // The map lies in its slice, 0 outside.
    const Extent3 extent = image->info().extent();
    Pixels slice(PixelType::f32, 1, {1, extent.y, extent.x});
    const int64_t width = found.box.x1 - found.box.x0;
    for (int64_t y = found.box.y0; y < found.box.y1; ++y)
        std::copy_n(found.map.values<float>().begin() + (y - found.box.y0) * width, width,
                    slice.values<float>().begin() + y * extent.x + found.box.x0);
    const nlohmann::json entry = {
        {"verb", "explain"},        {"model", request.model.package.card.name}, {"class", request.className},
        {"method", args.method},    {"at", {request.z, request.y, request.x}},  {"side", request.side},
        {"square", request.square}, {"probability", found.probability}};
    description.provenance =
        provenanceOf(image->info(), line.session.inputHash(image->info(), progress), {entry});
    const auto sink = exporter.create(output, description);
    sink->write(0, slice);
    sink->finish();
    const std::string place = exporter.placeOf(args.output, description).string();
    if (line.json)
        printJson(line, {{"output", place},
                         {"class", request.className},
                         {"at", {request.z, request.y, request.x}},
                         {"probability", found.probability}});
    else
        printResult("{} at z {}, y {}, x {}: probability {:.3f}\n{}\n", request.className, request.z,
                    request.y, request.x, found.probability, place);
    return 0;
}

} // namespace

void addExplain(CLI::App& app, CommandLine& line) {
    auto* verb = app.add_subcommand("explain",
                                    "Explain a prediction: class activation map or occlusion map of a slice");
    auto args = std::make_shared<ExplainArguments>();
    verb->add_option("INPUT", args->input, "Image, stack or folder of images")->required();
    verb->add_option("--model", args->model, "Name or file of a model")->required();
    verb->add_option("--class", args->className, "Which class; else the model's first");
    verb->add_option("--at", args->at, "Z,Y,X in pixels, counted from 0")->required();
    verb->add_option(
            "--method", args->method,
            "activation: class activation map from gradients; occlusion: fall of the probability when a "
            "square is hidden")
        ->check(CLI::IsMember({"activation", "occlusion"}));
    verb->add_option("--side", args->side, "Side of the explained region, in model pixels")
        ->check(CLI::Range(int64_t(16), int64_t(4096)));
    verb->add_option("--square", args->square,
                     "Side of the hidden square, in model pixels; 0 = an eighth of the region")
        ->check(CLI::Range(int64_t(0), int64_t(4096)));
    verb->add_option("--output", args->output, "Map as float32: TIFF or HDF5; JPEG for viewing")->required();
    addReading(*verb, args->reading);
    addJson(*verb, line);
    verb->add_option("--device", args->device, "auto, cpu, cuda or cuda:N");
    verb->add_option("--threads", args->threads, "Processor threads; 0 = all")->check(CLI::Range(0, 1024));
    addOverwrite(*verb, line);
    verb->callback([args, &line] { line.run = [args, &line] { return runExplain(*args, line); }; });
}

} // namespace cristae
