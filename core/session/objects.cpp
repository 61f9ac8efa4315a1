// Session: objects of one class, numbered, as a result file.
#include "core/base/error.h"
#include "core/labels/label_source.h"
#include "core/session/forecast.h"
#include "core/session/prepared.h"
#include "core/session/result_file.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace cristae {

namespace {

const char* wordOf(Splitting splitting) {
    return splitting == Splitting::none ? "none" : splitting == Splitting::distance ? "distance" : "boundary";
}

Spacing spacingOf(const VoxelSize& size) {
    if (!size.yNm || !size.xNm) return {};
    return {size.zNm.value_or(*size.xNm), *size.yNm, *size.xNm};
}

/// Of volumes that are too large for the memory there is no way to tell objects apart; say so at once.
std::vector<uint8_t> memoryFor(const Extent3& extent) {
    try {
        return std::vector<uint8_t>(size_t(extent.count()));
    } catch (const std::bad_alloc&) {
        throw Error(
            ErrorKind::memory,
            fmt::format("Objects of {} slices of {} × {} px do not fit into the memory; take fewer slices.",
                        extent.z, extent.x, extent.y));
    }
}

/// Numbers on disk.
std::filesystem::path writeObjects(const LabelVolume& objects, const ObjectRule& rule,
                                   ExportDescription description, const Exporter& exporter,
                                   const Destination& target, const Progress& progress) {
    const uint32_t count = objects.labels.empty() ? 0 : *std::ranges::max_element(objects.labels);
    description.info.type = labelTypeFor(count);
    description.provenance["objects"] = {
        {"count", count},
        {"within", rule.connectivity == Connectivity::slices ? "slices" : "volume"},
        {"split", wordOf(rule.splitting)},
        {"depth", rule.depth},
        {"smallest", rule.smallest}};
    requireWritable(exporter, description);
    const auto sink = exporter.create(target, description);
    const auto size = size_t(objects.sliceSize());
    for (int64_t z = 0; z < objects.extent.z; ++z) {
        progress.throwIfCancelled();
        progress.report(0.9 * double(z) / double(objects.extent.z), "writing objects");
        Pixels slice(PixelType::u32, 1, {1, objects.extent.y, objects.extent.x});
        std::copy_n(objects.labels.begin() + z * objects.sliceSize(), size, slice.values<uint32_t>().begin());
        sink->write(z, slice.converted(description.info.type));
    }
    progress.report(0.95, "checking the written file");
    sink->finish();
    return exporter.placeOf(target.path(), description);
}

} // namespace

WrittenFile Session::predictObjectsToFile(const TileSourcePtr& image, const PredictionRequest& request,
                                          const Exporter& exporter, const Destination& target,
                                          const Progress& progress) {
    progress.report(0, "loading the model");
    const Prepared prepared = prepareTasks(request);
    std::vector<LabelClass> classes;
    for (const ModelClass& wanted : prepared.classes) classes.push_back({1, wanted.name, wanted.colour});
    const ObjectRule& rule = request.objects;
    PredictionRequest checked = request;
    const int64_t first = request.settings.firstSlice;
    const int64_t end = checkedEnd(image->info(), first, request.settings.endSlice);
    checked.settings.endSlice = end;
    // A network that tells objects apart is asked for them, unless they are to be split by another rule.
    const bool own = prepared.tasks.size() == 1 && prepared.tasks.front().network->info().findsObjects &&
                     rule.splitting == Splitting::none && request.settings.averaging == Averaging::none;
    checked.settings.wantObjects = own;
    checked.settings.wantProbabilities = rule.splitting == Splitting::boundary;
    const ExportDescription description =
        describe(image, image->info().voxelSize, ResultKind::objects, std::move(classes), first, end,
                 {predictionEntry(prepared, checked, image->info())}, inputHash(image->info(), progress));
    requireWritable(exporter, description);
    const Extent3 extent = description.info.extent();
    const auto size = size_t(extent.y * extent.x);
    std::vector<uint8_t> mask = memoryFor(extent);
    std::vector<float> probability;
    LabelVolume objects{extent, {}};
    const PartProgress predicting(progress, 0, 0.85);
    tellConcerns(checked, image->info());
    auto remarks = predictNamingCause(
        *image, prepared.tasks, checked.settings,
        [&](const PredictedSlice& slice) {
            const Pixels labels = slice.labels.converted(PixelType::u8);
            const auto at = size_t(slice.z - first) * size;
            std::ranges::copy(labels.values<uint8_t>(), mask.begin() + int64_t(at));
            if (checked.settings.wantProbabilities) {
                const auto plane = slice.probabilities.plane<float>(0, 0);
                probability.insert(probability.end(), plane.begin(), plane.end());
            }
            if (!own) return;
            const auto found = slice.objects.values<uint32_t>();
            const uint32_t before = objects.labels.empty() ? 0 : *std::ranges::max_element(objects.labels);
            for (size_t i = 0; i < size; ++i)
                objects.labels.push_back(found[i] && mask[at + i] ? before + found[i] : 0);
        },
        predicting);
    const PartProgress separating(progress, 0.85, 0.93);
    if (own) {
        if (rule.connectivity == Connectivity::volume) linkSlices(objects);
        dropSmall(objects, rule.smallest);
    } else {
        objects =
            separateObjects(mask, probability, extent, spacingOf(image->info().voxelSize), rule, separating);
    }
    const PartProgress writing(progress, 0.93, 1);
    return {writeObjects(objects, rule, description, exporter, target, writing), std::move(remarks)};
}

std::filesystem::path Session::exportObjects(const LabelExport& what, const Exporter& exporter,
                                             const Destination& target, const Progress& progress) {
    const ImageInfo& info = what.image->info();
    const int64_t end = checkedEnd(info, what.firstSlice, what.endSlice);
    std::vector<LabelClass> classes;
    for (const LabelClass& known : what.classes.classes())
        if (what.values.empty() || std::ranges::find(what.values, known.value) != what.values.end())
            classes.push_back(known);
    const uint32_t value = classes.empty() ? 0 : classes.front().value;
    const ExportDescription description =
        describe(what.image, what.voxelSize, ResultKind::objects, classes, what.firstSlice, end,
                 historyWithHand(what, end, progress), inputHash(info, progress));
    requireWritable(exporter, description);
    exporter.requirePlace(target, description);
    const Extent3 extent = description.info.extent();
    std::vector<uint8_t> mask = memoryFor(extent);
    for (int64_t z = what.firstSlice; z < end; ++z) {
        progress.throwIfCancelled();
        progress.report(0.4 * double(z - what.firstSlice) / double(extent.z), "reading labels");
        if (what.labels.sliceEmpty(z)) continue;
        const Pixels slice = what.labels.labels(Box3::ofSlice(info.extent(), z));
        std::ranges::transform(slice.values<uint32_t>(),
                               mask.begin() + (z - what.firstSlice) * extent.y * extent.x,
                               [value](uint32_t label) { return uint8_t(label == value); });
    }
    const PartProgress separating(progress, 0.4, 0.8), writing(progress, 0.8, 1);
    const LabelVolume objects =
        separateObjects(mask, {}, extent, spacingOf(what.voxelSize), what.objects, separating);
    return writeObjects(objects, what.objects, description, exporter, target, writing);
}

} // namespace cristae
