// AtomicFile: a file that appears under its name whole or not at all, checked on the disk before it replaces
// anything.
#pragma once
#include "core/base/error.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

namespace cristae {

/// Writes beside the target, then fsync, check, rename, fsync of the folder. Without commit() the temporary
/// is removed and what stood under the name stays untouched. Every failure throws Error{output} naming the
/// file and the remedy (disk full, read-only folder, missing folder). Libraries that write by path (libtiff,
/// HDF5, QPdfWriter) write to temporaryPath() and then call commit().
class AtomicFile {
public:
    explicit AtomicFile(std::filesystem::path target);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    const std::filesystem::path& target() const { return target_; }
    /// In the target's folder, with the target's extension, hidden; does not exist yet when the object is
    /// made.
    const std::filesystem::path& temporaryPath() const { return temporary_; }
    /// fsync of the temporary file or folder (all files in it), then `check(temporaryPath())`, which throws
    /// if what is on the disk is not what was meant, then the rename. A folder replaces an existing folder
    /// the same way (old one aside, removed last).
    void commit(const std::function<void(const std::filesystem::path&)>& check = {});

private:
    std::filesystem::path target_, temporary_;
    std::filesystem::path destination_; // target_ with a link at its end followed
    bool committed_ = false;
};

/// The sentence for a failed write: what happened to `target` by errno and the remedy.
Error outputError(const std::filesystem::path& target, int errorNumber);

/// Writes bytes whole or not at all and reads them back before the rename.
void writeFileAtomically(const std::filesystem::path& target, std::span<const std::byte> bytes);
void writeFileAtomically(const std::filesystem::path& target, const std::string& text);

} // namespace cristae
