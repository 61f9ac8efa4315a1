// makeReportPictures: contrast, reduction and overlay with the window's own functions.
#include "ui/report/report_picture.h"

#include "core/base/error.h"
#include "core/render/compose.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace cristae {

namespace {

/// The coarsest level that still has at least `side` pixels along its longer side.
int levelFor(const ImageInfo& info, int64_t side) {
    int level = 0;
    for (int i = 1; i < int(info.levels.size()); ++i)
        if (std::max(info.levels[size_t(i)].y, info.levels[size_t(i)].x) >= side) level = i;
    return level;
}

QImage imageOf(const std::vector<uint32_t>& argb, int64_t width, int64_t height, QImage::Format format) {
    // A copy, because the vector goes.
    return QImage(reinterpret_cast<const uchar*>(argb.data()), int(width), int(height), int(width * 4),
                  format)
        .copy();
}

/// Labels of the picture with the border of one pixel that labelsToArgb wants; the nearest voxel each.
Pixels sampledLabels(const Pixels& labels, int64_t width, int64_t height) {
    Pixels sampled(PixelType::u32, 1, {1, height + 2, width + 2});
    const auto in = labels.values<uint32_t>();
    const auto out = sampled.values<uint32_t>();
    const int64_t inWidth = labels.extent().x, inHeight = labels.extent().y;
    for (int64_t y = 0; y < height + 2; ++y) {
        const int64_t fromY =
            std::clamp<int64_t>((y - 1) * 2 + 1, 0, 2 * height - 1) * inHeight / (2 * height);
        for (int64_t x = 0; x < width + 2; ++x) {
            const int64_t fromX =
                std::clamp<int64_t>((x - 1) * 2 + 1, 0, 2 * width - 1) * inWidth / (2 * width);
            out[size_t(y * (width + 2) + x)] = in[size_t(fromY * inWidth + fromX)];
        }
    }
    return sampled;
}

} // namespace

ReportPictures makeReportPictures(const TileSource& original, int64_t z, const Pixels& labels,
                                  const ClassTable& classes) {
    const ImageInfo& info = original.info();
    const Extent3 full = info.extent();
    if (labels.extent().y != full.y || labels.extent().x != full.x)
        throw Error(ErrorKind::internal, "The result and its original differ in size.");
    const int level = levelFor(info, longestPictureSide);
    const Pixels grey = original.read(level, Box3::ofSlice(info.levels[size_t(level)], z));
    std::vector<uint32_t> colours;
    greyToRgb(grey, autoRange(grey), colours);
    const QImage asStored = imageOf(colours, grey.extent().x, grey.extent().y, QImage::Format_RGB32);

    const double longest = double(std::max(full.y, full.x));
    const double scale = longest > longestPictureSide
                             ? longestPictureSide / longest
                             : std::clamp(std::floor(longestPictureSide / longest), 1.0, 8.0);
    const int width = std::max(1, int(std::lround(double(full.x) * scale))),
              height = std::max(1, int(std::lround(double(full.y) * scale)));
    ReportPictures pictures;
    pictures.original = asStored.scaled(width, height, Qt::IgnoreAspectRatio, Qt::SmoothTransformation);

    std::vector<uint32_t> overlay;
    labelsToArgb(sampledLabels(labels, width, height), classes, OverlayStyle{}, overlay);
    pictures.highlighted = pictures.original.copy();
    QPainter painter(&pictures.highlighted);
    painter.drawImage(0, 0, imageOf(overlay, width, height, QImage::Format_ARGB32_Premultiplied));
    painter.end();
    if (info.channels == 1) pictures.original = pictures.original.convertToFormat(QImage::Format_Grayscale8);
    return pictures;
}

} // namespace cristae
