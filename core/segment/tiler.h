// Tiler: integer geometry of a tiled prediction: tiles, halo, grid alignment. Knows neither images nor
// networks.
#pragma once
#include "core/segment/network.h"

#include <cstdint>
#include <vector>

namespace cristae {

/// One tile of a plane. `input` may reach outside the plane (reflected there); `output` is the part of the
/// plane it decides.
struct Tile {
    int64_t inputY = 0, inputX = 0; // origin of the input on the network's grid, may be negative
    Box3 output;                    // z unused (0..1)
};

/// All tiles of a plane have the same input side lengths `inputHeight` × `inputWidth`, multiples of
/// strideMultiple.
struct Tiling {
    int64_t inputHeight = 0, inputWidth = 0, halo = 0;
    std::vector<Tile> tiles; // row by row; outputs cover the region without overlap
};

/// The halo is the network's receptive-field radius rounded up to its stride multiple; tile origins are
/// multiples of strideMultiple, so that pooling falls on the same pixels as in the whole image. A plane that
/// fits one tile gives one tile of just its padded size. tileSide: wanted input side (rounded to the
/// multiple; at least 2 × halo + strideMultiple). region: the part to predict.
Tiling makeTiling(const Extent3& plane, const Box3& region, const NetworkInfo& network, int64_t tileSide);
/// Some slices of a stack as a network of volumes takes them. The input may reach beyond the stack (reflected
/// there).
struct Slab {
    int64_t inputZ = 0, first = 0, end = 0; // the input's first slice; decides slices [first, end)
};

struct SlabTiling {
    int64_t inputDepth = 0;
    std::vector<Slab> slabs; // ascending; cover the range without overlap
};

/// Slabs of equal depth for slices [first, end). depth: wanted input depth (at least 2 × halo +
/// sliceMultiple; 0 = two thirds of the input decide).
SlabTiling makeSlabs(int64_t first, int64_t end, const NetworkInfo& network, int64_t depth);
/// Index of the pixel that stands for `i` in a row of n pixels mirrored at both ends without repeating the
/// edge ("reflect 101").
int64_t reflectedIndex(int64_t i, int64_t n);

} // namespace cristae
