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
/// offsets against each other and against shapes. Throws Error{model}.
SafetensorsFile readSafetensorsHeader(const std::filesystem::path& file);
SafetensorsFile readSafetensors(const std::filesystem::path& file);
/// Through AtomicFile, read back and compared. Throws Error{output}.
void writeSafetensors(const Destination& file, const SafetensorsFile& content);

} // namespace cristae
