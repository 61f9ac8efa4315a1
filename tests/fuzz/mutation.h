// Deterministic changes of files: the same seed, format and number give the same bytes everywhere.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace fuzz {

/// SplitMix64: small, the same on every machine.
class Random {
public:
    explicit Random(uint64_t seed) : state_(seed) {}
    uint64_t next();
    /// 0 to below `end`; 0 for an end of 0.
    size_t below(size_t end) { return end ? size_t(next() % end) : 0; }
    template <class T> const T& of(const std::vector<T>& items) { return items[below(items.size())]; }
    bool chance(unsigned percent) { return below(100) < percent; }

private:
    uint64_t state_;
};

/// A file in memory.
using Bytes = std::string;

/// One to a few changes anywhere: flipped bits, numbers at the edges of their types, ranges cut, doubled,
/// moved or taken from another file.
void mutate(Bytes& bytes, const std::vector<Bytes>& others, Random& random);
/// One field of an entry of the first TIFF directory.
void mutateTiffTag(Bytes& bytes, Random& random);
/// Checksums of PNG chunks made right again, so that changes reach the decoder.
void repairPng(Bytes& bytes);
/// Brackets, commas, quotes and deep nesting put into a text.
void mutateJson(Bytes& bytes, Random& random);
/// Words of pickle put into a list of tensors.
void mutatePickle(Bytes& bytes, Random& random);

} // namespace fuzz
