// robustness: the scores of a trained model on images made worse step by step.
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/image/memory_source.h"
#include "core/session/studies/variants.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace cristae {

namespace {

/// A change of grey values by `amount`, what that means standing beside it.
struct Damage {
    const char *id, *words, *unit;
    std::vector<double> amounts;
    std::vector<double>
        published; // F1 of the ensemble (Singhal and Kolkur), at the same amounts; negative: none
};

const std::vector<Damage>& damages() {
    static const std::vector<Damage> list{
        {"salt-pepper", "salt and pepper", "% of pixels", {0, 5, 10}, {-1, 0.70, 0.56}},
        {"noise", "Gaussian noise", "standard deviations", {0, 0.25, 0.5, 1}, {}},
        {"blur", "blur", "px", {0, 1, 2, 4}, {}},
        {"contrast", "contrast", "% of the original", {100, 50, 25, 10}, {}}};
    return list;
}

/// One pass of a Gaussian along rows or columns, mirrored at the ends.
void blurLines(std::vector<double>& values, int64_t height, int64_t width, double sigma, bool rows) {
    const auto radius = int64_t(std::ceil(3 * sigma));
    std::vector<double> kernel;
    for (int64_t i = -radius; i <= radius; ++i)
        kernel.push_back(std::exp(-double(i * i) / (2 * sigma * sigma)));
    double sum = 0;
    for (const double k : kernel) sum += k;
    const std::vector<double> from = values;
    const int64_t length = rows ? width : height;
    const auto mirrored = [length](int64_t i) {
        while (i < 0 || i >= length) i = i < 0 ? -1 - i : 2 * length - 1 - i;
        return i;
    };
    for (int64_t y = 0; y < height; ++y)
        for (int64_t x = 0; x < width; ++x) {
            double value = 0;
            for (int64_t i = -radius; i <= radius; ++i) {
                const int64_t at = rows ? y * width + mirrored(x + i) : mirrored(y + i) * width + x;
                value += kernel[size_t(i + radius)] * from[size_t(at)];
            }
            values[size_t(y * width + x)] = value / sum;
        }
}

/// The image in its own type, so that a value cannot leave what the microscope could have written.
Pixels damaged(const Pixels& image, const std::string& kind, double amount, uint64_t seed) {
    const Pixels grey = image.converted(PixelType::f32);
    const auto source = grey.values<float>();
    const auto [low, high] = std::ranges::minmax(source);
    double sum = 0, squares = 0;
    for (const float v : source) sum += double(v);
    const double mean = sum / double(source.size());
    for (const float v : source) squares += (double(v) - mean) * (double(v) - mean);
    const double deviation = std::sqrt(squares / double(source.size()));
    std::vector<double> values(source.begin(), source.end());
    Random random(seed);
    if (kind == "salt-pepper")
        for (double& v : values)
            if (random.chance(amount / 100)) v = random.chance(0.5) ? double(low) : double(high);
    if (kind == "noise")
        for (double& v : values) v += amount * deviation * random.normal();
    if (kind == "contrast")
        for (double& v : values) v = mean + (v - mean) * amount / 100;
    if (kind == "blur" && amount > 0) {
        const Extent3& e = image.extent();
        const auto plane = size_t(e.y * e.x);
        for (size_t start = 0; start < values.size(); start += plane) {
            std::vector<double> one(values.begin() + int64_t(start), values.begin() + int64_t(start + plane));
            blurLines(one, e.y, e.x, amount, true);
            blurLines(one, e.y, e.x, amount, false);
            std::ranges::copy(one, values.begin() + int64_t(start));
        }
    }
    Pixels result(image.type(), image.channels(), image.extent());
    withPixelType(image.type(), [&](auto zero) {
        using T = decltype(zero);
        const auto to = result.template values<T>();
        for (size_t i = 0; i < values.size(); ++i) {
            const double v = std::clamp(values[i], double(low), double(high));
            if constexpr (std::is_floating_point_v<T>)
                to[i] = T(v);
            else
                to[i] = T(std::llround(v));
        }
    });
    return result;
}

/// A source whose every slice is damaged, its neighbours too, which some networks see.
class DamagedSource : public TileSource {
public:
    DamagedSource(TileSourcePtr source, std::string kind, double amount, uint64_t seed)
        : source_(std::move(source)), info_(source_->info()), kind_(std::move(kind)), amount_(amount),
          seed_(seed) {
        info_.levels.resize(1);
    }
    const ImageInfo& info() const override { return info_; }
    std::string id() const override {
        return fmt::format("{} damaged by {} {:g}, seed {}", source_->id(), kind_, amount_, seed_);
    }
    Pixels read(int, const Box3& box, const Progress& progress) const override {
        Pixels result(info_.type, info_.channels, {box.z1 - box.z0, box.y1 - box.y0, box.x1 - box.x0});
        for (int64_t z = box.z0; z < box.z1; ++z) {
            const Pixels slice = damaged(source_->read(0, Box3::ofSlice(info_.extent(), z), progress), kind_,
                                         amount_, seed_ * 1000 + uint64_t(z));
            withPixelType(info_.type, [&](auto zero) {
                using T = decltype(zero);
                for (int64_t c = 0; c < info_.channels; ++c)
                    for (int64_t y = box.y0; y < box.y1; ++y)
                        std::copy_n(
                            slice.plane<T>(c, 0).begin() + y * info_.extent().x + box.x0, box.x1 - box.x0,
                            result.plane<T>(c, z - box.z0).begin() + (y - box.y0) * (box.x1 - box.x0));
            });
        }
        return result;
    }

private:
    TileSourcePtr source_;
    ImageInfo info_;
    std::string kind_;
    double amount_;
    uint64_t seed_;
};

class Robustness : public Study {
public:
    std::string key() const override { return "robustness"; }
    std::string defaultData() const override {
        return "sbem-mitochondria-set-aside";
    } // which the shipped model has not seen
    std::string title() const override { return "Robustness to image degradation"; }
    std::string question() const override {
        return "How much noise, blur and lost contrast does a trained model tolerate?";
    }
    bool wantsModel() const override { return true; }

    std::vector<StudyStep> steps(Session& session, const StudySettings& settings) const override {
        std::vector<StudyStep> list;
        if (countOf(settings, Role::test) == 0)
            throw Error(ErrorKind::usage,
                        "The study robustness needs slices for the scores (role test in the "
                        "data list); mark some.");
        for (const Damage& damage : damages())
            for (const double amount : damage.amounts) {
                const std::string kind = damage.id;
                list.push_back(
                    {idOf(damage, amount), fmt::format("{} {:g} {}", damage.words, amount, damage.unit),
                     [&session, settings, kind, amount](const Progress& progress) {
                         std::vector<TrainingSlice> slices;
                         for (const TrainingSlice& slice : settings.set.slices) {
                             if (slice.role != Role::test) continue;
                             slices.push_back(slice);
                             const TileSourcePtr own =
                                 slice.source ? slice.source : std::make_shared<MemorySource>(slice.image);
                             slices.back().z = slice.source ? slice.z : 0;
                             slices.back().source = std::make_shared<DamagedSource>(
                                 own, kind, amount, settings.seed + (slice.source ? 0 : slices.size()));
                             slices.back().data = "all";
                         }
                         nlohmann::json value;
                         for (const ModelScore& score :
                              session.score(*settings.model, slices, Averaging::none, settings.device,
                                            settings.threads, progress))
                             if (!value.contains(score.metric)) value[score.metric] = score.value;
                         return value;
                     }});
            }
        return list;
    }

    StudyResult result(const StudySettings& settings,
                       const std::map<std::string, nlohmann::json>& measured) const override {
        StudyResult result;
        result.columns = {"damage", "amount",    "unit",   "F1 (Dice)",
                          "IoU",    "precision", "recall", "published F1"};
        result.xTitle = "step of damage";
        result.yTitle = "F1";
        for (const Damage& damage : damages()) {
            StudySeries series{fmt::format("{} ({})", damage.words, damage.unit), {}, {}};
            for (size_t i = 0; i < damage.amounts.size(); ++i) {
                const std::string id = idOf(damage, damage.amounts[i]);
                const auto value = [&](const char* name) { return figure(measured, id, name); };
                const bool known = i < damage.published.size() && damage.published[i] >= 0;
                result.rows.push_back({damage.words, damage.amounts[i], damage.unit, value("Dice"),
                                       value("IoU"), value("precision"), value("recall"),
                                       known ? nlohmann::json(damage.published[i]) : nlohmann::json()});
                if (const auto y = value("Dice"); y.is_number()) {
                    series.x.push_back(double(i));
                    series.y.push_back(y);
                }
            }
            result.series.push_back(std::move(series));
        }
        result.notes = {
            fmt::format("Model: {}. All test slices together.", settings.model->card.name),
            "Published: DeepEM3D ensemble on SBEM mitochondria with salt and pepper (Singhal and Kolkur): "
            "other data, so compare how fast the score falls."};
        return result;
    }

private:
    static std::string idOf(const Damage& damage, double amount) {
        return fmt::format("{}-{:g}", damage.id, amount);
    }
};

} // namespace

std::unique_ptr<Study> makeRobustnessStudy() {
    return std::make_unique<Robustness>();
}

} // namespace cristae
