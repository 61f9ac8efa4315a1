// SHA-256 of bytes and files, for model identity, provenance and read-back checks.
#pragma once
#include "core/base/progress.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace cristae {

/// Streaming SHA-256 (FIPS 180-4).
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    void add(std::span<const std::byte> bytes);
    /// 64 lower-case hex digits; the object must not be used afterwards.
    std::string finish();

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

std::string sha256(std::span<const std::byte> bytes);
/// Throws Error{input} if the file cannot be read, and {cancelled}.
std::string sha256OfFile(const std::filesystem::path& path, const Progress& progress = Progress::none());
/// Of a file that; of a folder that of the hashes of its files in the order of their names. Throws like
/// sha256OfFile().
std::string sha256OfInput(const std::filesystem::path& path, const Progress& progress);

} // namespace cristae
