// cristae-cli explore: what a labelled stack is like before a network is trained on it.
#include "app/cli/console.h"
#include "app/cli/verbs.h"

#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/image/with_voxel_size.h"
#include "core/measure/exploration.h"

#include <fmt/format.h>

namespace cristae {

namespace {

struct ExploreArguments {
    std::string image, labels, output;
    ReadingFlags reading, labelReading;
    LabelRule rule;
    std::optional<int64_t> label;
    int64_t distance = 20;
    int bins = 64;
    bool inverted = false, slices = false, ids = false;
    int64_t smallest = 0;
};

nlohmann::json explorationJson(const Exploration& found) {
    nlohmann::json result = {
        {"objects", found.objects},         {"one_object_is", wordsOf(found.identity)},
        {"sections", found.sections},       {"foreground_share", found.foregroundShare},
        {"mean_area_px", found.meanAreaPx}, {"mean_volume_voxels", found.meanVolumeVoxels}};
    if (found.meanAreaNm2) result["mean_area_nm2"] = *found.meanAreaNm2;
    if (found.meanVolumeNm3) result["mean_volume_nm3"] = *found.meanVolumeNm3;
    const GreyHistograms& grey = found.grey;
    result["grey_values"] = {{"low", grey.low},
                             {"high", grey.high},
                             {"inside", grey.inside},
                             {"outside", grey.outside},
                             {"overlap", grey.overlap()}};
    for (const SliceCorrelation& c : found.correlation)
        result["slice_correlation"].push_back({{"distance", c.distance},
                                               {"pairs", c.pairs},
                                               {"pearson", c.mean},
                                               {"low", c.low},
                                               {"high", c.high}});
    return result;
}

/// Objects with their mean size, grey values in and outside, correlation of slices.
Exploration explored(const ExploreArguments& args, CommandLine& line, const Progress& progress) {
    const TileSourcePtr image = openInput(line, args.image, args.reading.options());
    const TileSourcePtr labels = openLabelInput(line, args.labels, args.labelReading.options(), args.rule,
                                                PartProgress(progress, 0, 0.1));
    if (const std::string remark = remarkOnSizes(labels->info(), image->info()); !remark.empty())
        addRemark(line, remark);
    ExplorationOptions options;
    options.foreground = {args.label, args.inverted};
    options.identity = {args.slices ? Connectivity::slices : Connectivity::volume, args.ids};
    options.smallest = args.smallest;
    options.mostDistance = args.distance;
    options.bins = args.bins;
    if (!args.output.empty()) outputFile(line, args.output);
    remarkOnSpreadsheetName(line, args.output, "JSON");
    return explore(*image, *labels, options, PartProgress(progress, 0.1, 1));
}

int run(const ExploreArguments& args, CommandLine& line) {
    Exploration found;
    {
        const ConsoleProgress progress(line.quiet);
        found = explored(args, line, progress);
    }
    for (const std::string& sentence : found.remarks) addRemark(line, sentence);
    nlohmann::json result = explorationJson(found);
    result["remarks"] = line.remarks;
    if (!args.output.empty())
        writeFileAtomically(line.files.to(args.output),
                            std::filesystem::path(args.output).extension() == ".csv"
                                ? explorationCsv(found)
                                : jsonText(result) + "\n");
    if (line.json) {
        printJson(line, result);
        return 0;
    }
    printResult("{} objects ({}) in {} sections, {:.2f} % of all voxels\n", found.objects,
                wordsOf(found.identity), found.sections, 100 * found.foregroundShare);
    if (found.meanAreaNm2)
        printResult("mean area of a section {:.1f} nm²\n", *found.meanAreaNm2);
    else
        printResult("mean area of a section {:.1f} px (pixel size unknown)\n", found.meanAreaPx);
    if (found.meanVolumeNm3)
        printResult("mean volume {:.0f} nm³\n", *found.meanVolumeNm3);
    else
        printResult("mean volume {:.1f} voxels (voxel size unknown)\n", found.meanVolumeVoxels);
    printResult("histogram overlap {:.0f} % (0 % = separable by grey value)\n", 100 * found.grey.overlap());
    for (const SliceCorrelation& c : found.correlation)
        printResult("slices {:>3} apart: Pearson {:6.3f}  ({:.3f} to {:.3f}, {} pairs)\n", c.distance, c.mean,
                    c.low, c.high, c.pairs);
    return 0;
}

} // namespace

void addExplore(CLI::App& app, CommandLine& line) {
    auto* verb = app.add_subcommand("explore", "Statistics of a labelled stack: objects, grey values in and "
                                               "outside them, correlation between slices");
    auto args = std::make_shared<ExploreArguments>();
    verb->add_option("IMAGE", args->image, "The micrographs")->required();
    verb->add_option("LABELS", args->labels, "Their labels or mask")->required();
    addReading(*verb, args->reading);
    addReading(*verb, args->labelReading, "label-", "the labels");
    addLabelRule(*verb, args->rule);
    verb->add_option("--label", args->label, "Only this value of the labels is foreground");
    verb->add_flag("--inverted", args->inverted, "The value 0 of the labels is foreground");
    verb->add_flag("--slices", args->slices, "Objects in 2D, in each slice");
    verb->add_flag("--ids", args->ids,
                   "Values are object ids: voxels of equal value are one object, also in several pieces; "
                   "otherwise only those that touch");
    verb->add_option("--smallest", args->smallest,
                     "Objects of fewer voxels are left out; in a stack sections are counted whatever their "
                     "size")
        ->check(CLI::Range(int64_t(0), int64_t(1) << 40));
    verb->add_option("--distance", args->distance, "Largest distance of correlated slices, in slices")
        ->check(CLI::Range(int64_t{0}, int64_t{1000}));
    verb->add_option("--bins", args->bins, "Bins of the grey-value histograms")->check(CLI::Range(2, 4096));
    verb->add_option("--output", args->output, "File to write: all statistics, as JSON or (.csv) as a table");
    addJson(*verb, line);
    addOverwrite(*verb, line);
    verb->callback([args, &line] { line.run = [args, &line] { return run(*args, line); }; });
}

} // namespace cristae
