// Parting volumes, stacks and images.
#include "core/learn/splitter.h"

#include "core/base/text.h"
#include "core/learn/leak_guard.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cristae {

namespace {

/// The classes that are labelled in a region of a slice.
std::set<uint8_t> classesIn(const TrainingSlice& slice, const Region& region) {
    const Extent3& e = slice.labels.extent();
    const auto labels = slice.labels.values<uint8_t>();
    std::array<bool, 256> seen{};
    for (int64_t y = region.y0; y < region.y1; ++y)
        for (int64_t x = region.x0; x < region.x1; ++x) seen[labels[size_t(y * e.x + x)]] = true;
    std::set<uint8_t> classes;
    for (int value = 1; value < 255; ++value)
        if (seen[size_t(value)]) classes.insert(uint8_t(value));
    return classes;
}

bool anyLabel(const TrainingSlice& slice, const Region& region) {
    const int64_t columns = slice.labels.extent().x;
    const auto labels = slice.labels.values<uint8_t>();
    for (int64_t y = region.y0; y < region.y1; ++y)
        for (int64_t x = region.x0; x < region.x1; ++x)
            if (labels[size_t(y * columns + x)] != 255) return true;
    return false;
}

} // namespace

Splitter::Splitter(const TrainingSet& set, bool test, double share, const Progress& progress)
    : set_(set), test_(test), share_(share), progress_(progress) {
    std::vector<Thumbnail> thumbnails;
    for (const TrainingSlice& slice : set.slices) {
        progress.throwIfCancelled();
        thumbnails.push_back(thumbnailOf(slice.image));
        classes_.push_back(classesIn(slice, Region::of(slice.labels.extent())));
    }
    places_ = slicePlaces(set, thumbnails);
    volumes_ = volumesOf(set, places_, thumbnails, progress);
}

bool Splitter::onlySingleImages() const {
    return std::ranges::all_of(volumes_, [](const Members& volume) { return volume.size() == 1; });
}

void Splitter::byVolume() {
    const size_t parts = test_ ? 2 : 1;
    std::vector<Role> roles(volumes_.size(), Role::train);
    for (size_t part = 0; part < parts; ++part)
        takeVolumes(roles, part == 0 && test_ ? Role::test : Role::validation);
    std::vector<std::string> names[3];
    std::map<std::string, std::map<Role, int64_t>> slices; // of each data set
    for (size_t v = 0; v < volumes_.size(); ++v) {
        for (const size_t i : volumes_[v]) {
            split_.shares.push_back({i, roles[v], {}});
            ++slices[set_.slices[i].data][roles[v]];
        }
        names[size_t(roles[v])].push_back(nameOf(volumes_[v]));
    }
    for (const auto& [data, counts] : slices) {
        std::string& words = split_.ofData[data];
        for (const auto& [role, count] : counts)
            words += fmt::format("{}{} for {}", words.empty() ? "" : ", ",
                                 countText(count, "slice", "slices"), wordOf(role));
    }
    std::string sentence = fmt::format("Split by volume: train on {}", listOf(names[0]));
    for (const Role role : {Role::validation, Role::test})
        if (!names[size_t(role)].empty())
            sentence += fmt::format("; {}: {}", wordOf(role), listOf(names[size_t(role)]));
    split_.sentences.push_back(sentence + ".");
}

bool Splitter::within(const Members& volume) {
    if (bySlices(volume)) return true;
    return byColumns(volume);
}

Split Splitter::take() {
    // Of a slice that was labelled in part, some parts may hold nothing.
    std::erase_if(split_.shares, [&](const SplitShare& share) {
        return share.region && !anyLabel(set_.slices[share.slice], *share.region);
    });
    std::ranges::stable_sort(split_.shares, {}, &SplitShare::slice);
    return std::move(split_);
}

const char* Splitter::wordOf(Role role) {
    return role == Role::train ? "training" : role == Role::validation ? "validation" : "the scores";
}

std::string Splitter::nameOf(const Members& volume) const {
    const TrainingSlice& slice = set_.slices[volume.front()];
    return "“" + (slice.data.empty() || volume.size() == 1 ? slice.name : slice.data) + "”";
}

std::string Splitter::listOf(const std::vector<std::string>& names) {
    if (names.size() <= 6) return fmt::format("{}", fmt::join(names, ", "));
    return fmt::format("{} and {} more", fmt::join(names.begin(), names.begin() + 5, ", "), names.size() - 5);
}

void Splitter::say(const Members& volume, const std::string& what) {
    for (const size_t i : volume) split_.ofData[set_.slices[i].data] = what;
    split_.sentences.push_back(fmt::format("{}: {}.", nameOf(volume), what));
}

double Splitter::areaOf(const Members& volume) const {
    double area = 0;
    for (const size_t i : volume) area += double(set_.slices[i].labels.count());
    return area;
}

std::set<uint8_t> Splitter::classesOf(const Members& volume) const {
    std::set<uint8_t> classes;
    for (const size_t i : volume) classes.insert(classes_[i].begin(), classes_[i].end());
    return classes;
}

void Splitter::takeVolumes(std::vector<Role>& roles, Role role) {
    double all = 0, taken = 0;
    for (const Members& volume : volumes_) all += areaOf(volume);
    std::vector<size_t> order;
    for (size_t v = volumes_.size(); v-- > 0;)
        if (roles[v] == Role::train) order.push_back(v);
    const auto remains = [&](size_t without) { // training keeps every class
        std::set<uint8_t> every, kept;
        for (size_t v = 0; v < volumes_.size(); ++v) {
            const auto classes = classesOf(volumes_[v]);
            every.insert(classes.begin(), classes.end());
            if (roles[v] == Role::train && v != without) kept.insert(classes.begin(), classes.end());
        }
        return kept == every;
    };
    // First those that hold objects and are not too large; whatever there is when none is so.
    for (const double most : {0.35, 1.0})
        for (const size_t v : order) {
            if (taken >= 0.75 * heldOutShare * all) return;
            const double area = areaOf(volumes_[v]);
            if (roles[v] != Role::train || taken + area > most * all || !remains(v) ||
                classesOf(volumes_[v]).empty() || trainingVolumes(roles) < 2 || (most > 0.5 && taken > 0))
                continue;
            roles[v] = role;
            taken += area;
        }
    if (taken == 0) { // no volume with objects can be spared
        for (const size_t v : order)
            if (taken == 0 && remains(v) && trainingVolumes(roles) >= 2) {
                roles[v] = role;
                taken = 1;
            }
    }
}

size_t Splitter::trainingVolumes(const std::vector<Role>& roles) {
    return size_t(std::ranges::count(roles, Role::train));
}

bool Splitter::bySlices(const Members& volume) {
    std::set<int64_t> zs;
    for (const size_t i : volume) {
        if (places_[i].stack != places_[volume.front()].stack) return false; // stacks side by side
        zs.insert(places_[i].z);
    }
    const std::vector<int64_t> z(zs.begin(), zs.end());
    const auto& nm = set_.slices[volume.front()].sliceDistanceNm;
    const auto apart = nm ? int64_t(std::ceil(independentNm / *nm)) : independentSlices;
    const auto n = int64_t(z.size());
    const int64_t held = std::max<int64_t>(1, std::llround(share_ * double(n)));
    for (const bool atEnd : {true, false})
        if (const auto blocks = blocksOf(z, held, apart, atEnd);
            !blocks.empty() && hasClasses(volume, blocks))
            return takeBlocks(volume, blocks, apart), true;
    return false;
}

std::vector<Splitter::Block> Splitter::blocksOf(std::vector<int64_t> z, int64_t held, int64_t apart,
                                                bool atEnd) const {
    if (!atEnd) {
        std::ranges::reverse(z);
        for (int64_t& one : z) one = -one;
    }
    std::vector<Block> blocks;
    auto end = int64_t(z.size());
    for (const Role role : {Role::test, Role::validation}) {
        if (role == Role::test && !test_) continue;
        if (end < held + 1) return {};
        blocks.push_back({z[size_t(end - held)], z[size_t(end - 1)], role});
        end -= held;
        const int64_t limit = blocks.back().first - apart;
        while (end > 0 && z[size_t(end - 1)] > limit) --end;
    }
    if (2 * end < int64_t(z.size())) return {};
    blocks.push_back({z[0], z[size_t(end - 1)], Role::train});
    if (!atEnd)
        for (Block& block : blocks) block = {-block.last, -block.first, block.role};
    return blocks;
}

bool Splitter::hasClasses(const Members& volume, const std::vector<Block>& blocks) const {
    const std::set<uint8_t> all = classesOf(volume);
    for (const Block& block : blocks) {
        std::set<uint8_t> here;
        for (const size_t i : volume)
            if (places_[i].z >= block.first && places_[i].z <= block.last)
                here.insert(classes_[i].begin(), classes_[i].end());
        if (block.role == Role::train ? here != all : here.empty() && !all.empty()) return false;
    }
    return true;
}

void Splitter::takeBlocks(const Members& volume, std::vector<Block> blocks, int64_t apart) {
    std::ranges::reverse(blocks); // training first
    std::vector<std::string> words;
    for (const Block& block : blocks) {
        for (const size_t i : volume)
            if (places_[i].z >= block.first && places_[i].z <= block.last)
                split_.shares.push_back({i, block.role, {}});
        words.push_back(block.first == block.last
                            ? fmt::format("{}: slice {}", wordOf(block.role), block.first)
                            : fmt::format("{}: slices {}–{}", wordOf(block.role), block.first, block.last));
    }
    const auto& nm = set_.slices[volume.front()].sliceDistanceNm;
    say(volume, fmt::format("{}; {} between belong to neither", fmt::join(words, ", "),
                            nm ? fmt::format("{} slices ({})", apart - 1, lengthText(double(apart) * *nm))
                               : countText(apart - 1, "slice", "slices")));
}

Splitter::Cut Splitter::cutOf(const TrainingSlice& slice, bool columns, bool atEnd) const {
    const Extent3& e = slice.image.extent();
    Cut cut{columns, atEnd, columns ? e.x : e.y, independentPixels, 0};
    if (slice.pixelSizeNm) cut.gap = int64_t(std::ceil(independentNm / *slice.pixelSizeNm / 16)) * 16;
    cut.held = cut.length / 4;
    cut.gap = std::min(cut.gap, cut.length / 4);
    return cut;
}

Region Splitter::partOf(const TrainingSlice& slice, const Cut& cut, Role role) const {
    const Extent3& e = slice.image.extent();
    Region part = Region::of(e);
    int64_t& begin = cut.columns ? part.x0 : part.y0;
    int64_t& end = cut.columns ? part.x1 : part.y1;
    const int64_t trained = cut.length - cut.held - cut.gap;
    if (role == Role::train)
        (cut.atEnd ? end : begin) = cut.atEnd ? trained : cut.length - trained;
    else
        (cut.atEnd ? begin : end) = cut.atEnd ? cut.length - cut.held : cut.held;
    if (role == Role::train || !test_) return part;
    int64_t& from = cut.columns ? part.y0 : part.x0;
    int64_t& to = cut.columns ? part.y1 : part.x1;
    const int64_t middle = to / 2, half = to >= 4 * cut.gap ? cut.gap / 2 : 0;
    (role == Role::validation ? to : from) = role == Role::validation ? middle - half : middle + half;
    return part;
}

std::vector<Role> Splitter::roles() const {
    return test_ ? std::vector{Role::train, Role::validation, Role::test}
                 : std::vector{Role::train, Role::validation};
}

size_t Splitter::rolesWithClasses(const Members& volume, bool columns, bool atEnd) const {
    const std::set<uint8_t> all = classesOf(volume);
    size_t fine = 0;
    for (const Role role : roles()) {
        std::set<uint8_t> here;
        for (const size_t i : volume) {
            progress_.throwIfCancelled();
            const TrainingSlice& slice = set_.slices[i];
            here.merge(classesIn(slice, partOf(slice, cutOf(slice, columns, atEnd), role)));
            if (here == all) break;
        }
        fine += here == all || (role != Role::train && !here.empty());
    }
    return fine;
}

bool Splitter::byColumns(const Members& volume) {
    bool columns = true, atEnd = true, done = false;
    size_t best = 0;
    for (const auto& [c, e] : {std::pair{true, true}, {true, false}, {false, true}, {false, false}}) {
        if (done) break;
        const size_t fine = rolesWithClasses(volume, c, e);
        if (fine <= best) continue;
        best = fine;
        columns = c;
        atEnd = e;
        done = best == roles().size();
    }
    bool apart = true;
    for (const size_t i : volume) {
        const TrainingSlice& slice = set_.slices[i];
        const Cut cut = cutOf(slice, columns, atEnd);
        apart = apart && double(cut.gap) * slice.pixelSizeNm.value_or(independentNm / independentPixels) >=
                             independentNm;
        for (const Role role : roles()) split_.shares.push_back({i, role, partOf(slice, cut, role)});
    }
    sayCut(volume, columns, atEnd, apart);
    split_.apart = split_.apart && apart;
    return apart;
}

void Splitter::sayCut(const Members& volume, bool columns, bool atEnd, bool apart) {
    const TrainingSlice& slice = set_.slices[volume.front()];
    const Extent3& e = slice.image.extent();
    const Cut cut = cutOf(slice, columns, atEnd);
    std::vector<std::string> words;
    for (const Role role : roles())
        words.push_back(fmt::format("{}: {}", wordOf(role), regionText(partOf(slice, cut, role), e)));
    const std::string nm =
        slice.pixelSizeNm ? fmt::format(" ({})", lengthText(double(cut.gap) * *slice.pixelSizeNm)) : "";
    say(volume, fmt::format("{}{}; {} px{} between belong to neither{}", fmt::join(words, "; "),
                            volume.size() > 1 ? " of every slice" : "", cut.gap, nm,
                            apart ? ""
                                  : ", less than the " + lengthText(independentNm) +
                                        " that are needed: the image is too small"));
}

} // namespace cristae
