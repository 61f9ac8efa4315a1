// RunWriter: turns voxel-by-voxel changes of a tile into the fewest runs; shared by the files of this folder.
#pragma once
#include "core/labels/label_layer.h"

#include <algorithm>

namespace cristae {

class RunWriter {
public:
    /// Voxels in ascending order; a change that follows its neighbour with the same before and after joins
    /// its run.
    void add(uint32_t start, uint32_t length, Voxel before, Voxel after) {
        if (!runs_.empty()) {
            TileDelta::Run& last = runs_.back();
            if (last.start + last.length == start && last.before == before && last.after == after) {
                last.length += length;
                return;
            }
        }
        runs_.push_back({start, length, before, after});
    }
    bool empty() const { return runs_.empty(); }
    /// The runs in memory of just their size; the writer is empty and ready for the next tile.
    std::vector<TileDelta::Run> take() {
        std::vector<TileDelta::Run> result(runs_.begin(), runs_.end());
        runs_.clear();
        return result;
    }

private:
    std::vector<TileDelta::Run> runs_;
};

} // namespace cristae
