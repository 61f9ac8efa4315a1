// What is fuzzed: for each format its seeds, its changes and the way in which the program reads it.
#pragma once
#include "tests/fuzz/mutation.h"

#include <filesystem>

namespace fuzz {

struct Target {
    const char* name;      // "tiff"
    const char* extension; // of the file that is written
    std::vector<Bytes> (*seeds)(const std::filesystem::path& scratch);
    void (*change)(Bytes& bytes, const std::vector<Bytes>& seeds, Random& random);
    /// Reads the file as the program does. Returns true if it was read, false if it was refused with a
    /// sentence that names it; throws std::runtime_error for anything else.
    bool (*read)(const std::filesystem::path& file);
};

const std::vector<Target>& targets();

// The seeds of each format, made when asked for.
std::vector<Bytes> tiffSeeds(const std::filesystem::path& scratch);
std::vector<Bytes> pngSeeds(const std::filesystem::path& scratch);
std::vector<Bytes> jpegSeeds(const std::filesystem::path& scratch);
std::vector<Bytes> bmpSeeds(const std::filesystem::path& scratch);
std::vector<Bytes> hdf5Seeds(const std::filesystem::path& scratch);
std::vector<Bytes> jsonSeeds(const std::filesystem::path& scratch);
std::vector<Bytes> safetensorsSeeds(const std::filesystem::path& scratch);
std::vector<Bytes> pickleSeeds(const std::filesystem::path& scratch);
/// A ZIP archive with a list of tensors and one storage, as torch.save writes it.
Bytes pickleArchive(const Bytes& pickle);
/// The list of tensors in such an archive, and where it begins.
Bytes pickleIn(const Bytes& archive);

} // namespace fuzz
