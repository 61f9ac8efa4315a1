// Fine-tuning: a model is trained on with the few slices or regions that a person has corrected, and keeps
// what it knew.
#pragma once
#include "core/labels/class_table.h"
#include "core/learn/trainer.h"

#include <functional>

namespace cristae {

/// The labels of a document, of which not every voxel need be right.
struct Corrections {
    TileSourcePtr image;
    LabelSnapshot labels;
    ClassTable classes;
    VoxelSize voxelSize;
    std::vector<Box3> complete; // parts of one slice each in which every voxel is right, background included
};

/// The class that marks what certainly is none of the others; strokes of it count as background.
inline constexpr const char* backgroundClass = "background";

/// What is known of slice z, u8 [1, 1, Y, X]: within a complete part every voxel, its class (1 … n in the
/// order of `classNames`) or else 0; elsewhere only what was set by hand: classes, and 0 where labels were
/// erased or belong to another class. All else is 255: not labelled.
Pixels knownLabels(const Corrections& corrections, int64_t z, const std::vector<std::string>& classNames);

/// The slices of which something is known, as training slices of the image, all of Role::train; weights make
/// up for unknown area. Throws Error{input} where a class of `classNames` is nowhere known, or no background
/// is, with what to do; Error{cancelled}.
TrainingSet correctedSlices(const Corrections& corrections, const std::vector<std::string>& classNames,
                            const Progress& progress);
/// The slice that comes next after the corrected ones and of which nothing is known, for a look at how the
/// model does where it was not trained; of an image of one slice, or where all are corrected, none.
std::optional<int64_t> unseenSlice(const TrainingSet& set, int64_t slices);
/// Adds slice z with nothing known and Role::validation: it is predicted after each epoch and judges nothing.
void addPreview(TrainingSet& set, const Corrections& corrections, int64_t z, const Progress& progress);

/// The classes of the layer that are in use, in their order, without the background.
std::vector<std::string> strokedClasses(const Corrections& corrections);

/// The recipe to fine-tune a model with its own network: short, at a low rate, with the batch statistics of
/// the model and a pull towards its weights. Measured by `cristae-cli study fine-tune`, see METHODS.md.
/// Throws Error{usage} for models that cannot be trained, such as ensembles.
nlohmann::json fineTuneRecipe(const ModelCard& card);
/// The recipe of a first model from strokes alone: a small network, some hundred steps.
nlohmann::json strokesRecipe();
/// As many steps as fit into `minutes`, at most the recipe's own and at least 50; epochs are quarters.
void limitSteps(nlohmann::json& recipe, double secondsPerStep, double minutes);

/// The plan to train `model` on with the slices of `set`; output, run folder and device are the caller's.
/// `fittedTo` is the name of the image, for the card.
TrainingPlan fineTunePlan(TrainingSet set, const ModelPackage& model, const std::string& fittedTo);

/// A sample of a training set: six random squares of at most 1024 px of its training slices, that hold a
/// class if they can, without neighbours; what is trained on together with new slices so that nothing is
/// forgotten.
std::vector<TrainingSlice> sampleOf(const TrainingSet& set, uint64_t seed = 1);
/// Share of the patches that such a sample has in a fit.
inline constexpr double keptShare = 0.3;
/// Adds such a sample to a fit, with its share of the patches. It keeps what the model
/// knew better than a strong pull to its weights does, so the plan's pull becomes weak. An empty sample
/// changes nothing.
void addSample(TrainingPlan& plan, std::vector<TrainingSlice> sample);
/// The sample that was kept of a model's own training data, beside the model; empty where there is none.
/// Throws Error{input} for a damaged one.
std::vector<TrainingSlice> keptSample(const ModelPackage& model);
/// Keeps a sample with the names of its classes, in "samples" beside the model's file; an empty one is not
/// kept. Throws Error{output}.
void keepSample(const std::filesystem::path& modelFile, const TrainingSet& sample);

/// "mitochondria, fitted to NAME": with a number behind it where `taken` says that there is one of that name.
std::string fittedTitle(const std::string& title, const std::string& image,
                        const std::function<bool(const std::string&)>& taken);

} // namespace cristae
