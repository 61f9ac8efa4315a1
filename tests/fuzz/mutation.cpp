// Changes that know nothing of a format, and a few that know where its weak places are.
#include "tests/fuzz/mutation.h"

#include <algorithm>
#include <cstring>
#include <zlib.h>

namespace fuzz {

uint64_t Random::next() {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t value = state_;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

namespace {

const std::vector<uint64_t> edges{0,
                                  1,
                                  2,
                                  3,
                                  4,
                                  7,
                                  8,
                                  15,
                                  16,
                                  24,
                                  31,
                                  32,
                                  63,
                                  64,
                                  100,
                                  127,
                                  128,
                                  129,
                                  255,
                                  256,
                                  511,
                                  512,
                                  1000,
                                  4095,
                                  4096,
                                  32767,
                                  32768,
                                  65535,
                                  65536,
                                  1000000,
                                  0x7fffffff,
                                  0x80000000,
                                  0xfffffffe,
                                  0xffffffff,
                                  0x100000000,
                                  1u << 24,
                                  0x7fffffffffffffff,
                                  0x8000000000000000,
                                  0xffffffffffffffff};

void putNumber(Bytes& bytes, size_t at, size_t size, bool big, uint64_t value) {
    for (size_t i = 0; i < size && at + i < bytes.size(); ++i)
        bytes[at + i] = char(value >> (8 * (big ? size - 1 - i : i)));
}

uint64_t numberAt(const Bytes& bytes, size_t at, size_t size, bool big) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; ++i) {
        const uint64_t byte = at + i < bytes.size() ? uint8_t(bytes[at + i]) : 0;
        value |= byte << (8 * (big ? size - 1 - i : i));
    }
    return value;
}

void change(Bytes& bytes, const std::vector<Bytes>& others, Random& random) {
    if (bytes.empty()) return void(bytes = random.of(others));
    const size_t at = random.below(bytes.size()), most = std::min<size_t>(bytes.size() - at, 64);
    switch (random.below(11)) {
    case 0:
    case 1:
        bytes[at] = char(bytes[at] ^ (1 << random.below(8)));
        break;
    case 2:
        bytes[at] = char(random.next());
        break;
    case 3:
    case 4:
        putNumber(bytes, at, size_t(1) << random.below(4), random.chance(30), random.of(edges));
        break;
    case 5: { // a number nearby
        const size_t size = size_t(1) << random.below(3);
        const bool big = random.chance(30);
        putNumber(bytes, at, size, big, numberAt(bytes, at, size, big) + random.below(9) - 4);
        break;
    }
    case 6:
        bytes.erase(at, 1 + random.below(most));
        break;
    case 7:
        bytes.insert(at, bytes.substr(random.below(bytes.size()), 1 + random.below(64)));
        break;
    case 8: { // a range over another
        const Bytes& from = random.chance(50) ? bytes : random.of(others);
        const Bytes part = from.substr(random.below(from.size()), 1 + random.below(most));
        bytes.replace(at, std::min(part.size(), bytes.size() - at), part);
        break;
    }
    case 9:
        std::memset(bytes.data() + at, random.chance(50) ? 0 : 0xff, 1 + random.below(most));
        break;
    default:
        if (random.chance(20)) bytes.resize(at);
    }
}

} // namespace

void mutate(Bytes& bytes, const std::vector<Bytes>& others, Random& random) {
    const size_t changes = 1 + random.below(random.chance(70) ? 3 : 12);
    for (size_t i = 0; i < changes; ++i) change(bytes, others, random);
}

void mutateTiffTag(Bytes& bytes, Random& random) {
    // Small values of tags that choose how samples are decoded: photometric, compression, formats and the
    // like.
    static const std::vector<uint64_t> kinds{0,     1,     2,     3,     4,     5,     6,     7,     8,
                                             9,     10,    12,    16,    24,    32,    64,    32771, 32773,
                                             32809, 32844, 32845, 32946, 34676, 34677, 34887, 50000, 50001};
    const bool big = bytes.starts_with("MM");
    const size_t directory = size_t(numberAt(bytes, 4, 4, big)),
                 count = size_t(numberAt(bytes, directory, 2, big));
    if (count == 0 || count > 200) return;
    const size_t entry = directory + 2 + 12 * random.below(count);
    if (entry + 12 > bytes.size()) return;
    const bool isShort = numberAt(bytes, entry + 2, 2, big) == 3;
    switch (random.below(10)) {
    case 0:
        return putNumber(bytes, entry + 2, 2, big, random.below(19)); // its type
    case 1:
        return putNumber(bytes, entry + 4, 4, big, random.of(edges)); // its count
    case 2:
        return putNumber(bytes, entry, 2, big, 254 + random.below(280)); // another tag
    case 3:
    case 4:
        return putNumber(bytes, entry + 8, isShort ? 2 : 4, big, random.of(edges));
    default:
        return putNumber(bytes, entry + 8, isShort ? 2 : 4, big, random.of(kinds));
    }
}

void repairPng(Bytes& bytes) {
    for (size_t at = 8; at + 12 <= bytes.size();) {
        const size_t length = size_t(numberAt(bytes, at, 4, true));
        if (length > bytes.size() - at - 12) return;
        const auto sum = crc32(0, reinterpret_cast<const Bytef*>(bytes.data() + at + 4), uInt(length + 4));
        putNumber(bytes, at + 8 + length, 4, true, sum);
        at += length + 12;
    }
}

void mutateJson(Bytes& bytes, Random& random) {
    static const std::vector<Bytes> words{"[",
                                          "]",
                                          "{",
                                          "}",
                                          ",",
                                          ":",
                                          "\"",
                                          "null",
                                          "true",
                                          "-1",
                                          "1e999",
                                          "\\u0000",
                                          "\xff",
                                          "{\"a\":",
                                          "[[",
                                          "\\",
                                          "18446744073709551616",
                                          "0.5",
                                          "\"\"",
                                          " "};
    if (random.chance(3)) {
        const Bytes open = random.chance(50) ? "[" : "{\"a\":";
        Bytes deep;
        for (size_t i = 0, depth = 1 + random.below(20000); i < depth; ++i) deep += open;
        bytes.insert(random.below(bytes.size() + 1), deep);
        return;
    }
    for (size_t i = 0, words_ = 1 + random.below(4); i < words_; ++i)
        bytes.insert(random.below(bytes.size() + 1), random.of(words));
}

void mutatePickle(Bytes& bytes, Random& random) {
    static const std::vector<Bytes> words{"(",
                                          "0",
                                          "b",
                                          "N",
                                          "}",
                                          "]",
                                          ")",
                                          "a",
                                          "e",
                                          "t",
                                          "\x85",
                                          "\x86",
                                          "\x87",
                                          "s",
                                          "u",
                                          "q\x01",
                                          "h\x01",
                                          "q\x02",
                                          "h\x02",
                                          "\x94",
                                          "Q",
                                          "R",
                                          ".",
                                          "K\xff",
                                          "M\xff\xff",
                                          "J\xff\xff\xff\xff",
                                          "ccollections\nOrderedDict\n)R",
                                          "ctorch._utils\n_rebuild_tensor_v2\n",
                                          "ctorch\nFloatStorage\n",
                                          "\x93",
                                          "X\xff\xff\xff\x7f",
                                          "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"};
    for (size_t i = 0, count = 1 + random.below(6); i < count; ++i) {
        const size_t at = random.below(bytes.size() + 1);
        const Bytes word = random.of(words);
        for (size_t k = 0, times = random.chance(2) ? 1 + random.below(5000) : 1; k < times; ++k)
            bytes.insert(at, word);
    }
}

} // namespace fuzz
