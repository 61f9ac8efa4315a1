// TileSource: anything that can be looked at; a file, a stack in memory, a prediction.
#pragma once
#include "core/base/progress.h"
#include "core/image/image_info.h"

#include <memory>
#include <string>

namespace cristae {

/// Immutable and thread-safe.
class TileSource {
public:
    virtual ~TileSource() = default;
    virtual const ImageInfo& info() const = 0;
    /// Cache key: path + size + time of a file, or the hash of a recipe.
    virtual std::string id() const = 0;
    /// The box (inside the level's extent) as [C, Z, Y, X] in the image's own type.
    /// Throws Error{input} if the pixels cannot be read; never returns zeros for them.
    virtual Pixels read(int level, const Box3& box, const Progress& progress = Progress::none()) const = 0;
};

using TileSourcePtr = std::shared_ptr<const TileSource>;

} // namespace cristae
