// Prediction beside eager LibTorch: the same U-Net, the same tile, alternating; then a whole micrograph of
// noise. Usage: bench_predict [BASE] [LEVELS] [SIDE] [ROUNDS] [THREADS]
#include "core/base/parallel.h"
#include "core/base/random.h"
#include "core/image/memory_source.h"
#include "core/segment/predictor.h"
#include "models/nn/architecture.h"
#include "models/run/torch_network.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <sys/resource.h>

using namespace cristae;

namespace {

template <class F> double seconds(F&& f) {
    const auto start = std::chrono::steady_clock::now();
    f();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

Pixels noise(int64_t side) {
    Random random(1);
    Pixels pixels(PixelType::f32, 1, {1, side, side});
    for (float& value : pixels.values<float>()) value = float(random.normal());
    return pixels;
}

double peakMegabytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return double(usage.ru_maxrss) / 1000;
}

} // namespace

int main(int argc, char** argv) {
    const auto argument = [&](int i, int standard) { return argc > i ? std::atoi(argv[i]) : standard; };
    const int base = argument(1, 16), levels = argument(2, 5), side = argument(3, 512),
              rounds = argument(4, 5);
    const int threads = argument(5, processorCount());
    ModelCard card;
    card.name = "bench";
    card.network = {{"base", base}, {"levels", levels}};
    card.classes.push_back({"class 1", {}, 0.5});
    const auto module = findArchitecture("unet").build(card.network, 1, 1);
    module->eval();
    TensorMap weights;
    for (const auto& item : module->named_parameters()) weights[item.key()] = item.value();
    for (const auto& item : module->named_buffers()) weights[item.key()] = item.value();
    TorchNetwork network(card, weights, "bench", torch::kCPU, threads);
    const ProgramRunner plain(findArchitecture("unet").program(card.network), weights, torch::kCPU,
                              torch::kFloat32, ProgramRunner::Engine::plain);

    const torch::InferenceMode inference;
    const Pixels tile = noise(side);
    Pixels output;
    const torch::Tensor input =
        torch::from_blob(const_cast<float*>(tile.values<float>().data()), {1, 1, side, side});
    std::vector<double> own, eager, folded;
    for (int i = -1; i < rounds; ++i) { // the first round warms up
        const double a = seconds([&] { network.run({&tile, 1}, {&output, 1}); });
        const double b = seconds([&] { torch::sigmoid(module->forward(input)); });
        const double c = seconds([&] { torch::sigmoid(plain.run(input, {})); });
        if (i < 0) continue;
        own.push_back(a);
        eager.push_back(b);
        folded.push_back(c);
    }
    const double gigaflop = network.info().megaflopPerPixel * double(side) * double(side) / 1e3;
    std::printf("U-Net base %d, %d levels, tile %d, %d threads, %s, %.1f GFLOP\n", base, levels, side,
                threads, network.info().precision.c_str(), gigaflop);
    std::printf("  this engine                    %8.1f ms  %6.1f GFLOP/s\n", median(own) * 1e3,
                gigaflop / median(own));
    std::printf("  eager, NCHW, fp32              %8.1f ms  ratio %.2f\n", median(eager) * 1e3,
                median(eager) / median(own));
    std::printf("  folded, channels_last, plain   %8.1f ms  ratio %.2f\n", median(folded) * 1e3,
                median(folded) / median(own));

    const int64_t imageSide = 1500;
    const MemorySource image(noise(imageSide));
    const NetworkTask task = {&network, card, {}, {}};
    const double whole = seconds([&] {
        predict(
            image, {&task, 1}, {}, [](const PredictedSlice&) {}, Progress::none());
    });
    const double megapixels = double(imageSide * imageSide) / 1e6;
    std::printf("Image of %.2f megapixels, tile %lld, receptive-field radius %lld: %.0f ms per megapixel, "
                "%.2f of the computed pixels are border\n",
                megapixels, static_cast<long long>(network.info().tileSide),
                static_cast<long long>(network.info().receptiveRadius), whole * 1e3 / megapixels,
                1 - megapixels * 1e6 / predictionWork(image.info(), {&task, 1}, {}));
    std::printf("Peak memory %.0f MB\n", peakMegabytes());
}
