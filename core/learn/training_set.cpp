// Pairing of images with labels, the checks, and reading into memory.
#include "core/learn/training_set.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/io/label_image.h"
#include "core/learn/label_meaning.h"
#include "core/learn/pair_files.h"
#include "core/learn/slice_places.h"
#include "core/learn/training_slice.h"
#include "core/segment/model_card.h"
#include "core/segment/preparation.h"

#include <algorithm>
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
TileSourcePtr open(const std::string& spec, bool labels) {
    const auto opened = [labels](const std::string& path, const OpenOptions& options) {
        return labels ? openLabels(path, options) : openImage(path, options);
    };
    std::error_code ignored;
    const auto colon = spec.rfind(":/");
    if (!fs::exists(spec, ignored) && colon != std::string::npos &&
        fs::exists(spec.substr(0, colon), ignored)) {
        OpenOptions options;
        options.scene = spec.substr(colon + 1);
        return opened(spec.substr(0, colon), options);
    }
    return opened(spec, {});
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
    const Extent3& extent = pair.image->info().extent();
    const std::string name = extent.z == 1 ? pair.name : fmt::format("{}, slice {}", pair.name, z);
    const std::string region = pair.region ? regionText(*pair.region, extent) : "";
    return region.empty() || pair.name.find(region) != std::string::npos ? name : name + ", " + region;
}

/// What is seen of the labels of a pair while its slices are read.
struct LabelsSeen {
    std::map<int64_t, int64_t> values; // voxels of each value other than 0, of at most `most` values
    static constexpr size_t most = 4096;
    bool anyClass = false, anyUnknown = false, anyBackground = false;

    void add(const Pixels& labels, const Pixels& classes) {
        withPixelType(labels.type(), [&](auto tag) {
            for (const auto value : labels.plane<decltype(tag)>(0, 0))
                if (value != 0 && (values.size() < most || values.contains(int64_t(value))))
                    ++values[int64_t(value)];
        });
        const auto span = classes.values<uint8_t>();
        for (const uint8_t v : span) {
            anyClass = anyClass || (v > 0 && v < 255);
            anyUnknown = anyUnknown || v == 255;
            anyBackground = anyBackground || v == 0;
        }
    }
};

/// "3 and 7", "3, 5 and 7", "412 values from 1 to 3071".
std::string valueWords(const std::vector<int64_t>& values) {
    if (values.size() > 8)
        return fmt::format("{}{} values from {} to {}", values.size() >= LabelsSeen::most ? "at least " : "",
                           values.size(), values.front(), values.back());
    if (values.size() == 1) return fmt::format("{}", values.front());
    return fmt::format("{} and {}", fmt::join(values.begin(), values.end() - 1, ", "), values.back());
}

/// How the values of labels were taken, where that is not plain from the data.
void remarkOnMeaning(const TrainingPair& pair, const LabelMeaning& meaning, const LabelsSeen& seen,
                     std::vector<std::string>& remarks) {
    if (!seen.anyClass && !seen.anyBackground)
        remarks.push_back(fmt::format("{}: nothing is labelled; it is not used.", pair.name));
    else if (!seen.anyClass && !meaning.noObject)
        remarks.push_back(fmt::format("{}: no voxel is labelled as the class; {} background.", pair.name,
                                      seen.anyUnknown ? "what is labelled is" : "all of it is"));
    if (seen.anyClass && !seen.anyBackground && !meaning.restUnknown)
        remarks.push_back(fmt::format(
            "{}: every labelled voxel is the class; none is background. If that is not meant, say "
            "which values mean the class (--label-values).",
            pair.name));
    if (meaning.valuesOfClass.empty() || meaning.restUnknown || meaning.noObject) return;
    std::vector<int64_t> rest;
    for (const auto& [value, count] : seen.values) {
        const auto holds = [v = value](const auto& values) {
            return std::find(values.begin(), values.end(), v) != values.end();
        };
        if (!std::any_of(meaning.valuesOfClass.begin(), meaning.valuesOfClass.end(), holds) &&
            !holds(meaning.unknownValues) && !holds(meaning.backgroundValues))
            rest.push_back(value);
    }
    if (!rest.empty())
        remarks.push_back(fmt::format("{}: label {} {} to no class and {} as background.", pair.name,
                                      (rest.size() == 1   ? "value "
                                       : rest.size() <= 8 ? "values "
                                                          : "") +
                                          valueWords(rest),
                                      rest.size() == 1 ? "belongs" : "belong",
                                      rest.size() == 1 ? "counts" : "count"));
}

/// True if the slices of the pair can be read; else says why not.
bool fits(const TrainingPair& pair, std::vector<std::string>& found) {
    const Extent3 image = pair.image->info().extent(), labels = pair.labels->info().extent();
    if (image != labels) {
        found.push_back(fmt::format("{}: the image is {} × {} × {} (slices × rows × columns) but its labels "
                                    "are {} × {} × {}; they must agree.",
                                    pair.name, image.z, image.y, image.x, labels.z, labels.y, labels.x));
        return false;
    }
    if (pair.region && (pair.region->y1 > image.y || pair.region->x1 > image.x || pair.region->empty())) {
        found.push_back(fmt::format("{}: the region of rows {}:{} and columns {}:{} does not lie in its {} "
                                    "rows and {} columns.",
                                    pair.name, pair.region->y0, pair.region->y1, pair.region->x0,
                                    pair.region->x1, image.y, image.x));
        return false;
    }
    const int64_t end = pair.endSlice < 0 ? image.z : std::min(pair.endSlice, image.z);
    if (pair.firstSlice >= 0 && pair.firstSlice < end && pair.everySlice >= 1) return true;
    found.push_back(fmt::format("{}: slices {}:{} are not among its {} slices.", pair.name, pair.firstSlice,
                                pair.endSlice, image.z));
    return false;
}

/// What an examination of a pair finds.
struct Findings {
    std::vector<std::string>& complaints;
    std::vector<std::string>& remarks;
    std::map<int64_t, int64_t>& together; // values that are one class, with their voxels
};

/// Reads every slice of a pair, collects what there is to say, hands over what is fine.
template <class Keep>
void examine(const TrainingPair& pair, LabelMeaning meaning, Findings found, const Progress& progress,
             Keep&& keep) {
    if (!fits(pair, found.complaints)) return;
    TileSourcePtr labels;
    try {
        labels = asLabels(pair.labels, {.unlabelled = meaning.unknownValues}, progress);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::input) throw;
        return found.complaints.push_back(fmt::format("{}: {}", pair.name, error.what()));
    }
    if (labels->info().unlabelled) meaning.unknownValues.push_back(*labels->info().unlabelled);
    const Extent3 image = pair.image->info().extent();
    const int64_t end = pair.endSlice < 0 ? image.z : std::min(pair.endSlice, image.z);
    bool binaryImage = false;
    LabelsSeen seen;
    for (int64_t z = pair.firstSlice; z < end; z += std::min(pair.everySlice, image.z)) {
        progress.throwIfCancelled();
        Pixels grey = pair.image->read(0, Box3::ofSlice(image, z), progress);
        const Pixels values = labels->read(0, Box3::ofSlice(image, z), progress);
        if (!binaryImage && valuesIn(grey, 2).size() == 2) {
            binaryImage = true;
            found.complaints.push_back(fmt::format(
                "{}: the image has only two grey values and looks like labels; give the micrograph as image.",
                sliceName(pair, z)));
        }
        if (const std::string remark = normalisationOf(grey, ModelCard().normalisation).remark();
            !remark.empty())
            found.remarks.push_back(fmt::format("{}: {}", sliceName(pair, z), remark));
        Pixels classes = classesOf(values, meaning);
        if (pair.region) classes = knownOnlyIn(*pair.region, classes);
        seen.add(values, classes);
        keep(z, std::move(grey), std::move(classes));
    }
    const auto note = [&](const std::vector<std::string>& sentences, const std::string& name) {
        for (const std::string& sentence : sentences)
            found.remarks.push_back(fmt::format("{}: {}", name, sentence));
    };
    note(pair.remarks, pair.name);
    note(pair.image->info().remarks, pair.name);
    note(labels->info().remarks, fmt::format("{}, labels", pair.name));
    remarkOnMeaning(pair, meaning, seen, found.remarks);
    if (!meaning.isDefault() || meaning.inverted || meaning.boundariesOfIds) return;
    for (const auto& [value, count] : seen.values)
        if (std::ranges::find(meaning.unknownValues, value) == meaning.unknownValues.end())
            found.together[value] += count;
}

/// Sentences that many files share are said once, with their number.
std::vector<std::string> joined(const std::vector<std::string>& remarks) {
    std::vector<std::string> order;
    std::map<std::string, std::pair<std::string, int64_t>> seen; // sentence → first file, how many
    for (const std::string& remark : remarks) {
        const size_t colon = remark.find(": ");
        const std::string sentence = colon == std::string::npos ? remark : remark.substr(colon + 2);
        auto& [first, count] = seen[sentence];
        if (count++ == 0) {
            first = colon == std::string::npos ? std::string() : remark.substr(0, colon);
            order.push_back(sentence);
        }
    }
    std::vector<std::string> result;
    for (const std::string& sentence : order) {
        const auto& [first, count] = seen[sentence];
        result.push_back(first.empty() ? sentence
                         : count == 1  ? fmt::format("{}: {}", first, sentence)
                                       : fmt::format("{} and {} more: {}", first, count - 1, sentence));
    }
    return result;
}

} // namespace

std::vector<TrainingPair> pairImagesAndLabels(const std::string& images, const std::string& labels,
                                              Role role) {
    std::error_code ignored;
    std::vector<TrainingPair> pairs;
    if (fs::is_directory(images, ignored) && fs::is_directory(labels, ignored)) {
        FilePairs files = pairFiles(images, labels);
        for (const FilePairs::Pair& file : files.pairs)
            pairs.push_back({.name = file.image.filename().string(),
                             .image = openImage(file.image),
                             .labels = openLabels(file.labels),
                             .role = role});
        pairs.front().remarks = std::move(files.remarks);
        return pairs;
    }
    TrainingPair pair{.name = fs::path(images).filename().string(),
                      .image = open(images, false),
                      .labels = open(labels, true),
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
    std::vector<std::string> found, remarks;
    std::map<int64_t, int64_t> together;
    for (const TrainingPair& pair : pairs)
        examine(pair, meaning, {found, remarks, together}, Progress::none(), [](int64_t, Pixels, Pixels) {});
    return found;
}

TrainingSet loadTrainingSet(const std::vector<TrainingPair>& pairs, const LabelMeaning& meaning,
                            std::vector<std::string> classNames, const Progress& progress) {
    TrainingSet set;
    set.classNames = std::move(classNames);
    std::vector<std::string> found, remarks;
    std::map<int64_t, int64_t> together;
    for (size_t i = 0; i < pairs.size(); ++i) {
        const TrainingPair& pair = pairs[i];
        progress.report(double(i) / double(pairs.size()), "reading " + pair.name);
        const VoxelSize& voxel = pair.image->info().voxelSize;
        std::optional<double> size;
        if (voxel.knownInPlane()) size = std::sqrt(*voxel.yNm * *voxel.xNm);
        const std::string stack = stackName(*pair.image);
        const auto distance = pair.sliceDistanceNm ? pair.sliceDistanceNm : voxel.zNm;
        examine(pair, meaning, {found, remarks, together}, progress,
                [&](int64_t z, Pixels image, Pixels labels) {
                    set.slices.push_back({sliceName(pair, z), std::move(image), std::move(labels), size,
                                          pair.role, pair.weight, pair.name, pair.image, z, stack, distance,
                                          pair.share});
                });
    }
    if (!found.empty())
        throw Error(ErrorKind::input, fmt::format("The training data do not fit. {}", fmt::join(found, " ")));
    set.remarks = joined(remarks);
    if (together.size() > 1) {
        std::vector<int64_t> values;
        for (const auto& [value, count] : together) values.push_back(value);
        set.remarks.push_back(fmt::format(
            "Every label value other than 0 is the class{}: {}.",
            set.classNames.empty() ? "" : fmt::format(" “{}”", set.classNames.front()), valueWords(values)));
    }
    return set;
}

void remarkOnValidation(TrainingSet& set) {
    const auto validates = [](const TrainingSlice& slice) { return slice.role == Role::validation; };
    if (std::none_of(set.slices.begin(), set.slices.end(), validates) ||
        std::any_of(set.slices.begin(), set.slices.end(),
                    [&](const TrainingSlice& slice) { return validates(slice) && holdsClass(slice.labels); }))
        return;
    set.remarks.push_back("No validation slice holds an object, so the validation scores do not say how good "
                          "the model is. Validate on slices that hold some.");
}

} // namespace cristae
