// Rows of the data set: what is read of an image and its labels, and how a document is split for training and
// validation.
#include "core/image/with_voxel_size.h"
#include "core/labels/label_source.h"
#include "core/render/compose.h"
#include "ui/panels/data_set.h"
#include "ui/panels/parts.h"

#include <QCoreApplication>

#include <algorithm>

namespace cristae {

namespace {

QString tr(const char* words) {
    return QCoreApplication::translate("cristae::DataSetRow", words);
}

/// The middle slice, small, with labelled voxels tinted.
QImage thumbnailOf(const TrainingPair& pair, const Pixels& labels, int64_t slice) {
    const ImageInfo& info = pair.image->info();
    int level = 0;
    while (level + 1 < int(info.levels.size()) && info.levels[size_t(level) + 1].x >= 192) ++level;
    const Pixels pixels = pair.image->read(level, Box3::ofSlice(info.levels[size_t(level)], slice));
    std::vector<uint32_t> colours;
    greyToRgb(pixels, autoRange(pixels), colours);
    const Extent3 e = pixels.extent();
    const Extent3 le = labels.extent();
    for (int64_t y = 0; y < e.y; ++y)
        for (int64_t x = 0; x < e.x; ++x)
            if (labels.at(0, 0, std::min(y * le.y / e.y, le.y - 1), std::min(x * le.x / e.x, le.x - 1)) !=
                0) {
                uint32_t& c = colours[size_t(y * e.x + x)];
                const auto mix = [&](int shift, uint32_t tint) {
                    return (((c >> shift & 255u) * 3 + tint * 2) / 5) << shift;
                };
                c = 0xff000000u | mix(16, 0xe6) | mix(8, 0x9f) | mix(0, 0x00);
            }
    const QImage whole(reinterpret_cast<const uchar*>(colours.data()), int(e.x), int(e.y), int(e.x * 4),
                       QImage::Format_RGB32);
    const QImage scaled = whole.scaled(96, 72, Qt::KeepAspectRatioByExpanding, Qt::SmoothTransformation);
    return scaled.copy((scaled.width() - 96) / 2, (scaled.height() - 72) / 2, 96, 72);
}

bool anyLabel(const Pixels& labels) {
    return withPixelType(labels.type(), [&](auto tag) {
        const auto values = labels.values<decltype(tag)>();
        return std::any_of(values.begin(), values.end(), [](auto v) { return v != 0; });
    });
}

} // namespace

DataSetRow describeRow(TrainingPair pair, LabelMeaning meaning, std::vector<std::string> classNames,
                       const Progress& progress) {
    DataSetRow row;
    const ImageInfo& info = pair.image->info();
    const int64_t end = pair.endSlice < 0 ? info.extent().z : pair.endSlice;
    row.slices = end - pair.firstSlice;
    for (const std::string& sentence : complaints({pair}, meaning)) row.complaints << text(sentence);
    if (pair.labels && pair.labels->info().extent() == info.extent()) {
        const int64_t middle = pair.firstSlice + row.slices / 2;
        for (int64_t z = pair.firstSlice; z < end; ++z) {
            progress.throwIfCancelled();
            progress.report(double(z - pair.firstSlice) / double(row.slices), pair.name);
            const Pixels labels = pair.labels->read(0, Box3::ofSlice(info.extent(), z), progress);
            row.labelledSlices += anyLabel(labels);
            if (z == middle) row.thumbnail = thumbnailOf(pair, labels, middle);
        }
    }
    row.role = pair.role == Role::validation ? RowRole::validation : RowRole::train;
    row.pair = std::move(pair);
    row.meaning = std::move(meaning);
    row.classNames = std::move(classNames);
    return row;
}

DocumentPairs pairsOfDocument(const TileSourcePtr& image, const LabelSnapshot& labels,
                              const ClassTable& classes, const VoxelSize& voxelSize) {
    DocumentPairs result;
    const Extent3 extent = image->info().extent();
    std::vector<int64_t> labelled;
    std::vector<uint32_t> used;
    for (int64_t z = 0; z < extent.z; ++z) {
        if (labels.sliceEmpty(z)) continue;
        const auto counts = labels.countsInSlice(z);
        if (!counts.empty()) labelled.push_back(z);
        for (const auto& [value, count] : counts)
            if (std::find(used.begin(), used.end(), value) == used.end()) used.push_back(value);
    }
    for (const LabelClass& known : classes.classes()) {
        if (std::find(used.begin(), used.end(), known.value) == used.end()) continue;
        result.classNames.push_back(known.name);
        result.meaning.valuesOfClass.push_back({int64_t(known.value)});
    }
    if (labelled.empty() || result.classNames.empty()) return {};

    const TileSourcePtr truth = makeLabelSource(labels, voxelSize), sized = withVoxelSize(image, voxelSize);
    const std::string name = imageName(image->info()).toStdString();
    const auto add = [&](const std::string& words, int64_t first, int64_t last, Role role) {
        result.pairs.push_back({.name = name + words,
                                .image = sized,
                                .labels = truth,
                                .role = role,
                                .firstSlice = first,
                                .endSlice = last + 1});
    };
    if (labelled.size() == 1) { // splitRows() parts it
        add(extent.z > 1 ? tr(", slice %1").arg(labelled[0] + 1).toStdString() : std::string(), labelled[0],
            labelled[0], Role::train);
        return result;
    }
    const size_t forTraining = labelled.size() - std::max<size_t>(1, labelled.size() / 5);
    for (size_t i = 0; i < labelled.size();) { // runs of neighbouring slices with one role
        const bool validation = i >= forTraining;
        size_t end = i + 1;
        while (end < labelled.size() && labelled[end] == labelled[end - 1] + 1 &&
               (end >= forTraining) == validation)
            ++end;
        const int64_t first = labelled[i], last = labelled[end - 1];
        const QString words = first == last ? tr(", slice %1").arg(first + 1)
                                            : tr(", slices %1–%2").arg(first + 1).arg(last + 1);
        add(words.toStdString(), first, last, validation ? Role::validation : Role::train);
        i = end;
    }
    return result;
}

} // namespace cristae
