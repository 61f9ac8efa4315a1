// cristae-cli volume: a stack from any side, as a prism of micrographs or as the surfaces of its objects.
#include "app/cli/console.h"
#include "app/cli/verbs.h"

#include "core/base/error.h"
#include "core/export/metadata.h"
#include "core/export/picture_file.h"
#include "core/image/memory_source.h"
#include "core/render/volume_picture.h"

#include <fmt/format.h>

namespace cristae {

namespace {

struct VolumeArguments {
    std::string image, labels, output, rendering = "outside", background = "#141416";
    ReadingFlags reading, labelReading;
    LabelRule rule;
    VolumeCamera camera;
    int64_t width = 1200, height = 900, voxels = mostSceneVoxels;
};

int runVolume(const VolumeArguments& args, CommandLine& line) {
    const VolumeRendering rendering =
        args.rendering == "objects" ? VolumeRendering::objects : VolumeRendering::outside;
    if (rendering == VolumeRendering::objects && args.labels.empty())
        throw Error(ErrorKind::usage,
                    "--look objects shows what is labelled; give the labels after the image.");
    const TileSourcePtr image = openInput(line, args.image, args.reading.options());
    if (!args.labels.empty()) line.files.addInput(args.labels);
    const Destination output = line.files.to(args.output);
    requirePicturePlace({1, args.height, args.width}, line.session.exporters(), output);
    const ConsoleProgress progress(line.quiet);
    const TileSourcePtr labels = args.labels.empty()
                                     ? nullptr
                                     : openLabelInput(line, args.labels, args.labelReading.options(),
                                                      args.rule, PartProgress(progress, 0, 0.1));
    const ClassTable classes = labels ? classTableOf(labels->info()) : ClassTable();
    const VolumeScene scene = volumeScene(*image, labels.get(), classes, image->info().voxelSize, args.voxels,
                                          PartProgress(progress, 0.1, 0.8));
    const VolumePicture picture =
        volumePicture(scene, args.camera, rendering, args.width, args.height,
                      Colour::fromHex(args.background), PartProgress(progress, 0.8, 0.9));
    const auto place = writePicture(MemorySource(picture.colours), line.session.exporters(), output,
                                    volumeProvenance(args.image, args.labels, args.camera, rendering),
                                    PartProgress(progress, 0.9, 1));
    if (line.json)
        printJson(line, {{"output", place.string()}});
    else
        printResult("{}\n", place.string());
    return 0;
}

} // namespace

void addVolume(CLI::App& app, CommandLine& line) {
    auto* verb = app.add_subcommand("volume", "3D view of a stack: volume or surfaces");
    auto args = std::make_shared<VolumeArguments>();
    verb->add_option("IMAGE", args->image, "The micrographs")->required();
    verb->add_option("LABELS", args->labels, "Their labels or mask");
    verb->add_option("--output", args->output, "Picture to write (.png, .jpg, .tif)")->required();
    verb->add_option("--look", args->rendering,
                     "outside: the volume of micrographs; objects: the surfaces of the labelled objects")
        ->check(CLI::IsMember({"outside", "objects"}));
    verb->add_option("--turn", args->camera.turn, "Degrees to the left");
    verb->add_option("--tilt", args->camera.tilt, "Degrees forward")->check(CLI::Range(-90.0, 90.0));
    verb->add_option("--zoom", args->camera.zoom, "1 = the whole stack fits")->check(CLI::Range(0.1, 50.0));
    verb->add_option("--width", args->width, "Pixels")->check(CLI::Range(int64_t{16}, int64_t{16384}));
    verb->add_option("--height", args->height, "Pixels")->check(CLI::Range(int64_t{16}, int64_t{16384}));
    verb->add_option("--ground", args->background, "Background colour, #rrggbb");
    verb->add_option("--voxels", args->voxels, "Downsample the stack to at most this many voxels")
        ->check(CLI::Range(int64_t{1000}, int64_t{2'000'000'000}));
    addReading(*verb, args->reading);
    addReading(*verb, args->labelReading, "label-", "the labels");
    addLabelRule(*verb, args->rule);
    addJson(*verb, line);
    addOverwrite(*verb, line);
    verb->callback([args, &line] { line.run = [args, &line] { return runVolume(*args, line); }; });
}

} // namespace cristae
