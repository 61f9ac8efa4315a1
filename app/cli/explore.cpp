// cristae-cli explore: what a labelled stack is like before a network is trained on it.
#include "app/cli/console.h"
#include "app/cli/verbs.h"

#include "core/base/atomic_file.h"
#include "core/image/with_voxel_size.h"
#include "core/measure/exploration.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {

namespace {

struct ExploreArguments {
    std::string image, labels, dataset, labelDataset, pixelSize, output;
    std::optional<int64_t> label;
    int64_t distance = 20;
    int bins = 64;
    bool inverted = false, slices = false, json = false;
};

/// Objects with their mean size, grey values in and outside, correlation of slices.
nlohmann::json exploration(const ExploreArguments& args, const Progress& progress) {
    OpenOptions imageOptions, labelOptions;
    imageOptions.dataset = args.dataset;
    labelOptions.dataset = args.labelDataset;
    if (!args.pixelSize.empty()) imageOptions.voxelSize = parsePixelSize(args.pixelSize);
    const TileSourcePtr image = openImage(args.image, imageOptions);
    const TileSourcePtr labels = openImage(args.labels, labelOptions);
    const Foreground foreground{args.label, args.inverted};

    const GreyHistograms grey =
        greyHistograms(*image, *labels, foreground, args.bins, PartProgress(progress, 0, 0.3));
    const auto correlation = sliceCorrelations(*image, args.distance, {}, PartProgress(progress, 0.3, 0.6));
    std::vector<uint8_t> mask;
    const Extent3 extent = labels->info().extent();
    for (int64_t z = 0; z < extent.z; ++z) {
        const auto slice =
            foregroundOf(labels->read(0, Box3::ofSlice(extent, z), progress), foreground, args.labels);
        mask.insert(mask.end(), slice.begin(), slice.end());
    }
    progress.throwIfCancelled();
    LabelVolume objects =
        components(mask, extent, args.slices ? Connectivity::slices : Connectivity::volume, true);
    const int64_t count = renumber(objects, Connectivity::volume);
    const auto voxels = double(std::count_if(mask.begin(), mask.end(), [](uint8_t v) { return v != 0; }));
    // The mean area is that of an object in a slice.
    LabelVolume sections = components(mask, extent, Connectivity::slices, true);
    const int64_t sectionCount = renumber(sections, Connectivity::volume);

    const VoxelSize& size = image->info().voxelSize;
    nlohmann::json result = {{"objects", count},
                             {"sections", sectionCount},
                             {"foreground_share", voxels / double(extent.count())},
                             {"mean_area_px", sectionCount ? voxels / double(sectionCount) : 0},
                             {"mean_volume_voxels", count ? voxels / double(count) : 0}};
    if (size.knownInPlane() && sectionCount) {
        const double pixelNm2 = *size.yNm * *size.xNm;
        result["mean_area_nm2"] = voxels * pixelNm2 / double(sectionCount);
        if (size.zNm) result["mean_volume_nm3"] = voxels * pixelNm2 * *size.zNm / double(count);
    }
    result["grey_values"] = {{"low", grey.low},
                             {"high", grey.high},
                             {"inside", grey.inside},
                             {"outside", grey.outside},
                             {"overlap", grey.overlap()}};
    for (const SliceCorrelation& c : correlation)
        result["slice_correlation"].push_back({{"distance", c.distance},
                                               {"pairs", c.pairs},
                                               {"pearson", c.mean},
                                               {"low", c.low},
                                               {"high", c.high}});
    return result;
}

int run(const ExploreArguments& args, CommandLine& line) {
    nlohmann::json result;
    {
        const ConsoleProgress progress(line.quiet);
        result = exploration(args, progress);
    }
    if (!args.output.empty()) writeFileAtomically(args.output, result.dump(2) + "\n");
    if (args.json) {
        fmt::print("{}\n", result.dump(2));
        return 0;
    }
    fmt::print("{} objects in {} sections, {:.2f} % of all voxels\n", result["objects"].dump(),
               result["sections"].dump(), 100 * result["foreground_share"].get<double>());
    if (result.contains("mean_area_nm2"))
        fmt::print("mean area of a section {:.1f} nm²\n", result["mean_area_nm2"].get<double>());
    else
        fmt::print("mean area of a section {:.1f} px (pixel size unknown)\n",
                   result["mean_area_px"].get<double>());
    if (result.contains("mean_volume_nm3"))
        fmt::print("mean volume {:.0f} nm³\n", result["mean_volume_nm3"].get<double>());
    fmt::print("grey values inside and outside share {:.0f} % of their histograms\n",
               100 * result["grey_values"]["overlap"].get<double>());
    for (const auto& c : result["slice_correlation"])
        fmt::print("slices {:>3} apart: Pearson {:6.3f}  ({:.3f} to {:.3f}, {} pairs)\n",
                   c["distance"].dump(), c["pearson"].get<double>(), c["low"].get<double>(),
                   c["high"].get<double>(), c["pairs"].dump());
    return 0;
}

} // namespace

void addExplore(CLI::App& app, CommandLine& line) {
    auto* verb = app.add_subcommand(
        "explore", "Describe a labelled stack: objects, grey values in and outside them, likeness of slices");
    auto args = std::make_shared<ExploreArguments>();
    verb->add_option("IMAGE", args->image, "The micrographs")->required();
    verb->add_option("LABELS", args->labels, "Their labels or mask")->required();
    verb->add_option("--dataset", args->dataset, "Dataset of the image inside an HDF5 file");
    verb->add_option("--label-dataset", args->labelDataset, "Dataset of the labels inside an HDF5 file");
    verb->add_option("--pixel-size", args->pixelSize, "NM or Z,Y,X in nm, instead of what the file says");
    verb->add_option("--label", args->label, "Only this value of the labels is foreground");
    verb->add_flag("--inverted", args->inverted, "The value 0 of the labels is foreground");
    verb->add_flag("--slices", args->slices, "Each slice has its own objects");
    verb->add_option("--distance", args->distance, "Largest distance of correlated slices")
        ->check(CLI::Range(int64_t{0}, int64_t{1000}));
    verb->add_option("--bins", args->bins, "Bins of the grey-value histograms")->check(CLI::Range(2, 4096));
    verb->add_option("--output", args->output, "File for everything as JSON");
    verb->add_flag("--json", args->json, "Print everything as one JSON object");
    verb->callback([args, &line] { line.run = [args, &line] { return run(*args, line); }; });
}

} // namespace cristae
