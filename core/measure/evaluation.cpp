// evaluate(): reads both volumes as far as the wanted metrics need them, and names what it computed.
#include "core/base/error.h"
#include "core/measure/best_partitions.h"
#include "core/measure/confusion.h"
#include "core/measure/instances.h"
#include "core/measure/object_scores.h"
#include "core/measure/partition_scores.h"
#include "core/measure/probability_curves.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

namespace cristae {

namespace {

std::string nameOf(const TileSource& source, const char* otherwise) {
    const ImageInfo& info = source.info();
    if (info.path.empty()) return otherwise;
    return info.dataset.empty() ? info.path.string()
                                : fmt::format("{} ({})", info.path.string(), info.dataset);
}

/// Names and groups resolved to names; throws for what does not exist.
std::set<std::string> wantedMetrics(const std::vector<std::string>& words) {
    std::set<std::string> wanted;
    std::vector<std::string> known;
    for (const MetricGroup& group : metricGroups()) {
        known.push_back(group.name);
        known.insert(known.end(), group.metrics.begin(), group.metrics.end());
    }
    known.push_back("all");
    for (const std::string& word : words.empty() ? std::vector<std::string>{"pixels"} : words) {
        if (std::ranges::find(known, word) == known.end())
            throw Error(ErrorKind::usage, fmt::format("There is no metric \"{}\"; there are {}.", word,
                                                      fmt::join(known, ", ")));
        for (const MetricGroup& group : metricGroups()) {
            const bool whole = word == group.name || (word == "all" && group.name != "curves");
            for (const std::string& name : group.metrics)
                if (whole || word == name) wanted.insert(name);
        }
    }
    return wanted;
}

constexpr const char* cellsBetweenBoundaries =
    ", over the cells between boundaries in each slice (4 neighbours); those of the prediction are thinned "
    "to one pixel, those of the ground truth do not count (foreground-restricted)";

class Evaluation {
public:
    Evaluation(const TileSource& prediction, const TileSource& truth, const EvaluationOptions& options,
               const Progress& progress)
        : prediction_(prediction), truth_(truth),
          options_(optionsFor(options, prediction.info(), truth.info())), progress_(progress),
          predictionName_(nameOf(prediction, "The prediction")),
          truthName_(nameOf(truth, "the ground truth")), extent_(truth.info().extent()),
          wanted_(wantedMetrics(options.metrics)) {
        throwUnlessSameSize(prediction.info().extent(), extent_, predictionName_, truthName_);
        voxelSize_ =
            truth.info().voxelSize.knownInPlane() ? truth.info().voxelSize : prediction.info().voxelSize;
    }

    std::vector<Metric> run() {
        for (const char* name : {"best_v_rand", "best_v_info"})
            if (std::ranges::count(options_.metrics, name) && !options_.boundaries)
                throw Error(
                    ErrorKind::usage,
                    fmt::format("{} compares the cells between boundaries: say that the foreground marks "
                                "boundaries (--boundaries).",
                                name));
        if (wantsGroup("curves")) {
            if (wanted_.size() > metricGroups().back().metrics.size())
                throw Error(ErrorKind::usage, "Curves are of probabilities, the other metrics of labels; ask "
                                              "for one or the other.");
            addCurves();
            return std::move(metrics_);
        }
        read();
        if (wantsGroup("pixels")) addPixels();
        if (wantsGroup("objects")) addObjects();
        if (wantsGroup("surfaces")) addSurfaces();
        if (wantsGroup("partitions")) addPartitions();
        return std::move(metrics_);
    }

private:
    bool wantsGroup(const char* name) const {
        const auto group = std::ranges::find(metricGroups(), name, &MetricGroup::name);
        return std::ranges::any_of(group->metrics, [&](const auto& m) { return wanted_.contains(m); });
    }
    void add(const char* name, double value, std::string convention) {
        if (wanted_.contains(name)) metrics_.push_back({name, value, std::move(convention)});
    }
    bool knownSpacing() const {
        return voxelSize_.knownInPlane() && (extent_.z == 1 || voxelSize_.zNm.has_value());
    }
    Spacing spacingNm() const { return {voxelSize_.zNm.value_or(1), *voxelSize_.yNm, *voxelSize_.xNm}; }

    /// Masks and ids of both, as far as anything beyond pixel counts is wanted.
    void read() {
        keepMasks_ = wantsGroup("objects") || wantsGroup("surfaces") || wantsGroup("partitions");
        for (int64_t z = 0; z < extent_.z; ++z) {
            progress_.throwIfCancelled();
            const Box3 box = Box3::ofSlice(extent_, z);
            const Pixels p = prediction_.read(0, box, progress_), t = truth_.read(0, box, progress_);
            const SliceMasks masks = masksOf(p, t, options_, predictionName_, truthName_);
            counts_ += countsOf(masks);
            unlabelled_ += std::ranges::count(masks.labelled, uint8_t(0));
            if (keepMasks_) {
                predictionMask_.insert(predictionMask_.end(), masks.prediction.begin(),
                                       masks.prediction.end());
                truthMask_.insert(truthMask_.end(), masks.truth.begin(), masks.truth.end());
                if (options_.boundaries && options_.truthUnlabelled) keepForCells(p, masks);
                if (options_.predictionIds)
                    keepIds(predictionIds_, idsOf(p, predictionName_, options_.predictionUnlabelled),
                            masks.labelled);
                if (options_.truthIds)
                    keepIds(truthIds_, idsOf(t, truthName_, options_.truthUnlabelled), masks.labelled);
            }
            progress_.report(0.2 * double(z + 1) / double(extent_.z),
                             fmt::format("slice {} of {}", z + 1, extent_.z));
        }
    }
    /// Where the truth is not labelled there is no cell of it, but boundaries of the prediction go on.
    void keepForCells(const Pixels& prediction, const SliceMasks& masks) {
        const auto whole = foregroundOf(
            prediction, {options_.predictionLabel, false, options_.predictionUnlabelled}, predictionName_);
        predictedBoundaries_.insert(predictedBoundaries_.end(), whole.begin(), whole.end());
        noCell_.insert(noCell_.end(), masks.truth.begin(), masks.truth.end());
        uint8_t* slice = noCell_.data() + noCell_.size() - masks.truth.size();
        for (size_t i = 0; i < masks.labelled.size(); ++i) slice[i] |= uint8_t(!masks.labelled[i]);
    }
    void keepIds(LabelVolume& volume, std::vector<uint32_t> ids, const std::vector<uint8_t>& labelled) const {
        volume.extent = extent_;
        for (size_t i = 0; i < labelled.size(); ++i)
            if (!labelled[i]) ids[i] = 0;
        volume.labels.insert(volume.labels.end(), ids.begin(), ids.end());
    }
    LabelVolume objectsOf(const std::vector<uint8_t>& mask, const LabelVolume& ids) const {
        if (ids.labels.empty()) return components(mask, extent_, options_.connectivity, true);
        LabelVolume objects = ids;
        renumber(objects, options_.connectivity);
        return objects;
    }
    /// The cells: ids, or what boundaries enclose, or what touches. Only a prediction's boundaries are
    /// thinned: what is boundary in the truth belongs to no cell, and does not count.
    LabelVolume cellsOf(std::vector<uint8_t> mask, const LabelVolume& ids, bool thin) const {
        if (!ids.labels.empty() || !options_.boundaries) return objectsOf(mask, ids);
        if (thin) thinSlices(mask, extent_);
        return cellsBetween(mask, extent_);
    }

    void addPixels() {
        std::string over = extent_.z == 1 ? "over all pixels" : "over all voxels of all slices together";
        if (unlabelled_ > 0) over += fmt::format(" but {} that are not labelled", unlabelled_);
        add("dice", counts_.dice(), "2TP/(2TP+FP+FN) " + over + "; empty against empty is 1");
        add("iou", counts_.iou(), "TP/(TP+FP+FN) " + over + "; empty against empty is 1");
        add("precision", counts_.precision(),
            "TP/(TP+FP) " + over + "; nothing predicted is 0, or 1 if nothing was there");
        add("recall", counts_.recall(),
            "TP/(TP+FN) " + over + "; nothing there is 0, or 1 if nothing was predicted");
        add("accuracy", counts_.accuracy(), "(TP+TN)/all " + over);
    }

    void addObjects() {
        LabelVolume truth = objectsOf(truthMask_, truthIds_),
                    prediction = objectsOf(predictionMask_, predictionIds_);
        if (options_.smallest > 1) {
            dropSmall(truth, options_.smallest);
            dropSmall(prediction, options_.smallest);
        }
        progress_.throwIfCancelled();
        const OverlapTable table = overlapsOf(truth, prediction);
        const bool slices = options_.connectivity == Connectivity::slices;
        std::string objects = options_.truthIds && options_.predictionIds ? "objects by id"
                              : slices || extent_.z == 1 ? "objects touch by 8 neighbours in a slice"
                                                         : "objects touch by 26 neighbours in the volume";
        if (options_.truthIds != options_.predictionIds)
            objects += options_.truthIds ? ", in the ground truth by id" : ", in the prediction by id";
        if (options_.smallest > 1)
            objects +=
                fmt::format("; those of fewer than {} voxels are left out on both sides", options_.smallest);
        const ObjectCounts half = matchedObjects(table, 0.5);
        const std::string rule = "one-to-one matches of IoU ≥ 0.5; " + objects;
        add("objects_found", double(half.found), "objects of the ground truth found: " + rule);
        add("objects_total", double(half.truth), "objects of the ground truth; " + objects);
        add("objects_predicted", double(half.predicted), "objects of the prediction; " + objects);
        add("object_f1", half.f1(), "2·found/(predicted+truth), " + rule);
        add("object_precision", half.precision(), "found/predicted, " + rule);
        add("object_recall", half.recall(), "found/truth, " + rule);
        add("object_f1_75", matchedObjects(table, 0.75).f1(),
            "2·found/(predicted+truth), one-to-one matches of IoU ≥ 0.75; " + objects);
        double sum = 0;
        for (int step = 10; step < 20; ++step) sum += matchedObjects(table, step / 20.0).f1();
        add("object_f1_mean", sum / 10, "mean of object F1 at IoU ≥ 0.50, 0.55 … 0.95; " + objects);
        add("object_f1_glas", matchedObjectsGlas(table).f1(),
            "GlaS rule: found when it covers at least half of the ground-truth object it overlaps most; " +
                objects);
        add("object_dice", objectDice(table),
            "GlaS: size-weighted over the objects of both sides; " + objects);
        if (wanted_.contains("object_hausdorff"))
            add("object_hausdorff",
                objectHausdorff(truth, prediction, table, {}, PartProgress(progress_, 0.3, 0.5)),
                "GlaS: size-weighted over the objects of both sides, px; " + objects);
        if (wanted_.contains("object_hausdorff_nm") && knownSpacing())
            add("object_hausdorff_nm",
                objectHausdorff(truth, prediction, table, spacingNm(), PartProgress(progress_, 0.5, 0.6)),
                "GlaS: size-weighted over the objects of both sides, nm; " + objects);
    }

    void addSurfaces() {
        const std::string how =
            "; surface voxels have a face neighbour outside; both empty is 0, one empty is "
            "not defined";
        const auto addAll = [&](const char* unit, const SurfaceDistances& d, const std::string& suffix) {
            add(("hausdorff" + suffix).c_str(), d.hausdorff,
                fmt::format("largest distance between the surfaces, {}{}", unit, how));
            add(("hd95" + suffix).c_str(), d.hd95,
                fmt::format("95th percentile of the distances in both directions together (MedPy), {}{}",
                            unit, how));
            add(("mean_surface_distance" + suffix).c_str(), d.mean,
                fmt::format("mean of both directions' mean distances (MedPy assd), {}{}", unit, how));
        };
        const auto wants = [&](const std::string& suffix) {
            return wanted_.contains("hausdorff" + suffix) || wanted_.contains("hd95" + suffix) ||
                   wanted_.contains("mean_surface_distance" + suffix);
        };
        if (wants(""))
            addAll("px",
                   surfaceDistances(predictionMask_, truthMask_, extent_, {},
                                    PartProgress(progress_, 0.6, 0.75)),
                   "");
        if (knownSpacing() && wants("_nm"))
            addAll("nm",
                   surfaceDistances(predictionMask_, truthMask_, extent_, spacingNm(),
                                    PartProgress(progress_, 0.75, 0.9)),
                   "_nm");
    }

    void addPartitions() {
        const bool gaps = !noCell_.empty();
        const LabelVolume truth = cellsOf(gaps ? noCell_ : truthMask_, truthIds_, false);
        progress_.throwIfCancelled();
        const LabelVolume prediction =
            cellsOf(gaps ? predictedBoundaries_ : predictionMask_, predictionIds_, true);
        progress_.throwIfCancelled();
        const PartitionScores scores = partitionScores(overlapsOf(truth, prediction));
        progress_.report(1, "partitions");
        const std::string cells =
            options_.boundaries ? cellsBetweenBoundaries : ", over the objects of the ground truth";
        add("v_rand", scores.vRand, "Arganda-Carreras et al. 2015, 2Σp²/(Σs²+Σt²)" + cells);
        add("v_info", scores.vInfo, "Arganda-Carreras et al. 2015, 2I(S;T)/(H(S)+H(T))" + cells);
        add("adapted_rand_error", scores.adaptedRandError, "1 − F of pairs, as scikit-image" + cells);
        add("voi_split", scores.voiSplit, "H(prediction|truth), bits" + cells);
        add("voi_merge", scores.voiMerge, "H(truth|prediction), bits" + cells);
        add("variation_of_information", scores.voiSplit + scores.voiMerge,
            "voi_split + voi_merge, bits" + cells);
    }

    void addCurves() {
        const ProbabilityCurves curves = curvesOf(prediction_, truth_, options_, predictionName_, truthName_,
                                                  PartProgress(progress_, 0, options_.boundaries ? 0.3 : 1));
        add("average_precision", curves.averagePrecision(),
            "Σ(Rₖ−Rₖ₋₁)·Pₖ over falling thresholds, as scikit-learn, in steps of 0.001");
        add("calibration_error", curves.calibrationError(),
            "expected calibration error over ten bins (Guo et al. 2017)");
        CurvePoint best;
        for (const CurvePoint& point : curves.precisionRecall())
            if (point.dice > best.dice) best = point;
        add("best_threshold", best.threshold, "where the Dice is highest, in steps of 0.01");
        add("best_dice", best.dice, "Dice at the best threshold");
        if (options_.boundaries) addBestPartitions();
    }

    void addBestPartitions() {
        if (!wanted_.contains("best_v_rand") && !wanted_.contains("best_v_info")) return;
        const BestPartitions best = bestPartitions(prediction_, truth_, options_, predictionName_, truthName_,
                                                   PartProgress(progress_, 0.3, 1));
        const auto how = [](const char* score, double threshold) {
            return fmt::format("{} at its best threshold of 0.1, 0.2 … 0.9, which is {:.1f} (ISBI 2012){}",
                               score, threshold, cellsBetweenBoundaries);
        };
        add("best_v_rand", best.vRand, how("V-rand", best.vRandThreshold));
        add("best_v_info", best.vInfo, how("V-info", best.vInfoThreshold));
    }

    const TileSource &prediction_, &truth_;
    const EvaluationOptions options_;
    const Progress& progress_;
    const std::string predictionName_, truthName_;
    const Extent3 extent_;
    const std::set<std::string> wanted_;
    VoxelSize voxelSize_;
    bool keepMasks_ = false;
    ConfusionCounts counts_;
    int64_t unlabelled_ = 0; // voxels of the truth
    std::vector<uint8_t> predictionMask_, truthMask_;
    std::vector<uint8_t> predictedBoundaries_, noCell_; // see keepForCells()
    LabelVolume predictionIds_, truthIds_;
    std::vector<Metric> metrics_;
};

} // namespace

const std::vector<MetricGroup>& metricGroups() {
    static const std::vector<MetricGroup> groups{
        {"pixels", {"dice", "iou", "precision", "recall", "accuracy"}},
        {"objects",
         {"objects_found", "objects_total", "objects_predicted", "object_f1", "object_precision",
          "object_recall", "object_f1_75", "object_f1_mean", "object_f1_glas", "object_dice",
          "object_hausdorff", "object_hausdorff_nm"}},
        {"surfaces",
         {"hausdorff", "hd95", "mean_surface_distance", "hausdorff_nm", "hd95_nm",
          "mean_surface_distance_nm"}},
        {"partitions",
         {"v_rand", "v_info", "adapted_rand_error", "voi_split", "voi_merge", "variation_of_information"}},
        {"curves",
         {"average_precision", "calibration_error", "best_threshold", "best_dice", "best_v_rand",
          "best_v_info"}}};
    return groups;
}

std::vector<Metric> evaluate(const TileSource& prediction, const TileSource& truth,
                             const EvaluationOptions& options, const Progress& progress) {
    return Evaluation(prediction, truth, options, progress).run();
}

} // namespace cristae
