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
    std::string labels, image, output;
    ReadingFlags reading;
};
} // namespace

void addMeasure(CLI::App& app, CommandLine& line) {
    auto* verb = app.add_subcommand("measure", "Measure the objects of a label image in nanometres");
    auto args = std::make_shared<MeasureArguments>();
    verb->add_option("LABELS", args->labels, "Labels or mask")->required();
    verb->add_option("--image", args->image, "The image, for its voxel size if the labels have none");
    addReading(*verb, args->reading);
    verb->add_option("--output", args->output, "Table to write (.csv)")->required();
    addJson(*verb, line);
    addOverwrite(*verb, line);
    verb->callback([args, &line] {
        line.run = [args, &line] {
            TileSourcePtr labels = openInput(line, args->labels, args->reading.options());
            if (!args->image.empty()) line.files.addInput(args->image);
            if (!args->image.empty()) {
                const TileSourcePtr image = openInput(line, args->image);
                requireSameExtent(labels->info(), image->info());
                const bool known = labels->info().voxelSize.knownInPlane();
                if (!known) labels = withVoxelSize(labels, image->info().voxelSize);
                if (const std::string remark = remarkOnSizes(labels->info(), image->info()); !remark.empty())
                    addRemark(line, remark);
            }
            const Destination table = outputFile(line, args->output);
            const ConsoleProgress progress(line.quiet);
            const auto objects = measureObjects(*labels, progress);
            writeFileAtomically(table, objectTableCsv(objects, labels->info().voxelSize));
            if (line.json)
                printJson(line, {{"output", args->output}, {"objects", objects.size()}});
            else
                printResult("{}  {} objects\n", args->output, objects.size());
            return 0;
        };
    });
}

} // namespace cristae
