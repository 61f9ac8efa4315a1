// cristae-cli measure: a table of objects from labels.
#include "app/cli/console.h"
#include "app/cli/verbs.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/image/with_voxel_size.h"
#include "core/measure/class_statistics.h"

#include <fmt/format.h>

namespace cristae {

namespace {
struct MeasureArguments {
    std::string labels, image, dataset, pixelSize, output;
};
} // namespace

void addMeasure(CLI::App& app, CommandLine& line) {
    auto* verb = app.add_subcommand("measure", "Measure the objects of a label image in nanometres");
    auto args = std::make_shared<MeasureArguments>();
    verb->add_option("LABELS", args->labels, "Labels or mask")->required();
    verb->add_option("--image", args->image, "The image, for its voxel size if the labels have none");
    verb->add_option("--dataset", args->dataset, "Dataset of the labels inside an HDF5 file");
    verb->add_option("--pixel-size", args->pixelSize, "NM or Z,Y,X in nm, instead of what the file says");
    verb->add_option("--output", args->output, "Table to write (.csv)")->required();
    addOverwrite(*verb, line);
    verb->callback([args, &line] {
        line.run = [args, &line] {
            OpenOptions options;
            options.dataset = args->dataset;
            if (!args->pixelSize.empty()) options.voxelSize = parsePixelSize(args->pixelSize);
            TileSourcePtr labels = openInput(line, args->labels, options);
            if (!args->image.empty()) line.files.addInput(args->image);
            if (!args->image.empty() && !labels->info().voxelSize.knownInPlane())
                labels = withVoxelSize(labels, openInput(line, args->image)->info().voxelSize);
            const Destination table = outputFile(line, args->output);
            const ConsoleProgress progress(line.quiet);
            const auto objects = measureObjects(*labels, progress);
            writeFileAtomically(table, objectTableCsv(objects, labels->info().voxelSize));
            printResult("{}  {} objects\n", args->output, objects.size());
            return 0;
        };
    });
}

} // namespace cristae
