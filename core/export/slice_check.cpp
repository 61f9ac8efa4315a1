// Read-back of a written file before it takes its name.
#include "core/export/slice_check.h"

#include "core/base/hash.h"
#include "core/io/format.h"

#include <cmath>
#include <fmt/format.h>

namespace cristae {

namespace {

Error different(const std::filesystem::path& target, const std::string& what) {
    return {
        ErrorKind::output,
        fmt::format("“{}” was not written: reading it back gave {}. The disk may be failing; choose another.",
                    target.string(), what)};
}

bool sameLength(std::optional<double> expected, std::optional<double> read) {
    if (!expected) return true; // a format may know more than was said
    return read && std::abs(*read - *expected) <= 1e-4 * *expected;
}

} // namespace

void SliceCheck::requireNext(int64_t z, const Pixels& slice) const {
    const Extent3& extent = expected_.extent();
    if (z != count() || z >= extent.z || slice.type() != expected_.type ||
        slice.channels() != expected_.channels || slice.extent() != Extent3{1, extent.y, extent.x})
        throw Error(
            ErrorKind::internal,
            fmt::format("Slice {} does not fit the file “{}” that is being written.", z, target_.string()));
}

void SliceCheck::add(const Pixels& slice) {
    hashes_.push_back(sha256(slice.asBytes()));
}

void SliceCheck::requireComplete() const {
    if (count() != expected_.extent().z)
        throw Error(ErrorKind::internal, fmt::format("Only {} of {} slices were given to “{}”.", count(),
                                                     expected_.extent().z, target_.string()));
}

TileSourcePtr SliceCheck::reopen(const std::filesystem::path& path) const {
    try {
        return openImage(path);
    } catch (const Error& error) {
        throw different(target_, fmt::format("an error ({})", error.what()));
    }
}

void SliceCheck::compare(const std::filesystem::path& path) const {
    const auto source = reopen(path);
    const ImageInfo& info = source->info();
    if (info.extent() != expected_.extent() || info.channels != expected_.channels ||
        info.type != expected_.type)
        throw different(target_, "another size or type");
    if (!sameLength(expected_.voxelSize.zNm, info.voxelSize.zNm) ||
        !sameLength(expected_.voxelSize.yNm, info.voxelSize.yNm) ||
        !sameLength(expected_.voxelSize.xNm, info.voxelSize.xNm))
        throw different(target_, "another voxel size");
    for (int64_t z = 0; z < info.extent().z; ++z) {
        std::string hash;
        try {
            hash = sha256(source->read(0, Box3::ofSlice(info.extent(), z)).asBytes());
        } catch (const Error& error) {
            throw different(target_, fmt::format("an error ({})", error.what()));
        }
        if (hash != hashes_[size_t(z)]) throw different(target_, fmt::format("other values in slice {}", z));
    }
}

void SliceCheck::decode(const std::filesystem::path& path) const {
    const auto source = reopen(path);
    const Extent3 extent = source->info().extent();
    if (extent != expected_.extent()) throw different(target_, "another size");
    try {
        for (int64_t z = 0; z < extent.z; ++z) static_cast<void>(source->read(0, Box3::ofSlice(extent, z)));
    } catch (const Error& error) {
        throw different(target_, fmt::format("an error ({})", error.what()));
    }
}

} // namespace cristae
