// Folders that belong to the program: marked by a file, so that only they are ever replaced or written over.
#pragma once
#include "core/base/destination.h"

#include <string>
#include <vector>

namespace cristae {

/// The hidden file that marks a folder as made by this program.
inline constexpr const char* folderMarkName = ".cristae.json";

/// Marks a folder that holds a result: `files` are all that lie in it. Throws Error{output}.
void markResultFolder(const std::filesystem::path& folder, const std::vector<std::string>& files);
/// Empty if the folder is a result of this program and holds nothing else, else the name of what is foreign
/// in it: of a file, or of the folder itself where it has no mark.
std::string foreignEntry(const std::filesystem::path& folder);

/// Makes the folder if it is missing and marks it as the program's own, such as a training's run folder.
/// Throws Error{output} when it can't be made, or holds something and has no mark; with `adopt` the caller
/// knows by other means that the program made it.
void takeOwnFolder(const std::filesystem::path& folder, const std::string& holds, bool adopt = false);
/// The sentence with which takeOwnFolder() would refuse a folder for what is in it; empty if it would not.
std::string foreignFolderComplaint(const std::filesystem::path& folder, const std::string& holds);
/// A file in such a folder or a folder below it, replaced where it exists. Throws Error{output} elsewhere.
Destination ownFile(const std::filesystem::path& file);

} // namespace cristae
