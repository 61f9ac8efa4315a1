// EnsembleNetwork: several networks that answer as one.
#pragma once
#include "core/segment/network.h"

#include <memory>

namespace cristae {

/// The mean of the members' probabilities. Each member gets the middle ones of the slices that the ensemble
/// sees.
class EnsembleNetwork : public Network {
public:
    /// Members have the same channels and classes. Throws Error{model} when a network of volumes is among
    /// them.
    explicit EnsembleNetwork(std::vector<std::unique_ptr<Network>> members);
    const NetworkInfo& info() const override { return info_; }
    void run(std::span<const Pixels> in, std::span<Pixels> out) override;
    void setInterrupt(std::function<bool()> cancelled) override;

private:
    std::vector<std::unique_ptr<Network>> members_;
    NetworkInfo info_;
};

} // namespace cristae
