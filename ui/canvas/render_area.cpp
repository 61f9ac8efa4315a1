// renderArea: sampling of tiles and labels onto the device's grid.
#include "ui/canvas/render_area.h"

#include <algorithm>
#include <cmath>

namespace cristae {

namespace {

/// For one axis: which source pixel (and which part of the next one) a device pixel shows.
struct Sample {
    int first = 0, second = 0, weight = 0; // value = first·(256 − weight) + second·weight
};

/// Device pixels [from, to) of an axis whose source pixel 0 lies at `origin` and measures `scale` device
/// pixels.
std::vector<Sample> samples(int from, int to, double origin, double scale, int64_t sourceSize, bool smooth) {
    std::vector<Sample> result(size_t(std::max(0, to - from)));
    const int last = int(sourceSize) - 1;
    for (int d = from; d < to; ++d) {
        const double position = (d + 0.5 - origin) / scale;
        Sample& s = result[size_t(d - from)];
        if (!smooth) {
            s.first = s.second = std::clamp(int(std::floor(position)), 0, last);
            continue;
        }
        const double left = std::floor(position - 0.5);
        s.first = std::clamp(int(left), 0, last);
        s.second = std::clamp(int(left) + 1, 0, last);
        s.weight = int((position - 0.5 - left) * 256);
    }
    return result;
}

uint32_t mixed(uint32_t a, uint32_t b, uint32_t weight) {
    const uint32_t rest = 256 - weight;
    const uint32_t redBlue = (((a & 0xff00ff) * rest + (b & 0xff00ff) * weight) >> 8) & 0xff00ff;
    const uint32_t green = (((a & 0x00ff00) * rest + (b & 0x00ff00) * weight) >> 8) & 0x00ff00;
    return 0xff000000u | redBlue | green;
}

/// Draws the part of a tile (its box in level pixels) that falls into `part` (device pixels) of the target.
void drawTile(QImage& target, QPoint targetOrigin, const QRect& part, const ScreenTile& tile, const Box3& box,
              const PaneGeometry& geometry, int level) {
    const double scale = geometry.zoom * double(int64_t(1) << level);
    const bool smooth = scale < 1 || level > 0;
    const int64_t width = box.x1 - box.x0, height = box.y1 - box.y0;
    const auto columns = samples(part.left(), part.right() + 1, geometry.originX + double(box.x0) * scale,
                                 scale, width, smooth);
    const auto rows = samples(part.top(), part.bottom() + 1, geometry.originY + double(box.y0) * scale, scale,
                              height, smooth);
    for (size_t r = 0; r < rows.size(); ++r) {
        auto* out = reinterpret_cast<uint32_t*>(target.scanLine(part.top() - targetOrigin.y() + int(r))) +
                    (part.left() - targetOrigin.x());
        const uint32_t* upper = tile.rgb.data() + int64_t(rows[r].first) * width;
        if (!smooth) {
            for (size_t c = 0; c < columns.size(); ++c) out[c] = upper[columns[c].first];
            continue;
        }
        const uint32_t* lower = tile.rgb.data() + int64_t(rows[r].second) * width;
        for (size_t c = 0; c < columns.size(); ++c) {
            const Sample& s = columns[c];
            out[c] =
                mixed(mixed(upper[s.first], upper[s.second], uint32_t(s.weight)),
                      mixed(lower[s.first], lower[s.second], uint32_t(s.weight)), uint32_t(rows[r].weight));
        }
    }
}

/// Device pixels whose centre lies in the box of a level; neighbours share no pixel and leave none out.
QRect deviceRectOf(const Box3& box, const PaneGeometry& geometry, int level) {
    const double scale = geometry.zoom * double(int64_t(1) << level);
    auto firstCentre = [](double edge) { return int(std::clamp(std::ceil(edge - 0.5), -1e8, 1e8)); };
    return QRect(QPoint(firstCentre(geometry.originX + double(box.x0) * scale),
                        firstCentre(geometry.originY + double(box.y0) * scale)),
                 QPoint(firstCentre(geometry.originX + double(box.x1) * scale) - 1,
                        firstCentre(geometry.originY + double(box.y1) * scale) - 1));
}

/// premultiplied source over opaque background
uint32_t over(uint32_t background, uint32_t source) {
    const uint32_t rest = 255 - (source >> 24);
    uint32_t redBlue = (background & 0xff00ff) * rest;
    redBlue = ((redBlue + ((redBlue >> 8) & 0xff00ff) + 0x800080) >> 8) & 0xff00ff;
    uint32_t green = ((background >> 8) & 0xff) * rest;
    green = (green + (green >> 8) + 0x80) >> 8;
    return 0xff000000u | ((source & 0x00ffffff) + (redBlue | ((green & 0xff) << 8)));
}

} // namespace

std::vector<ScreenTileKey> visibleTiles(const ScreenTiles& tiles, const PaneGeometry& geometry,
                                        const QRect& area, int64_t slice) {
    std::vector<ScreenTileKey> keys;
    if (!tiles.source() || area.isEmpty()) return keys;
    const int level = levelForZoom(geometry.zoom, tiles.levels());
    const Extent3 extent = tiles.levelExtent(level);
    const double scale = geometry.zoom * double(int64_t(1) << level);
    auto range = [&](int from, int to, double origin, int64_t size) {
        const int64_t last = (size - 1) / ScreenTiles::side;
        const auto first = int64_t(std::floor((from - origin) / scale / double(ScreenTiles::side)));
        const auto end = int64_t(std::floor((to + 1 - origin) / scale / double(ScreenTiles::side)));
        return std::pair{std::clamp<int64_t>(first, 0, last), std::clamp<int64_t>(end, 0, last)};
    };
    const auto [row0, row1] = range(area.top(), area.bottom(), geometry.originY, extent.y);
    const auto [column0, column1] = range(area.left(), area.right(), geometry.originX, extent.x);
    for (int64_t row = row0; row <= row1; ++row)
        for (int64_t column = column0; column <= column1; ++column) {
            const ScreenTileKey key{level, slice, row, column};
            if (deviceRectOf(tiles.box(key), geometry, level).intersects(area)) keys.push_back(key);
        }
    const QPointF middle = QRectF(area).center();
    auto distance = [&](const ScreenTileKey& key) {
        const QPointF d = QRectF(deviceRectOf(tiles.box(key), geometry, level)).center() - middle;
        return d.x() * d.x() + d.y() * d.y();
    };
    std::stable_sort(keys.begin(), keys.end(), [&](const ScreenTileKey& a, const ScreenTileKey& b) {
        return distance(a) < distance(b);
    });
    return keys;
}

RenderedArea renderImage(ScreenTiles& tiles, const PaneGeometry& geometry, const QRect& area, int64_t slice,
                         QColor background) {
    RenderedArea result{QImage(area.size(), QImage::Format_RGB32), {}};
    result.image.fill(background);
    for (const ScreenTileKey& key : visibleTiles(tiles, geometry, area, slice)) {
        const QRect whole = deviceRectOf(tiles.box(key), geometry, key.level);
        const QRect part = whole & area;
        if (part.isEmpty()) continue;
        if (const ScreenTile* tile = tiles.find(key)) {
            if (tile->unreadable)
                result.unreadable.push_back(whole);
            else
                drawTile(result.image, area.topLeft(), part, *tile, tiles.box(key), geometry, key.level);
            for (const Box3& damaged : tile->damaged)
                result.unreadable.push_back(deviceRectOf(damaged, geometry, key.level));
        } else if (const auto other = tiles.standIn(key)) {
            drawTile(result.image, area.topLeft(), part, *other->second, tiles.box(other->first), geometry,
                     other->first.level);
        }
    }
    return result;
}

void renderLabels(QImage& target, const LabelSnapshot& labels, const ClassTable& classes,
                  const OverlayStyle& style, const PaneGeometry& geometry, const QRect& area, int64_t slice) {
    if (area.isEmpty() || slice < 0 || slice >= labels.extent().z || labels.sliceEmpty(slice)) return;
    constexpr int64_t side = LabelTile::side;
    const Extent3 extent = labels.extent();
    const int64_t width = area.width() + 2,
                  height = area.height() + 2; // one pixel of border for the outlines
    Pixels sampled(PixelType::u32, 1, {1, height, width});
    const std::span<uint32_t> values = sampled.values<uint32_t>();

    std::vector<int64_t> columns(size_t(width), -1);
    for (int64_t c = 0; c < width; ++c) {
        const auto x =
            int64_t(std::floor((double(area.left() + c - 1) + 0.5 - geometry.originX) / geometry.zoom));
        if (x >= 0 && x < extent.x) columns[size_t(c)] = x;
    }
    bool anything = false;
    int64_t rowBefore = -1;
    for (int64_t r = 0; r < height; ++r) {
        const auto y =
            int64_t(std::floor((double(area.top() + r - 1) + 0.5 - geometry.originY) / geometry.zoom));
        if (y < 0 || y >= extent.y) continue;
        uint32_t* out = values.data() + r * width;
        if (y == rowBefore) {
            std::copy(out - width, out, out);
            continue;
        }
        rowBefore = y;
        int64_t tileColumn = -1;
        const uint32_t* line = nullptr;
        for (int64_t c = 0; c < width; ++c) {
            const int64_t x = columns[size_t(c)];
            if (x < 0) continue;
            if (x / side != tileColumn) {
                tileColumn = x / side;
                const LabelTile* tile = labels.tileAt(slice, y / side, tileColumn);
                line = tile ? tile->labels.data() + (y % side) * side : nullptr;
                anything = anything || line;
            }
            if (line) out[c] = line[x % side];
        }
    }
    if (!anything) return;
    std::vector<uint32_t> colours;
    labelsToArgb(sampled, classes, style, colours);
    for (int r = 0; r < area.height(); ++r) {
        auto* line = reinterpret_cast<uint32_t*>(target.scanLine(r));
        const uint32_t* source = colours.data() + int64_t(r) * area.width();
        for (int c = 0; c < area.width(); ++c)
            if (source[c] >> 24) line[c] = over(line[c], source[c]);
    }
}

} // namespace cristae
