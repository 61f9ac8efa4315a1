// Parsing of arguments that several verbs share.
#include "app/cli/verbs.h"

#include "app/cli/console.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/image/with_voxel_size.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace cristae {

OpenOptions ReadingFlags::options() const {
    OpenOptions options;
    options.scene = scene;
    options.axes = axes;
    if (!pixelSize.empty()) options.voxelSize = parsePixelSize(pixelSize);
    return options;
}

void addReading(CLI::App& verb, ReadingFlags& flags, const std::string& prefix, const std::string& what) {
    const std::string of = what.empty() ? "" : " of " + what;
    verb.add_option(fmt::format("--{0}dataset,--{0}scene", prefix), flags.scene,
                    fmt::format("Image{} inside a file that holds several: its name, the path of a dataset, "
                                "or its number from 0",
                                of));
    verb.add_option(fmt::format("--{}axes", prefix), flags.axes,
                    fmt::format("Axes{} of an array, slowest first: a letter of t, c, z, y, x for each "
                                "dimension, as in zyx",
                                of));
    if (prefix.empty())
        verb.add_option("--pixel-size", flags.pixelSize, "NM or Z,Y,X in nm, instead of what the file says");
}

TileSourcePtr openInput(CommandLine& line, const std::filesystem::path& path, const OpenOptions& options) {
    line.files.addInput(path);
    TileSourcePtr source = openImage(path, options);
    addRemarks(line, path, source->info().remarks);
    return source;
}

void addLabelRule(CLI::App& verb, LabelRule& rule) {
    verb.add_option("--unlabelled", rule.unlabelled,
                    "Label values that mean \"not labelled\": no object and no background, and not scored; "
                    "as −1 and NaN always do. 255 in some data sets")
        ->delimiter(',');
    verb.add_flag("--renumber", rule.renumber, "Label ids beyond 32 bits are numbered from 1");
}

TileSourcePtr openLabelInput(CommandLine& line, const std::filesystem::path& path, const OpenOptions& options,
                             const LabelRule& rule, const Progress& progress) {
    line.files.addInput(path);
    TileSourcePtr source = openLabels(path, options, rule, progress);
    addRemarks(line, path, source->info().remarks);
    return source;
}

void addRemark(CommandLine& line, const std::string& sentence) {
    if (std::ranges::find(line.remarks, sentence) != line.remarks.end()) return;
    line.remarks.push_back(sentence);
    if (!line.quiet) printError("{}\n", onOneLine(sentence));
}

void addRemarks(CommandLine& line, const std::filesystem::path& file,
                const std::vector<std::string>& sentences) {
    for (const std::string& sentence : sentences)
        addRemark(line, fmt::format("{}: {}", file.string(), sentence));
}

void remarkOnSpreadsheetName(CommandLine& line, const std::filesystem::path& file, const std::string& what) {
    const std::string ending = file.extension().string();
    for (const char* of : {".xlsx", ".xls", ".xlsm", ".ods"})
        if (ending == of)
            addRemark(line,
                      fmt::format("“{}” holds {}, which spreadsheet programs refuse under that name; end "
                                  "the name with .csv for a table that they open.",
                                  file.string(), what));
}

void printJson(const CommandLine& line, nlohmann::json result) {
    result["remarks"] = line.remarks;
    printResult("{}\n", jsonText(result));
}

void addOverwrite(CLI::App& verb, CommandLine& line) {
    verb.add_flag_callback(
        "--overwrite", [&line] { line.files.setExisting(Existing::replace); },
        "Replace results that exist already; inputs never are");
}

void addJson(CLI::App& verb, CommandLine& line) {
    verb.add_flag("--json", line.json, "Print one JSON object");
}

Destination outputFile(const CommandLine& line, const std::filesystem::path& path) {
    Destination place = line.files.to(path);
    place.checkFile();
    return place;
}

namespace {
std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts{""};
    for (const char c : text)
        if (c == separator)
            parts.emplace_back();
        else
            parts.back() += c;
    return parts;
}

template <class Number> bool parse(const std::string& text, Number& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}
} // namespace

VoxelSize parsePixelSize(const std::string& text) {
    const auto parts = split(text, ',');
    std::vector<double> numbers;
    for (const std::string& part : parts) {
        double value = 0;
        if (!parse(part, value))
            throw Error(
                ErrorKind::usage,
                fmt::format("--pixel-size {} is not a size in nm; give one number, or z,y,x as in 50,4,4.",
                            text));
        numbers.push_back(value);
    }
    VoxelSize size;
    size.source = "given on the command line";
    if (numbers.size() == 1) {
        size.yNm = size.xNm = numbers[0];
    } else if (numbers.size() == 3) {
        size.zNm = numbers[0];
        size.yNm = numbers[1];
        size.xNm = numbers[2];
    } else {
        throw Error(
            ErrorKind::usage,
            fmt::format("--pixel-size {} has {} numbers; give one, or z,y,x as in 50,4,4. Decimals take "
                        "a dot, as in 4.5.",
                        text, numbers.size()));
    }
    return checkedVoxelSize(size, "--pixel-size " + text);
}

SliceRange parseSlices(const std::string& text) {
    SliceRange range;
    const auto colon = text.find(':');
    const std::string first = text.substr(0, colon),
                      end = colon == std::string::npos ? "" : text.substr(colon + 1);
    const bool fine = (first.empty() || (parse(first, range.first) && range.first >= 0)) &&
                      (end.empty() || (parse(end, range.end) && range.end > range.first));
    if (!fine || colon == std::string::npos)
        throw Error(
            ErrorKind::usage,
            fmt::format("--slices {} is not A:B with A below B; 0:10 means the first ten slices.", text));
    return range;
}

SliceRange checkedSlices(SliceRange range, int64_t slices) {
    if (range.end < 0) range.end = slices;
    if (range.first >= slices || range.end > slices)
        throw Error(ErrorKind::usage,
                    fmt::format("--slices {}:{} reaches outside the image, which has {} slices (0 to {}).",
                                range.first, range.end, slices, slices - 1));
    return range;
}

} // namespace cristae
