// Preparation: an image slice becomes what a network was trained on: channels, pixel size, normalisation.
// Prediction and training both go through here, so that they cannot disagree.
#pragma once
#include "core/base/progress.h"
#include "core/image/pixels.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace cristae {

/// f32 or own type [C, 1, Y, X] → [channelsIn, 1, Y, X]: RGB becomes grey by luma (Rec. 601) when one channel
/// is wanted, grey is repeated when three are. Shares the memory when nothing has to be done. With 2
/// channels, or more than 3, the first is taken as grey and `remark` (if given) says so. Throws Error{input}
/// when the channels cannot be made to fit.
Pixels withChannels(const Pixels& slice, int64_t channelsIn, std::string* remark = nullptr);

/// value → (value − shift) · scale, per channel.
struct Normalisation {
    std::vector<double> shift, scale;
    bool hadNonFinite = false; // values that are no numbers were left out of the statistics; they become 0
    std::vector<double> low, high; // outliers beyond were left out too and are clamped; empty: there are none
    int64_t outliers = 0;
    float apply(size_t channel, double value) const {
        if (!(value - value == 0)) return 0.f; // NaN and infinity
        if (!low.empty())
            value = value < low[channel] ? low[channel] : value > high[channel] ? high[channel] : value;
        const double result = (value - shift[channel]) * scale[channel];
        return result - result == 0 ? float(result) : 0.f;
    }
    /// The same with dark and bright exchanged: what went to 0 … 1 still does, of images without a mean or
    /// range of their own ("none") the type's range is turned round.
    Normalisation inverted(const std::string& kind, PixelType type) const;
    /// What is to be said of the values; empty if nothing.
    std::string remark() const;
};

/// Statistics of a whole slice [C, 1, Y, X] of any type, as the card's "normalisation" says:
/// {"kind": "zero-mean-unit-variance"}; {"kind": "fixed", "mean": m or [m…], "std": s or [s…]};
/// {"kind": "percentile", "low": 1, "high": 99} (maps low to 0 and high to 1); {"kind": "none"}.
/// "invert": true beside any of them exchanges dark and bright for a network that was trained on the opposite
/// contrast. A few outliers (hot pixels) that would widen the standard deviation by more than a tenth are
/// left out of it. Throws Error{model} when the kind or its values cannot be.
Normalisation normalisationOf(const Pixels& slice, const nlohmann::json& normalisation,
                              const Progress& progress = Progress::none());

/// The whole slice normalised, f32 [C, 1, Y, X].
Pixels normalised(const Pixels& slice, const Normalisation& normalisation);

} // namespace cristae
