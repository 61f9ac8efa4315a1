// SlicesSeen: how many slices a network takes.
#pragma once
#include <cstdint>

namespace cristae {

/// The slices that a network sees around each one.
struct SlicesSeen {
    int64_t before = 0, after = 0;
    bool labelled = false; // a network of volumes answers for all of them
    int64_t count() const { return before + 1 + after; }
};

} // namespace cristae
