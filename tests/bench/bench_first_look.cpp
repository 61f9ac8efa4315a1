// What the program says of an image at first sight beside what is true: how well the alarm tells results of a
// Dice under 0.7, how often inverted images are noticed, how often the guessed pixel size is right. Usage:
// bench_first_look MODEL DATA_ROOT LIST.json… [--scales] [-- FOREIGN_FOLDER…]
#include "app/locations.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/image/image_part.h"
#include "core/image/memory_source.h"
#include "core/io/format.h"
#include "core/learn/data_list.h"
#include "core/session/scale_search.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fmt/format.h>
#include <map>
#include <string>
#include <vector>

using namespace cristae;

namespace {

/// One look at one image in one condition.
struct Look {
    std::string data, name, condition;
    Likeness likeness;
    double dice = 0; // of the worst class; −1 unknown
};

/// An image with its truth; without, nothing that the model knows is in it.
struct Item {
    std::string data, name;
    Pixels image, truth; // [1, 1, Y, X]; truth empty: foreign
    std::optional<double> nm;
};

struct Bench {
    Session& session;
    ModelPackage package;
    std::vector<Look> looks;

    double modelNm() const { return package.card.pixelSizeNm.value_or(1); }

    TileSourcePtr source(const Item& item, const Pixels& image, double factor) const {
        ImageInfo info;
        const double nm = item.nm.value_or(modelNm()) * factor;
        info.voxelSize = {{}, nm, nm, "bench"};
        return std::make_shared<MemorySource>(image, info);
    }

    PredictionRequest request(const TileSourcePtr& image, bool invert) const {
        PredictionRequest wanted;
        wanted.models = {{package, {}, {}, invert}};
        // The part of the slice that the probe looks at.
        const ModelScale scale = modelScale(image->info().voxelSize, package.card);
        const Extent3 e = image->info().extent();
        const auto middle = [](int64_t length, double s) {
            const int64_t side = std::min(length, int64_t(std::ceil(double(domainSide) / s)));
            return std::pair((length - side) / 2, (length - side) / 2 + side);
        };
        Box3 region{0, 0, 0, 1, 0, 0};
        std::tie(region.y0, region.y1) = middle(e.y, scale.y);
        std::tie(region.x0, region.x1) = middle(e.x, scale.x);
        wanted.settings.region = region;
        wanted.settings.endSlice = 1;
        return wanted;
    }

    /// Dice of the worst class inside the region; for foreign images 1 where under 0.5 % is found, else 0.
    double diceOf(const TileSourcePtr& image, const PredictionRequest& wanted, const Pixels& truth) {
        const LabelLayer empty(image->info().extent());
        const PredictionResult result =
            session.predictLabels(*image, empty.snapshot(), 0, {}, wanted, {}, Progress::none());
        LabelLayer after = empty;
        after.apply(result.delta);
        const Box3 box = *wanted.settings.region;
        const Pixels found = after.snapshot().labels(box);
        double worst = 1;
        for (size_t c = 0; c < result.values.size(); ++c) {
            double both = 0, sum = 0, pixels = 0;
            const auto labels = found.values<uint32_t>();
            for (int64_t y = box.y0; y < box.y1; ++y)
                for (int64_t x = box.x0; x < box.x1; ++x) {
                    const bool says =
                        labels[size_t((y - box.y0) * (box.x1 - box.x0) + x - box.x0)] == result.values[c];
                    const uint8_t known =
                        truth.empty() ? 0 : truth.values<uint8_t>()[size_t(y * truth.extent().x + x)];
                    if (known == 255) continue;
                    const bool is = known == c + 1;
                    both += 2 * (says && is);
                    sum += double(says) + double(is);
                    ++pixels;
                }
            if (truth.empty())
                worst = std::min(worst, sum / pixels < 0.005 ? 1.0 : 0.0);
            else if (sum / pixels > 0.004)
                worst = std::min(worst, both / sum);
        }
        return worst;
    }

    void look(const Item& item, const std::string& condition, const Pixels& image, double factor) {
        const TileSourcePtr seen = source(item, image, factor);
        const PredictionRequest wanted = request(seen, false);
        Look one{item.data, item.name, condition, {}, 0};
        one.likeness = session.likeness(*seen, wanted, Progress::none()).front();
        one.dice = diceOf(seen, wanted, item.truth);
        std::printf("%s,%s,%s,%.3f,%.4f,%.4f,%.3f,%.3f,%.3f,%d,%d\n", item.data.c_str(), item.name.c_str(),
                    condition.c_str(), one.dice, one.likeness.confidence.found,
                    one.likeness.confidence.agreement, one.likeness.confidence.entropy,
                    one.likeness.distance.value_or(-1), one.likeness.doubt, one.likeness.unlike(),
                    one.likeness.invertHelps());
        std::fflush(stdout);
        looks.push_back(std::move(one));
    }
};

Pixels inverted(const Pixels& image) {
    Pixels result = image.converted(PixelType::f32);
    for (float& value : result.values<float>()) value = 255 - value;
    return result;
}

/// Standard deviation one, of the image's own.
Pixels noisy(const Pixels& image) {
    Pixels result = image.converted(PixelType::f32);
    const auto values = result.values<float>();
    double sum = 0, squares = 0;
    for (const float value : values) sum += double(value), squares += double(value) * double(value);
    const double mean = sum / double(values.size());
    const double deviation = std::sqrt(squares / double(values.size()) - mean * mean);
    Random random(1);
    for (float& value : values) value += float(deviation * random.normal());
    return result;
}

/// Area under the curve of `doubt` for "Dice under 0.7"; the share of pairs in the right order.
double areaUnderCurve(const std::vector<const Look*>& looks,
                      const std::function<double(const Look&)>& doubt) {
    double right = 0, pairs = 0;
    for (const Look* bad : looks)
        for (const Look* good : looks) {
            if (bad->dice >= 0.7 || good->dice < 0.7) continue;
            const double b = doubt(*bad), g = doubt(*good);
            right += b > g ? 1 : b == g ? 0.5 : 0;
            ++pairs;
        }
    return pairs > 0 ? right / pairs : std::nan("");
}

void tellAlarm(const std::string& title, const std::vector<const Look*>& looks) {
    int bad = 0, hits = 0, alarms = 0;
    for (const Look* look : looks) {
        bad += look->dice < 0.7;
        hits += look->dice < 0.7 && look->likeness.unlike();
        alarms += look->dice >= 0.7 && look->likeness.unlike();
    }
    const int good = int(looks.size()) - bad;
    std::printf("# %s: %zu looks, %d with Dice < 0.7; AUROC doubt %.2f, entropy %.2f, grey values %.2f; "
                "alarm: %d of %d bad, %d of %d good\n",
                title.c_str(), looks.size(), bad,
                areaUnderCurve(looks, [](const Look& l) { return l.likeness.doubt; }),
                areaUnderCurve(looks, [](const Look& l) { return l.likeness.confidence.entropy; }),
                areaUnderCurve(looks, [](const Look& l) { return l.likeness.distance.value_or(0); }), hits,
                bad, alarms, good);
}

std::vector<Item> itemsOf(const std::string& list, const std::string& root) {
    std::vector<Item> items;
    for (const TrainingSlice& slice : loadDataList(list, root, Progress::none()).set.slices) {
        if (slice.role == Role::train) continue;
        items.push_back({slice.data, slice.name, slice.image, slice.labels, slice.pixelSizeNm});
    }
    return items;
}

std::vector<Item> foreignItems(const std::string& folder) {
    std::vector<Item> items;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
    std::ranges::sort(files);
    for (const auto& file : files) {
        const TileSourcePtr image = openImage(file);
        items.push_back({folder,
                         file.filename().string(),
                         image->read(0, Box3::ofSlice(image->info().extent(), 0)),
                         {},
                         {}});
    }
    return items;
}

/// How often the guess is the nearest of five sizes to the true one, and how often one beside it.
void tellScales(Bench& bench, const std::vector<Item>& items) {
    std::map<int, int> off;
    int count = 0;
    for (const Item& item : items) {
        if (!item.nm || !bench.package.card.pixelSizeNm) continue;
        ScaleRequest request;
        request.model = {bench.package, {}, {}};
        const auto candidates =
            bench.session.scaleCandidates(bench.source(item, item.image, 1), request, {}, Progress::none());
        const auto guess = likeliestScale(candidates);
        const auto away = [&](const ScaleCandidate& c) {
            return std::abs(std::log(c.pixelSizeNm / *item.nm));
        };
        const auto right = std::ranges::min_element(candidates, {}, away) - candidates.begin();
        const int steps = guess ? int(*guess) - int(right) : 99;
        std::printf("%s,%s,scale,%g,%g\n", item.data.c_str(), item.name.c_str(), *item.nm,
                    guess ? candidates[*guess].pixelSizeNm : 0.0);
        std::fflush(stdout);
        ++off[steps];
        ++count;
    }
    if (count > 0)
        std::printf("# scale: %d images, right %d, one beside %d, nothing found %d\n", count, off[0],
                    off[1] + off[-1], off[99]);
}

} // namespace

int main(int argc, char** argv) {
    try {
        std::vector<std::string> lists, folders;
        bool foreign = false, scales = false;
        for (int i = 3; i < argc; ++i) {
            const std::string word = argv[i];
            if (word == "--")
                foreign = true;
            else if (word == "--scales")
                scales = true;
            else
                (foreign ? folders : lists).push_back(word);
        }
        if (lists.empty()) {
            std::fprintf(stderr,
                         "bench_first_look MODEL DATA_ROOT LIST.json… [--scales] [-- FOREIGN_FOLDER…]\n");
            return 2;
        }
        Session session(sessionPaths(), engineLoader());
        Bench bench{session, session.findModel(argv[1]), {}};
        std::printf("data,image,condition,dice,found,agreement,entropy,distance,doubt,unlike,invertHelps\n");
        std::vector<Item> items;
        for (const std::string& list : lists)
            for (Item& item : itemsOf(list, argv[2])) items.push_back(std::move(item));
        for (const Item& item : items) {
            bench.look(item, "as it is", item.image, 1);
            bench.look(item, "inverted", inverted(item.image), 1);
            bench.look(item, "noise", noisy(item.image), 1);
            for (const double factor : {0.25, 0.5, 2.0, 4.0})
                bench.look(item, fmt::format("pixel size × {}", factor), item.image, factor);
        }
        for (const std::string& folder : folders)
            for (const Item& item : foreignItems(folder)) bench.look(item, "foreign", item.image, 1);
        std::vector<const Look*> plain, withForeign, all;
        int falseInversions = 0, missed = 0, inversions = 0, upright = 0, goodMissed = 0, good = 0;
        bool lastGood = false;
        for (const Look& look : bench.looks) {
            all.push_back(&look);
            if (look.condition == "as it is") plain.push_back(&look);
            if (look.condition == "as it is" || look.condition == "foreign") withForeign.push_back(&look);
            if (look.condition == "as it is") {
                ++upright;
                falseInversions += look.likeness.invertHelps();
                lastGood = look.dice >= 0.7;
            }
            if (look.condition == "inverted") {
                ++inversions;
                missed += !look.likeness.invertHelps();
                good += lastGood;
                goodMissed += lastGood && !look.likeness.invertHelps();
            }
        }
        tellAlarm("as they are", plain);
        tellAlarm("with foreign images", withForeign);
        tellAlarm("with all changes", all);
        std::printf("# inversion: %d of %d upright images called inverted; %d of %d inverted ones missed, %d "
                    "of the %d that the model segments with a Dice of 0.7\n",
                    falseInversions, upright, missed, inversions, goodMissed, good);
        if (scales) tellScales(bench, items);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
