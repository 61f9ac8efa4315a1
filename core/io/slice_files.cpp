// Slices of a folder by their names.
#include "core/io/slice_files.h"

#include "core/base/text.h"
#include "core/io/file_access.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <fmt/format.h>
#include <limits>
#include <map>
#include <optional>
#include <regex>
#include <set>

namespace cristae {

namespace {

namespace fs = std::filesystem;

// Words that cellpose, ilastik, QuPath, napari and people put into the names of masks and results …
constexpr std::string_view maskWords =
    " mask masks seg segs segmentation segmentations segmented label labels labelled labeled lab lbl gt "
    "truth "
    "groundtruth target targets manual outline outlines annotation annotations annotated flows probability "
    "probabilities prob probs prediction predictions pred overlay identities output outputs ";
// … and those that come with them.
constexpr std::string_view besideWords = " cp simple object objects instance instances ground ";
constexpr std::string_view thumbnailWords = " thumb thumbs thumbnail thumbnails preview ";

bool isWord(std::string_view words, const std::string& token) {
    return words.find(" " + token + " ") != std::string_view::npos;
}

std::vector<std::string> tokensOf(const fs::path& file) {
    return nameWords(file.stem().string());
}

bool isThumbnail(const fs::path& file) {
    const auto tokens = tokensOf(file);
    return std::any_of(tokens.begin(), tokens.end(),
                       [](const std::string& token) { return isWord(thumbnailWords, token); });
}

bool namedLikeMask(const std::vector<std::string>& tokens) {
    return std::any_of(tokens.begin(), tokens.end(), [](const auto& t) { return isWord(maskWords, t); });
}

std::vector<std::string> withoutMaskWords(std::vector<std::string> tokens) {
    std::erase_if(tokens, [](const auto& t) { return isWord(maskWords, t) || isWord(besideWords, t); });
    return tokens;
}

/// True if `part` comes in `whole` in this order.
bool comesIn(const std::vector<std::string>& part, const std::vector<std::string>& whole) {
    auto at = part.begin();
    for (const std::string& token : whole)
        if (at != part.end() && *at == token) ++at;
    return at == part.end();
}

using Files = std::vector<fs::path>;

/// Moves the files of which `is` is true from `files` into the result.
template <class Is> Files taken(Files& files, Is&& is) {
    Files out;
    const auto rest =
        std::stable_partition(files.begin(), files.end(), [&](const fs::path& f) { return !is(f); });
    out.assign(rest, files.end());
    files.erase(rest, files.end());
    return out;
}

/// Masks that belong to one of the other images, or to all of them ("labels.tif").
Files takenMasks(Files& files) {
    std::vector<std::vector<std::string>> images;
    for (const fs::path& file : files)
        if (auto tokens = tokensOf(file); !namedLikeMask(tokens)) images.push_back(std::move(tokens));
    // Looked up by the last token: a folder may hold thousands of each.
    std::multimap<std::string, const std::vector<std::string>*> byLast;
    std::set<std::string> firsts;
    for (const auto& tokens : images)
        if (!tokens.empty()) {
            byLast.emplace(tokens.back(), &tokens);
            firsts.insert(tokens.front());
        }
    return taken(files, [&](const fs::path& file) {
        const auto tokens = tokensOf(file);
        if (!namedLikeMask(tokens)) return false;
        const auto own = withoutMaskWords(tokens);
        if (own.empty()) return !images.empty();
        if (own.size() == 1 && firsts.contains(own.front())) return true; // "s_labels" beside s_1, s_2 …
        const auto [begin, end] = byLast.equal_range(own.back());
        return std::any_of(begin, end, [&](const auto& image) { return comesIn(own, *image.second); });
    });
}

/// Files that show an image which another format shows too: of each name the format of most files stays, of
/// equally many the better one.
Files takenSecondFormats(Files& files) {
    constexpr std::array better{"tif", "tiff", "png", "bmp", "jpg", "jpeg"};
    std::map<std::string, int64_t> worth;
    for (const fs::path& file : files) worth[extensionOf(file)] += int64_t(better.size()) + 1;
    for (size_t i = 0; i < better.size(); ++i)
        if (worth.contains(better[i])) worth[better[i]] += int64_t(better.size() - i);
    std::map<std::string, std::string> best; // of each stem
    for (const fs::path& file : files) {
        const std::string extension = extensionOf(file);
        auto& kept = best.emplace(file.stem().string(), extension).first->second;
        if (worth[extension] > worth[kept]) kept = extension;
    }
    return taken(files,
                 [&](const fs::path& file) { return best[file.stem().string()] != extensionOf(file); });
}

/// "s1_masks.png, s2_masks.png and 3 more"
std::string namesOf(const Files& files) {
    constexpr size_t most = 3;
    std::vector<std::string> names;
    for (size_t i = 0; i < std::min(files.size(), most); ++i) names.push_back(files[i].filename().string());
    std::string text = fmt::format("{}", fmt::join(names, ", "));
    if (files.size() > most) text += fmt::format(" and {} more", files.size() - most);
    return text;
}

void addRemark(std::vector<std::string>& remarks, const Files& files, std::string_view singular,
               std::string_view plural) {
    if (files.empty()) return;
    remarks.push_back(fmt::format("Left out of the folder: {} ({}).",
                                  countText(int64_t(files.size()), singular, plural), namesOf(files)));
}

/// A name in two: what stands before its last number, and the number.
struct Numbered {
    std::string series;
    int64_t number = 0;
};
std::optional<Numbered> numberedName(const fs::path& file) {
    const std::string stem = file.stem().string();
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    size_t end = stem.size();
    while (end > 0 && !isDigit(stem[end - 1])) --end;
    size_t begin = end;
    while (begin > 0 && isDigit(stem[begin - 1])) --begin;
    Numbered result{stem.substr(0, begin), 0};
    const auto parsed = std::from_chars(stem.data() + begin, stem.data() + end, result.number);
    if (begin == end || parsed.ec != std::errc()) return std::nullopt;
    return result;
}

/// "slice 3", "slices 3 and 7", "slices 3, 4, 5 and 12 more"
std::string missingText(const std::vector<int64_t>& missing) {
    if (missing.size() == 1) return fmt::format("Slice {} is missing", missing.front());
    const size_t shown = std::min<size_t>(missing.size(), 5);
    const std::string first =
        fmt::format("{}", fmt::join(missing.begin(), missing.begin() + long(shown), ", "));
    return fmt::format("Slices {}{} are missing", first,
                       missing.size() > shown ? fmt::format(" and {} more", missing.size() - shown) : "");
}

} // namespace

std::vector<std::string> nameWords(const std::string& name) {
    std::vector<std::string> tokens;
    char kind = ' ';
    for (const char c : name) {
        const auto u = static_cast<unsigned char>(c);
        const char now = std::isdigit(u) ? '0' : std::isalpha(u) || u >= 0x80 ? 'a' : ' ';
        if (now != ' ' && now != kind) tokens.emplace_back();
        if (now != ' ') tokens.back() += char(std::tolower(u));
        kind = now;
    }
    for (std::string& token : tokens)
        if (std::isdigit(static_cast<unsigned char>(token[0])))
            token.erase(0, std::min(token.find_first_not_of('0'), token.size() - 1));
    return tokens;
}

std::vector<fs::path> filesIn(const fs::path& folder, const std::vector<std::string>& extensions) {
    std::vector<fs::path> images;
    std::error_code failed;
    for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
        std::error_code ignored;
        if (std::find(extensions.begin(), extensions.end(), extensionOf(it->path())) != extensions.end() &&
            it->is_regular_file(ignored))
            images.push_back(it->path());
    }
    if (failed)
        throw inputError(folder, fmt::format("{}. Check the folder's permissions.", failed.message()));
    std::sort(images.begin(), images.end(), [](const fs::path& a, const fs::path& b) {
        return naturalLess(a.filename().string(), b.filename().string());
    });
    return images;
}

namespace {

/// Entries with the name of an image that are none: links to nothing, pipes, devices.
Files strangersIn(const fs::path& folder, const std::vector<std::string>& extensions) {
    Files strangers;
    std::error_code failed;
    for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
        std::error_code ignored;
        if (std::find(extensions.begin(), extensions.end(), extensionOf(it->path())) != extensions.end() &&
            !it->is_regular_file(ignored) && !it->is_directory(ignored))
            strangers.push_back(it->path());
    }
    std::sort(strangers.begin(), strangers.end());
    return strangers;
}

/// The file that another is a copy of by its name: "s1.png" for "s1 (1).png", "s1 - Copy.png" and "s1
/// copy 2.png".
std::string originalOf(const std::string& stem) {
    static const std::regex copy(R"(^(.+?)(?: \(\d+\)|[ _-]+(?:copy|kopie|copie)(?:[ _]*\(?\d+\)?)?)$)",
                                 std::regex::icase);
    std::smatch parts;
    constexpr size_t longest = 200; // of what std::regex walks by recursion
    return stem.size() <= longest && std::regex_match(stem, parts, copy) ? parts[1].str() : std::string();
}

void remarkOnCopies(const Files& files, std::vector<std::string>& remarks) {
    std::set<std::string> stems;
    for (const fs::path& file : files) stems.insert(file.stem().string());
    Files copies;
    for (const fs::path& file : files)
        if (stems.contains(originalOf(file.stem().string()))) copies.push_back(file);
    if (!copies.empty())
        remarks.push_back(fmt::format(
            "{} named like {} of others ({}), and taken as slices of {} own; take "
            "them out if they are copies.",
            copies.size() == 1 ? "1 file is" : fmt::format("{} files are", copies.size()),
            copies.size() == 1 ? "a copy" : "copies", namesOf(copies), copies.size() == 1 ? "its" : "their"));
}

} // namespace

SliceFiles slicesIn(const fs::path& folder, const std::vector<std::string>& extensions) {
    SliceFiles result;
    Files& files = result.files;
    files = filesIn(folder, extensions);
    addRemark(result.remarks, strangersIn(folder, extensions), "entry that is no file",
              "entries that are no files");
    const Files hidden =
        taken(files, [](const fs::path& f) { return f.filename().string().starts_with('.'); });
    addRemark(result.remarks, hidden, "hidden file", "hidden files");
    if (!std::all_of(files.begin(), files.end(), isThumbnail))
        addRemark(result.remarks, taken(files, isThumbnail), "thumbnail", "thumbnails");
    addRemark(result.remarks, takenMasks(files), "mask or result beside the images",
              "masks or results beside the images");
    addRemark(result.remarks, takenSecondFormats(files), "second format of an image",
              "second formats of the same images");
    remarkOnCopies(files, result.remarks);
    return result;
}

std::vector<std::string> remarksOnNumbers(const std::vector<fs::path>& files) {
    std::map<std::string, std::vector<int64_t>> series;
    for (const fs::path& file : files) {
        const auto name = numberedName(file);
        if (!name) return {};
        series[name->series].push_back(name->number);
    }
    std::vector<std::string> remarks;
    if (series.size() > 1) {
        // "a1 … a9, b1 … b9": one after the other, which a stack seldom is.
        const bool twice =
            std::all_of(series.begin(), series.end(), [](const auto& s) { return s.second.size() > 1; });
        if (twice)
            remarks.push_back(
                fmt::format("The folder holds {} series of names (“{}…” and “{}…”); they follow one "
                            "another as one stack.",
                            series.size(), series.begin()->first, std::next(series.begin())->first));
        return remarks;
    }
    for (auto& [name, numbers] : series) {
        std::sort(numbers.begin(), numbers.end());
        int64_t step = std::numeric_limits<int64_t>::max();
        for (size_t i = 1; i < numbers.size(); ++i)
            if (numbers[i] > numbers[i - 1]) step = std::min(step, numbers[i] - numbers[i - 1]);
        std::vector<int64_t> missing;
        for (size_t i = 1; i < numbers.size(); ++i)
            for (int64_t n = numbers[i - 1] + step; n < numbers[i] && missing.size() <= files.size();
                 n += step)
                missing.push_back(n);
        if (missing.size() > files.size())
            remarks.push_back("The numbers in the names of the files leave out more than they hold; they are "
                              "taken as consecutive slices.");
        else if (!missing.empty())
            remarks.push_back(fmt::format("{} in the numbers of the files; the slices around are taken as "
                                          "neighbours.",
                                          missingText(missing)));
    }
    return remarks;
}

} // namespace cristae
