// Pairing files by what their names have in common.
#include "core/learn/pair_files.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/io/format.h"
#include "core/io/slice_files.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>
#include <functional>
#include <map>

namespace cristae {

namespace fs = std::filesystem;

namespace {

using Files = std::vector<fs::path>;
using Key = std::function<std::string(const std::string&)>;

constexpr std::array labelWords{"mask",          "masks",       "label",      "labels",      "lab",
                                "lbl",           "seg",         "segs",       "gt",          "truth",
                                "target",        "targets",     "annotation", "annotations", "segmentation",
                                "segmentations", "groundtruth", "manual",     "annotated"};
constexpr std::array imageWords{"image", "images", "img", "im", "raw", "micrograph"};
constexpr std::array besideWords{"cp", "ground"}; // cellpose's "_cp_masks", "ground_truth"

template <class Words> bool isOneOf(const std::string& word, const Words& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool namedLikeLabels(const std::string& stem) {
    const auto words = nameWords(stem);
    return std::any_of(words.begin(), words.end(), [](const auto& w) { return isOneOf(w, labelWords); });
}

std::string withoutKindWords(const std::string& stem) {
    std::string key;
    for (const std::string& word : nameWords(stem))
        if (!isOneOf(word, labelWords) && !isOneOf(word, imageWords) && !isOneOf(word, besideWords))
            key += " " + word;
    return key.empty() ? " " : key; // "raw" and "mask" belong together
}

std::string numbersOf(const std::string& stem) {
    std::string key;
    for (const std::string& word : nameWords(stem))
        if (std::isdigit(static_cast<unsigned char>(word[0]))) key += " " + word;
    return key;
}

std::string lastNumber(const std::string& stem) {
    const std::string numbers = numbersOf(stem);
    return numbers.empty() ? numbers : numbers.substr(numbers.rfind(' '));
}

/// Files by key; the names of two that share one go into `twins`.
std::map<std::string, fs::path> byKey(const Files& files, const Key& key, std::vector<std::string>& twins) {
    std::map<std::string, fs::path> found;
    for (const fs::path& file : files) {
        const std::string k = key(file.stem().string());
        if (k.empty()) continue;
        const auto [place, fresh] = found.emplace(k, file);
        if (!fresh && twins.empty()) twins = {place->second.filename().string(), file.filename().string()};
    }
    return found;
}

std::string listed(std::vector<std::string> names) {
    constexpr size_t shown = 8;
    if (names.size() > shown) {
        const size_t more = names.size() - shown;
        names.resize(shown);
        return fmt::format("{} and {} more", fmt::join(names, ", "), more);
    }
    return fmt::format("{}", fmt::join(names, ", "));
}

/// What one way of pairing gives.
struct Attempt {
    std::vector<FilePairs::Pair> pairs;
    std::vector<std::string> lonelyImages, lonelyLabels, twins;
    bool complete() const { return lonelyImages.empty() && twins.empty() && !pairs.empty(); }
};

Attempt attempt(const Files& images, const Files& labels, const Key& key) {
    Attempt result;
    std::map<std::string, fs::path> partners = byKey(labels, key, result.twins);
    byKey(images, key, result.twins);
    std::map<fs::path, bool> used;
    for (const fs::path& image : images) {
        const auto found = partners.find(key(image.stem().string()));
        if (found == partners.end()) {
            result.lonelyImages.push_back(image.filename().string());
            continue;
        }
        result.pairs.push_back({image, found->second});
        used[found->second] = true;
    }
    for (const fs::path& file : labels)
        if (!used[file]) result.lonelyLabels.push_back(file.filename().string());
    return result;
}

/// The images and the labels among the files; one folder may hold both.
void splitFiles(const fs::path& imageFolder, const fs::path& labelFolder, Files& images, Files& labels,
                std::vector<std::string>& remarks) {
    std::error_code unknown;
    const auto isLabels = [](const fs::path& file) { return namedLikeLabels(file.stem().string()); };
    if (fs::equivalent(imageFolder, labelFolder, unknown)) {
        images = filesIn(imageFolder, openableExtensions());
        std::erase_if(images, [](const fs::path& file) { return file.filename().string().starts_with('.'); });
        labels = images;
        std::erase_if(images, isLabels);
        std::erase_if(labels, [&](const fs::path& file) { return !isLabels(file); });
        return;
    }
    for (const auto& [folder, files] : {std::pair{&imageFolder, &images}, {&labelFolder, &labels}}) {
        SliceFiles found = slicesIn(*folder, openableExtensions());
        *files = std::move(found.files);
        for (const std::string& remark : found.remarks)
            remarks.push_back(fmt::format("{}: {}", folder->string(), remark));
    }
}

[[noreturn]] void refuse(const Attempt& best, const fs::path& images, const fs::path& labels,
                         const Files& labelFiles) {
    std::vector<std::string> names;
    for (const fs::path& file : labelFiles) names.push_back(file.filename().string());
    if (best.lonelyImages.empty() && !best.twins.empty())
        throw Error(ErrorKind::input,
                    fmt::format("{} and {} have the same name or number, so it is not known which labels "
                                "belong to which image in {} and {}; give each pair a name or number of its "
                                "own.",
                                best.twins[0], best.twins[1], images.string(), labels.string()));
    throw Error(
        ErrorKind::input,
        fmt::format("{} in {} {} no labels of the same name or number in {} (there {}: {}); give each "
                    "image labels of its name or number, or take it out.",
                    listed(best.lonelyImages), images.string(),
                    best.lonelyImages.size() == 1 ? "has" : "have", labels.string(),
                    names.size() == 1 ? "is" : "are", names.empty() ? "none" : listed(names)));
}

} // namespace

FilePairs pairFiles(const fs::path& images, const fs::path& labels) {
    FilePairs result;
    Files imageFiles, labelFiles;
    splitFiles(images, labels, imageFiles, labelFiles, result.remarks);
    if (imageFiles.empty())
        throw Error(ErrorKind::input,
                    fmt::format("The folder {} holds no image; choose another.", images.string()));
    const std::array<Key, 4> keys{[](const std::string& stem) { return lowerCase(stem); }, withoutKindWords,
                                  numbersOf, lastNumber};
    Attempt best;
    for (size_t i = 0; i < keys.size(); ++i) {
        Attempt now = attempt(imageFiles, labelFiles, keys[i]);
        if (now.complete()) {
            if (i >= 2) // names in common are plain, numbers alone are not
                result.remarks.push_back(fmt::format(
                    "Images and labels are paired by the {} in their names alone: {} with {}{}. Check that "
                    "they "
                    "belong together.",
                    i == 2 ? "numbers" : "last number", now.pairs.front().image.filename().string(),
                    now.pairs.front().labels.filename().string(), now.pairs.size() > 1 ? " …" : ""));
            if (!now.lonelyLabels.empty())
                result.remarks.push_back(fmt::format("No image belongs to {} in {}; left out.",
                                                     listed(now.lonelyLabels), labels.string()));
            result.pairs = std::move(now.pairs);
            return result;
        }
        if (best.lonelyImages.empty() || now.pairs.size() > best.pairs.size()) best = std::move(now);
    }
    refuse(best, images, labels, labelFiles);
}

} // namespace cristae
