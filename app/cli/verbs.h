// The verbs of cristae-cli: each adds its subcommand and says what to run when it is chosen.
#pragma once
#include "core/base/destination.h"
#include "core/io/format.h"
#include "core/session/session.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>

namespace cristae {

/// What all verbs share.
struct CommandLine {
    Session& session;
    std::string command; // as typed, for provenance of trained models
    JobFiles files;      // what the verb reads, and which results it may replace
    bool quiet = false;
    std::function<int()> run; // set by the chosen verb; returns the exit code
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
void addConvert(CLI::App& app, CommandLine& line);

/// Opens an image that the verb reads, so that no result takes its place. Throws Error{input}.
TileSourcePtr openInput(CommandLine& line, const std::filesystem::path& path,
                        const OpenOptions& options = {});
/// --overwrite of a verb that writes.
void addOverwrite(CLI::App& verb, CommandLine& line);
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
