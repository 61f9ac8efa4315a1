// From label values as stored to class numbers.
#include "core/learn/label_meaning.h"

#include <algorithm>
#include <map>

namespace cristae {

namespace {

/// Where ids change to a neighbour; what is unknown (255 in `out`) stays so and is no neighbour.
template <class T>
void boundaries(std::span<const T> ids, std::span<uint8_t> out, int64_t height, int64_t width) {
    const std::vector<uint8_t> known(out.begin(), out.end());
    for (int64_t y = 0; y < height; ++y)
        for (int64_t x = 0; x < width; ++x) {
            const size_t i = size_t(y * width + x);
            if (known[i] == 255) continue;
            const auto differs = [&](size_t other) { return known[other] != 255 && ids[other] != ids[i]; };
            out[i] = (x > 0 && differs(i - 1)) || (x + 1 < width && differs(i + 1)) ||
                     (y > 0 && differs(i - size_t(width))) || (y + 1 < height && differs(i + size_t(width)));
        }
}

} // namespace

Pixels classesOf(const Pixels& labels, const LabelMeaning& meaning) {
    const Extent3& e = labels.extent();
    Pixels classes(PixelType::u8, 1, {1, e.y, e.x});
    const auto out = classes.values<uint8_t>();
    std::map<int64_t, uint8_t> table;
    if (!meaning.noObject)
        for (size_t c = 0; c < meaning.valuesOfClass.size(); ++c)
            for (const int64_t value : meaning.valuesOfClass[c]) table[value] = uint8_t(c + 1);
    for (const int64_t value : meaning.backgroundValues) table[value] = 0;
    for (const int64_t value : meaning.unknownValues) table[value] = 255;
    withPixelType(labels.type(), [&](auto tag) {
        using T = decltype(tag);
        const auto in = labels.plane<T>(0, 0);
        T last{};
        uint8_t entry = 0; // of `last`
        for (size_t i = 0; i < in.size(); ++i) {
            if (i == 0 || in[i] != last) {
                last = in[i];
                const auto found = table.find(int64_t(last));
                entry = found != table.end()  ? found->second
                        : meaning.restUnknown ? 255
                        : meaning.isDefault() ? uint8_t((last != T(0)) != meaning.inverted)
                                              : 0;
            }
            out[i] = entry;
        }
        if (meaning.boundariesOfIds) boundaries<T>(in, out, e.y, e.x);
    });
    return classes;
}

} // namespace cristae
