// Which files of a folder are slices of a stack, or images of a set: one answer for opening and for training.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace cristae {

struct SliceFiles {
    std::vector<std::filesystem::path> files; // in natural order
    std::vector<std::string> remarks;         // what was left out, by name and reason
};

/// Runs of letters and runs of digits (without leading zeros) of a name, in lower case: "Img_01.masks" → img,
/// 1, masks.
std::vector<std::string> nameWords(const std::string& name);
/// The files of a folder with one of the extensions (lower case, without the dot) in natural order, hidden
/// ones too. Throws Error{input} if the folder cannot be read.
std::vector<std::filesystem::path> filesIn(const std::filesystem::path& folder,
                                           const std::vector<std::string>& extensions);
/// The images among the files of a folder, by their extensions (lower case, without the dot). Left out are
/// entries that are no files (links to nothing, pipes), hidden files, thumbnails, masks beside the images
/// they belong to ("s1_masks.png" beside "s1.png", "mask_1.png" beside "img_1.png") and second formats of one
/// image ("a.png" beside "a.tif"); a folder of masks alone is a stack like any other. Throws Error{input} if
/// the folder cannot be read.
SliceFiles slicesIn(const std::filesystem::path& folder, const std::vector<std::string>& extensions);
/// Sentences about numbers missing in the names of consecutive slices, and about two series in one folder;
/// empty if the names have no numbers or a step of their own (10, 20, 30).
std::vector<std::string> remarksOnNumbers(const std::vector<std::filesystem::path>& files);

} // namespace cristae
