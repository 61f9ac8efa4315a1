// ModelCard: what a model package says of itself; stored as JSON inside the weights file.
#pragma once
#include "core/labels/class_table.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace cristae {

class StartGuard;

struct ModelClass {
    std::string name; // "mitochondria"
    Colour colour;
    double threshold = 0.5;
};

struct TrainingData {
    std::string name;    // "Lucchi++"
    std::string licence; // licence in words
    std::string
        slices; // "z000–017 and every 6th from z030 to z150 for training; z018–023, z156, z162 held out"
    std::string cite;
};

/// From … to.
struct ScoreRange {
    double low = 0, high = 0;
};

/// A score over one data set: the pixels of all its images together, and how much single images differ.
struct ModelScore {
    std::string data;   // "Lucchi++ z018–023, z156, z162 (held out)"
    std::string metric; // "IoU"
    double value = 0;
    std::string command = {};                // the command that measured it
    std::string averaging = {};              // test-time augmentation: "flips", "all"; empty: none
    int64_t images = 0;                      // that were scored; 0: an older card, which does not say
    std::optional<double> mean = {};         // of the scores of single images
    std::optional<ScoreRange> range = {};    // lowest and highest image
    std::optional<ScoreRange> interval = {}; // 95 %, by bootstrap
    std::string note = {};                   // what was resampled, and what to know of the images
};

/// Where a package keeps its card, in the metadata.
inline constexpr const char* modelCardKey = "cristae.card";

/// A model package is one safetensors file: the weights, and this card as JSON in the metadata.
struct ModelCard {
    std::string name;        // "mitochondria": the word after --model
    std::string title;       // "Mitochondria (SBF/FIB-SEM, ssTEM)"
    std::string description; // a sentence or two, also where it fails
    std::vector<ModelClass> classes;
    std::optional<double> pixelSizeNm; // in-plane, that the network was trained at; images are rescaled to it
                                       // when both are known
    nlohmann::json normalisation = {{"kind", "zero-mean-unit-variance"}, {"scope", "slice"}};
    std::string architecture = "unet";
    nlohmann::json network = nlohmann::json::object(); // options of the architecture's schema
    bool exclusive = false; // softmax over classes + background instead of a sigmoid each
    int64_t channelsIn = 1;
    std::vector<TrainingData> data;
    std::vector<ModelScore> scores;
    nlohmann::json training = nlohmann::json::object(); // command, recipe, seed, versions, device, steps; no
                                                        // times, so that equal trainings give equal files
    nlohmann::json domain = nlohmann::json::object();   // what the training images look like, see Domain
    std::string licence;                                // licence under which the model may be used
};

nlohmann::json toJson(const ModelScore& score);
nlohmann::json toJson(const ModelCard& card);
/// Throws Error{model} naming the missing or wrong field.
ModelCard modelCardFromJson(const nlohmann::json& json);

/// A model found on disk; only the header has been read.
struct ModelPackage {
    ModelCard card;
    std::filesystem::path file;
    std::string sha256; // of the whole file; empty until asked by packageHash()
};

/// Reads the header of a package. Throws Error{model}: not found, not safetensors, no card, lying header.
ModelPackage openModelPackage(const std::filesystem::path& file);
std::string packageHash(ModelPackage& package);
/// All packages in a folder, in natural order; broken ones become remarks, what the guard leaves out is
/// passed over.
std::vector<ModelPackage> listModelPackages(const std::filesystem::path& folder,
                                            std::vector<std::string>* remarks = nullptr,
                                            StartGuard* guard = nullptr);
/// A name of a package in `folders`, or a path of a file. Throws Error{model} listing the known names.
ModelPackage findModelPackage(const std::string& nameOrFile,
                              const std::vector<std::filesystem::path>& folders);

} // namespace cristae
