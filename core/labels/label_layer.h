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
    /// The tile that holds voxels [tileY · 128, tileX · 128] of slice z, or null if nothing was ever set
    /// there.
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
    friend class LabelEdit;
    friend LabelDelta rebased(const LabelDelta& delta, const LabelSnapshot& current, bool newerHandWins);
    const LabelTile* tile(int64_t z, int64_t tileY, int64_t tileX) const; // null where nothing was ever set
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

/// One delta with the effect of all parts in order; voxels that end as they began are left out.
LabelDelta merged(const std::vector<LabelDelta>& parts);
/// The delta as it must be to change `current` although it was made from an older state, so that undoing it
/// restores `current`: every `before` is what is there now. With `newerHandWins`, voxels that were set by
/// hand since then are left out.
LabelDelta rebased(const LabelDelta& delta, const LabelSnapshot& current, bool newerHandWins = true);

/// What a stroke or a result may change; asked with the voxel as it is now, earlier writes of the same edit
/// included.
struct WriteRule {
    std::vector<uint32_t> lockedLabels; // voxels of these labels stay
    bool keepHuman = false;             // voxels set by hand stay (for predictions)
    std::optional<uint32_t> onlyOver;   // change only voxels of this label (0 = only background)
    bool allows(const Voxel& current) const;
};

/// Collects the writes of one stroke or result against a snapshot and turns them into one delta. The layer is
/// not touched until the delta is applied; reading through the edit sees the writes so far. Movable, not
/// copyable.
class LabelEdit {
public:
    LabelEdit(const LabelSnapshot& base, WriteRule rule);
    LabelEdit(LabelEdit&&) noexcept;
    LabelEdit& operator=(LabelEdit&&) noexcept;
    ~LabelEdit();
    /// Outside the volume or against the rule: ignored.
    void set(int64_t z, int64_t y, int64_t x, Voxel value);
    /// x in [x0, x1).
    void setRun(int64_t z, int64_t y, int64_t x0, int64_t x1, Voxel value);
    /// Turns voxels of the given labels (empty = all but background) in [x0, x1) into background set by hand;
    /// what is background already stays as it is.
    void eraseRun(int64_t z, int64_t y, int64_t x0, int64_t x1, const std::vector<uint32_t>& labels = {});
    /// Replaces the labels of a box (result of a model), u8/u16/u32 [1, Z, Y, X] at (box.z0, box.y0, box.x0);
    /// parts outside the volume are ignored. A 0 becomes background without an origin, everything else gets
    /// `origin`.
    void setBlock(const Box3& box, const Pixels& labels, Origin origin);
    Voxel at(int64_t z, int64_t y, int64_t x) const;
    /// The tile as it is now; null where nothing is set. Valid until the next write.
    const LabelTile* tileNow(int64_t z, int64_t tileY, int64_t tileX) const;
    /// The change since the base (voxels that end as they began are left out).
    LabelDelta delta() const;
    /// The change since the last call of this function: for live display of a stroke; applying all parts in
    /// order equals delta(). The runs of a part may overlap; LabelLayer::apply() undoes them last first.
    LabelDelta takeIncrement();
    const Extent3& extent() const { return base_.extent(); }
    const WriteRule& rule() const { return rule_; }

private:
    /// A touched tile: its values now, the rows that were written, and the writes since the last
    /// takeIncrement().
    struct Touched {
        std::unique_ptr<LabelTile> tile;
        int rowBegin = int(LabelTile::side), rowEnd = 0;
        std::vector<TileDelta::Run> journal;
    };
    using Key = std::array<int64_t, 3>; // z, tileY, tileX
    Touched& touched(int64_t z, int64_t tileY, int64_t tileX);
    Touched* findTouched(int64_t z, int64_t tileY, int64_t tileX) const;
    template <class May> void writeRow(int64_t z, int64_t y, int64_t x0, int64_t x1, Voxel value, May&& may);
    void setBlockRow(int64_t z, int64_t y, int64_t x0, const uint32_t* labels, int64_t count, Origin origin);
    LabelSnapshot base_;
    WriteRule rule_;
    bool freeRule_ = true;     // the rule allows everything
    bool journalling_ = false; // from the first takeIncrement() on; results of models never pay for it
    std::map<Key, Touched> tiles_;
    // The touched tiles of the row of tiles written last, by tileX, so that a dab looks each tile up once.
    int64_t cachedZ_ = -1, cachedTileY_ = -1;
    std::vector<Touched*> cachedRow_;
};

} // namespace cristae
