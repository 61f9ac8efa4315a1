// Pixels: allocation, conversion, cropping.
#include "core/image/pixels.h"

#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <new>
#include <type_traits>

namespace cristae {

size_t byteSize(PixelType type) {
    return withPixelType(type, [](auto t) { return sizeof t; });
}

std::string_view name(PixelType type) {
    switch (type) {
    case PixelType::u8:
        return "uint8";
    case PixelType::i8:
        return "int8";
    case PixelType::u16:
        return "uint16";
    case PixelType::i16:
        return "int16";
    case PixelType::u32:
        return "uint32";
    case PixelType::i32:
        return "int32";
    case PixelType::f32:
        return "float32";
    case PixelType::f64:
        return "float64";
    }
    return "";
}

bool isInteger(PixelType type) {
    return type != PixelType::f32 && type != PixelType::f64;
}

Pixels::Pixels(PixelType type, int64_t channels, const Extent3& extent)
    : type_(type), channels_(channels), extent_(extent) {
    if (channels < 0 || extent.z < 0 || extent.y < 0 || extent.x < 0)
        throw Error(ErrorKind::internal, "Pixels of a negative size.");
    int64_t size = int64_t(byteSize(type));
    for (const int64_t factor : {channels, extent.z, extent.y, extent.x})
        if (__builtin_mul_overflow(size, factor, &size))
            throw Error(ErrorKind::memory,
                        "A block of pixels is larger than any memory; choose a smaller region.");
    try {
        data_ = std::make_shared<std::byte[]>(size_t(size));
    } catch (const std::bad_alloc&) {
        throw Error(ErrorKind::memory, fmt::format("{} bytes of memory for pixels could not be had; choose a "
                                                   "smaller region or close other programs.",
                                                   size));
    }
}

double Pixels::at(int64_t c, int64_t z, int64_t y, int64_t x) const {
    const int64_t index = ((c * extent_.z + z) * extent_.y + y) * extent_.x + x;
    return withPixelType(type_, [&](auto t) { return double(values<decltype(t)>()[size_t(index)]); });
}

Pixels Pixels::converted(PixelType type) const {
    Pixels result(type, channels_, extent_);
    if (type == type_) {
        std::memcpy(result.data(), data(), bytes());
        return result;
    }
    withPixelType(type_, [&](auto from) {
        withPixelType(type, [&](auto to) {
            using From = decltype(from);
            using To = decltype(to);
            const auto in = values<From>();
            const auto out = result.values<To>();
            for (size_t i = 0; i < in.size(); ++i) {
                if constexpr (std::is_floating_point_v<To>) {
                    out[i] = To(in[i]);
                } else {
                    double value = double(in[i]);
                    if constexpr (std::is_floating_point_v<From>)
                        value = std::isnan(value) ? 0.0 : std::nearbyint(value);
                    if (value < double(std::numeric_limits<To>::lowest()))
                        out[i] = std::numeric_limits<To>::lowest();
                    else if (value > double(std::numeric_limits<To>::max()))
                        out[i] = std::numeric_limits<To>::max();
                    else
                        out[i] = To(value);
                }
            }
        });
    });
    return result;
}

Pixels Pixels::cropped(const Box3& box) const {
    if (!Box3::ofExtent(extent_).contains(box))
        throw Error(ErrorKind::internal, "A crop reaches outside its pixels.");
    Pixels result(type_, channels_, box.extent());
    const size_t size = byteSize(type_), row = size_t(box.x1 - box.x0) * size;
    std::byte* out = result.data();
    for (int64_t c = 0; c < channels_; ++c)
        for (int64_t z = box.z0; z < box.z1; ++z)
            for (int64_t y = box.y0; y < box.y1; ++y, out += row)
                std::memcpy(
                    out, data() + size_t(((c * extent_.z + z) * extent_.y + y) * extent_.x + box.x0) * size,
                    row);
    return result;
}

bool Pixels::operator==(const Pixels& other) const {
    return type_ == other.type_ && channels_ == other.channels_ && extent_ == other.extent_ &&
           std::memcmp(data(), other.data(), bytes()) == 0;
}

} // namespace cristae
