// Which label file belongs to which image file.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace cristae {

struct FilePairs {
    struct Pair {
        std::filesystem::path image, labels;
    };
    std::vector<Pair> pairs; // in natural order of the images
    std::vector<std::string> remarks;
};

/// The files of two folders (or of one that holds both), one to one: by equal names; by names without the
/// words that tell images from labels ("img_1.png" and "img_1_mask.png", "im1.tif" and "gt1.tif"); by all
/// numbers in the names; by the last number. Never by their count. Labels without an image are left out with
/// a remark. Throws Error{input} naming the images that have no labels, or the names that are not unique.
FilePairs pairFiles(const std::filesystem::path& images, const std::filesystem::path& labels);

} // namespace cristae
