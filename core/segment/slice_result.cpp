// Thresholds and the contest of classes.
#include "core/segment/slice_result.h"

#include "core/base/error.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {

std::vector<PlannedTask> planTasks(std::span<const NetworkTask> tasks) {
    if (tasks.empty()) throw Error(ErrorKind::usage, "Nothing to predict: choose a model.");
    std::vector<PlannedTask> planned;
    int64_t label = 1;
    for (const NetworkTask& task : tasks) {
        if (!task.network) throw Error(ErrorKind::internal, "A prediction task without a network.");
        const NetworkInfo& info = task.network->info();
        const int64_t known = int64_t(task.card.classes.size());
        if (info.classesOut != known || info.channelsIn != task.card.channelsIn ||
            info.exclusive != task.card.exclusive)
            throw Error(
                ErrorKind::model,
                fmt::format("The model \"{}\" does not fit its card: the network gives {} classes from {} "
                            "channels, the card says {} from {}. Get the model file again.",
                            task.card.name, info.classesOut, info.channelsIn, known, task.card.channelsIn));
        if (info.slicesIn < 1 || info.slicesIn % 2 == 0)
            throw Error(ErrorKind::model,
                        fmt::format("The model \"{}\" wants {} slices; only odd numbers can be centred.",
                                    task.card.name, info.slicesIn));
        PlannedTask plan;
        plan.task = &task;
        plan.classes = task.classes;
        if (plan.classes.empty())
            for (int64_t i = 0; i < known; ++i) plan.classes.push_back(i);
        for (const int64_t index : plan.classes)
            if (index < 0 || index >= known)
                throw Error(ErrorKind::usage,
                            fmt::format("The model \"{}\" has no class number {}; it has {}.", task.card.name,
                                        index, known));
        plan.thresholds = task.thresholds;
        if (plan.thresholds.empty())
            for (const int64_t index : plan.classes)
                plan.thresholds.push_back(task.card.classes[size_t(index)].threshold);
        const auto ofTheCard = [&](size_t i) {
            return plan.thresholds[i] == task.card.classes[size_t(plan.classes[i])].threshold;
        };
        if (plan.thresholds.size() != plan.classes.size())
            throw Error(ErrorKind::usage,
                        fmt::format("{} thresholds were given for {} classes of the model \"{}\".",
                                    plan.thresholds.size(), plan.classes.size(), task.card.name));
        for (const double threshold : plan.thresholds)
            if (!(threshold >= 0 && threshold <= 1))
                throw Error(ErrorKind::usage,
                            fmt::format("The threshold {} is not between 0 and 1.", threshold));
        plan.beatsBackground = info.exclusive;
        for (size_t i = 0; i < plan.classes.size(); ++i)
            plan.beatsBackground = plan.beatsBackground && ofTheCard(i);
        plan.firstLabel = label;
        label += int64_t(plan.classes.size());
        planned.push_back(std::move(plan));
    }
    if (label - 1 > 65535) throw Error(ErrorKind::usage, "More than 65535 classes at once; choose fewer.");
    return planned;
}

SliceResult::SliceResult(int64_t z, const Box3& box, int64_t wantedClasses, bool wantProbabilities,
                         bool keepBest) {
    const Extent3 plane = {1, box.y1 - box.y0, box.x1 - box.x0};
    slice_.z = z;
    slice_.box = box;
    slice_.labels = Pixels(wantedClasses > 255 ? PixelType::u16 : PixelType::u8, 1, plane);
    if (wantProbabilities) slice_.probabilities = Pixels(PixelType::f32, wantedClasses, plane);
    if (keepBest) best_ = Pixels(PixelType::f32, 1, plane);
}

void SliceResult::add(const PlannedTask& plan, const Pixels& probabilities, int64_t toY, int64_t toX,
                      const Box3& part) {
    const int64_t known = probabilities.channels(), width = slice_.box.x1 - slice_.box.x0;
    const size_t planeCount = size_t(probabilities.extent().count());
    const float* values = probabilities.values<float>().data();
    float* best = best_.empty() ? nullptr : best_.values<float>().data();
    const bool wide = slice_.labels.type() == PixelType::u16;
    uint8_t* labels8 = wide ? nullptr : slice_.labels.values<uint8_t>().data();
    uint16_t* labels16 = wide ? slice_.labels.values<uint16_t>().data() : nullptr;
    bool sound = true;
    for (int64_t y = part.y0; y < part.y1; ++y)
        for (int64_t x = part.x0; x < part.x1; ++x) {
            const size_t from = size_t((y - toY) * probabilities.extent().x + (x - toX));
            const size_t to = size_t((y - slice_.box.y0) * width + (x - slice_.box.x0));
            float toBeat = 0; // the background's and the unwanted classes' share
            if (plan.beatsBackground) {
                float sum = 0;
                for (int64_t k = 0; k < known; ++k) {
                    const float p = values[size_t(k) * planeCount + from];
                    sum += p;
                    if (std::find(plan.classes.begin(), plan.classes.end(), k) == plan.classes.end())
                        toBeat = std::max(toBeat, p);
                }
                toBeat = std::max(toBeat, 1.f - sum);
            }
            float winner = 0;
            size_t label = 0;
            for (size_t i = 0; i < plan.classes.size(); ++i) {
                const float p = values[size_t(plan.classes[i]) * planeCount + from];
                sound = sound && p - p == 0;
                const bool counts = plan.beatsBackground ? p > toBeat : double(p) >= plan.thresholds[i];
                if (counts && (label == 0 || p > winner)) {
                    winner = p;
                    label = size_t(plan.firstLabel) + i;
                }
                if (!slice_.probabilities.empty())
                    slice_.probabilities.plane<float>(plan.firstLabel - 1 + int64_t(i), 0)[to] = p;
            }
            const size_t before = wide ? labels16[to] : labels8[to];
            const bool ownBefore =
                before >= size_t(plan.firstLabel) && before < size_t(plan.firstLabel) + plan.classes.size();
            // A tile that comes again (halved after a lack of memory) replaces what it said before.
            if (!ownBefore && (label == 0 || (best && before != 0 && winner <= best[to]))) continue;
            if (best) best[to] = winner;
            if (wide)
                labels16[to] = uint16_t(label);
            else
                labels8[to] = uint8_t(label);
        }
    if (!sound)
        throw Error(
            ErrorKind::device,
            fmt::format("The network \"{}\" gave values that are no numbers. Choose the CPU as device, or "
                        "another model.",
                        plan.task->card.name));
}

} // namespace cristae
