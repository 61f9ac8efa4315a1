// cristae-cli measure: a table of objects from labels.
#include "app/cli/console.h"
#include "app/cli/verbs.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/export/metadata.h"
#include "core/image/with_voxel_size.h"
#include "core/measure/class_statistics.h"

#include <fmt/format.h>

namespace cristae {

namespace {

struct MeasureArguments {
    std::string labels, image, output, objectsIn = "volume";
    bool ids = false;
    int64_t smallest = 0;
    ReadingFlags reading;
    LabelRule rule;
};

nlohmann::json classJson(const ClassStatistics& one, const ClassTable& names) {
    nlohmann::json json = {{"label", one.label}, {"objects", one.objects}, {"voxels", one.voxels}};
    if (const LabelClass* known = names.find(one.label)) json["class"] = known->name;
    if (one.areaNm2) json["area_nm2"] = *one.areaNm2;
    if (one.volumeNm3) json["volume_nm3"] = *one.volumeNm3;
    return json;
}

void printSummary(const CommandLine& line, const MeasureArguments& args,
                  const std::vector<LabelObject>& objects, const ImageInfo& info,
                  const ObjectIdentity& identity) {
    if (line.json) {
        const auto classes = classStatistics(objects, info.extent(), info.voxelSize);
        nlohmann::json result = {
            {"output", args.output}, {"objects", objects.size()}, {"one_object_is", wordsOf(identity)}};
        constexpr size_t mostClasses = 256; // more are ids, which stand in the table
        if (classes.size() <= mostClasses) {
            const ClassTable names = classTableOf(info);
            result["classes"] = nlohmann::json::array();
            for (const ClassStatistics& one : classes) result["classes"].push_back(classJson(one, names));
        }
        printJson(line, std::move(result));
        return;
    }
    printResult("{}  {}: {}\n", args.output, countText(int64_t(objects.size()), "object", "objects"),
                wordsOf(identity));
}

/// What the table holds no nanometres of, and what would give them; empty if it holds all.
std::string remarkOnUnknownSizes(const ImageInfo& info, bool volumes) {
    if (!info.voxelSize.knownInPlane())
        return "The pixel size is not known, so sizes are in pixels; --pixel-size gives it.";
    if (volumes && info.extent().z > 1 && !info.voxelSize.zNm)
        return "The slice spacing is not known, so volumes are in voxels; --pixel-size Z,Y,X gives it.";
    return {};
}

int run(const MeasureArguments& args, CommandLine& line) {
    const ConsoleProgress progress(line.quiet);
    TileSourcePtr labels =
        openLabelInput(line, args.labels, args.reading.options(), args.rule, PartProgress(progress, 0, 0.3));
    if (!args.image.empty()) {
        const TileSourcePtr image = openInput(line, args.image);
        requireSameExtent(labels->info(), image->info());
        if (!labels->info().voxelSize.knownInPlane()) labels = withVoxelSize(labels, image->info().voxelSize);
        if (const std::string remark = remarkOnSizes(labels->info(), image->info()); !remark.empty())
            addRemark(line, remark);
    }
    const Destination table = outputFile(line, args.output);
    remarkOnSpreadsheetName(line, args.output, "CSV");
    const ObjectIdentity identity{args.objectsIn == "slices" ? Connectivity::slices : Connectivity::volume,
                                  args.ids};
    auto objects = measureObjects(*labels, PartProgress(progress, 0.3, 1), identity);
    if (const int64_t leftOut = leaveOutSmall(objects, args.smallest))
        addRemarks(line, args.labels,
                   {fmt::format("{} of fewer than {} voxels left out.",
                                countText(leftOut, "object", "objects"), args.smallest)});
    const ImageInfo& info = labels->info();
    if (const std::string remark = remarkOnUnknownSizes(info, identity.connectivity == Connectivity::volume);
        !remark.empty())
        addRemarks(line, args.labels, {remark});
    writeFileAtomically(
        table, objectTableCsv(objects, info.voxelSize, classTableOf(info), identity, classOfObjects(info)));
    printSummary(line, args, objects, info, identity);
    return 0;
}

} // namespace

void addMeasure(CLI::App& app, CommandLine& line) {
    auto* verb = app.add_subcommand("measure", "Measure the objects of a label image in nanometres");
    auto args = std::make_shared<MeasureArguments>();
    verb->add_option("LABELS", args->labels, "Labels or mask")->required();
    verb->add_option("--image", args->image, "The image, for its voxel size if the labels have none");
    addReading(*verb, args->reading);
    addLabelRule(*verb, args->rule);
    verb->add_flag("--ids", args->ids,
                   "Values are object ids: voxels of equal value are one object, also in several pieces; "
                   "otherwise only those that touch");
    verb->add_option("--objects-in", args->objectsIn,
                     "volume: objects in 3D, through the slices; slices: objects in 2D, in each slice")
        ->check(CLI::IsMember({"volume", "slices"}));
    verb->add_option("--smallest", args->smallest, "Objects of fewer voxels are left out")
        ->check(CLI::Range(int64_t(0), int64_t(1) << 40));
    verb->add_option("--output", args->output, "Table to write (.csv)")->required();
    addJson(*verb, line);
    addOverwrite(*verb, line);
    verb->callback([args, &line] { line.run = [args, &line] { return run(*args, line); }; });
}

} // namespace cristae
