// Reads a piece of the open image or of the data set.
#include "ui/panels/preview_sample.h"

#include "core/image/memory_source.h"
#include "core/learn/label_meaning.h"
#include "core/segment/tiler.h"
#include "ui/panels/data_set.h"
#include "ui/window/workbench.h"

#include <algorithm>
#include <utility>

namespace cristae {

namespace {

/// The middle of an image, as large as any patch needs.
Box3 middleOf(const Extent3& extent, int64_t slice) {
    constexpr int64_t most = 1024;
    const int64_t y = std::max<int64_t>(0, (extent.y - most) / 2),
                  x = std::max<int64_t>(0, (extent.x - most) / 2);
    return {slice, y, x, slice + 1, std::min(extent.y, y + most), std::min(extent.x, x + most)};
}

/// The piece with those of the slices before and behind it, so that their order can be seen reversed.
void readPiece(const TileSource& image, const Box3& box, TrainingSlice& slice, const Progress& progress) {
    const int64_t depth = image.info().extent().z;
    slice.image = image.read(0, box, progress);
    Pixels three(slice.image.type(), slice.image.channels(), {3, box.extent().y, box.extent().x});
    for (int64_t z = 0; z < 3; ++z) {
        const int64_t at = reflectedIndex(box.z0 + z - 1, depth);
        const Pixels plane = at == box.z0
                                 ? slice.image
                                 : image.read(0, {at, box.y0, box.x0, at + 1, box.y1, box.x1}, progress);
        for (int64_t c = 0; c < three.channels(); ++c)
            withPixelType(three.type(), [&](auto tag) {
                using T = decltype(tag);
                std::ranges::copy(std::as_const(plane).plane<T>(c, 0), three.plane<T>(c, z).begin());
            });
    }
    slice.source = std::make_shared<MemorySource>(std::move(three));
    slice.z = 1;
}

} // namespace

SampleReader sampleReader(const Workbench& workbench, const std::vector<DataSetRow>& rows) {
    if (const Document* document = workbench.document()) {
        const Box3 box = middleOf(document->info().extent(), workbench.view().slice);
        return [image = document->image(), labels = document->labels().snapshot(), box,
                size = document->voxelSize().xNm](const Progress& progress) {
            TrainingSlice slice;
            readPiece(*image, box, slice, progress);
            slice.labels = classesOf(labels.labels(box), {});
            slice.pixelSizeNm = size;
            return slice;
        };
    }
    for (const DataSetRow& row : rows)
        if (row.role == RowRole::train && row.complaints.isEmpty())
            return [pair = row.pair, meaning = row.meaning](const Progress& progress) {
                const Box3 box = middleOf(pair.image->info().extent(), pair.firstSlice);
                TrainingSlice slice;
                readPiece(*pair.image, box, slice, progress);
                slice.labels = classesOf(pair.labels->read(0, box, progress), meaning);
                slice.pixelSizeNm = pair.image->info().voxelSize.xNm;
                return slice;
            };
    return {};
}

} // namespace cristae
