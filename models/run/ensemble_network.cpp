// One geometry that suits all members, and the mean of what they say.
#include "models/run/ensemble_network.h"

#include "core/base/error.h"

#include <algorithm>
#include <numeric>

namespace cristae {

namespace {

/// The middle slices of a block, f32 [C, slices, Y, X].
Pixels middleOf(const Pixels& block, int64_t slices) {
    const Extent3 extent = block.extent();
    if (extent.z == slices) return block;
    const int64_t begin = (extent.z - slices) / 2;
    Pixels middle(PixelType::f32, block.channels(), {slices, extent.y, extent.x});
    for (int64_t c = 0; c < block.channels(); ++c)
        for (int64_t z = 0; z < slices; ++z)
            std::ranges::copy(block.plane<float>(c, begin + z), middle.plane<float>(c, z).begin());
    return middle;
}

} // namespace

EnsembleNetwork::EnsembleNetwork(std::vector<std::unique_ptr<Network>> members)
    : members_(std::move(members)) {
    info_ = members_.front()->info();
    for (size_t i = 0; i < members_.size(); ++i) {
        const NetworkInfo& member = members_[i]->info();
        if (member.volumetric)
            throw Error(ErrorKind::model,
                        "A network of volumes cannot be a member of an ensemble; use it by itself.");
        if (i == 0) continue;
        info_.strideMultiple = std::lcm(info_.strideMultiple, member.strideMultiple);
        info_.receptiveRadius = std::max(info_.receptiveRadius, member.receptiveRadius);
        info_.slicesIn = std::max(info_.slicesIn, member.slicesIn);
        info_.megaflopPerPixel += member.megaflopPerPixel;
        info_.tileSide = std::min(info_.tileSide, member.tileSide);
        if (member.precision != info_.precision) info_.precision = "mixed";
    }
    // Small enough for every member, but not mostly border.
    const int64_t multiple = info_.strideMultiple, least = 3 * info_.receptiveRadius + multiple;
    info_.tileSide = (std::max(info_.tileSide, least) + multiple - 1) / multiple * multiple;
}

void EnsembleNetwork::run(std::span<const Pixels> in, std::span<Pixels> out) {
    const float share = 1.f / float(members_.size());
    std::vector<Pixels> sums(in.size());
    for (const std::unique_ptr<Network>& member : members_) {
        std::vector<Pixels> seen, said(in.size());
        for (const Pixels& block : in) {
            if (block.extent().z != info_.slicesIn)
                throw Error(ErrorKind::internal,
                            "An ensemble was given another number of slices than it takes.");
            seen.push_back(middleOf(block, member->info().slicesIn));
        }
        member->run(seen, said);
        for (size_t i = 0; i < said.size(); ++i) {
            if (sums[i].empty()) sums[i] = Pixels(PixelType::f32, said[i].channels(), said[i].extent());
            const auto sum = sums[i].values<float>();
            const auto add = std::as_const(said[i]).values<float>();
            for (size_t k = 0; k < sum.size(); ++k) sum[k] += share * add[k];
        }
    }
    std::ranges::move(sums, out.begin());
}

void EnsembleNetwork::setInterrupt(std::function<bool()> cancelled) {
    for (const std::unique_ptr<Network>& member : members_) member->setInterrupt(cancelled);
}

} // namespace cristae
