// Raw chunks from the library, their filters undone and counted here, and a cache of the newest.
#include "core/io/hdf5_chunks.h"

#include "core/base/input_file.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace cristae {

namespace {

constexpr size_t mostKeptBytes = size_t(64) << 20;
constexpr size_t bytesBeside = 300; // of a kept chunk, for its place

/// Steps through every index of a box of `count`, the last axis held at 0; false after the last.
bool nextLine(std::vector<hsize_t>& index, const std::vector<hsize_t>& count) {
    for (size_t d = count.size() - 1; d-- > 0;) {
        if (++index[d] < count[d]) return true;
        index[d] = 0;
    }
    return false;
}

/// Where an index lies in an array of these sides.
size_t offsetOf(const std::vector<hsize_t>& index, const std::vector<hsize_t>& sides) {
    size_t offset = 0;
    for (size_t d = 0; d < sides.size(); ++d) offset = offset * size_t(sides[d]) + size_t(index[d]);
    return offset;
}

} // namespace

Hdf5Chunks::Hdf5Chunks(std::filesystem::path path, std::string name, hid_t dataset, hid_t memoryType)
    : path_(std::move(path)), name_(std::move(name)), dataset_(dataset), memoryType_(memoryType) {
    const Hdf5Lock lock;
    kind_.type = Hdf5Handle(H5Dget_type(dataset));
    kind_.creation = Hdf5Handle(H5Dget_create_plist(dataset));
    const hid_t creation = kind_.creation.get();
    const Hdf5Handle space(H5Dget_space(dataset));
    shape_.resize(size_t(H5Sget_simple_extent_ndims(space.get())));
    H5Sget_simple_extent_dims(space.get(), shape_.data(), nullptr);
    kind_.sides.resize(shape_.size());
    H5Pget_chunk(creation, int(shape_.size()), kind_.sides.data());
    for (const hsize_t side : kind_.sides) valuesInChunk_ *= size_t(side);
    kind_.bytes = valuesInChunk_ * H5Tget_size(kind_.type.get());
    filters_ = filtersOf(creation);
    valueBytes_ = H5Tget_size(memoryType);
    sameType_ = H5Tequal(kind_.type.get(), memoryType) > 0;
    unsigned options = 0;
    partialUnfiltered_ =
        H5Pget_chunk_opts(creation, &options) >= 0 && (options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) != 0;
    fill_.resize(valueBytes_);
    H5D_fill_value_t defined{};
    if (H5Pfill_value_defined(creation, &defined) < 0 || defined == H5D_FILL_VALUE_UNDEFINED ||
        H5Pget_fill_value(creation, memoryType, fill_.data()) < 0)
        std::fill(fill_.begin(), fill_.end(), std::byte{0});
    fileBytes_ = InputFile(path_).size();
}

bool Hdf5Chunks::unfiltered(const std::vector<hsize_t>& origin) const {
    bool partial = false;
    for (size_t d = 0; d < shape_.size(); ++d) partial = partial || origin[d] + kind_.sides[d] > shape_[d];
    return partialUnfiltered_ && partial;
}

/// Null if the chunk was never written.
Hdf5Chunks::Values Hdf5Chunks::decoded(const std::vector<hsize_t>& origin) const {
    const auto damaged = [&](const std::string& why) {
        return inputError(
            path_,
            fmt::format("a part of “{}” is damaged ({}). Copy or download the file again.", name_, why));
    };
    std::vector<std::byte> bytes;
    uint32_t leftOut = 0;
    {
        const Hdf5Lock lock;
        haddr_t address = HADDR_UNDEF;
        hsize_t stored = 0;
        unsigned mask = 0;
        if (H5Dget_chunk_info_by_coord(dataset_, origin.data(), &mask, &address, &stored) < 0)
            throw damaged(hdf5Reason());
        if (address == HADDR_UNDEF) return nullptr;
        if (stored == 0 || stored > fileBytes_ || address > fileBytes_ - stored)
            throw damaged("it lies beyond the end of the file");
        bytes.resize(size_t(stored));
        if (H5Dread_chunk(dataset_, H5P_DEFAULT, origin.data(), &leftOut, bytes.data()) < 0)
            throw damaged(hdf5Reason());
    }
    try {
        static const std::vector<Hdf5Filter> none;
        bytes = withoutFilters(std::move(bytes), unfiltered(origin) ? none : filters_, leftOut, kind_);
    } catch (const Error& error) {
        throw damaged(error.what());
    }
    if (!sameType_) {
        const Hdf5Lock lock;
        bytes.resize(std::max(kind_.bytes, valuesInChunk_ * valueBytes_));
        if (H5Tconvert(kind_.type.get(), memoryType_, valuesInChunk_, bytes.data(), nullptr, H5P_DEFAULT) < 0)
            throw damaged(hdf5Reason());
        bytes.resize(valuesInChunk_ * valueBytes_);
    }
    return std::make_shared<const std::vector<std::byte>>(std::move(bytes));
}

Hdf5Chunks::Values Hdf5Chunks::chunkAt(const std::vector<hsize_t>& origin) const {
    {
        const std::lock_guard lock(mutex_);
        if (const auto place = places_.find(origin); place != places_.end()) {
            kept_.splice(kept_.begin(), kept_, place->second);
            return kept_.front().second;
        }
    }
    Values values = decoded(origin);
    if (!values) return values;
    const std::lock_guard lock(mutex_);
    if (places_.contains(origin)) return values; // another thread was faster
    kept_.emplace_front(origin, values);
    places_[origin] = kept_.begin();
    keptBytes_ += values->size() + bytesBeside;
    while (keptBytes_ > mostKeptBytes && kept_.size() > 1) {
        keptBytes_ -= kept_.back().second->size() + bytesBeside;
        places_.erase(kept_.back().first);
        kept_.pop_back();
    }
    return values;
}

void Hdf5Chunks::read(const std::vector<hsize_t>& start, const std::vector<hsize_t>& count, std::byte* out,
                      const Progress& progress) const {
    const size_t dimensions = shape_.size(), last = dimensions - 1;
    std::vector<hsize_t> first(dimensions), grid(dimensions);
    for (size_t d = 0; d < dimensions; ++d) {
        first[d] = start[d] / kind_.sides[d];
        grid[d] = (start[d] + count[d] - 1) / kind_.sides[d] - first[d] + 1;
    }
    std::vector<hsize_t> cell(dimensions, 0), origin(dimensions), from(dimensions), part(dimensions),
        to(dimensions);
    do {
        for (cell[last] = 0; cell[last] < grid[last]; ++cell[last]) {
            for (size_t d = 0; d < dimensions; ++d) {
                origin[d] = (first[d] + cell[d]) * kind_.sides[d];
                const hsize_t begin = std::max(origin[d], start[d]),
                              end = std::min(origin[d] + kind_.sides[d], start[d] + count[d]);
                from[d] = begin - origin[d];
                to[d] = begin - start[d];
                part[d] = end - begin;
            }
            progress.throwIfCancelled();
            const Values values = chunkAt(origin);
            std::vector<hsize_t> line(dimensions, 0), source(dimensions), target(dimensions);
            do {
                for (size_t d = 0; d < dimensions; ++d) {
                    source[d] = from[d] + line[d];
                    target[d] = to[d] + line[d];
                }
                std::byte* into = out + offsetOf(target, count) * valueBytes_;
                const size_t bytes = size_t(part[last]) * valueBytes_;
                if (values)
                    std::memcpy(into, values->data() + offsetOf(source, kind_.sides) * valueBytes_, bytes);
                else
                    for (size_t i = 0; i < bytes; i += valueBytes_)
                        std::memcpy(into + i, fill_.data(), valueBytes_);
            } while (nextLine(line, part));
        }
        cell[last] = 0;
    } while (nextLine(cell, grid));
}

} // namespace cristae
