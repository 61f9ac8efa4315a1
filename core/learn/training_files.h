// Files of a training: what it reads and where it writes, as absolute paths, checked before it starts.
#pragma once
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace cristae {

/// A file or folder that a training reads.
struct TrainingInput {
    std::string what; // "--images", "images of Lucchi++": as a complaint names it
    std::filesystem::path path;
    std::optional<uint64_t> bytes; // of the file, or of all files in the folder; nothing where there is none
};

/// The file of "FILE:/dataset"; any other path as it is.
std::filesystem::path withoutDataset(const std::filesystem::path& path);
/// Measures what lies there now. `path` may end in ":/dataset".
TrainingInput trainingInput(const std::string& what, const std::filesystem::path& path);
/// A sentence for each input that is not there.
std::vector<std::string> missingInputs(const std::vector<TrainingInput>& inputs);
/// A sentence for each input that is not there any more or has another size than at the start of the run.
std::vector<std::string> changedInputs(const std::vector<TrainingInput>& now,
                                       const std::vector<TrainingInput>& atStart);
nlohmann::json toJson(const std::vector<TrainingInput>& inputs);
/// Entries that cannot be read are left out.
std::vector<TrainingInput> trainingInputsFromJson(const nlohmann::json& json);

/// Sentences about the places that a training writes: the folder of the model is not there or may not be
/// written, the run folder cannot be made or written.
std::vector<std::string> placeComplaints(const std::filesystem::path& output,
                                         const std::filesystem::path& runFolder);
/// The sentence about a folder that cannot be made or written; empty if it can.
std::string folderComplaint(const std::filesystem::path& folder);
/// A sentence where the disk of `folder` (which may not exist yet) has less free than `bytes`.
std::optional<std::string> spaceComplaint(const std::filesystem::path& folder, uint64_t bytes,
                                          const std::string& what);

/// Absolute and without "." and ".."; an empty path stays empty.
std::filesystem::path absolutePath(const std::filesystem::path& path);

} // namespace cristae
