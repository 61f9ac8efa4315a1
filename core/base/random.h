// Random: a small generator whose whole state can be saved, so that a resumed run draws the same numbers.
#pragma once
#include <cmath>
#include <cstdint>

namespace cristae {

/// SplitMix64 (Steele, Lea, Flood 2014): 64-bit state, passes BigCrush, identical on every platform.
class Random {
public:
    explicit Random(uint64_t seed = 0) : state_(seed) {}
    /// An independent stream for item `index` of a run: the numbers do not depend on thread count or order.
    static Random forItem(uint64_t seed, uint64_t index) {
        Random mixer(seed ^ (index * 0x9E3779B97F4A7C15ull));
        return Random(mixer.next() ^ (index + 0x632BE59BD9B4E019ull));
    }
    uint64_t next() {
        uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
        return z ^ (z >> 31);
    }
    /// Uniform in [0, 1).
    double uniform() { return double(next() >> 11) * 0x1.0p-53; }
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    /// Uniform in [0, n); n > 0.
    int64_t below(int64_t n) { return int64_t(uniform() * double(n)); }
    bool chance(double probability) { return uniform() < probability; }
    /// Standard normal by Box–Muller; two draws a number.
    double normal() {
        const double u = 1.0 - uniform();
        return std::sqrt(-2.0 * std::log(u)) * std::cos(6.283185307179586 * uniform());
    }
    uint64_t state() const { return state_; }
    void setState(uint64_t state) { state_ = state; }

private:
    uint64_t state_;
};

} // namespace cristae
