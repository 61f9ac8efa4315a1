// Parsing of arguments that several verbs share.
#include "app/cli/verbs.h"

#include "core/base/error.h"

#include <charconv>
#include <fmt/format.h>

namespace cristae {

TileSourcePtr openInput(CommandLine& line, const std::filesystem::path& path, const OpenOptions& options) {
    line.files.addInput(path);
    return openImage(path, options);
}

void addOverwrite(CLI::App& verb, CommandLine& line) {
    verb.add_flag_callback(
        "--overwrite", [&line] { line.files.setExisting(Existing::replace); },
        "Replace results that exist already; inputs never are");
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
        if (!parse(part, value) || !(value > 0) || value > 1e9)
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
        throw Error(ErrorKind::usage,
                    fmt::format("--pixel-size {} has {} numbers; give one, or z,y,x as in 50,4,4.", text,
                                numbers.size()));
    }
    return size;
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
