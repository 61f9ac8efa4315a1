// One network, three steps, a stopwatch.
#include "models/train/step_time.h"

#include "core/base/parallel.h"
#include "models/nn/network_options.h"
#include "models/run/devices.h"
#include "models/train/optimiser.h"
#include "models/train/validation.h"

#include <chrono>

namespace cristae {

namespace {

struct MadeUpBatch {
    torch::Tensor images, labels;
};

MadeUpBatch madeUpBatch(const TrainingPlan& plan, const NetworkUse& use) {
    const int64_t side = plan.recipe.at("patch"), batch = plan.recipe.at("batch"), slices = use.seen.count(),
                  channels = plan.card.channelsIn;
    const std::vector<int64_t> shape = use.seen.labelled
                                           ? std::vector<int64_t>{batch, channels, slices, side, side}
                                           : std::vector<int64_t>{batch, channels * slices, side, side};
    MadeUpBatch made;
    made.images = torch::zeros(shape);
    made.labels = torch::zeros({batch, (use.seen.labelled ? slices : 1) * side, side}, torch::kByte);
    made.images.slice(-1, 0, side / 4).fill_(1);
    made.labels.slice(-1, 0, side / 4).fill_(1);
    made.images = made.images.to(use.device);
    made.labels = made.labels.to(use.device);
    if (made.images.dim() == 4) made.images = made.images.contiguous(at::MemoryFormat::ChannelsLast);
    return made;
}

} // namespace

double measuredStep(const TrainingPlan& plan, const Progress& progress) {
    const Architecture& architecture =
        findArchitecture(plan.recipe.at("architecture").get_ref<const std::string&>());
    const nlohmann::json options = networkOptions(plan.recipe);
    const std::unique_ptr<const Loss> loss = makeLoss(plan.recipe);
    NetworkUse use;
    use.classes = std::max<int64_t>(1, int64_t(plan.set.classNames.size()));
    use.exclusive = loss->exclusive();
    use.seen = slicesSeen(plan.recipe);
    use.device = chooseDevice(plan.device);
    const int64_t outputs = use.classes + (use.exclusive ? 1 : 0);
    use.footprint = footprint(architecture.layers(options, plan.card.channelsIn, outputs));
    const std::string precision = plan.recipe.at("precision");
    use.bf16 = precision == "bf16" ||
               (precision == "auto" && takesBf16(use.device, use.footprint.megaflopPerPixel) &&
                (use.device.is_cuda() || !architecture.hasOwnLoss()));
    const int threads = plan.recipe.at("threads").get<int>();
    at::set_num_threads(threads > 0 ? threads : processorCount());
    const auto network = architecture.build(options, plan.card.channelsIn, outputs);
    network->to(use.device);
    network->setInterrupt([&] { return progress.cancelled(); });
    network->train();
    Optimiser optimiser(network->parameters(), plan.recipe);
    const MadeUpBatch batch = madeUpBatch(plan, use);
    double fastest = 0;
    for (int i = 0; i < 3; ++i) {
        progress.throwIfCancelled();
        const auto start = std::chrono::steady_clock::now();
        const torch::Tensor value =
            architecture.hasOwnLoss()
                ? network->ownLoss(batch.images, batch.labels)
                : (*loss)(asPlanes(forwardLogits(*network, batch.images, use)), batch.labels);
        optimiser.forgetGradients();
        value.backward();
        optimiser.step(1e-6);
        value.item<double>(); // a GPU has finished when this is here
        const double seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        constexpr double slow = 8; // then the first step, with all that is done once, says enough
        if (i == 0 && seconds > slow) return seconds;
        if (i == 1 || (i > 1 && seconds < fastest)) fastest = seconds;
    }
    return fastest;
}

} // namespace cristae
