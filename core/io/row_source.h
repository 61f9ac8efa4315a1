// RowSource: an image of one slice whose file can only be decoded from the top (PNG, JPEG, BMP).
#pragma once
#include "core/image/tile_source.h"

#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace cristae {

/// Takes decoded rows in ascending order: y and the row's samples, interleaved, in the image's own type.
using RowTaker = std::function<void(int64_t y, const std::byte* samples)>;
/// Decodes rows [0, endRow) from the top. Throws Error{input}.
using RowDecoder = std::function<void(int64_t endRow, const RowTaker&, const Progress&)>;

/// Keeps the decoded slice if it has at most 512 MB; larger ones are decoded anew for each box. A damaged
/// file is unreadable as a whole: its checksums come late, so what was decoded before may be wrong already.
class RowSource : public TileSource {
public:
    RowSource(ImageInfo info, RowDecoder decode);
    const ImageInfo& info() const override { return info_; }
    std::string id() const override { return id_; }
    Pixels read(int level, const Box3& box, const Progress& progress = Progress::none()) const override;

private:
    Pixels decodeBox(const Box3& box, const Progress& progress) const;
    ImageInfo info_;
    std::string id_;
    RowDecoder decode_;
    mutable std::mutex mutex_;
    mutable Pixels whole_;       // empty until the first read
    mutable std::string damage_; // the sentence of a decoding that failed; it is not tried again
};

} // namespace cristae
