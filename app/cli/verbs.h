// The verbs of cristae-cli: each adds its subcommand and says what to run when it is chosen.
#pragma once
#include "core/base/destination.h"
#include "core/io/format.h"
#include "core/io/label_image.h"
#include "core/session/session.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

namespace cristae {

/// What all verbs share.
struct CommandLine {
    Session& session;
    std::string command;              // as typed, for provenance of trained models
    JobFiles files;                   // what the verb reads, and which results it may replace
    bool quiet = false, json = false; // json: results as one JSON object, for the verbs that have --json
    std::vector<std::string> remarks; // what was left out or is doubtful, in the order it was noticed
    std::function<int()> run;         // set by the chosen verb; returns the exit code
};

void addInfo(CLI::App& app, CommandLine& line);
void addModels(CLI::App& app, CommandLine& line);
void addPredict(CLI::App& app, CommandLine& line);
void addEvaluate(CLI::App& app, CommandLine& line);
void addMeasure(CLI::App& app, CommandLine& line);
void addExplore(CLI::App& app, CommandLine& line);
void addVolume(CLI::App& app, CommandLine& line);
void addExplain(CLI::App& app, CommandLine& line);
void addStudy(CLI::App& app, CommandLine& line);
void addTrain(CLI::App& app, CommandLine& line);
void addEnsemble(CLI::App& app, CommandLine& line);
void addScore(CLI::App& app, CommandLine& line);
void addDescribe(CLI::App& app, CommandLine& line);
void addConvert(CLI::App& app, CommandLine& line);

/// The flags that say how an input is read.
struct ReadingFlags {
    std::string scene, axes, pixelSize;
    /// Throws Error{usage}.
    OpenOptions options() const;
};
/// Adds --dataset, --scene, --axes and --pixel-size to a verb; of a second input with a prefix
/// (--label-dataset …, without a pixel size).
void addReading(CLI::App& verb, ReadingFlags& flags, const std::string& prefix = "",
                const std::string& what = "");

/// Adds --unlabelled and --renumber: how the values of labels are taken.
void addLabelRule(CLI::App& verb, LabelRule& rule);

/// Opens an image that the verb reads, so that no result takes its place; its remarks become those of the
/// verb. Throws Error{input}.
TileSourcePtr openInput(CommandLine& line, const std::filesystem::path& path,
                        const OpenOptions& options = {});
/// The same for labels; see openLabels().
TileSourcePtr openLabelInput(CommandLine& line, const std::filesystem::path& path, const OpenOptions& options,
                             const LabelRule& rule, const Progress& progress);
/// Notes a sentence for the person, once, and prints it to stderr unless the verb is quiet.
void addRemark(CommandLine& line, const std::string& sentence);
/// The remarks of what was read, or of a result, each under the name of its file.
/// Says that a result with the ending of a spreadsheet program is plain text (`what`: "CSV", "JSON").
void remarkOnSpreadsheetName(CommandLine& line, const std::filesystem::path& file, const std::string& what);
void addRemarks(CommandLine& line, const std::filesystem::path& file,
                const std::vector<std::string>& sentences);
/// Prints a JSON object with the "remarks" of the verb.
void printJson(const CommandLine& line, nlohmann::json result);
/// --overwrite of a verb that writes.
void addOverwrite(CLI::App& verb, CommandLine& line);
/// --json of a verb: its result is one JSON object with its remarks.
void addJson(CLI::App& verb, CommandLine& line);
/// The place for a file that a verb writes, checked before the work begins. Throws Error{output}.
Destination outputFile(const CommandLine& line, const std::filesystem::path& path);

/// "8" or "50,4,4" (z, y, x in nm). Throws Error{usage}.
VoxelSize parsePixelSize(const std::string& text);
/// "A:B": slices A up to but without B, counted from 0; either may be left out. Throws Error{usage}.
struct SliceRange {
    int64_t first = 0, end = -1;
};
SliceRange parseSlices(const std::string& text);
/// The range inside an image of `slices`. Throws Error{usage}.
SliceRange checkedSlices(SliceRange range, int64_t slices);

} // namespace cristae
