// scaling: run time and memory of a prediction against the size of the image.
#include "core/image/memory_source.h"
#include "core/session/studies/variants.h"

#include "core/base/input_file.h"
#include "core/base/random.h"

#include <chrono>
#include <cmath>
#include <fmt/format.h>

namespace cristae {

namespace {

/// Resident memory of this process in MB, now or at its highest since the last call of forgetPeak().
double residentMb(const char* field) {
    const std::string status = readTextFile("/proc/self/status");
    const size_t at = status.find(field);
    return at == std::string::npos
               ? 0
               : std::stod(status.substr(at + std::char_traits<char>::length(field))) / 1024;
}
void forgetPeak() {
    if (FILE* file = std::fopen("/proc/self/clear_refs", "w")) {
        std::fputs("5", file);
        std::fclose(file);
    }
}

class Scaling : public Study {
public:
    std::string key() const override { return "scaling"; }
    std::string title() const override { return "Run time and memory against image size"; }
    std::string question() const override {
        return "Does a prediction take time in proportion to its pixels?";
    }
    bool wantsLabels() const override { return false; }
    bool wantsModel() const override { return true; }

    std::vector<StudyStep> steps(Session& session, const StudySettings& settings) const override {
        std::vector<StudyStep> list;
        for (const int64_t side : sides(settings))
            list.push_back({fmt::format("side-{}", side), fmt::format("{0} × {0} pixels", side),
                            [&session, settings, side](const Progress& progress) {
                                return predicted(session, settings, side, progress);
                            }});
        return list;
    }

    StudyResult result(const StudySettings& settings,
                       const std::map<std::string, nlohmann::json>& measured) const override {
        StudyResult result;
        result.columns = {"image", "megapixels", "seconds", "seconds per megapixel", "memory above idle, MB"};
        result.xTitle = "megapixels";
        result.yTitle = "seconds";
        StudySeries ours{"ours", {}, {}}, linear{"in proportion to the smallest", {}, {}};
        for (const int64_t side : sides(settings)) {
            const std::string id = fmt::format("side-{}", side);
            const double megapixels = double(side * side) / 1e6;
            const auto seconds = figure(measured, id, "seconds");
            result.rows.push_back(
                {fmt::format("{0} × {0}", side), megapixels, seconds,
                 seconds.is_number() ? nlohmann::json(seconds.get<double>() / megapixels) : nlohmann::json(),
                 figure(measured, id, "memory_mb")});
            if (!seconds.is_number()) continue;
            ours.x.push_back(megapixels);
            ours.y.push_back(seconds);
            linear.x.push_back(megapixels);
            linear.y.push_back(ours.y.front() * megapixels / ours.x.front());
        }
        result.series = {ours, linear};
        result.notes = {
            fmt::format("Model: {}; one slice of noise, after one prediction to warm up.",
                        settings.model->card.name),
            "Published (DeepEM3D, four P100): run time linear in the number of 1024² packages for 1024², "
            "2048² "
            "and 4096²; five images × 16 variations in 4 to 5 minutes (1fm) and 10 to 13 (3fm, 5fm)."};
        return result;
    }

private:
    static std::vector<int64_t> sides(const StudySettings& settings) {
        return settings.quick ? std::vector<int64_t>{512, 1024, 2048}
                              : std::vector<int64_t>{1024, 2048, 4096};
    }
    static nlohmann::json predicted(Session& session, const StudySettings& settings, int64_t side,
                                    const Progress& progress) {
        Pixels noise(PixelType::u8, 1, {1, side, side});
        Random random(settings.seed);
        for (uint8_t& value : noise.values<uint8_t>()) value = uint8_t(random.below(256));
        TrainingSlice slice;
        slice.name = slice.data = "noise";
        slice.role = Role::test;
        slice.image = noise;
        slice.labels = Pixels(PixelType::u8, 1, noise.extent());
        PredictionRequest request;
        request.models = {{*settings.model, {}, {}}};
        request.device = settings.device;
        request.threads = settings.threads;
        session.prepare(request);
        forgetPeak();
        const double before = residentMb("VmRSS:");
        const auto start = std::chrono::steady_clock::now();
        session.score(*settings.model, {slice}, Averaging::none, settings.device, settings.threads, progress);
        const double seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        return {{"seconds", seconds}, {"memory_mb", std::max(0.0, residentMb("VmHWM:") - before)}};
    }
};

} // namespace

std::unique_ptr<Study> makeScalingStudy() {
    return std::make_unique<Scaling>();
}

} // namespace cristae
