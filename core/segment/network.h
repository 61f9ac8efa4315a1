// Network: the whole contract between the program and a network; it knows no tensor.
#pragma once
#include "core/image/pixels.h"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace cristae {

struct NetworkInfo {
    int64_t channelsIn = 1;
    int64_t classesOut = 1; // probability channels given by run(), background not among them
    bool exclusive =
        false; // true: softmax, the background takes the rest; false: sigmoid, each class by itself
    int64_t strideMultiple =
        16; // y and x of every input must be multiples of this; tile origins lie on this grid
    int64_t receptiveRadius =
        0; // receptive-field radius in pixels: an output pixel depends on inputs at most this far away
    int64_t slicesIn = 1;    // 1 = 2D; 3, 5 = neighbouring slices as z, the answer is for the middle one
    bool volumetric = false; // 3D: takes any number of slices that is a multiple of sliceMultiple and answers
                             // for all of them
    int64_t sliceMultiple = 1;   // 3D: z of every input must be a multiple of this; inputs begin on this grid
    int64_t sliceRadius = 0;     // 3D: receptive-field radius in slices
    std::string device;          // "cpu", "cuda:0"
    std::string precision;       // "fp32", "bf16"
    double megaflopPerPixel = 0; // for time estimates
    int64_t tileSide = 0;  // input side that suits the device: fast, small enough for its memory and for a
                           // quick cancel; 0 = any
    int64_t tileDepth = 0; // 3D: slices of an input that suit the device; 0 = any
    bool findsObjects = false; // 2D: tells objects apart by itself, see objects()
};

class Network {
public:
    virtual ~Network() = default;
    virtual const NetworkInfo& info() const = 0;
    /// N × [C, Z, Y, X] f32, normalised → N × [K, 1, Y, X] (3D: [K, Z, Y, X]) f32 probabilities in [0, 1].
    /// All inputs have one size, a multiple of strideMultiple. `out` holds N blocks that are replaced. Throws
    /// Error{memory} when the device has not enough (the caller halves the tile), Error{device} when it
    /// failed. Not re-entrant: one thread at a time.
    virtual void run(std::span<const Pixels> in, std::span<Pixels> out) = 0;
    /// Asked between the layers of a run; when it says true, run() throws Error{cancelled}. Empty = never. A
    /// network whose runs are short need not ask.
    virtual void setInterrupt(std::function<bool()> /*cancelled*/) {}
    /// Of networks that find objects: for each input of the last run u32 [1, 1, Y, X], 0 where there is no
    /// object, else a number of its own for each object of that input.
    virtual std::vector<Pixels> objects() const { return {}; }
};

} // namespace cristae
