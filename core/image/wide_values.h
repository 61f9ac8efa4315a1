// WideValues: sources whose whole numbers are stored in 64 bits, for ids that do not fit in 32.
#pragma once
#include "core/base/geometry.h"
#include "core/base/progress.h"

#include <cstdint>
#include <vector>

namespace cristae {

/// A TileSource may be one too; its read() gives 32 bits and refuses what does not fit.
class WideValues {
public:
    virtual ~WideValues() = default;
    /// Whether the file stores 64 bits, and whether they have a sign.
    virtual bool isWide() const = 0;
    virtual bool isSigned() const = 0;
    /// Channel 0 of a box of level 0, [Z, Y, X]; negative numbers as two's complement. Throws Error{input}.
    virtual std::vector<uint64_t> readWide(const Box3& box, const Progress& progress) const = 0;
};

} // namespace cristae
