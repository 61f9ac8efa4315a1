// AtomicFile: a file that appears under its name whole or not at all, checked on the disk before it replaces
// anything.
#pragma once
#include "core/base/destination.h"

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace cristae {

/// What the names of files that are being written begin with.
inline constexpr const char* temporaryPrefix = ".cristae-";

/// Writes beside the target, then fsync, check, rename, fsync of the folder. Without commit(), or when it
/// fails, the temporary is removed and what stood under the name is there as before. The destination is
/// checked when the object is made (see Destination) and again before the rename. Every failure throws
/// Error{output} naming the file and the remedy (disk full, read-only folder, missing folder). Libraries that
/// write by path (libtiff, HDF5, QPdfWriter) write to temporaryPath() and then call commit().
/// The first object in a folder puts right what a killed process left there (see temporary_files.h).
class AtomicFile {
public:
    enum class Kind { file, folder };
    explicit AtomicFile(const Destination& destination, Kind kind = Kind::file);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    /// As asked for.
    const std::filesystem::path& target() const { return destination_.path(); }
    /// In the target's folder, with the target's extension, hidden; does not exist yet when the object is
    /// made.
    const std::filesystem::path& temporaryPath() const { return temporary_; }
    /// fsync of the temporary file or folder (all files in it), then `check(temporaryPath())`, which throws
    /// if what is on the disk is not what was meant, then the rename.
    void commit(const std::function<void(const std::filesystem::path&)>& check = {});
    /// The same for several files of one folder, checked already, which take their names together: a process
    /// killed between them is put right by the next one that writes in the folder.
    static void commitTogether(const std::vector<AtomicFile*>& files);

private:
    Destination destination_;
    Kind kind_;
    std::filesystem::path place_, temporary_; // the target with a link at its end followed
    bool committed_ = false;
};

/// Writes bytes whole or not at all and reads them back before the rename.
void writeFileAtomically(const Destination& destination, std::span<const std::byte> bytes);
void writeFileAtomically(const Destination& destination, const std::string& text);
/// Writes a new file and syncs it, without a name to take afterwards. Throws Error{output} naming `target`.
void writeNewFile(const std::filesystem::path& path, std::span<const std::byte> bytes,
                  const std::filesystem::path& target);

} // namespace cristae
