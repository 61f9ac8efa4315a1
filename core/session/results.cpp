// Session: predictions into a document or a file, and labels of a document into a file.
#include "core/base/error.h"
#include "core/labels/label_source.h"
#include "core/session/forecast.h"
#include "core/session/prepared.h"
#include "core/session/result_file.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

namespace cristae {

namespace {

/// Voxels that a rule protected from changes.
struct Kept {
    int64_t byHand = 0, locked = 0;
};

/// The writes of one predicted slice: found voxels take the class's value; voxels of the predicted classes
/// that are no longer found become background; everything else stays. Equal targets in a row are written as
/// one run.
LabelDelta sliceDelta(const LabelSnapshot& base, const PredictedSlice& slice,
                      const std::vector<uint32_t>& values, const WriteRule& rule, Kept& kept) {
    const Pixels current = base.labels(slice.box);
    const Pixels found = slice.labels.converted(PixelType::u32);
    const auto now = current.values<uint32_t>();
    const auto predicted = found.values<uint32_t>();
    const bool protects = rule.keepHuman || !rule.lockedLabels.empty();
    const Pixels origins = protects ? base.origins(slice.box) : Pixels();
    LabelEdit edit(base, rule);
    const int64_t width = slice.box.x1 - slice.box.x0, height = slice.box.y1 - slice.box.y0;
    const auto target = [&](size_t i) {
        if (predicted[i] > 0) return values[predicted[i] - 1];
        return std::find(values.begin(), values.end(), now[i]) != values.end() ? 0u : now[i];
    };
    for (int64_t y = 0; y < height; ++y) {
        for (int64_t x = 0; x < width;) {
            const size_t row = size_t(y * width);
            const uint32_t label = target(row + size_t(x));
            if (label == now[row + size_t(x)]) {
                ++x;
                continue;
            }
            int64_t end = x + 1;
            while (end < width && target(row + size_t(end)) == label && now[row + size_t(end)] != label)
                ++end;
            for (int64_t i = x; i < end && protects; ++i) {
                const Voxel voxel{now[row + size_t(i)], Origin(origins.values<uint8_t>()[row + size_t(i)])};
                if (rule.allows(voxel)) continue;
                ++(rule.keepHuman && voxel.origin == Origin::human ? kept.byHand : kept.locked);
            }
            edit.setRun(slice.z, slice.box.y0 + y, slice.box.x0 + x, slice.box.x0 + end,
                        {label, Origin::model});
            x = end;
        }
    }
    return edit.delta();
}

} // namespace

PredictionResult Session::predictLabels(const TileSource& image, const LabelSnapshot& labels,
                                        uint64_t generation, const ClassTable& classes,
                                        const PredictionRequest& request, WriteRule rule,
                                        const Progress& progress) {
    progress.report(0, "loading the model");
    const Prepared prepared = prepareTasks(request);
    PredictionResult result;
    result.classes = classes;
    result.generation = generation;
    for (const ModelClass& wanted : prepared.classes) {
        const bool isNew = !result.classes.findByName(wanted.name);
        LabelClass entry = result.classes.ensure(wanted.name);
        if (isNew) {
            entry.colour = wanted.colour;
            result.classes.set(entry);
        }
        result.values.push_back(entry.value);
    }
    const auto start = std::chrono::steady_clock::now();
    Kept kept;
    result.remarks = predictNamingCause(
        image, prepared.tasks, request.settings,
        [&](const PredictedSlice& slice) {
            LabelDelta delta = sliceDelta(labels, slice, result.values, rule, kept);
            std::move(delta.tiles.begin(), delta.tiles.end(), std::back_inserter(result.delta.tiles));
        },
        progress);
    rememberSpeed(request, image.info(),
                  std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    result.provenance = predictionEntry(prepared, request, image.info());
    result.keptByHand = kept.byHand;
    result.keptLocked = kept.locked;
    return result;
}

namespace {

/// Throws for a result that can't be written, before an engine or a network is loaded.
void requirePlace(const TileSourcePtr& image, const PredictionRequest& request, ResultKind kind,
                  const Exporter& exporter, const Destination& target) {
    std::vector<LabelClass> classes;
    for (const ModelClass& wanted : wantedClasses(request))
        classes.push_back({uint32_t(classes.size() + 1), wanted.name, wanted.colour});
    const int64_t first = request.settings.firstSlice;
    const ExportDescription description =
        describe(image, image->info().voxelSize, kind, std::move(classes), first,
                 checkedEnd(image->info(), first, request.settings.endSlice), {}, {});
    requireWritable(exporter, description);
    exporter.requirePlace(target, description);
}

} // namespace

WrittenFile Session::predictToFile(const TileSourcePtr& image, const PredictionRequest& request,
                                   ResultKind kind, const Exporter& exporter, const Destination& target,
                                   const Progress& progress) {
    for (const ModelRequest& model : request.models) target.reading(model.package.file);
    target.reading(image->info().path);
    requirePlace(image, request, kind, exporter, target);
    if (kind == ResultKind::objects) return predictObjectsToFile(image, request, exporter, target, progress);
    progress.report(0, "loading the model");
    const Prepared prepared = prepareTasks(request);
    std::vector<LabelClass> classes;
    for (const ModelClass& wanted : prepared.classes)
        classes.push_back({uint32_t(classes.size() + 1), wanted.name, wanted.colour});
    PredictionRequest checked = request;
    const int64_t first = request.settings.firstSlice;
    const int64_t end = checkedEnd(image->info(), first, request.settings.endSlice);
    checked.settings.endSlice = end;
    checked.settings.wantProbabilities = kind == ResultKind::probabilities;
    const ExportDescription description =
        describe(image, image->info().voxelSize, kind, std::move(classes), first, end,
                 {predictionEntry(prepared, checked, image->info())}, inputHash(image->info(), progress));
    requireWritable(exporter, description);
    const auto sink = exporter.create(target, description);
    const PartProgress part(progress, 0, 0.97);
    tellConcerns(checked, image->info());
    auto remarks = predictNamingCause(
        *image, prepared.tasks, checked.settings,
        [&](const PredictedSlice& slice) {
            if (kind == ResultKind::probabilities)
                sink->write(slice.z - first, slice.probabilities);
            else if (kind == ResultKind::mask)
                sink->write(slice.z - first, maskOf(slice.labels));
            else
                sink->write(slice.z - first, slice.labels.converted(description.info.type));
        },
        part);
    progress.throwIfCancelled();
    progress.report(0.97, "checking the written file");
    sink->finish();
    return {exporter.placeOf(target.path(), description), std::move(remarks)};
}

std::filesystem::path Session::exportLabels(const LabelExport& what, const Exporter& exporter,
                                            const Destination& target, const Progress& progress) {
    target.reading(what.image->info().path);
    if (what.kind == ResultKind::objects) return exportObjects(what, exporter, target, progress);
    const ImageInfo& info = what.image->info();
    const int64_t end = checkedEnd(info, what.firstSlice, what.endSlice);
    std::vector<LabelClass> classes;
    std::vector<uint32_t> values = what.values;
    if (values.empty())
        for (const LabelClass& known : what.classes.classes()) values.push_back(known.value);
    for (const uint32_t value : values) {
        const LabelClass* known = what.classes.find(value);
        if (!known)
            throw Error(ErrorKind::usage, fmt::format("There is no class with the label value {}.", value));
        classes.push_back({uint32_t(classes.size() + 1), known->name, known->colour});
    }
    if (classes.empty())
        throw Error(ErrorKind::usage, "There are no labels to write yet; predict or paint first.");

    const auto sliceBox = [&](int64_t z) { return Box3::ofSlice(info.extent(), z); };
    const ExportDescription description =
        describe(what.image, what.voxelSize, what.kind, std::move(classes), what.firstSlice, end,
                 historyWithHand(what, end, progress), inputHash(info, progress));
    requireWritable(exporter, description);
    const auto sink = exporter.create(target, description);
    for (int64_t z = what.firstSlice; z < end; ++z) {
        progress.throwIfCancelled();
        progress.report(0.9 * double(z - what.firstSlice) / double(end - what.firstSlice),
                        fmt::format("slice {} of {}", z - what.firstSlice + 1, end - what.firstSlice));
        Pixels slice = what.labels.labels(sliceBox(z));
        for (uint32_t& label : slice.values<uint32_t>()) {
            const auto it = std::find(values.begin(), values.end(), label);
            label = it == values.end() ? 0 : uint32_t(it - values.begin() + 1);
        }
        sink->write(z - what.firstSlice,
                    what.kind == ResultKind::mask ? maskOf(slice) : slice.converted(description.info.type));
    }
    progress.report(0.9, "checking the written file");
    sink->finish();
    return exporter.placeOf(target.path(), description);
}

} // namespace cristae
