// Walks the directories of a TIFF, chooses a scene and lays out its pages.
#include "core/base/text.h"
#include "core/io/description_lines.h"
#include "core/io/file_access.h"
#include "core/io/tiff_colour.h"
#include "core/io/tiff_order.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace cristae {

namespace {

bool isReduced(TIFF* tiff) {
    uint32_t kind = 0;
    if (TIFFGetField(tiff, TIFFTAG_SUBFILETYPE, &kind))
        return (kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) != 0;
    uint16_t old = 0;
    return TIFFGetField(tiff, TIFFTAG_OSUBFILETYPE, &old) && old == OFILETYPE_REDUCEDIMAGE;
}

std::string descriptionOf(TIFF* tiff) {
    const char* text = nullptr;
    return TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &text) && text ? text : "";
}

/// tifffile's JSON; other descriptions of pages are not kept.
std::string shapeOf(std::string description) {
    const bool shape = description.starts_with('{') && description.size() < 65536 &&
                       description.find("\"shape\"") != std::string::npos;
    return shape ? std::move(description) : std::string();
}

void add(TiffFileTable& table, TiffPage page, std::vector<std::string> remarks, std::string description) {
    table.pages.push_back(std::move(page));
    table.pageRemarks.push_back(std::move(remarks));
    table.pageShapes.push_back(shapeOf(std::move(description)));
}

} // namespace

TiffFileTable walkTiff(TiffFile& handle, const InputFile& file, bool labels) {
    TiffFileTable table, reduced;
    TIFF* tiff = handle.get();
    std::string firstFailure;
    size_t failures = 0;
    table.description = descriptionOf(tiff);
    const TiffMeaning meaning = tiffMeaning(tiff, labels, table.remarks);
    for (int64_t number = 0;; ++number) {
        const bool isExtra = isReduced(tiff);
        ImageInfo own;
        try {
            TiffPage page = describeTiffPage(handle, file, meaning, own);
            page.number = number;
            if (own.unlabelled) table.unlabelled = own.unlabelled;
            add(isExtra ? reduced : table, std::move(page), std::move(own.remarks), descriptionOf(tiff));
        } catch (const Error& error) {
            // A page that is cut off means a cut file, which must not open as if it were whole.
            if (!isExtra && (table.pages.empty() ||
                             std::string_view(error.what()).find("cut off") != std::string_view::npos))
                throw;
            if (firstFailure.empty()) firstFailure = error.what();
            ++failures;
        }
        if (TIFFLastDirectory(tiff)) break;
        handle.takeComplaints();
        if (!TIFFReadDirectory(tiff)) {
            const std::string reason = handle.takeComplaints();
            throw inputError(
                file.path(),
                fmt::format("its list of pages is damaged after page {} ({}). Copy or download it again.",
                            table.pages.size() + reduced.pages.size(),
                            reason == "no reason given" ? "it runs in a circle" : reason));
        }
    }
    if (table.pages.empty()) {
        reduced.description = std::move(table.description);
        reduced.remarks = std::move(table.remarks);
        reduced.unlabelled = table.unlabelled;
        table = std::move(reduced);
    }
    if (table.pages.empty()) throw Error(ErrorKind::input, firstFailure);
    if (failures > 0)
        table.remarks.push_back(
            fmt::format("{} pages could not be read and are left out: {}", failures, firstFailure));
    return table;
}

namespace {

int64_t pixelsOf(const TiffFileTable& table, const TiffScene& scene) {
    const TiffPage& page = table.pages[scene.pages.front()];
    return page.width * page.height * int64_t(scene.pages.size());
}

/// Names of what slide scanners and cameras store beside the image.
bool isBeside(const TiffScene& scene) {
    std::string name = scene.name;
    for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
    constexpr std::array words{"label", "macro", "thumbnail", "overview", "preview"};
    return std::ranges::any_of(
        words, [&](const char* word) { return name.starts_with(word) || name.ends_with(word); });
}

std::string listOf(const std::vector<TiffScene>& scenes) {
    std::vector<std::string> names;
    for (size_t i = 0; i < std::min<size_t>(scenes.size(), 20); ++i)
        names.push_back(fmt::format("{} “{}”", i, scenes[i].name));
    if (scenes.size() > names.size())
        names.push_back(fmt::format("and {} more", scenes.size() - names.size()));
    return fmt::format("{}", fmt::join(names, ", "));
}

/// The scene with the most pixels if it has at least twice as many as every other that counts.
std::optional<size_t> mainScene(const TiffFileTable& table, const std::vector<TiffScene>& scenes) {
    size_t best = 0;
    const auto pixels = [&](size_t i) { return isBeside(scenes[i]) ? 0 : pixelsOf(table, scenes[i]); };
    for (size_t i = 1; i < scenes.size(); ++i)
        if (pixels(i) > pixels(best)) best = i;
    for (size_t i = 0; i < scenes.size(); ++i)
        if (i != best && 2 * pixels(i) > pixels(best)) return std::nullopt;
    return best;
}

size_t chooseScene(const InputFile& file, TiffFileTable& table, const std::vector<TiffScene>& scenes,
                   const std::string& wanted) {
    if (!wanted.empty()) {
        std::vector<std::string> names;
        for (const TiffScene& scene : scenes) names.push_back(scene.name);
        if (const auto found = findScene(names, wanted)) return *found;
        throw inputError(file.path(),
                         fmt::format("it has no image “{}”. It has: {}.", wanted, listOf(scenes)));
    }
    if (scenes.size() == 1) return 0;
    const auto main = mainScene(table, scenes);
    if (!main)
        throw Error(ErrorKind::input,
                    fmt::format("“{}” holds several images; choose one of them (--scene): {}.",
                                file.path().string(), listOf(scenes)));
    const TiffScene& scene = scenes[*main];
    const TiffPage& page = table.pages[scene.pages.front()];
    size_t others = 0;
    for (const TiffScene& each : scenes) others += &each == &scene ? 0 : each.pages.size();
    table.remarks.push_back(fmt::format(
        "Only the {} of {} × {} pixels {} shown; {} of another size or type {} left out. The images are {}.",
        countText(int64_t(scene.pages.size()), "page", "pages"), page.width, page.height,
        scene.pages.size() == 1 ? "is" : "are", others, others == 1 ? "is" : "are", listOf(scenes)));
    return *main;
}

void layOut(TiffTable& table, const TiffOrder& order) {
    ImageInfo& info = table.info;
    const bool timeAsSlices = order.z == 1 && order.t > 1;
    if (timeAsSlices)
        info.remarks.push_back(fmt::format("The {} time points are shown as slices.", order.t));
    else if (order.t > 1)
        info.remarks.push_back(fmt::format("Only the first of {} time points is shown.", order.t));
    table.slices = timeAsSlices ? order.t : order.z;
    table.channelPages = order.c;
    for (int64_t slice = 0; slice < table.slices; ++slice)
        for (int64_t c = 0; c < order.c; ++c)
            table.pageOf.push_back(timeAsSlices ? order.page(c, 0, slice) : order.page(c, slice, 0));
    const TiffPage& first = table.pages.front();
    info.levels = {{table.slices, first.height, first.width}};
    info.channels = first.channels * order.c;
    info.type = first.type;
    info.axes = std::string(order.t > 1 && !timeAsSlices ? "t" : "") + (timeAsSlices ? "t" : "z") +
                (info.channels > 1 ? "c" : "") + "yx";
}

/// The pages of a scene with the remarks on them, each sentence once.
TiffTable tableOf(const TiffFileTable& all, const TiffScene& scene) {
    TiffTable table;
    table.info.unlabelled = all.unlabelled;
    auto& remarks = table.info.remarks;
    const auto note = [&](const std::string& sentence) {
        if (std::ranges::find(remarks, sentence) == remarks.end()) remarks.push_back(sentence);
    };
    for (const size_t page : scene.pages) {
        table.pages.push_back(all.pages[page]);
        for (const std::string& sentence : all.pageRemarks[page]) note(sentence);
    }
    for (const std::string& sentence : all.remarks) note(sentence);
    for (const std::string& sentence : scene.remarks) note(sentence);
    return table;
}

} // namespace

namespace {

/// The order of the pages, which become planes where those are slices or the axes count them. Throws
/// Error{usage}.
TiffOrder orderOf(const TiffScene& scene, const std::string& axes, TiffTable& table) {
    TiffOrder order = scene.order;
    const bool planar = std::ranges::all_of(table.pages, hasPlanes);
    if (planar && (scene.planesAreSlices || (!axes.empty() && order.c == 1))) {
        if (!scene.planesAreSlices) {
            order.c = table.pages.front().samples;
            std::erase(order.order, 'C');
            order.order.insert(0, 1, 'C');
        }
        table.pages = planesOf(table.pages);
        std::erase(table.info.remarks, remarkOnExtraSamples); // they are read
    }
    if (axes.empty()) return order;
    return orderFromAxes(axes, order, int64_t(table.pages.size()), table.pages.front());
}

/// The orientation of all pages, or the stored one with a remark.
int orientationOf(TiffTable& table) {
    const int first = table.pages.front().orientation;
    if (std::ranges::all_of(table.pages, [&](const TiffPage& p) { return p.orientation == first; }))
        return first;
    table.info.remarks.push_back(
        "The orientation tags of the pages differ; all are read as they are stored.");
    return ORIENTATION_TOPLEFT;
}

} // namespace

TiffTable readTiffTable(TiffFile& handle, const InputFile& file, const OpenOptions& options) {
    TiffFileTable all = walkTiff(handle, file, options.labels);
    const std::vector<TiffScene> scenes = tiffScenes(file, all);
    const TiffScene& scene = scenes[chooseScene(file, all, scenes, options.scene)];
    TiffTable table = tableOf(all, scene);
    if (scenes.size() > 1) table.info.dataset = scene.name;
    table.orientation = orientationOf(table);
    layOut(table, orderOf(scene, options.axes, table));
    if (!options.axes.empty()) table.info.axes = options.axes;
    if (!TIFFSetSubDirectory(handle.get(), table.pages.front().directory))
        throw inputError(file.path(),
                         fmt::format("its first page is damaged ({}). Copy or download it again.",
                                     handle.takeComplaints()));
    const std::string description = descriptionOf(handle.get());
    if (description.starts_with("ImageJ="))
        table.info.cristaeMetadata = valueOf(description, "cristae").value_or("");
    stateTiffLengths(handle, file, description, scene.ome ? &*scene.ome : nullptr, table);
    return table;
}

std::vector<SceneInfo> describeScenes(const TiffFileTable& table, const std::vector<TiffScene>& scenes) {
    std::vector<SceneInfo> all;
    const auto main = mainScene(table, scenes);
    for (size_t i = 0; i < scenes.size(); ++i) {
        const TiffScene& scene = scenes[i];
        const TiffPage& page = table.pages[scene.pages.front()];
        const int64_t channels = (scene.planesAreSlices ? 1 : page.channels) * scene.order.c;
        SceneInfo info{.name = scenes.size() == 1 ? "" : scene.name,
                       .type = std::string(name(page.type)),
                       .axes = channels > 1 ? "czyx" : "zyx",
                       .reduced = main && i != *main};
        if (channels > 1) info.shape.push_back(channels);
        info.shape.insert(info.shape.end(), {scene.order.z, page.height, page.width});
        all.push_back(std::move(info));
    }
    return all;
}

} // namespace cristae
