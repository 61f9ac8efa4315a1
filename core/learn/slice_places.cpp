// Stacks by file, or by the likeness of the files in a folder.
#include "core/learn/slice_places.h"

#include "core/base/text.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <numeric>
#include <sys/stat.h>

namespace cristae {

namespace {

constexpr int64_t side = 64;

/// Means of `rows` × `columns` equal cells of the first channel.
std::vector<double> cellMeans(const Pixels& image, int64_t rows, int64_t columns) {
    const Extent3& e = image.extent();
    std::vector<double> sums(size_t(rows * columns)), counts(size_t(rows * columns));
    withPixelType(image.type(), [&](auto tag) {
        using T = decltype(tag);
        const auto values = image.plane<T>(0, 0);
        std::vector<size_t> columnOf(size_t(e.x));
        for (int64_t x = 0; x < e.x; ++x) columnOf[size_t(x)] = size_t(x * columns / e.x);
        for (int64_t y = 0; y < e.y; ++y) {
            const size_t first = size_t(y * rows / e.y * columns);
            for (int64_t x = 0; x < e.x; ++x) {
                const double value = double(values[size_t(y * e.x + x)]);
                if (!std::isfinite(value)) continue;
                sums[first + columnOf[size_t(x)]] += value;
                counts[first + columnOf[size_t(x)]] += 1;
            }
        }
    });
    const double all = std::accumulate(counts.begin(), counts.end(), 0.0),
                 mean = all > 0 ? std::accumulate(sums.begin(), sums.end(), 0.0) / all : 0;
    for (size_t i = 0; i < sums.size(); ++i) sums[i] = counts[i] > 0 ? sums[i] / counts[i] : mean;
    return sums;
}

uint64_t differenceHash(const Pixels& image) {
    const std::vector<double> cells = cellMeans(image, 8, 9); // means of large cells blur by themselves
    uint64_t hash = 0;
    for (size_t y = 0; y < 8; ++y)
        for (size_t x = 0; x < 8; ++x) hash = hash << 1 | uint64_t(cells[y * 9 + x + 1] > cells[y * 9 + x]);
    return hash;
}

double correlation(const Thumbnail& a, const Thumbnail& b) {
    return std::inner_product(a.values.begin(), a.values.end(), b.values.begin(), 0.0);
}

/// The last number in the name of a file, or −1.
int64_t lastNumber(const std::string& stem) {
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    const auto end = std::find_if(stem.rbegin(), stem.rend(), isDigit);
    const auto begin = std::find_if_not(end, stem.rend(), isDigit);
    const std::string digits(begin.base(), end.base());
    return digits.empty() || digits.size() > 9 ? -1 : std::stoll(digits);
}

/// A single image of a folder.
struct FolderFile {
    std::string name;
    int64_t number = -1;
    std::vector<size_t> slices; // of the set that show it
};

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::ranges::nth_element(values, values.begin() + std::ptrdiff_t(values.size() / 2));
    return values[values.size() / 2];
}

/// Whether files in the order of their names look like slices of one stack.
bool looksLikeStack(const std::vector<FolderFile>& files, const std::vector<Thumbnail>& thumbnails) {
    const size_t n = files.size();
    if (n < 4) return false;
    const auto between = [&](size_t distance) {
        std::vector<double> values;
        for (size_t i = 0; i + distance < n; ++i)
            values.push_back(
                correlation(thumbnails[files[i].slices[0]], thumbnails[files[i + distance].slices[0]]));
        return median(values);
    };
    const double near = between(1);
    return near >= 0.25 && near >= between(n / 2) + 0.15;
}

/// Groups that grow together.
class Groups {
public:
    explicit Groups(size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), size_t(0)); }
    size_t of(size_t i) {
        while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
        return i;
    }
    void join(size_t a, size_t b) { parent_[std::max(of(a), of(b))] = std::min(of(a), of(b)); }

private:
    std::vector<size_t> parent_;
};

} // namespace

std::string stackName(const TileSource& source) {
    const ImageInfo& info = source.info();
    struct stat status {};
    if (info.path.empty() || ::stat(info.path.c_str(), &status) != 0) return source.id();
    const Extent3& e = info.extent(); // images of one TIFF are told apart by their size
    return fmt::format("{}:{}:{}:{}x{}x{}", status.st_dev, status.st_ino, info.dataset, e.z, e.y, e.x);
}

Thumbnail thumbnailOf(const Pixels& image) {
    const std::vector<double> cells = cellMeans(image, side, side);
    const double mean = std::accumulate(cells.begin(), cells.end(), 0.0) / double(cells.size());
    double squares = 0;
    for (const double value : cells) squares += (value - mean) * (value - mean);
    const double length = std::sqrt(squares);
    Thumbnail thumbnail{std::vector<float>(cells.size()), differenceHash(image)};
    if (length <= 1e-9 * std::max(1.0, std::abs(mean))) return thumbnail;
    for (size_t i = 0; i < cells.size(); ++i) thumbnail.values[i] = float((cells[i] - mean) / length);
    return thumbnail;
}

double likeness(const Thumbnail& a, const Thumbnail& b) {
    return std::popcount(a.hash ^ b.hash) > 20 ? 0 : correlation(a, b);
}

std::vector<SlicePlace> slicePlaces(const TrainingSet& set, const std::vector<Thumbnail>& thumbnails) {
    std::vector<SlicePlace> places(set.slices.size());
    std::map<std::string, int64_t> known;
    int64_t next = 0;
    std::map<std::string, std::map<std::string, FolderFile>> folders; // folder and size; stack
    for (size_t i = 0; i < set.slices.size(); ++i) {
        const TrainingSlice& slice = set.slices[i];
        const bool alone = slice.stack.empty();
        const auto [at, isNew] = known.try_emplace(alone ? fmt::format("alone {}", i) : slice.stack, next);
        next += isNew;
        places[i] = {at->second, slice.z, false};
        if (alone || !slice.source || slice.source->info().extent().z != 1) continue;
        const std::filesystem::path& path = slice.source->info().path;
        if (path.empty()) continue;
        const Extent3& e = slice.image.extent();
        FolderFile& file =
            folders[fmt::format("{}|{}|{}", path.parent_path().string(), e.y, e.x)][slice.stack];
        file.name = path.filename().string();
        file.number = lastNumber(path.stem().string());
        file.slices.push_back(i);
    }
    for (const auto& [folder, byStack] : folders) {
        std::vector<FolderFile> files;
        for (const auto& [stack, file] : byStack) files.push_back(file);
        std::ranges::sort(
            files, [](const FolderFile& a, const FolderFile& b) { return naturalLess(a.name, b.name); });
        if (!looksLikeStack(files, thumbnails)) continue;
        const bool numbered = std::ranges::adjacent_find(files, [](const FolderFile& a, const FolderFile& b) {
                                  return a.number < 0 || b.number <= a.number;
                              }) == files.end();
        for (size_t f = 0; f < files.size(); ++f)
            for (const size_t i : files[f].slices)
                places[i] = {next, numbered ? files[f].number : int64_t(f), true};
        ++next;
    }
    return places;
}

bool looksAlike(double likeness, const Extent3& extent) {
    constexpr double nearlyEqual = 0.95, similar = 0.8;
    return likeness >= (std::min(extent.y, extent.x) >= 256 ? similar : nearlyEqual);
}

std::vector<Members> volumesOf(const TrainingSet& set, const std::vector<SlicePlace>& places,
                               const std::vector<Thumbnail>& thumbnails, const Progress& progress) {
    const size_t n = set.slices.size();
    Groups groups(n);
    std::map<int64_t, size_t> ofStack;
    std::map<std::string, size_t> ofData;
    for (size_t i = 0; i < n; ++i) {
        groups.join(i, ofStack.try_emplace(places[i].stack, i).first->second);
        const TileSourcePtr& source = set.slices[i].source; // single images of one data set may well be apart
        const bool ofVolume = places[i].guessed || (source && source->info().extent().z > 1);
        if (ofVolume && !set.slices[i].data.empty())
            groups.join(i, ofData.try_emplace(set.slices[i].data, i).first->second);
    }
    for (size_t i = 0; i < n; ++i) {
        progress.throwIfCancelled();
        for (size_t j = i + 1; j < n; ++j)
            if (groups.of(i) != groups.of(j) &&
                looksAlike(likeness(thumbnails[i], thumbnails[j]), set.slices[i].image.extent()))
                groups.join(i, j);
    }
    std::map<size_t, Members> found;
    for (size_t i = 0; i < n; ++i) found[groups.of(i)].push_back(i);
    std::vector<Members> volumes;
    for (auto& [first, members] : found) volumes.push_back(std::move(members));
    return volumes;
}

} // namespace cristae
