// LabelLayer: the labels of a volume as sparse copy-on-write tiles, with who set each voxel.
#pragma once
#include "core/base/geometry.h"
#include "core/image/pixels.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cristae {

enum class Origin : uint8_t { none = 0, human = 1, model = 2, interpolated = 3 };

struct Voxel {
    uint32_t label = 0;
    Origin origin = Origin::none;
    bool operator==(const Voxel&) const = default;
};

/// One tile of 1 × 128 × 128 voxels.
struct LabelTile {
    static constexpr int64_t side = 128;
    std::array<uint32_t, side * side> labels{};
    std::array<Origin, side * side> origins{};
};

/// The change of one tile as runs of equal (before, after); what undo steps are made of.
struct TileDelta {
    struct Run {
        uint32_t start = 0, length = 0; // in voxels of the tile, row by row
        Voxel before, after;
    };
    int64_t z = 0, tileY = 0, tileX = 0;
    std::vector<Run> runs;
};

struct LabelDelta {
    std::vector<TileDelta> tiles;
    bool empty() const { return tiles.empty(); }
    size_t bytes() const;
    /// The box of all touched tiles, in voxels.
    Box3 touched() const;
};

/// An immutable picture of a layer at one moment; cheap to take, safe to read from any thread.
class LabelSnapshot {
public:
    const Extent3& extent() const { return extent_; }
    Voxel at(int64_t z, int64_t y, int64_t x) const;
    /// The tile that holds voxels [tileY · 128, tileX · 128] of slice z, or null if nothing was ever set there.
    const LabelTile* tileAt(int64_t z, int64_t tileY, int64_t tileX) const {
        if (z < 0 || z >= int64_t(slices_.size()) || !slices_[size_t(z)]) return nullptr;
        const auto found = slices_[size_t(z)]->find({tileY, tileX});
        return found == slices_[size_t(z)]->end() ? nullptr : found->second.get();
    }
    /// Labels of the box as u32 [1, Z, Y, X]; voxels never set are 0.
    Pixels labels(const Box3& box) const;
    /// Origins of the box as u8 [1, Z, Y, X].
    Pixels origins(const Box3& box) const;
    /// True if no tile exists in slice z.
    bool sliceEmpty(int64_t z) const;
    uint32_t maxLabel() const;
    /// Number of voxels per label in slice z, background left out.
    std::map<uint32_t, int64_t> countsInSlice(int64_t z) const;

private:
    friend class LabelLayer;
    using Slice = std::map<std::pair<int64_t, int64_t>, std::shared_ptr<const LabelTile>>; // (tileY, tileX)
    Extent3 extent_;
    std::vector<std::shared_ptr<const Slice>> slices_;
};

/// Owned by the document; changed only on the UI thread and only through apply().
class LabelLayer {
public:
    explicit LabelLayer(const Extent3& extent);
    const Extent3& extent() const { return state_.extent_; }
    const LabelSnapshot& snapshot() const { return state_; } // copy it to keep it
    Voxel at(int64_t z, int64_t y, int64_t x) const { return state_.at(z, y, x); }
    /// Writes every run's `after` (or `before` when undoing). Tiles shared with a snapshot are copied first.
    void apply(const LabelDelta& delta, bool undo = false);
    /// Grows with every apply(); tells a finished job whether the layer is still the one it read.
    uint64_t generation() const { return generation_; }

private:
    LabelSnapshot state_;
    uint64_t generation_ = 0;
};

/// What a stroke or a result may change.
struct WriteRule {
    std::vector<uint32_t> lockedLabels;   // voxels of these labels stay
    bool keepHuman = false;               // voxels set by hand stay (for predictions)
    std::optional<uint32_t> onlyOver;     // change only voxels of this label (0 = only background)
    bool allows(const Voxel& current) const;
};

/// Collects the writes of one stroke or result against a snapshot and turns them into one delta. The layer is not touched
/// until the delta is applied; reading through the edit sees the writes so far.
class LabelEdit {
public:
    LabelEdit(const LabelSnapshot& base, WriteRule rule);
    /// Outside the volume or against the rule: ignored.
    void set(int64_t z, int64_t y, int64_t x, Voxel value);
    /// x in [x0, x1).
    void setRun(int64_t z, int64_t y, int64_t x0, int64_t x1, Voxel value);
    /// Replaces the labels of a box (result of a model), u8/u16/u32 [1, Z, Y, X] at (box.z0, box.y0, box.x0).
    void setBlock(const Box3& box, const Pixels& labels, Origin origin);
    Voxel at(int64_t z, int64_t y, int64_t x) const;
    /// The change since the base (voxels that end as they began are left out).
    LabelDelta delta() const;
    /// The change since the last call of this function: for live display of a stroke; applying all parts in order equals delta().
    LabelDelta takeIncrement();
    const Extent3& extent() const { return base_.extent(); }

private:
    LabelTile& tile(int64_t z, int64_t tileY, int64_t tileX);
    LabelSnapshot base_;
    WriteRule rule_;
    std::map<std::array<int64_t, 3>, std::unique_ptr<LabelTile>> tiles_;     // current values of touched tiles
    std::map<std::array<int64_t, 3>, std::unique_ptr<LabelTile>> reported_;  // as of the last takeIncrement
    std::map<std::array<int64_t, 3>, bool> dirty_;                           // changed since the last takeIncrement
};

} // namespace cristae
