// From label values as stored to class numbers.
#include "core/learn/label_meaning.h"

#include <algorithm>
#include <map>

namespace cristae {

namespace {

template <class T>
void boundaries(std::span<const T> ids, std::span<uint8_t> out, int64_t height, int64_t width) {
    for (int64_t y = 0; y < height; ++y)
        for (int64_t x = 0; x < width; ++x) {
            const size_t i = size_t(y * width + x);
            const T id = ids[i];
            out[i] = (x > 0 && ids[i - 1] != id) || (x + 1 < width && ids[i + 1] != id) ||
                     (y > 0 && ids[i - size_t(width)] != id) ||
                     (y + 1 < height && ids[i + size_t(width)] != id);
        }
}

} // namespace

Pixels classesOf(const Pixels& labels, const LabelMeaning& meaning) {
    const Extent3& e = labels.extent();
    Pixels classes(PixelType::u8, 1, {1, e.y, e.x});
    const auto out = classes.values<uint8_t>();
    std::map<int64_t, uint8_t> table;
    for (size_t c = 0; c < meaning.valuesOfClass.size(); ++c)
        for (const int64_t value : meaning.valuesOfClass[c]) table[value] = uint8_t(c + 1);
    for (const int64_t value : meaning.unknownValues) table[value] = 255;
    withPixelType(labels.type(), [&](auto tag) {
        using T = decltype(tag);
        const auto in = labels.plane<T>(0, 0);
        if (meaning.boundariesOfIds) return boundaries<T>(in, out, e.y, e.x);
        for (size_t i = 0; i < in.size(); ++i) {
            const auto found = table.empty() ? table.end() : table.find(int64_t(in[i]));
            if (found != table.end())
                out[i] = found->second;
            else if (meaning.valuesOfClass.empty())
                out[i] = (in[i] != T(0)) != meaning.inverted;
        }
    });
    return classes;
}

} // namespace cristae
