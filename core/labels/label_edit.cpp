// LabelEdit: private copies of the tiles that a stroke or a result touches, and the change they amount to.
#include "core/labels/label_layer.h"
#include "core/labels/run_writer.h"
#include "core/labels/stretch.h"

#include <algorithm>
#include <cstring>

namespace cristae {

namespace {
constexpr int64_t side = LabelTile::side;

const LabelTile& blankTile() {
    static const LabelTile blank;
    return blank;
}

// Adds the changes between two states of the rows [rowBegin, rowEnd) of a tile; equal rows cost a memcmp.
void compareRows(const LabelTile& before, const LabelTile& after, int rowBegin, int rowEnd,
                 RunWriter& writer) {
    for (int row = rowBegin; row < rowEnd; ++row) {
        const size_t at = size_t(row * side);
        const uint32_t *labelsBefore = before.labels.data() + at, *labelsAfter = after.labels.data() + at;
        const Origin *originsBefore = before.origins.data() + at, *originsAfter = after.origins.data() + at;
        if (std::memcmp(labelsBefore, labelsAfter, size_t(side) * sizeof(uint32_t)) == 0 &&
            std::memcmp(originsBefore, originsAfter, size_t(side)) == 0)
            continue;
        for (int64_t x = 0, next; x < side; x = next) {
            const Voxel a{labelsBefore[x], originsBefore[x]}, b{labelsAfter[x], originsAfter[x]};
            next = x + 1;
            if (a == b) continue;
            const int64_t start = int64_t(at) + x, end = int64_t(at) + side;
            next = stretchEnd(before, start, stretchEnd(after, start, end, b), a) - int64_t(at);
            writer.add(uint32_t(at) + uint32_t(x), uint32_t(next - x), a, b);
        }
    }
}
} // namespace

LabelEdit::LabelEdit(const LabelSnapshot& base, WriteRule rule)
    : base_(base), rule_(std::move(rule)),
      freeRule_(rule_.lockedLabels.empty() && !rule_.keepHuman && !rule_.onlyOver),
      cachedRow_(size_t(std::max<int64_t>(0, (base.extent().x + side - 1) / side))) {}
// Moving a std::map keeps its nodes where they are, so the cached pointers stay good.
LabelEdit::LabelEdit(LabelEdit&&) noexcept = default;
LabelEdit& LabelEdit::operator=(LabelEdit&&) noexcept = default;
LabelEdit::~LabelEdit() = default;

LabelEdit::Touched* LabelEdit::findTouched(int64_t z, int64_t tileY, int64_t tileX) const {
    if (z == cachedZ_ && tileY == cachedTileY_)
        if (Touched* cached = cachedRow_[size_t(tileX)]) return cached;
    const auto found = tiles_.find({z, tileY, tileX});
    return found == tiles_.end() ? nullptr : const_cast<Touched*>(&found->second);
}

LabelEdit::Touched& LabelEdit::touched(int64_t z, int64_t tileY, int64_t tileX) {
    if (z != cachedZ_ || tileY != cachedTileY_) {
        std::fill(cachedRow_.begin(), cachedRow_.end(), nullptr);
        cachedZ_ = z;
        cachedTileY_ = tileY;
    }
    Touched*& cached = cachedRow_[size_t(tileX)];
    if (!cached) {
        cached = &tiles_[{z, tileY, tileX}];
        if (!cached->tile) {
            const LabelTile* from = base_.tile(z, tileY, tileX);
            cached->tile = from ? std::make_unique<LabelTile>(*from) : std::make_unique<LabelTile>();
        }
    }
    return *cached;
}

const LabelTile* LabelEdit::tileNow(int64_t z, int64_t tileY, int64_t tileX) const {
    if (tileX < 0 || tileX >= int64_t(cachedRow_.size())) return nullptr;
    const Touched* own = findTouched(z, tileY, tileX);
    return own ? own->tile.get() : base_.tile(z, tileY, tileX);
}

Voxel LabelEdit::at(int64_t z, int64_t y, int64_t x) const {
    if (y < 0 || x < 0 || y >= extent().y || x >= extent().x) return {};
    const LabelTile* tile = tileNow(z, y / side, x / side);
    if (!tile) return {};
    const size_t index = size_t((y % side) * side + x % side);
    return {tile->labels[index], tile->origins[index]};
}

// Writes `value` to the voxels of one row that may(voxel) lets through. Stretches of equal voxels are judged
// and written at once.
template <class May>
void LabelEdit::writeRow(int64_t z, int64_t y, int64_t x0, int64_t x1, Voxel value, May&& may) {
    if (z < 0 || z >= extent().z || y < 0 || y >= extent().y) return;
    x0 = std::max<int64_t>(x0, 0);
    x1 = std::min(x1, extent().x);
    const int64_t tileY = y / side, row = y % side;
    for (int64_t tileX = x0 / side; tileX * side < x1; ++tileX) {
        Touched* own = findTouched(z, tileY, tileX);
        const LabelTile* from = own ? own->tile.get() : base_.tile(z, tileY, tileX);
        if (!from) from = &blankTile();
        int64_t i = row * side + std::max(x0, tileX * side) - tileX * side;
        const int64_t end = row * side + std::min(x1, (tileX + 1) * side) - tileX * side;
        for (int64_t next; i < end; i = next) {
            const Voxel now{from->labels[size_t(i)], from->origins[size_t(i)]};
            next = stretchEnd(*from, i + 1, end, now);
            if (now == value || !may(now)) continue;
            if (!own || cachedZ_ != z || cachedTileY_ != tileY || !cachedRow_[size_t(tileX)])
                own = &touched(z, tileY, tileX);
            from = own->tile.get();
            std::fill(own->tile->labels.begin() + i, own->tile->labels.begin() + next, value.label);
            std::fill(own->tile->origins.begin() + i, own->tile->origins.begin() + next, value.origin);
            own->rowBegin = std::min(own->rowBegin, int(row));
            own->rowEnd = std::max(own->rowEnd, int(row) + 1);
            if (!journalling_) continue;
            // Row by row a dab would make one run a row; joined with the run before where it goes on in the
            // tile.
            const TileDelta::Run run{uint32_t(i), uint32_t(next - i), now, value};
            TileDelta::Run* last = own->journal.empty() ? nullptr : &own->journal.back();
            if (last && last->start + last->length == run.start && last->before == now &&
                last->after == value)
                last->length += run.length;
            else
                own->journal.push_back(run);
        }
    }
}

void LabelEdit::set(int64_t z, int64_t y, int64_t x, Voxel value) {
    setRun(z, y, x, x + 1, value);
}

void LabelEdit::setRun(int64_t z, int64_t y, int64_t x0, int64_t x1, Voxel value) {
    if (freeRule_)
        writeRow(z, y, x0, x1, value, [](const Voxel&) { return true; });
    else
        writeRow(z, y, x0, x1, value, [&](const Voxel& now) { return rule_.allows(now); });
}

void LabelEdit::eraseRun(int64_t z, int64_t y, int64_t x0, int64_t x1, const std::vector<uint32_t>& labels) {
    writeRow(z, y, x0, x1, {0, Origin::human}, [&](const Voxel& now) {
        return now.label != 0 &&
               (labels.empty() || std::find(labels.begin(), labels.end(), now.label) != labels.end()) &&
               (freeRule_ || rule_.allows(now));
    });
}

void LabelEdit::setBlockRow(int64_t z, int64_t y, int64_t x0, const uint32_t* labels, int64_t count,
                            Origin origin) {
    const int64_t tileX = x0 / side, row = y % side, at = row * side + x0 % side;
    const LabelTile* tile = tileNow(z, y / side, tileX);
    if (!tile) tile = &blankTile();
    // Nothing to do on rows that stay as they are: the usual case, since most of a prediction is background.
    Origin origins[side];
    for (int64_t i = 0; i < count; ++i) origins[i] = labels[i] ? origin : Origin::none;
    if (std::memcmp(tile->labels.data() + at, labels, size_t(count) * sizeof(uint32_t)) == 0 &&
        std::memcmp(tile->origins.data() + at, origins, size_t(count)) == 0)
        return;
    if (freeRule_ && !journalling_) {
        Touched& own = touched(z, y / side, tileX);
        std::memcpy(own.tile->labels.data() + at, labels, size_t(count) * sizeof(uint32_t));
        std::memcpy(own.tile->origins.data() + at, origins, size_t(count));
        own.rowBegin = std::min(own.rowBegin, int(row));
        own.rowEnd = std::max(own.rowEnd, int(row) + 1);
        return;
    }
    for (int64_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && labels[next] == labels[i];) ++next;
        setRun(z, y, x0 + i, x0 + next, {labels[i], origins[i]});
    }
}

void LabelEdit::setBlock(const Box3& box, const Pixels& labels, Origin origin) {
    if (labels.channels() != 1 || labels.extent() != box.extent())
        throw Error(ErrorKind::internal, "A block of labels does not have the size of its box.");
    const Box3 inside = box.intersected(Box3::ofExtent(extent()));
    if (inside.empty()) return;
    const Extent3 size = labels.extent();
    const auto write = [&](auto zero) {
        using T = decltype(zero);
        const T* values = labels.values<T>().data();
        uint32_t wide[side];
        // Tile by tile, so that a tile stays in the cache while its rows are written.
        for (int64_t z = inside.z0; z < inside.z1; ++z)
            for (int64_t tileY = inside.y0 / side; tileY * side < inside.y1; ++tileY)
                for (int64_t tileX = inside.x0 / side; tileX * side < inside.x1; ++tileX) {
                    const int64_t x0 = std::max(inside.x0, tileX * side),
                                  x1 = std::min(inside.x1, (tileX + 1) * side);
                    const int64_t y1 = std::min(inside.y1, (tileY + 1) * side);
                    for (int64_t y = std::max(inside.y0, tileY * side); y < y1; ++y) {
                        std::copy_n(values + ((z - box.z0) * size.y + y - box.y0) * size.x + x0 - box.x0,
                                    x1 - x0, wide);
                        setBlockRow(z, y, x0, wide, x1 - x0, origin);
                    }
                }
    };
    switch (labels.type()) {
    case PixelType::u8:
        return write(uint8_t{});
    case PixelType::u16:
        return write(uint16_t{});
    case PixelType::u32:
        return write(uint32_t{});
    default:
        throw Error(ErrorKind::internal, "A block of labels must be of an unsigned integer type.");
    }
}

LabelDelta LabelEdit::delta() const {
    LabelDelta result;
    RunWriter writer;
    for (const auto& [key, own] : tiles_) {
        const LabelTile* before = base_.tile(key[0], key[1], key[2]);
        compareRows(before ? *before : blankTile(), *own.tile, own.rowBegin, own.rowEnd, writer);
        if (!writer.empty()) result.tiles.push_back({key[0], key[1], key[2], writer.take()});
    }
    return result;
}

LabelDelta LabelEdit::takeIncrement() {
    if (!journalling_) {
        journalling_ = true;
        return delta();
    }
    LabelDelta result;
    for (auto& [key, own] : tiles_) {
        if (own.journal.empty()) continue;
        result.tiles.push_back({key[0], key[1], key[2], std::move(own.journal)});
        own.journal.clear();
    }
    return result;
}

} // namespace cristae
