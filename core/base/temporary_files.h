// Temporary files: their names, taking final names in one step, and putting right what killed processes left.
#pragma once
#include <filesystem>
#include <vector>

namespace cristae {

/// A name that nothing has yet, in the folder and with the extension of `target`:
/// ".cristae-PID-NUMBER-SYSTEM.ext".
std::filesystem::path temporaryName(const std::filesystem::path& target);

/// One entry that takes its final name.
struct NameStep {
    std::filesystem::path temporary, place; // in one folder
    bool replaces = false;                  // something stands at `place` that may be replaced
};
/// Gives all temporaries their names and syncs the folder. What was replaced is removed last; if anything
/// fails, everything stands as before. Several steps, or one that is no single step of the file system, are
/// written down first. Throws Error{output} naming `target`.
void takeNames(const std::vector<NameStep>& steps, const std::filesystem::path& target);

/// Finishes the steps that a killed process wrote down and removes the temporaries of processes that are
/// gone. Looks at each folder once in the life of this process.
void tidyFolder(const std::filesystem::path& folder);

/// Removes a file or folder; its space is free even while a library that failed holds it open.
void removeTemporary(const std::filesystem::path& path);
/// fsync that repeats when interrupted; a file system that can't do it is no failure. False with errno set.
bool syncDescriptor(int descriptor);
/// fsync of a file, or of a folder. Throws Error{output} naming `target`.
void syncPath(const std::filesystem::path& path, const std::filesystem::path& target);

} // namespace cristae
