// Updates written with plain tensor operations: a few milliseconds a step, and nothing hidden.
#include "models/train/optimiser.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cristae {

double learningRateAt(const nlohmann::json& recipe, int64_t step, double plateauFactor) {
    const double top = recipe.at("learningRate");
    const auto steps = recipe.at("steps").get<int64_t>();
    const auto schedule = recipe.at("schedule").get<std::string>();
    const auto cosine = [&](int64_t from) {
        const double done =
            std::clamp(double(step - from) / double(std::max<int64_t>(1, steps - from)), 0.0, 1.0);
        return top * 0.5 * (1 + std::cos(std::numbers::pi * done));
    };
    if (schedule == "constant") return top;
    if (schedule == "plateau")
        return std::max(top * plateauFactor, std::min(top, recipe.at("smallestRate").get<double>()));
    if (schedule == "step")
        return top * std::pow(recipe.at("stepFactor").get<double>(),
                              double(step / recipe.at("stepEvery").get<int64_t>()));
    if (schedule == "cosine") return cosine(0);
    if (schedule == "constant_cosine")
        return cosine(steps - int64_t(std::llround(recipe.at("cooldown").get<double>() * double(steps))));
    const int64_t warmup = std::min(recipe.at("warmupSteps").get<int64_t>(), steps);
    return step < warmup ? top * double(step + 1) / double(warmup) : cosine(warmup);
}

Optimiser::Optimiser(std::vector<torch::Tensor> parameters, const nlohmann::json& recipe)
    : parameters_(std::move(parameters)), kind_(recipe.at("optimiser")), decay_(recipe.at("weightDecay")),
      momentum_(recipe.at("momentum")), clip_(recipe.at("clipGradient")), epsilon_(recipe.at("epsilon")) {
    const torch::NoGradGuard guard;
    for (const torch::Tensor& parameter : parameters_)
        for (int i = 0; i < 2; ++i) state_.push_back(torch::zeros_like(parameter));
}

void Optimiser::forgetGradients() {
    for (torch::Tensor& parameter : parameters_) parameter.mutable_grad() = torch::Tensor();
}

void Optimiser::anchorTo(std::vector<torch::Tensor> start, double strength) {
    start_ = std::move(start);
    anchor_ = strength;
    decay_ = 0;
}

void Optimiser::step(double learningRate) {
    const torch::NoGradGuard guard;
    if (clip_ > 0) {
        std::vector<torch::Tensor> norms;
        for (const torch::Tensor& parameter : parameters_)
            if (parameter.grad().defined()) norms.push_back(parameter.grad().norm());
        const torch::Tensor scale = (clip_ / (torch::stack(norms).norm() + 1e-6)).clamp_max(1);
        for (torch::Tensor& parameter : parameters_)
            if (parameter.grad().defined()) parameter.mutable_grad().mul_(scale);
    }
    ++stepsDone;
    for (size_t i = 0; i < parameters_.size(); ++i)
        if (parameters_[i].grad().defined()) updateOne(i, learningRate);
}

void Optimiser::updateOne(size_t index, double learningRate) {
    torch::Tensor& parameter = parameters_[index];
    torch::Tensor &first = state_[2 * index], &second = state_[2 * index + 1];
    torch::Tensor gradient = parameter.grad();
    if (anchor_ > 0) parameter.lerp_(start_[index], std::min(1.0, learningRate * anchor_));
    const double decay = parameter.dim() > 1 ? decay_ : 0;
    if (decay > 0 && kind_ == "adamw")
        parameter.mul_(1 - learningRate * decay);
    else if (decay > 0)
        gradient = gradient.add(parameter, decay);
    if (kind_ == "sgd") {
        first.mul_(momentum_).add_(gradient);
        parameter.add_(first, -learningRate);
        return;
    }
    if (kind_ == "adagrad") {
        second.addcmul_(gradient, gradient);
        parameter.addcdiv_(gradient, second.sqrt().add_(epsilon_), -learningRate);
        return;
    }
    constexpr double beta1 = 0.9, beta2 = 0.999;
    first.mul_(beta1).add_(gradient, 1 - beta1);
    second.mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
    const double correction1 = 1 - std::pow(beta1, double(stepsDone)),
                 correction2 = 1 - std::pow(beta2, double(stepsDone));
    parameter.addcdiv_(first, second.sqrt().div_(std::sqrt(correction2)).add_(epsilon_),
                       -learningRate / correction1);
}

} // namespace cristae
