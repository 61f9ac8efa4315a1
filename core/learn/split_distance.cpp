// Splitting a training set, and holding out where nothing is.
#include "core/learn/split_distance.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/learn/splitter.h"
#include "core/learn/training_slice.h"
#include "core/segment/model_card.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace cristae {

namespace {

/// The last slices, as they are: of images that have nothing to do with each other.
std::vector<std::string> holdOutLast(TrainingSet& set, double share) {
    std::vector<TrainingSlice*> training;
    for (TrainingSlice& slice : set.slices)
        if (slice.role == Role::train) training.push_back(&slice);
    const auto wanted = size_t(std::llround(share * double(training.size())));
    const size_t count = std::min(std::max<size_t>(wanted, training.size() > 1), training.size());
    std::vector<int64_t> before{0}; // slices with the class before each
    for (const TrainingSlice* slice : training) before.push_back(before.back() + holdsClass(slice->labels));
    size_t first = training.size() - count;
    for (size_t at = first + 1; at-- > 0;) {
        const int64_t inside = before[at + count] - before[at];
        if (inside == 0 || inside == before.back()) continue;
        first = at;
        break;
    }
    for (size_t i = first; i < first + count; ++i) training[i]->role = Role::validation;
    if (count == 0) return {};
    return {fmt::format("Held out for validation: {}{} ({} of {} slices).", training[first]->name,
                        count > 1 ? " to " + training[first + count - 1]->name : "", count, training.size())};
}

} // namespace

Split planSplit(const TrainingSet& set, SplitBy by, bool test, const Progress& progress) {
    if (set.slices.empty()) return {};
    Splitter splitter(set, test, heldOutShare, progress);
    const size_t volumes = splitter.volumes().size(), needed = test ? 3 : 2;
    if (by == SplitBy::volume && volumes < needed)
        throw Error(ErrorKind::usage,
                    fmt::format("The data are {}, and a split by volume needs {}; split by distance instead "
                                "(--split distance).",
                                countText(int64_t(volumes), "volume", "volumes"), needed));
    if (by == SplitBy::volume || volumes >= std::max<size_t>(3, needed))
        splitter.byVolume();
    else
        for (const auto& volume : splitter.volumes()) splitter.within(volume);
    return splitter.take();
}

void applySplit(TrainingSet& set, const Split& split) {
    std::vector<TrainingSlice> slices;
    for (const SplitShare& share : split.shares) {
        TrainingSlice slice = set.slices[share.slice];
        slice.role = share.role;
        if (share.region) {
            slice.labels = knownOnlyIn(*share.region, slice.labels);
            if (const std::string text = regionText(*share.region, slice.labels.extent()); !text.empty())
                slice.name += ", " + text;
        }
        slices.push_back(std::move(slice));
    }
    set.slices = std::move(slices);
}

void applySplit(TrainingSet& set, ModelCard& card, const Split& split) {
    applySplit(set, split);
    for (TrainingData& data : card.data)
        if (const auto found = split.ofData.find(data.name); found != split.ofData.end())
            data.slices = found->second;
    card.training["split"] = split.sentences;
}

std::vector<std::string> holdOutForValidation(TrainingSet& set, double share) {
    if (std::ranges::any_of(set.slices, [](const auto& slice) { return slice.role == Role::validation; }))
        return {};
    const bool anyTest = std::ranges::any_of(set.slices, [](const auto& s) { return s.role == Role::test; });
    if (set.slices.empty() || anyTest) return holdOutLast(set, share);
    Splitter splitter(set, false, share, Progress::none());
    if (set.slices.size() > 1 && splitter.onlySingleImages()) return holdOutLast(set, share);
    if (splitter.volumes().size() >= 3) {
        splitter.byVolume();
    } else {
        bool apart = true;
        for (const auto& volume : splitter.volumes()) apart = splitter.within(volume) && apart;
        if (!apart && set.slices.size() > 1) return holdOutLast(set, share);
    }
    const Split split = splitter.take();
    applySplit(set, split);
    return split.sentences;
}

} // namespace cristae
