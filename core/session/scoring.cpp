// Session's scores of a model on held-out slices.
#include "core/session/scoring.h"

#include "core/base/error.h"
#include "core/measure/best_partitions.h"
#include "core/measure/bootstrap.h"
#include "core/session/score_units.h"
#include "core/session/session.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>

namespace cristae {

namespace {

constexpr std::array thresholds = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};

struct NamedMetric {
    const char* name;
    double (ConfusionCounts::*value)() const;
    bool ofImages; // its range over single images is told too
};
constexpr NamedMetric metrics[] = {{"Dice", &ConfusionCounts::dice, true},
                                   {"IoU", &ConfusionCounts::iou, true},
                                   {"precision", &ConfusionCounts::precision, false},
                                   {"recall", &ConfusionCounts::recall, false},
                                   {"accuracy", &ConfusionCounts::accuracy, false}};

Box3 wholeOf(const Pixels& slice) {
    return Box3::ofSlice(slice.extent(), 0);
}

bool isEmpty(const ConfusionCounts& c) {
    return c.truePositive + c.falsePositive + c.falseNegative + c.trueNegative == 0;
}

/// Boundaries of the slices of one data set, as a volume [Z, Y, X] whose cells lie in slices.
struct BoundaryStack {
    std::vector<float> probability;
    std::vector<uint8_t> found, truth; // ≠ 0: boundary; what is unknown belongs to no cell
    Extent3 extent{0, 0, 0};
    bool oneSize = true;

    void add(const PredictedSlice& predicted, const Pixels& found8, const Pixels& labels) {
        const Extent3& e = labels.extent();
        oneSize = oneSize && (extent.z == 0 || (extent.y == e.y && extent.x == e.x));
        extent = {extent.z + 1, e.y, e.x};
        const auto plane = predicted.probabilities.plane<float>(0, 0);
        probability.insert(probability.end(), plane.begin(), plane.end());
        for (const uint8_t label : found8.values<uint8_t>()) found.push_back(label != 0);
        for (const uint8_t label : labels.values<uint8_t>()) truth.push_back(label != 0);
    }
    /// Of each slice by itself, at the threshold of the prediction.
    std::vector<PartitionScores> sliceBySlice() const {
        std::vector<PartitionScores> scores;
        const Extent3 one{1, extent.y, extent.x};
        const auto part = [&](const std::vector<uint8_t>& all, int64_t z) {
            return std::vector<uint8_t>(all.begin() + z * one.count(), all.begin() + (z + 1) * one.count());
        };
        for (int64_t z = 0; z < extent.z; ++z)
            scores.push_back(boundaryPartitions(part(found, z), cellsBetween(part(truth, z), one)));
        return scores;
    }
};

/// One class of one data set.
struct ClassCounts {
    std::string name; // "Lucchi++, mitochondria"
    ConfusionCounts all;
    std::vector<ConfusionCounts> images;
    UnitCounts units;
    std::array<ConfusionCounts, thresholds.size()> sweep;
};

struct DataCounts {
    std::string data;
    std::vector<ClassCounts> classes;
    std::vector<size_t> slices;
    BoundaryStack boundaries;
};

void addSweep(ClassCounts& counts, std::span<const float> probability, const Pixels& truth, int64_t label) {
    const auto known = truth.values<uint8_t>();
    for (size_t t = 0; t < thresholds.size(); ++t)
        for (size_t i = 0; i < known.size(); ++i) {
            if (known[i] == 255) continue;
            const bool says = double(probability[i]) >= thresholds[t], is = known[i] == label;
            ConfusionCounts& c = counts.sweep[t];
            ++(says ? is ? c.truePositive : c.falsePositive : is ? c.falseNegative : c.trueNegative);
        }
}

/// The mean and the range of a score over single images.
void tellImages(ModelScore& score, const std::vector<double>& values) {
    score.images = int64_t(values.size());
    if (values.empty()) return;
    double sum = 0;
    for (const double value : values) sum += value;
    score.mean = sum / double(values.size());
    const auto [low, high] = std::ranges::minmax(values);
    score.range = {low, high};
}

/// Whether several slices come from one stack.
bool shareAVolume(const std::vector<TrainingSlice>& slices, const std::vector<size_t>& chosen) {
    for (size_t i = 0; i < chosen.size(); ++i)
        for (size_t j = i + 1; j < chosen.size(); ++j)
            if (slices[chosen[i]].source && slices[chosen[i]].source == slices[chosen[j]].source) return true;
    return false;
}

/// Gathers what the slices give, and makes scores of it.
class Scorer {
public:
    Scorer(const ModelPackage& package, const std::vector<TrainingSlice>& slices, const ScoreRequest& request)
        : card_(package.card), slices_(slices), request_(request), image_(independentImages(slices)),
          boundaries_(request.boundaries && package.card.classes.size() == 1) {
        if (request_.command.empty()) request_.command = card_.training.value("command", "");
    }

    void add(size_t index, const PredictedSlice& predicted) {
        const TrainingSlice& slice = slices_[index];
        DataCounts& data = dataOf(slice.data);
        const Pixels found = predicted.labels.converted(PixelType::u8);
        data.slices.push_back(index);
        for (size_t c = 0; c < data.classes.size(); ++c) {
            ClassCounts& one = data.classes[c];
            const auto label = int64_t(c) + 1;
            const ConfusionCounts counts = countsWithin(found, slice.labels, label, wholeOf(slice.labels));
            one.all += counts;
            one.units.add(image_[index], found, slice.labels, label);
            if (request_.sweep)
                addSweep(one, predicted.probabilities.plane<float>(int64_t(c), 0), slice.labels, label);
            if (isEmpty(counts)) continue; // nothing is known there
            one.images.push_back(counts);
            report_.images.push_back({index, c, one.name, counts});
            if (!report_.worst || counts.dice() < report_.images[*report_.worst].counts.dice()) {
                report_.worst = report_.images.size() - 1;
                report_.worstLabels = found;
            }
        }
        if (boundaries_) data.boundaries.add(predicted, found, slice.labels);
    }

    ScoreReport finish(const Progress& progress) {
        for (size_t i = 0; i < found_.size(); ++i) {
            const PartProgress part(progress, double(i) / double(found_.size()),
                                    double(i + 1) / double(found_.size()));
            const bool oneVolume = shareAVolume(slices_, found_[i].slices);
            const size_t firstScore = report_.scores.size();
            for (const ClassCounts& one : found_[i].classes) addPixelScores(one, oneVolume);
            const size_t firstRow = report_.sweep.size();
            if (request_.sweep)
                for (const ClassCounts& one : found_[i].classes)
                    for (size_t t = 0; t < thresholds.size(); ++t)
                        report_.sweep.push_back({one.name, thresholds[t], one.sweep[t].dice(), {}, {}});
            if (boundaries_ && found_[i].boundaries.oneSize)
                addPartitions(found_[i].data, found_[i].boundaries, firstRow, part);
            noteLeaks(found_[i].slices, firstScore);
        }
        return std::move(report_);
    }

private:
    DataCounts& dataOf(const std::string& name) {
        auto one = std::ranges::find(found_, name, &DataCounts::data);
        if (one != found_.end()) return *one;
        DataCounts& made = found_.emplace_back();
        made.data = name;
        for (const ModelClass& known : card_.classes)
            made.classes.emplace_back().name =
                card_.classes.size() > 1 ? fmt::format("{}, {}", name, known.name) : name;
        return made;
    }

    ModelScore& newScore(const std::string& data, const std::string& metric, double value) {
        ModelScore& score = report_.scores.emplace_back();
        score.data = data;
        score.metric = metric;
        score.value = value;
        score.command = request_.command;
        if (request_.averaging == Averaging::flips) score.averaging = "flips";
        if (request_.averaging == Averaging::all) score.averaging = "all";
        return score;
    }

    void addPixelScores(const ClassCounts& one, bool oneVolume) {
        const ScoreUnits units = one.units.units();
        const std::vector<ConfusionCounts> draws = resampledCounts(units.counts);
        std::vector<std::string> notes;
        if (oneVolume) notes.emplace_back("slices of one volume");
        notes.push_back(draws.empty() ? "too few images for an interval"
                                      : fmt::format("interval over {}", units.words));
        for (const NamedMetric& metric : metrics) {
            ModelScore& score = newScore(one.name, metric.name, (one.all.*metric.value)());
            std::vector<double> images, drawn;
            for (const ConfusionCounts& counts : one.images) images.push_back((counts.*metric.value)());
            for (const ConfusionCounts& counts : draws) drawn.push_back((counts.*metric.value)());
            tellImages(score, images);
            if (!metric.ofImages) score.range.reset();
            if (const auto interval = bootstrapInterval(std::move(drawn), units.counts.size()))
                score.interval = {interval->low, interval->high};
            score.note = fmt::format("{}", fmt::join(notes, "; "));
        }
    }

    void addPartitions(const std::string& data, const BoundaryStack& stack, size_t firstRow,
                       const Progress& progress) {
        const LabelVolume cells = cellsBetween(stack.truth, stack.extent);
        const PartitionScores own = boundaryPartitions(stack.found, cells);
        const std::vector<PartitionAt> all = partitionsByThreshold(stack.probability, cells, progress);
        const BestPartitions best = bestOf(all);
        std::vector<double> images;
        for (const PartitionScores& slice : stack.sliceBySlice()) images.push_back(slice.vRand);
        const std::string note =
            card_.exclusive && !request_.threshold
                ? "V-rand of the most probable class"
                : fmt::format("V-rand at a threshold of {:g}",
                              request_.threshold.value_or(card_.classes.front().threshold));
        ModelScore& vRand = newScore(data, "V-rand", own.vRand);
        tellImages(vRand, images);
        vRand.note = note;
        newScore(data, "V-info", own.vInfo).note = note;
        newScore(data, "V-rand, best threshold", best.vRand).note =
            fmt::format("best V-rand at {:g}", best.vRandThreshold);
        newScore(data, "V-info, best threshold", best.vInfo).note =
            fmt::format("best V-info at {:g}", best.vInfoThreshold);
        for (size_t i = 0; i < all.size() && firstRow + i < report_.sweep.size(); ++i) {
            report_.sweep[firstRow + i].vRand = all[i].scores.vRand;
            report_.sweep[firstRow + i].vInfo = all[i].scores.vInfo;
        }
    }

    /// No score stands without a word on slices that are no independent test, see markLeaks().
    void noteLeaks(const std::vector<size_t>& chosen, size_t firstScore) {
        std::map<std::string, int64_t> leaks;
        for (const size_t i : chosen)
            if (!slices_[i].leak.empty()) ++leaks[slices_[i].leak];
        for (const auto& [leak, count] : leaks)
            for (size_t i = firstScore; i < report_.scores.size(); ++i) {
                std::string& note = report_.scores[i].note;
                note += fmt::format("{}{}", note.empty() ? "" : "; ", leak);
                if (count < int64_t(chosen.size())) note += fmt::format(": {} of {}", count, chosen.size());
            }
    }

    const ModelCard& card_;
    const std::vector<TrainingSlice>& slices_;
    ScoreRequest request_;
    const std::vector<int64_t> image_; // of each slice, see independentImages()
    const bool boundaries_;
    std::vector<DataCounts> found_; // in the order of the data
    ScoreReport report_;
};

} // namespace

ScoreReport Session::scoreReport(const ModelPackage& package, const std::vector<TrainingSlice>& slices,
                                 const ScoreRequest& request, const Progress& progress) {
    Scorer scorer(package, slices, request);
    predictSlices(
        package, slices,
        {Role::test, request.averaging, request.boundaries || request.sweep, request.device, request.threads,
         request.threshold},
        [&](size_t i, const PredictedSlice& predicted) { scorer.add(i, predicted); },
        PartProgress(progress, 0, request.boundaries ? 0.9 : 1));
    return scorer.finish(PartProgress(progress, request.boundaries ? 0.9 : 1, 1));
}

std::vector<ModelScore> Session::score(const ModelPackage& package, const std::vector<TrainingSlice>& slices,
                                       Averaging averaging, const std::string& device, int threads,
                                       const Progress& progress, bool boundaries) {
    return scoreReport(package, slices, {averaging, device, threads, boundaries, {}, false, {}}, progress)
        .scores;
}

std::vector<ModelScore> Session::cardScores(const ModelPackage& package, const TrainingSet& set,
                                            const std::string& device, int threads,
                                            const Progress& progress) {
    constexpr double share = 1.0 / 9; // eight orientations after one
    std::vector<ModelScore> scores = score(package, set.slices, Averaging::none, device, threads,
                                           PartProgress(progress, 0, share), set.marksBoundaries);
    for (ModelScore& one : score(package, set.slices, Averaging::all, device, threads,
                                 PartProgress(progress, share, 1), set.marksBoundaries))
        scores.push_back(std::move(one));
    return scores;
}

double Session::boundaryThreshold(const ModelPackage& package, const std::vector<TrainingSlice>& slices,
                                  SlicesRequest request, const Progress& progress) {
    request.wantProbabilities = true;
    std::map<std::string, BoundaryStack> stacks;
    predictSlices(
        package, slices, request,
        [&](size_t i, const PredictedSlice& predicted) {
            const Pixels found = predicted.labels.converted(PixelType::u8);
            // By size too: a volume has slices of one size.
            const Extent3& e = slices[i].labels.extent();
            stacks[fmt::format("{} {}x{}", slices[i].data, e.y, e.x)].add(predicted, found, slices[i].labels);
        },
        PartProgress(progress, 0, 0.9));
    std::array<double, thresholds.size()> sums{};
    for (const auto& [name, stack] : stacks) {
        const auto all = partitionsByThreshold(stack.probability, cellsBetween(stack.truth, stack.extent),
                                               PartProgress(progress, 0.9, 1));
        for (size_t t = 0; t < all.size(); ++t) sums[t] += all[t].scores.vRand;
    }
    size_t best = 4; // one half, where nothing is better
    for (size_t t = 0; t < sums.size(); ++t)
        if (sums[t] > sums[best]) best = t;
    return thresholds[best];
}

namespace {

/// Whether an entry of a data list was for the scores, in the words of a card, today's and older ones.
bool isForScores(const std::string& part) {
    return part.ends_with("held out for the scores") || part.ends_with("set aside for the scores");
}

/// What the words of a card's data say besides the slices for the scores.
std::string withoutScored(const std::string& slices) {
    std::vector<std::string> kept;
    for (size_t from = 0; from < slices.size();) {
        const size_t end = std::min(slices.find("; ", from), slices.size());
        const std::string part = slices.substr(from, end - from);
        if (!isForScores(part)) kept.push_back(part);
        from = end + 2;
    }
    return fmt::format("{}", fmt::join(kept, "; "));
}

} // namespace

void replaceScores(ModelCard& card, std::vector<ModelScore> scores, const ModelCard& words) {
    card.scores = std::move(scores);
    if (!words.description.empty()) card.description = words.description;
    if (!words.title.empty()) card.title = words.title;
    if (!words.licence.empty()) card.licence = words.licence;
    std::vector<TrainingData> data;
    for (TrainingData& one : card.data) {
        const bool scoredAlone = isForScores(one.slices) && withoutScored(one.slices).empty();
        one.slices = withoutScored(one.slices);
        if (!scoredAlone) data.push_back(std::move(one));
    }
    for (const TrainingData& one : words.data) {
        const auto same = std::ranges::find(data, one.name, &TrainingData::name);
        if (same == data.end())
            data.push_back(one);
        else
            same->slices += (same->slices.empty() ? "" : "; ") + one.slices;
    }
    card.data = std::move(data);
}

} // namespace cristae
