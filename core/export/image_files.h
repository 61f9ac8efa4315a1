// ImageFilesSink: exports in formats of one slice a file (PNG, JPEG): one file, or a folder of numbered files
// for a stack.
#pragma once
#include "core/base/atomic_file.h"
#include "core/export/slice_check.h"

#include <functional>
#include <optional>

namespace cristae {

/// Encodes one slice into a new file at `path`. Throws Error{output} naming `target`.
using SliceEncoder =
    std::function<void(const std::filesystem::path& path, const std::filesystem::path& target,
                       const Pixels& slice, const std::string& metadata, const VoxelSize& voxelSize)>;
/// What is stored for a slice of the described type ("a mask as 0 and 255").
using SliceConverter = std::function<Pixels(const Pixels&)>;

/// The file itself for one slice; for a stack the folder with the name of the file without its extension.
std::filesystem::path placeOfImageFiles(const std::filesystem::path& target,
                                        const ExportDescription& description);

class ImageFilesSink : public SliceSink {
public:
    /// `extension` without the dot. Throws Error{output} if nothing may be written there.
    ImageFilesSink(const Destination& target, ExportDescription description, std::string extension,
                   bool lossless, SliceConverter convert, SliceEncoder encode);
    void write(int64_t z, const Pixels& slice) override;
    void finish() override;

private:
    std::string fileName(int64_t z) const;
    ExportDescription description_;
    std::string extension_, stem_, metadata_;
    bool lossless_, stack_, useSliceNames_;
    AtomicFile file_;
    SliceConverter convert_;
    SliceEncoder encode_;
    SliceCheck given_;                 // against the description
    std::optional<SliceCheck> stored_; // against the file; its type is known with the first slice
};

} // namespace cristae
