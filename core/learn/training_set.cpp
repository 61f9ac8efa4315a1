// Pairing of images with labels, the checks, and reading into memory.
#include "core/learn/training_set.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/io/format.h"
#include "core/learn/label_meaning.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <set>
#include <utility>

namespace cristae {

namespace fs = std::filesystem;

namespace {

/// "volume.h5:/raw" names a data set inside a file.
TileSourcePtr open(const std::string& spec) {
    std::error_code ignored;
    const auto colon = spec.rfind(":/");
    if (!fs::exists(spec, ignored) && colon != std::string::npos &&
        fs::exists(spec.substr(0, colon), ignored)) {
        OpenOptions options;
        options.scene = spec.substr(colon + 1);
        return openImage(spec.substr(0, colon), options);
    }
    return openImage(spec);
}

std::vector<fs::path> imagesIn(const fs::path& folder) {
    const auto known = openableExtensions();
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) {
        std::string extension = entry.path().extension().string();
        if (!entry.is_regular_file() || extension.empty()) continue;
        std::transform(extension.begin(), extension.end(), extension.begin(),
                       [](unsigned char c) { return char(std::tolower(c)); });
        if (std::find(known.begin(), known.end(), extension.substr(1)) != known.end())
            files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) {
        return naturalLess(a.filename().string(), b.filename().string());
    });
    return files;
}

/// The last number in a name: "mitos_3D.010" → 10; −1 if there is none.
int64_t numberIn(const std::string& stem) {
    size_t end = stem.size();
    while (end > 0 && !std::isdigit(static_cast<unsigned char>(stem[end - 1]))) --end;
    size_t begin = end;
    while (begin > 0 && std::isdigit(static_cast<unsigned char>(stem[begin - 1])) && end - begin < 18)
        --begin;
    return begin == end ? -1 : std::stoll(stem.substr(begin, end - begin));
}

/// Labels by key; false if two files share one.
template <class Key>
bool byKey(const std::vector<fs::path>& files, Key&& key, std::map<std::string, fs::path>& result) {
    for (const fs::path& file : files)
        if (const std::string k = key(file); k.empty() || !result.emplace(k, file).second) return false;
    return true;
}

std::vector<std::pair<fs::path, fs::path>> matchFiles(const fs::path& images, const fs::path& labels) {
    const auto imageFiles = imagesIn(images), labelFiles = imagesIn(labels);
    if (imageFiles.empty())
        throw Error(ErrorKind::input,
                    fmt::format("The folder {} holds no image; choose another.", images.string()));
    const auto stem = [](const fs::path& file) { return file.stem().string(); };
    const auto number = [](const fs::path& file) {
        const int64_t n = numberIn(file.stem().string());
        return n < 0 ? std::string() : std::to_string(n);
    };
    fs::path lonely;
    const auto matched = [&](auto&& key) -> std::vector<std::pair<fs::path, fs::path>> {
        std::map<std::string, fs::path> partners, check;
        if (!byKey(labelFiles, key, partners) || !byKey(imageFiles, key, check)) return {};
        std::vector<std::pair<fs::path, fs::path>> pairs;
        for (const fs::path& image : imageFiles) {
            const auto found = partners.find(key(image));
            if (found != partners.end())
                pairs.emplace_back(image, found->second);
            else if (lonely.empty())
                lonely = image;
        }
        return pairs.size() == imageFiles.size() ? pairs : std::vector<std::pair<fs::path, fs::path>>{};
    };
    if (auto pairs = matched(stem); !pairs.empty()) return pairs;
    if (auto pairs = matched(number); !pairs.empty()) return pairs;
    if (imageFiles.size() == labelFiles.size()) {
        std::vector<std::pair<fs::path, fs::path>> pairs;
        for (size_t i = 0; i < imageFiles.size(); ++i) pairs.emplace_back(imageFiles[i], labelFiles[i]);
        return pairs;
    }
    throw Error(ErrorKind::input, fmt::format("{} has no partner among the {} label files in {}; give each "
                                              "image labels of the same name or number.",
                                              (lonely.empty() ? imageFiles.front() : lonely).string(),
                                              labelFiles.size(), labels.string()));
}

/// Up to `limit` + 1 different values of a slice.
std::set<double> valuesIn(const Pixels& pixels, size_t limit) {
    std::set<double> values;
    withPixelType(pixels.type(), [&](auto tag) {
        using T = decltype(tag);
        T last{};
        bool first = true;
        for (const T value : pixels.values<T>()) {
            if (!first && value == last) continue;
            first = false;
            last = value;
            values.insert(double(value));
            if (values.size() > limit) return;
        }
    });
    return values;
}

std::string sliceName(const TrainingPair& pair, int64_t z) {
    return pair.image->info().extent().z == 1 ? pair.name : fmt::format("{}, slice {}", pair.name, z);
}

/// Reads every slice of a pair, collects complaints, hands over what is fine.
template <class Keep>
void examine(const TrainingPair& pair, const LabelMeaning& meaning, std::vector<std::string>& found,
             const Progress& progress, Keep&& keep) {
    const Extent3 image = pair.image->info().extent(), labels = pair.labels->info().extent();
    if (image != labels) {
        found.push_back(fmt::format("{}: the image is {} × {} × {} (slices × rows × columns) but its labels "
                                    "are {} × {} × {}; they must agree.",
                                    pair.name, image.z, image.y, image.x, labels.z, labels.y, labels.x));
        return;
    }
    const int64_t end = pair.endSlice < 0 ? image.z : std::min(pair.endSlice, image.z);
    if (pair.firstSlice < 0 || pair.firstSlice >= end || pair.everySlice < 1) {
        found.push_back(fmt::format("{}: slices {}:{} are not among its {} slices.", pair.name,
                                    pair.firstSlice, pair.endSlice, image.z));
        return;
    }
    bool binaryImage = false, oddLabels = false, anyObject = false;
    for (int64_t z = pair.firstSlice; z < end; z += std::min(pair.everySlice, image.z)) {
        progress.throwIfCancelled();
        Pixels grey = pair.image->read(0, Box3::ofSlice(image, z), progress);
        const Pixels values = pair.labels->read(0, Box3::ofSlice(image, z), progress);
        if (!binaryImage && valuesIn(grey, 2).size() == 2) {
            binaryImage = true;
            found.push_back(fmt::format(
                "{}: the image has only two grey values and looks like labels; give the micrograph as image.",
                sliceName(pair, z)));
        }
        if (!oddLabels && meaning.valuesOfClass.empty() && !meaning.inverted && !meaning.boundariesOfIds) {
            if (const auto distinct = valuesIn(values, 16); distinct.size() > 16) {
                oddLabels = true;
                found.push_back(fmt::format(
                    "{}: the labels have more than 16 different values, neither a mask nor a class map; "
                    "threshold them, or say which values mean which class.",
                    sliceName(pair, z)));
            }
        }
        Pixels classes = classesOf(values, meaning);
        const auto span = std::as_const(classes).values<uint8_t>();
        anyObject =
            anyObject || std::any_of(span.begin(), span.end(), [](uint8_t v) { return v > 0 && v < 255; });
        keep(z, std::move(grey), std::move(classes));
    }
    if (!anyObject)
        found.push_back(fmt::format(
            "{}: the labels hold no object; check which values mean the object, or leave these slices out.",
            pair.name));
}

} // namespace

std::vector<TrainingPair> pairImagesAndLabels(const std::string& images, const std::string& labels,
                                              Role role) {
    std::error_code ignored;
    std::vector<TrainingPair> pairs;
    if (fs::is_directory(images, ignored) && fs::is_directory(labels, ignored)) {
        for (const auto& [image, label] : matchFiles(images, labels))
            pairs.push_back({.name = image.filename().string(),
                             .image = openImage(image),
                             .labels = openImage(label),
                             .role = role});
        return pairs;
    }
    TrainingPair pair{.name = fs::path(images).filename().string(),
                      .image = open(images),
                      .labels = open(labels),
                      .role = role};
    const int64_t have = pair.image->info().extent().z, labelled = pair.labels->info().extent().z;
    if (have != labelled)
        throw Error(ErrorKind::input,
                    fmt::format("{} has {} but {} has {}: {} is the first without a partner.", images,
                                countText(have, "slice", "slices"), labels,
                                countText(labelled, "slice", "slices"),
                                fmt::format("slice {} of {}", std::min(have, labelled),
                                            have > labelled ? images : labels)));
    pairs.push_back(std::move(pair));
    return pairs;
}

std::vector<std::string> complaints(const std::vector<TrainingPair>& pairs, const LabelMeaning& meaning) {
    std::vector<std::string> found;
    for (const TrainingPair& pair : pairs)
        examine(pair, meaning, found, Progress::none(), [](int64_t, Pixels, Pixels) {});
    return found;
}

TrainingSet loadTrainingSet(const std::vector<TrainingPair>& pairs, const LabelMeaning& meaning,
                            std::vector<std::string> classNames, const Progress& progress) {
    TrainingSet set;
    set.classNames = std::move(classNames);
    std::vector<std::string> found;
    for (size_t i = 0; i < pairs.size(); ++i) {
        const TrainingPair& pair = pairs[i];
        progress.report(double(i) / double(pairs.size()), "reading " + pair.name);
        const VoxelSize& voxel = pair.image->info().voxelSize;
        std::optional<double> size;
        if (voxel.knownInPlane()) size = std::sqrt(*voxel.yNm * *voxel.xNm);
        examine(pair, meaning, found, progress, [&](int64_t z, Pixels image, Pixels labels) {
            set.slices.push_back({sliceName(pair, z), std::move(image), std::move(labels), size, pair.role,
                                  pair.weight, pair.name, pair.image, z});
        });
    }
    if (!found.empty())
        throw Error(ErrorKind::input, fmt::format("The training data do not fit. {}", fmt::join(found, " ")));
    return set;
}

void holdOutForValidation(TrainingSet& set, double share) {
    std::vector<TrainingSlice*> training;
    for (TrainingSlice& slice : set.slices) {
        if (slice.role == Role::validation) return;
        if (slice.role == Role::train) training.push_back(&slice);
    }
    const auto count = size_t(std::llround(share * double(training.size())));
    // The last ones: neighbouring slices of a stack look alike, so a scattered choice would flatter.
    for (size_t i = training.size() - std::min(std::max<size_t>(count, training.size() > 1), training.size());
         i < training.size(); ++i)
        training[i]->role = Role::validation;
}

} // namespace cristae
