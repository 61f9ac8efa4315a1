// io_probe FILE [DATASET] [--dump OUT]: opens an image, reads all of it slice by slice and prints what it is,
// or the error.
#include "core/io/format.h"

#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace cristae;

int main(int argc, char** argv) {
    std::string dataset, dump;
    for (int i = 2; i < argc; ++i) {
        if (std::strcmp(argv[i], "--dump") == 0 && i + 1 < argc)
            dump = argv[++i];
        else
            dataset = argv[i];
    }
    nlohmann::json report;
    try {
        if (dataset.empty())
            for (const SceneInfo& each : scenesToChoose(argv[1]))
                report["datasets"].push_back(
                    {{"path", each.name}, {"shape", each.shape}, {"type", each.type}, {"axes", each.axes}});
        const auto source = openImage(argv[1], {.scene = dataset});
        const ImageInfo& info = source->info();
        const auto length = [](std::optional<double> nm) {
            return nm ? nlohmann::json(*nm) : nlohmann::json();
        };
        report = {
            {"shape", {info.channels, info.extent().z, info.extent().y, info.extent().x}},
            {"type", name(info.type)},
            {"axes", info.axes},
            {"format", info.format},
            {"voxel", {length(info.voxelSize.zNm), length(info.voxelSize.yNm), length(info.voxelSize.xNm)}},
            {"voxelSource", info.voxelSize.source},
            {"remarks", info.remarks}};
        std::ofstream out;
        if (!dump.empty()) out.open(dump, std::ios::binary);
        const int64_t slices = std::min<int64_t>(info.extent().z, dump.empty() ? 200 : info.extent().z);
        for (int64_t z = 0; z < slices; ++z) {
            const Pixels slice = source->read(0, Box3::ofSlice(info.extent(), z));
            if (out.is_open())
                out.write(reinterpret_cast<const char*>(slice.data()), std::streamsize(slice.bytes()));
        }
    } catch (const Error& error) {
        report["error"] = error.what();
    }
    std::puts(report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
    return 0;
}
