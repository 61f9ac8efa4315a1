// safetensors: raw little-endian tensors behind a JSON header; read without trust, written whole or not at
// all.
#pragma once
#include "core/base/destination.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace cristae {

/// One tensor in memory: dtype "F32", "F16", "BF16", "I64", "U8", "F64", "I32", "BOOL" (names of the format),
/// row-major.
struct NamedTensor {
    std::string name;
    std::string dtype;
    std::vector<int64_t> shape;
    std::shared_ptr<std::byte[]> data;
    size_t bytes = 0;
};

struct SafetensorsFile {
    std::map<std::string, std::string> metadata; // __metadata__
    std::vector<NamedTensor> tensors;            // in the file's order
    const NamedTensor* find(const std::string& name) const;
};

/// Header only: metadata, names, dtypes, shapes; data stays null. Checks header length against the file,
/// offsets against each other and against shapes, and the header against its checksum. Throws Error{model}.
SafetensorsFile readSafetensorsHeader(const std::filesystem::path& file);
/// Everything; the tensors are checked too. Files without checksums (of other programs, or written before
/// there were any) are read as they are. Throws Error{model, memory}.
SafetensorsFile readSafetensors(const std::filesystem::path& file);
/// The bytes of a file: header and tensors with their SHA-256 in the metadata, so that no damaged bit is read
/// as another value. Equal contents give equal bytes. Throws Error{internal} where shape, type and bytes of a
/// tensor disagree.
std::vector<std::byte> safetensorsBytes(const SafetensorsFile& content);
/// Whole or not at all, read back and compared. Throws Error{output, internal}.
void writeSafetensors(const Destination& file, const SafetensorsFile& content);

} // namespace cristae
