// cristae-cli info: what a file holds.
#include "app/cli/console.h"
#include "app/cli/verbs.h"

#include "core/base/json.h"
#include "core/base/text.h"

#include <fmt/format.h>

namespace cristae {

namespace {

struct InfoArguments {
    std::string input;
    ReadingFlags reading;
};

nlohmann::json numberOrNull(const std::optional<double>& value) {
    return value ? nlohmann::json(*value) : nlohmann::json();
}

/// Everything the file says of its voxel size, in the order in which it is trusted.
nlohmann::json statedJson(const std::vector<StatedLength>& lengths) {
    nlohmann::json all = nlohmann::json::array();
    for (const StatedLength& length : lengths)
        all.push_back({{"axis", std::string(1, length.axis)},
                       {"value", length.value},
                       {"unit", length.unit},
                       {"nm", numberOrNull(length.nm)},
                       {"source", length.source},
                       {"used", length.used},
                       {"doubt", length.doubt}});
    return all;
}

nlohmann::json infoJson(const ImageInfo& info) {
    const Extent3& e = info.extent();
    return {{"path", info.path.string()},
            {"format", info.format},
            {"dataset", info.dataset},
            {"shape", {info.channels, e.z, e.y, e.x}},
            {"shape_axes", "czyx"},
            {"type", name(info.type)},
            {"axes", info.axes},
            {"voxel_size_nm",
             {{"z", numberOrNull(info.voxelSize.zNm)},
              {"y", numberOrNull(info.voxelSize.yNm)},
              {"x", numberOrNull(info.voxelSize.xNm)},
              {"source", info.voxelSize.source}}},
            {"stated_lengths", statedJson(info.statedLengths)},
            {"remarks", info.remarks}};
}

std::string axisText(const std::optional<double>& nm) {
    return nm ? fmt::format("{:g}", *nm) : "?";
}

void printInfo(const ImageInfo& info) {
    const Extent3& e = info.extent();
    printResult("file        {}\n", info.path.string());
    printResult("format      {}\n", info.format);
    if (!info.dataset.empty()) printResult("dataset     {}\n", info.dataset);
    printResult("size        {} × {} px, {}{}\n", e.x, e.y, countText(e.z, "slice", "slices"),
                info.channels > 1 ? fmt::format(", {} channels", info.channels) : "");
    printResult("type        {}\n", name(info.type));
    printResult("axes        {}\n", info.axes);
    const VoxelSize& v = info.voxelSize;
    if (v.zNm || v.yNm || v.xNm)
        printResult("voxel size  z {} y {} x {} nm ({})\n", axisText(v.zNm), axisText(v.yNm), axisText(v.xNm),
                    v.source);
    else
        printResult("voxel size  unknown\n");
    for (const StatedLength& length : info.statedLengths)
        printResult("stated      {} {:g} {} in {}: {}{}{}\n", length.axis, length.value, length.unit,
                    length.source, length.used ? "used" : "not used", length.doubt.empty() ? "" : ", ",
                    length.doubt);
    for (const std::string& remark : info.remarks) printResult("remark      {}\n", remark);
}

} // namespace

void addInfo(CLI::App& app, CommandLine& line) {
    auto* verb =
        app.add_subcommand("info", "Show what a file holds: size, type, axes, voxel size and its source");
    auto args = std::make_shared<InfoArguments>();
    verb->add_option("INPUT", args->input, "An image, a stack or a folder of images")->required();
    addReading(*verb, args->reading);
    addJson(*verb, line);
    verb->callback([args, &line] {
        line.run = [args, &line] {
            const TileSourcePtr image = openImage(args->input, args->reading.options());
            if (line.json)
                printResult("{}\n", jsonText(infoJson(image->info())));
            else
                printInfo(image->info());
            return 0;
        };
    });
}

} // namespace cristae
