// Session: the verbs predict, export, evaluate, train with everything they need; used by the window and the
// command line alike.
#pragma once
#include "core/base/start_guard.h"
#include "core/export/exporter.h"
#include "core/io/format.h"
#include "core/labels/label_layer.h"
#include "core/learn/trainer.h"
#include "core/measure/instances.h"
#include "core/segment/predictor.h"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

namespace cristae {

struct Domain;
struct Likeness;
struct ScaleCandidate;
struct ScaleRequest;
struct ScoreReport;
struct ScoreRequest;

struct SessionPaths {
    std::filesystem::path zoo;        // shipped model packages
    std::filesystem::path userModels; // packages the user trained; made when first needed
    std::filesystem::path samples;    // sample micrographs
    std::filesystem::path recovered;  // labels that a forced end of the window left; empty: none are kept
    std::filesystem::path marks;      // of StartGuard; empty: nothing is guarded
};

/// A model and the classes wanted of it.
struct ModelRequest {
    ModelPackage package;
    std::vector<std::string> classes; // names; empty = all
    std::optional<double> threshold;  // instead of the card's
    bool invert = false;              // dark and bright exchanged for this model; the image stays as it is
};

struct PredictionRequest {
    std::vector<ModelRequest> models;
    PredictionSettings settings;
    std::string device = "auto";
    int threads = 0; // 0 = all
    /// ResultKind::objects: how the one class becomes objects. Networks that tell objects apart themselves do
    /// so where nothing is to be split.
    ObjectRule objects;
    /// Results in files: told predictionConcerns() when the networks are loaded and nothing is predicted yet.
    std::function<void(const std::vector<std::string>&)> onConcerns;
};

/// A prediction ready to enter a document as one undoable step.
struct PredictionResult {
    LabelDelta delta;
    ClassTable classes;           // the document's classes with the predicted ones added
    std::vector<uint32_t> values; // label value of each wanted class, in order
    nlohmann::json provenance;    // model names, SHA-256, thresholds, settings; no date, so that equal work
                                  // gives equal bytes
    std::vector<std::string> remarks;
    int64_t keptByHand = 0, keptLocked = 0; // voxels that would have changed, but the rule protects them
    uint64_t generation = 0;                // of the layer that was read
};

enum class ResultKind {
    labels,
    mask,
    probabilities,
    objects
}; // objects: a number for each object of one class

/// Why a class was seen at a place.
enum class Explanation {
    activation, // class activation, from gradients
    occlusion   // how much the probability falls when a square around each place is hidden
};
struct ExplanationRequest {
    ModelRequest model;
    std::string className;       // one of the model's
    int64_t z = 0, y = 0, x = 0; // image pixels
    Explanation method = Explanation::activation;
    int64_t side = 256; // of the explained region of the slice, model pixels
    int64_t square = 0; // hidden at once, model pixels; 0 = an eighth of the side
    std::string device = "auto";
    int threads = 0;
};
/// f32 [1, 1, Y, X], 0 … 1 (activation) or the fall of the probability, −1 … 1 (occlusion), over `box` of the
/// slice.
struct ExplanationMap {
    Pixels map;
    Box3 box;
    double probability = 0; // of the class at the place
};

/// Labels of a document to be written: all plain values and snapshots, safe to hand to another thread.
struct LabelExport {
    LabelSnapshot labels;
    ClassTable classes;
    VoxelSize voxelSize;
    TileSourcePtr image;                  // the image the labels belong to
    std::vector<nlohmann::json> history;  // Document::history()
    ResultKind kind = ResultKind::labels; // labels, mask or objects
    std::vector<uint32_t> values; // written as 1…n in this order; empty = all classes in the table's order
    int64_t firstSlice = 0, endSlice = -1; // [first, end); -1 = all
    ObjectRule objects;                    // of ResultKind::objects
};

/// How the slices of a training set are to be predicted.
struct SlicesRequest {
    Role role = Role::test; // only slices of this role
    Averaging averaging = Averaging::none;
    bool wantProbabilities = false;
    std::string device = "auto";
    int threads = 0;
    std::optional<double> threshold = {}; // of every class, instead of the card's
};

/// Models to combine, and labelled slices to score the result on.
struct EnsembleRequest {
    std::vector<ModelPackage> members;
    std::string name;
    TrainingSet set;         // slices of Role::validation choose thresholds, those of Role::test give scores
    ModelCard words;         // title, description, data and licence, as far as given, replace the members'
    nlohmann::json training; // what the card says of how it was made
    Destination output = std::filesystem::path();
    std::string device = "auto";
    int threads = 0;
};

/// A result that stands on the disk.
struct WrittenFile {
    std::filesystem::path place; // the file, or the folder of a stack in formats of one slice a file
    std::vector<std::string> remarks;
};

class Session {
public:
    /// `loadEngine` is called once, at first need, from whatever thread needs it; it may take seconds and
    /// throws Error{device}.
    Session(SessionPaths paths, std::function<Engine()> loadEngine);
    ~Session();

    const SessionPaths& paths() const { return paths_; }
    /// What the window looks at by itself when it starts goes through it; the list of models does here.
    StartGuard& startGuard() { return startGuard_; }
    /// Thread-safe; the first call loads. Throws Error{device}.
    Engine& engine();
    bool engineLoaded() const;
    /// Shipped and user's packages, user's first.
    std::vector<ModelPackage> models(std::vector<std::string>* remarks = nullptr);
    ModelPackage findModel(const std::string& nameOrFile) const;
    const std::vector<std::unique_ptr<Exporter>>& exporters() const { return exporters_; }
    /// Adds an exporter that lives above core (the PDF page).
    void addExporter(std::unique_ptr<Exporter> exporter);
    /// SHA-256 of the file or folder that an image was read from, remembered as long as it stays the same;
    /// empty for what is in memory. Throws Error{input, cancelled}.
    std::string inputHash(const ImageInfo& image, const Progress& progress);

    /// predict → labels in the document's terms. Reads only the snapshot. `rule` says what may be
    /// overwritten. Voxels of the predicted classes that the model no longer finds become background.
    PredictionResult predictLabels(const TileSource& image, const LabelSnapshot& labels, uint64_t generation,
                                   const ClassTable& classes, const PredictionRequest& request,
                                   WriteRule rule, const Progress& progress);
    /// predict → file, slice by slice, never over the image or a model. mask and objects need exactly one
    /// class; objects hold the volume in memory, about 13 bytes a voxel.
    WrittenFile predictToFile(const TileSourcePtr& image, const PredictionRequest& request, ResultKind kind,
                              const Exporter& exporter, const Destination& target, const Progress& progress);
    /// Labels of a document → file; the same bytes as predictToFile when nothing was changed by hand.
    /// Returns what stands there now.
    std::filesystem::path exportLabels(const LabelExport& what, const Exporter& exporter,
                                       const Destination& target, const Progress& progress);
    /// Loads the networks of a request and times one small tile of each, so that estimateSeconds() can
    /// answer. Takes a second or so.
    void prepare(const PredictionRequest& request);
    /// Seconds a prediction would take, from the measured speed of its networks; nothing while one of them is
    /// not loaded.
    std::optional<double> estimateSeconds(const ImageInfo& image, const PredictionRequest& request) const;
    /// Dice, IoU, precision, recall and accuracy of a model on the slices of Role::test, at their own pixel
    /// size, summed over each data set before any division, for each class when there are several; with the
    /// range over single images and 95 % intervals by bootstrap (see UnitCounts, resampledCounts()). Of
    /// boundaries also V-rand and V-info at the card's threshold and at the best of 0.1 … 0.9, where all
    /// slices of a data set have one size; what is unknown belongs to no cell. An image in which nothing is
    /// known is left out.
    ScoreReport scoreReport(const ModelPackage& package, const std::vector<TrainingSlice>& slices,
                            const ScoreRequest& request, const Progress& progress);
    /// The scores alone.
    std::vector<ModelScore> score(const ModelPackage& package, const std::vector<TrainingSlice>& slices,
                                  Averaging averaging, const std::string& device, int threads,
                                  const Progress& progress, bool boundaries = false);
    /// What a card tells of the slices of Role::test: score() as they are and averaged over all orientations.
    std::vector<ModelScore> cardScores(const ModelPackage& package, const TrainingSet& set,
                                       const std::string& device, int threads, const Progress& progress);
    /// Of boundaries: the threshold, of 0.1, 0.2 … 0.9, at which V-rand is highest, in the mean over the data
    /// sets of the request's role; one half where none is better.
    double boundaryThreshold(const ModelPackage& package, const std::vector<TrainingSlice>& slices,
                             SlicesRequest request, const Progress& progress);
    /// Predicts each slice of the wanted role, at its own pixel size and with its neighbours where they are
    /// known, and hands over its index in `slices` with the answer: labels 1…n in the order of the card.
    void predictSlices(const ModelPackage& package, const std::vector<TrainingSlice>& slices,
                       const SlicesRequest& request,
                       const std::function<void(size_t, const PredictedSlice&)>& consume,
                       const Progress& progress);
    /// For each class the threshold, of 0.01 … 0.99, at which the Dice over all slices of the request's role
    /// is highest; the one nearest to 0.5 of several. Unknown voxels do not count.
    std::vector<double> bestThresholds(const ModelPackage& package, const std::vector<TrainingSlice>& slices,
                                       SlicesRequest request, const Progress& progress);
    /// Writes the models as one, the mean of their probabilities (see writeEnsemble()), with thresholds and
    /// scores of its own where the request has slices for them. Throws Error{model, input, output, device,
    /// memory, cancelled}; then there is no new file.
    ModelPackage makeEnsemble(const EnsembleRequest& request, const Progress& progress);
    /// Why the model sees the class there. Throws Error{usage, model, device, memory, cancelled}.
    ExplanationMap explain(const TileSource& image, const ExplanationRequest& request,
                           const Progress& progress);
    /// What a model finds in a part of a slice for each assumed pixel size, in the order of the sizes; the
    /// quick ones are computed first, and `consume`, if given, gets each at once. Throws Error{usage, model,
    /// input, device, memory, cancelled}.
    std::vector<ScaleCandidate> scaleCandidates(const TileSourcePtr& image, const ScaleRequest& request,
                                                const std::function<void(const ScaleCandidate&)>& consume,
                                                const Progress& progress);
    /// How the image suits each model of the request, judged from the middle of its middle slice or region,
    /// also with dark and bright exchanged. Throws as predictLabels() does.
    std::vector<Likeness> likeness(const TileSource& image, const PredictionRequest& request,
                                   const Progress& progress);
    /// Where the result of a request's first slice is doubtful: entropy of the probability of each pixel's
    /// most probable class, averaged over flips (Wang et al. 2019, doi:10.1016/j.neucom.2019.01.103) and over
    /// about 16 model pixels around; f32 [1, 1, Y, X] in bits, 0 … 1.
    ExplanationMap doubtMap(const TileSource& image, const PredictionRequest& request,
                            const Progress& progress);
    /// What the slices of Role::train look like to the model, for ModelCard::domain. Empty without any.
    nlohmann::json domainFor(const ModelPackage& package, const std::vector<TrainingSlice>& slices,
                             const std::string& device, int threads, const Progress& progress);
    /// Trains, scores the best network on the slices of Role::test, as it is and averaged over all
    /// orientations, and only then writes the model, whole, with the scores in its card: until then an older
    /// one of that name stays. Where another has come there meanwhile, and the plan is not to overwrite it,
    /// the model takes the next free name. Places of the plan may be relative.
    TrainingResult train(TrainingPlan plan, TrainingListener& listener, const Progress& progress);

private:
    WrittenFile predictObjectsToFile(const TileSourcePtr& image, const PredictionRequest& request,
                                     const Exporter& exporter, const Destination& target,
                                     const Progress& progress);
    std::filesystem::path exportObjects(const LabelExport& what, const Exporter& exporter,
                                        const Destination& target, const Progress& progress);
    ScaleCandidate scaleCandidate(const TileSourcePtr& image, const std::vector<NetworkTask>& tasks,
                                  const std::optional<Domain>& domain, int64_t z, const Progress& progress);
    struct Prepared;
    Prepared prepareTasks(const PredictionRequest& request);
    nlohmann::json predictionEntry(const Prepared& prepared, const PredictionRequest& request,
                                   const ImageInfo& info) const;
    void tellConcerns(const PredictionRequest& request, const ImageInfo& image) const;
    void rememberSpeed(const PredictionRequest& request, const ImageInfo& image, double seconds);
    SessionPaths paths_;
    StartGuard startGuard_;
    std::function<Engine()> loadEngine_;
    std::unique_ptr<Engine> engine_;
    std::vector<std::unique_ptr<Exporter>> exporters_;
    std::mutex mutex_; // guards the loading of the engine
    std::atomic<bool> engineLoaded_{false};
    struct Cached;
    std::unique_ptr<Cached> cached_;
};

} // namespace cristae
