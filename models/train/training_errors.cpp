// Where the network errs on the training slices, looked at every few epochs, a few slices at a time.
#include "core/base/random.h"
#include "models/train/training_run.h"

#include <algorithm>
#include <numeric>

namespace cristae {

int64_t TrainingRun::nextErrorMaps() const {
    if (recipe_.at("hardFraction").get<double>() <= 0) return steps_;
    const int64_t every = recipe_.at("hardEvery").get<int64_t>() * recipe_.at("stepsPerEpoch").get<int64_t>();
    return std::min(steps_, (state_.step / every + 1) * every);
}

bool TrainingRun::errorMapsAreDue() const {
    const int64_t every = recipe_.at("hardEvery").get<int64_t>() * recipe_.at("stepsPerEpoch").get<int64_t>();
    return recipe_.at("hardFraction").get<double>() > 0 && state_.step < steps_ && state_.step % every == 0;
}

void TrainingRun::updateErrorMaps() {
    if (!errorMapsAreDue()) return;
    std::vector<size_t> order; // training slices, in an order that mixes the data sets
    for (size_t i = 0; i < slices_.size(); ++i)
        if (slices_[i].role == Role::train && slices_[i].known > 0) order.push_back(i);
    Random random(seed_);
    for (size_t i = order.size(); i > 1; --i)
        std::swap(order[i - 1], order[size_t(random.below(int64_t(i)))]);
    // As many as a tenth of the pixels that are trained until the next look; one at least.
    const double budget =
        0.1 * double(nextErrorMaps() - state_.step) * double(share_.size) * double(side_ * side_);
    std::vector<ErrorMap> maps = state_.errorMaps; // kept as they were if this is cancelled
    maps.resize(slices_.size());
    int64_t made = state_.errorMapsMade;
    double pixels = 0;
    for (size_t n = 0; n < order.size() && (n == 0 || pixels < budget); ++n) {
        const size_t i = order[size_t(made++) % order.size()];
        const Extent3& e = slices_[i].image.extent();
        pixels += double(e.count());
        constexpr int64_t cell = ErrorMap::cellSide;
        ErrorMap map{(e.y + cell - 1) / cell, (e.x + cell - 1) / cell, {}};
        map.cells.resize(size_t(map.rows * map.columns));
        if (leads())
            map =
                errorMapOf(probabilityOf(*average_, slices_[i], use_, [&] { return progress_.cancelled(); }),
                           slices_[i].labels);
        if (group_) { // the same places in every process
            torch::Tensor cells =
                torch::from_blob(map.cells.data(), {int64_t(map.cells.size())}, torch::kByte).clone();
            group_->takeFromFirst(cells);
            std::copy_n(cells.data_ptr<uint8_t>(), map.cells.size(), map.cells.begin());
        }
        maps[i] = std::move(map);
    }
    state_.errorMaps = std::move(maps);
    state_.errorMapsMade = made;
}

} // namespace cristae
