// Which pages of a TIFF make up an image: OME's planes, ImageJ's counts, tifffile's series, else pages of one
// kind.
#include "core/base/text.h"
#include "core/io/tiff_order.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace cristae {

namespace {

std::string stateOf(const TiffOrder& order) {
    return fmt::format("{}, {} and {}", countText(order.c, "channel", "channels"),
                       countText(order.z, "slice", "slices"), countText(order.t, "time", "times"));
}

/// Takes an order that fits the pages, else the pages as slices with a remark.
void setOrder(TiffScene& scene, const TiffOrder& order) {
    const auto pages = int64_t(scene.pages.size());
    scene.order = order;
    if (order.count() == pages) return;
    scene.order = {.z = pages};
    if (order.count() != 1)
        scene.remarks.push_back(fmt::format(
            "The description speaks of {}, but the file has {}; it may be left from another file. The pages "
            "are shown as slices.",
            stateOf(order), countText(pages, "page", "pages")));
}

/// ImageJ stores stacks above 4 GB, and tifffile truncated ones, as one directory with the planes after each
/// other. A description that was left from another stack has no planes behind the first.
void unfold(const InputFile& file, TiffFileTable& table, int64_t planes) {
    const TiffPage first = table.pages.front();
    if (planes <= 1 || table.pages.size() != 1 || !first.plain || first.tiled || first.planar ||
        first.offsets.empty())
        return;
    const auto plane = uint64_t(first.width * first.height * first.samples * (first.bits / 8));
    const uint64_t begin = first.offsets[0];
    // A directory behind the pixels ends them.
    const uint64_t end = first.directory > begin ? first.directory : file.size();
    const uint64_t held = (end - begin) / plane;
    if (held < 2) return;
    if (held < uint64_t(planes))
        throw inputError(file.path(), fmt::format("its description speaks of {} slices, but only {} are "
                                                  "there. It was cut off; copy or download it again.",
                                                  planes, held));
    checkSlices(file.path(), planes);
    const auto remarks = table.pageRemarks.front();
    table.pages.clear();
    for (int64_t i = 0; i < planes; ++i) {
        TiffPage page = first;
        page.unitHeight = page.height;
        page.offsets = {begin + uint64_t(i) * plane};
        table.pages.push_back(std::move(page));
    }
    table.pageRemarks.assign(size_t(planes), remarks);
    table.pageShapes.resize(size_t(planes));
}

/// Places in the table of the pages with a number; -1 for reduced and unreadable ones.
std::vector<int64_t> placesByNumber(const TiffFileTable& table) {
    std::vector<int64_t> places;
    for (size_t i = 0; i < table.pages.size(); ++i) {
        const auto number = size_t(table.pages[i].number);
        if (places.size() <= number) places.resize(number + 1, -1);
        places[number] = int64_t(i);
    }
    return places;
}

/// Follows the TiffData of OME images through the file.
class OmePages {
public:
    OmePages(const InputFile& file, const TiffFileTable& table, const std::vector<OmeImage>& images)
        : table_(table), places_(placesByNumber(table)), own_(file.path().filename().string()) {
        std::set<std::string> files;
        for (const OmeImage& image : images)
            for (const OmePlanes& planes : image.planes) files.insert(planes.file);
        renamed_ = files.size() == 1; // one name only: it is this file's, whatever it is called now
    }

    /// The pages of the next image, in the order channel, slice, time; nothing if they are not all there.
    std::optional<TiffScene> take(const OmeImage& image) {
        TiffScene scene{.name = image.name, .ome = image};
        std::vector<OmePlanes> planes = image.planes;
        if (planes.empty()) planes.emplace_back();
        const int64_t samples = samplesAt(planes.front().page.value_or(next_));
        const int64_t c = image.c % samples == 0 ? image.c / samples : image.c;
        scene.order = {c, image.z, image.t, "CZT"};
        std::string elsewhere;
        for (const OmePlanes& part : planes)
            if (!isOwn(part)) elsewhere = part.file;
        if (!elsewhere.empty()) return ownPart(planes, elsewhere, std::move(scene));
        const int64_t count = scene.order.count();
        if (count < 1 || count > int64_t(table_.pages.size())) return std::nullopt;
        std::vector<int64_t> slots(size_t(count), -1);
        for (const OmePlanes& part : planes) fill(part, image, scene.order, samples, slots);
        if (std::ranges::find(slots, -1) != slots.end()) return std::nullopt;
        for (const int64_t place : slots) scene.pages.push_back(size_t(place));
        const TiffPage& first = table_.pages[scene.pages.front()];
        for (const size_t page : scene.pages)
            if (!table_.pages[page].sameKind(first)) return std::nullopt;
        return scene;
    }

private:
    bool isOwn(const OmePlanes& planes) const {
        return planes.file.empty() || renamed_ || planes.file == own_;
    }
    int64_t placeOf(int64_t number) const {
        return number >= 0 && number < int64_t(places_.size()) ? places_[size_t(number)] : -1;
    }
    int64_t samplesAt(int64_t number) const {
        const int64_t place = placeOf(number);
        return place < 0 ? 1 : std::max<int64_t>(1, table_.pages[size_t(place)].channels);
    }

    void fill(const OmePlanes& part, const OmeImage& image, const TiffOrder& order, int64_t samples,
              std::vector<int64_t>& slots) {
        const TiffOrder stored{order.c, order.z, order.t, image.order};
        const int64_t c = part.firstC / samples;
        if (c >= order.c || part.firstZ >= order.z || part.firstT >= order.t) return;
        const auto first = int64_t(stored.page(c, part.firstZ, part.firstT)), all = int64_t(slots.size());
        const int64_t begin = part.page.value_or(next_);
        const int64_t count = std::min(part.count.value_or(part.page ? 1 : all), all - first);
        for (int64_t i = 0; i < count; ++i) slots[slotOf(first + i, stored, order)] = placeOf(begin + i);
        next_ = begin + count;
    }

    /// From the number of a plane in the file's order to that in ours.
    static size_t slotOf(int64_t index, const TiffOrder& stored, const TiffOrder& ours) {
        int64_t c = 0, z = 0, t = 0;
        for (const char axis : stored.order) {
            const int64_t size = axis == 'C' ? stored.c : axis == 'Z' ? stored.z : stored.t;
            (axis == 'C' ? c : axis == 'Z' ? z : t) = index % size;
            index /= size;
        }
        return ours.page(c, z, t);
    }

    /// Of an image in several files the planes in this one, as slices.
    std::optional<TiffScene> ownPart(const std::vector<OmePlanes>& planes, const std::string& elsewhere,
                                     TiffScene scene) const {
        for (const OmePlanes& part : planes) {
            const int64_t begin = part.page.value_or(0), most = int64_t(table_.pages.size());
            for (int64_t i = 0; isOwn(part) && i < std::min(part.count.value_or(1), most); ++i)
                if (const int64_t place = placeOf(begin + i); place >= 0)
                    scene.pages.push_back(size_t(place));
        }
        if (scene.pages.empty()) return std::nullopt;
        const TiffPage& first = table_.pages[scene.pages.front()];
        for (const size_t page : scene.pages)
            if (!table_.pages[page].sameKind(first)) return std::nullopt;
        scene.order = {.z = int64_t(scene.pages.size())};
        scene.remarks.push_back(
            fmt::format("The image goes on in other files (“{}”), which are not read; the {} of this file "
                        "are shown as slices.",
                        elsewhere, countText(int64_t(scene.pages.size()), "plane", "planes")));
        return scene;
    }

    const TiffFileTable& table_;
    std::vector<int64_t> places_;
    std::string own_;
    bool renamed_ = false;
    int64_t next_ = 0; // the page of planes that name none
};

/// Empty if the pages are not as the description says.
std::vector<TiffScene> omeScenes(const InputFile& file, TiffFileTable& table,
                                 const std::vector<OmeImage>& images) {
    OmePages pages(file, table, images);
    std::vector<TiffScene> scenes;
    std::set<size_t> used;
    for (const OmeImage& image : images)
        if (auto scene = pages.take(image)) {
            used.insert(scene->pages.begin(), scene->pages.end());
            scenes.push_back(std::move(*scene));
        }
    const size_t left = table.pages.size() - used.size();
    if (!scenes.empty() && left > 0)
        table.remarks.push_back(fmt::format("{} that the OME description does not mention {} left out.",
                                            countText(int64_t(left), "page", "pages"),
                                            left == 1 ? "is" : "are"));
    return scenes;
}

/// Pages of the same size and type, the kinds in the order of their first page.
std::vector<TiffScene> kindsOf(const TiffFileTable& table) {
    std::vector<TiffScene> kinds;
    for (size_t i = 0; i < table.pages.size(); ++i) {
        const auto kind = std::ranges::find_if(kinds, [&](const TiffScene& each) {
            return table.pages[each.pages.front()].sameKind(table.pages[i]);
        });
        if (kind == kinds.end()) {
            kinds.emplace_back().pages = {i};
            const TiffPage& page = table.pages[i];
            kinds.back().name = fmt::format("{}x{}", page.width, page.height);
            if (page.channels > 1) kinds.back().name += fmt::format("x{}", page.channels);
        } else {
            kind->pages.push_back(i);
        }
    }
    return kinds;
}

/// The series that tifffile wrote one after the other, each with the shape at its first page; the scene
/// itself if it is one, or slices that were written one by one.
std::vector<TiffScene> seriesOf(const TiffFileTable& table, TiffScene scene) {
    std::vector<TiffScene> series;
    bool stacks = false;
    for (size_t at = 0; at < scene.pages.size();) {
        const size_t page = scene.pages[at];
        const auto shaped = shapedSeries(table.pageShapes[page], table.pages[page]);
        const int64_t perPage = shaped && shaped->planesAreSlices ? table.pages[page].samples : 1;
        const int64_t planes = shaped ? shaped->order.count() / perPage : 0;
        if (planes < 1 || planes > int64_t(scene.pages.size() - at)) {
            if (at == 0 && !shaped && scene.pages.size() > 1 && !table.pageShapes[page].empty())
                scene.remarks.push_back(
                    "The shape in the description is not that of the pages; they are shown as "
                    "slices.");
            setOrder(scene, at == 0 && shaped ? shaped->order : TiffOrder{.z = int64_t(scene.pages.size())});
            return {std::move(scene)};
        }
        stacks = stacks || planes > 1 || perPage > 1;
        TiffScene one{.name = fmt::format("series {}", series.size()), .order = shaped->order};
        one.planesAreSlices = shaped->planesAreSlices;
        if (shaped->guessed)
            one.remarks.push_back(
                "The colour planes of its pages are taken for slices, since its description "
                "gives a shape without axes; cyx as axes makes them channels.");
        one.pages.assign(scene.pages.begin() + ptrdiff_t(at),
                         scene.pages.begin() + ptrdiff_t(at) + ptrdiff_t(planes));
        series.push_back(std::move(one));
        at += size_t(planes);
    }
    if (series.size() == 1) series.front().name = scene.name;
    if (stacks || series.size() == 1) return series;
    scene.order = {.z = int64_t(scene.pages.size())};
    return {std::move(scene)};
}

void makeNamesDistinct(std::vector<TiffScene>& scenes) {
    std::set<std::string> names;
    for (size_t i = 0; i < scenes.size(); ++i) {
        std::string& name = scenes[i].name;
        if (name.empty()) name = fmt::format("image {}", i);
        const std::string wanted = name;
        for (int copy = 2; !names.insert(name).second; ++copy) name = fmt::format("{} ({})", wanted, copy);
    }
}

} // namespace

std::vector<TiffScene> tiffScenes(const InputFile& file, TiffFileTable& table) {
    const std::vector<OmeImage> images = parseOme(table.description);
    std::vector<TiffScene> scenes = omeScenes(file, table, images);
    if (images.empty() && table.description.find("<BinaryOnly") != std::string::npos)
        table.remarks.push_back(
            "The file leaves its description to a companion file (.companion.ome), which is not "
            "read: pixel size and order of the pages are not known from it.");
    if (scenes.empty()) {
        const bool imageJ = table.description.starts_with("ImageJ=") && images.empty();
        const auto shaped = shapedSeries(table.pageShapes.front(), table.pages.front());
        const TiffOrder order = imageJ ? imageJOrder(table.description) : TiffOrder();
        if (imageJ) unfold(file, table, order.count());
        if (shaped && shaped->truncated) unfold(file, table, shaped->order.count());
        for (TiffScene& kind : kindsOf(table)) {
            if (!imageJ && images.empty()) {
                for (TiffScene& series : seriesOf(table, std::move(kind)))
                    scenes.push_back(std::move(series));
                continue;
            }
            const TiffPage& page = table.pages[kind.pages.front()];
            const auto ome = std::ranges::find_if(
                images, [&](const OmeImage& each) { return each.x == page.width && each.y == page.height; });
            if (imageJ && page.number == 0)
                setOrder(kind, order);
            else if (ome != images.end())
                setOrder(kind, {ome->c, ome->z, ome->t, ome->order});
            else
                kind.order = {.z = int64_t(kind.pages.size())};
            // A description of several images does not say whose these pages are.
            if (ome != images.end() && images.size() == 1) kind.ome = *ome;
            scenes.push_back(std::move(kind));
        }
    }
    makeNamesDistinct(scenes);
    return scenes;
}

} // namespace cristae
