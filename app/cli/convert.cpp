// cristae-cli convert: an image from one format to another, pixels and voxel size unchanged.
#include "app/cli/console.h"
#include "app/cli/verbs.h"

#include "core/base/error.h"
#include "core/image/slice_range.h"

#include <fmt/format.h>

namespace cristae {

namespace {

struct ConvertArguments {
    std::string input, output, format, slices;
    ReadingFlags reading;
};

int run(const ConvertArguments& args, CommandLine& line) {
    TileSourcePtr image = openInput(line, args.input, args.reading.options());
    const SliceRange range = checkedSlices(args.slices.empty() ? SliceRange{} : parseSlices(args.slices),
                                           image->info().extent().z);
    image = sliceRange(image, range.first, range.end);
    const Exporter& exporter = findExporter(line.session.exporters(), args.format, args.output);
    ExportDescription description;
    description.info = image->info();
    description.sliceNames = image->info().sliceNames;
    description.original = image;
    description.provenance = {{"program", "Cristae " CRISTAE_VERSION},
                              {"image", image->info().path.filename().string()},
                              {"dataset", image->info().dataset},
                              {"axes", image->info().axes},
                              {"remarks", image->info().remarks},
                              {"history", {{{"verb", "convert"}, {"slices", {range.first, range.end}}}}}};
    if (const std::string complaint = exporter.complaint(description); !complaint.empty())
        throw Error(ErrorKind::usage, complaint);
    const ConsoleProgress progress(line.quiet);
    exportSource(*image, exporter, line.files.to(args.output), description, progress);
    const std::string place = exporter.placeOf(args.output, description).string();
    if (line.json)
        printJson(line, {{"output", place}});
    else
        printResult("{}\n", place);
    return 0;
}

} // namespace

void addConvert(CLI::App& app, CommandLine& line) {
    auto* verb =
        app.add_subcommand("convert", "Write an image in another format, voxel size carried through");
    auto args = std::make_shared<ConvertArguments>();
    verb->add_option("INPUT", args->input, "An image, a stack or a folder of images")->required();
    verb->add_option("OUT", args->output, "File to write; its extension says the format")->required();
    verb->add_option("--format", args->format, "tiff, png, jpeg, hdf5 or raw, instead of the extension");
    verb->add_option("--slices", args->slices, "A:B, slices A to B - 1, counted from 0");
    addReading(*verb, args->reading);
    addJson(*verb, line);
    addOverwrite(*verb, line);
    verb->callback([args, &line] { line.run = [args, &line] { return run(*args, line); }; });
}

} // namespace cristae
