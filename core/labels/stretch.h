// Ends of stretches of equal values, eight voxels a step; what makes large dabs and fills quick.
#pragma once
#include "core/labels/label_layer.h"

#include <cstring>

namespace cristae {

/// Eight bytes at any address as one number.
inline uint64_t eightBytes(const void* from) {
    uint64_t value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

inline bool eightLabelsAre(const uint32_t* labels, uint32_t label) {
    const uint64_t pair = uint64_t(label) << 32 | label;
    return ((eightBytes(labels) ^ pair) | (eightBytes(labels + 2) ^ pair) | (eightBytes(labels + 4) ^ pair) |
            (eightBytes(labels + 6) ^ pair)) == 0;
}

inline bool eightOriginsAre(const Origin* origins, Origin origin) {
    return eightBytes(origins) == uint64_t(origin) * 0x0101010101010101ull;
}

/// The first index in [from, end) whose voxel is not `value`, or end.
inline int64_t stretchEnd(const LabelTile& tile, int64_t from, int64_t end, Voxel value) {
    const uint32_t* labels = tile.labels.data();
    const Origin* origins = tile.origins.data();
    while (from + 8 <= end && eightLabelsAre(labels + from, value.label) &&
           eightOriginsAre(origins + from, value.origin))
        from += 8;
    while (from < end && labels[from] == value.label && origins[from] == value.origin) ++from;
    return from;
}

} // namespace cristae
