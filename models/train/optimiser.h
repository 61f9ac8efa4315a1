// Optimiser: Adam, AdamW, Adagrad and SGD with their whole state in plain tensors, so that a checkpoint can
// hold it.
#pragma once
#include <nlohmann/json.hpp>
#include <torch/torch.h>
#include <vector>

namespace cristae {

/// Learning rate of a step (counted from 0) under the recipe's schedule; `plateauFactor` is what the plateau
/// schedule has come to.
double learningRateAt(const nlohmann::json& recipe, int64_t step, double plateauFactor = 1);

class Optimiser {
public:
    /// Kinds "adam" (Kingma & Ba 2015; decay added to the gradient), "adamw" (Loshchilov & Hutter 2019; decay
    /// apart from it), "adagrad" (Duchi et al. 2011), "sgd"
    /// (momentum as in Sutskever et al. 2013, without Nesterov). Decay touches only
    /// weights with two or more dimensions.
    Optimiser(std::vector<torch::Tensor> parameters, const nlohmann::json& recipe);
    /// One update from the gradients, which are scaled down first if their norm is above the recipe's
    /// "clipGradient".
    void step(double learningRate);
    void forgetGradients();
    /// L2-SP (Li, Grandvalet, Davoine 2018, arXiv:1802.01483): each step moves the weights towards `start`
    /// (as many tensors as parameters) by rate · strength of the distance, apart from the gradient as AdamW
    /// decays; decay towards zero ends.
    void anchorTo(std::vector<torch::Tensor> start, double strength);
    /// First and second moments (or momentum), two a parameter, in the parameters' order; restored by copying
    /// into them.
    std::vector<torch::Tensor>& state() { return state_; }
    int64_t stepsDone = 0;

private:
    void updateOne(size_t index, double learningRate);
    std::vector<torch::Tensor> parameters_, state_, start_;
    std::string kind_;
    double decay_, momentum_, clip_, epsilon_, anchor_ = 0;
};

} // namespace cristae
