// Probe: a network tried on a small part of an image: what it is shown, and how sure its answer is.
#pragma once
#include "core/segment/explain.h"
#include "core/segment/image_statistics.h"

namespace cristae {

/// How sure a network is of what it finds in a part of a slice.
struct Confidence {
    double found = 0;     // share of the pixels that belong to a class
    double entropy = 1;   // mean binary entropy of the most probable class inside the found objects, bits; 1
                          // where nothing is found
    double agreement = 0; // Dice of what is found in the part and in the same part mirrored; 1 where neither
                          // finds anything
    bool foundAny() const { return found >= 1e-3; }
};

struct Probe {
    Box3 box; // image pixels
    ImageStatistics statistics{};
    Confidence confidence;
};

/// What a network says of an input: probabilities f32 [K, 1, Y, X] of the middle slice as they are, and those
/// of the input mirrored left to right, laid back. Throws Error{memory, device, cancelled}.
struct TwoLooks {
    Pixels plain, mirrored;
};
TwoLooks lookTwice(Network& network, const Pixels& input, const Progress& progress);

/// The wanted classes of `task` in two looks.
Confidence confidenceOf(const NetworkTask& task, const TwoLooks& looks);

/// Tries the network on the middle of a region of slice z, `side` model pixels wide at most, normalised as
/// the whole slice is. Throws as predict() does.
Probe probe(const TileSource& image, const NetworkTask& task, int64_t z, const Box3& region, int64_t side,
            const Progress& progress);

/// Entropy of a yes-or-no probability, bits.
double binaryEntropy(double p);

} // namespace cristae
