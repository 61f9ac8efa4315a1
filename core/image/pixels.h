// Pixels: a block of grey values or labels in memory, [C, Z, Y, X], shared without copying.
#pragma once
#include "core/base/error.h"
#include "core/base/geometry.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace cristae {

enum class PixelType { u8, i8, u16, i16, u32, i32, f32, f64 };

size_t byteSize(PixelType type);
/// "uint8", "float32", … (NumPy's names).
std::string_view name(PixelType type);
bool isInteger(PixelType type);

template <class T> constexpr PixelType pixelTypeOf();
template <> constexpr PixelType pixelTypeOf<uint8_t>() {
    return PixelType::u8;
}
template <> constexpr PixelType pixelTypeOf<int8_t>() {
    return PixelType::i8;
}
template <> constexpr PixelType pixelTypeOf<uint16_t>() {
    return PixelType::u16;
}
template <> constexpr PixelType pixelTypeOf<int16_t>() {
    return PixelType::i16;
}
template <> constexpr PixelType pixelTypeOf<uint32_t>() {
    return PixelType::u32;
}
template <> constexpr PixelType pixelTypeOf<int32_t>() {
    return PixelType::i32;
}
template <> constexpr PixelType pixelTypeOf<float>() {
    return PixelType::f32;
}
template <> constexpr PixelType pixelTypeOf<double>() {
    return PixelType::f64;
}

/// Calls f(T{}) with the C++ type of `type`.
template <class F> decltype(auto) withPixelType(PixelType type, F&& f) {
    switch (type) {
    case PixelType::u8:
        return f(uint8_t{});
    case PixelType::i8:
        return f(int8_t{});
    case PixelType::u16:
        return f(uint16_t{});
    case PixelType::i16:
        return f(int16_t{});
    case PixelType::u32:
        return f(uint32_t{});
    case PixelType::i32:
        return f(int32_t{});
    case PixelType::f32:
        return f(float{});
    case PixelType::f64:
        return f(double{});
    }
    throw Error(ErrorKind::internal, "Unknown pixel type.");
}

/// Contiguous, x fastest, channel slowest. Copying shares the memory.
class Pixels {
public:
    Pixels() = default;
    /// Zero-filled. Throws Error{memory} if the block cannot be had.
    Pixels(PixelType type, int64_t channels, const Extent3& extent);

    bool empty() const { return !data_; }
    PixelType type() const { return type_; }
    int64_t channels() const { return channels_; }
    const Extent3& extent() const { return extent_; }
    int64_t count() const { return channels_ * extent_.count(); }
    size_t bytes() const { return size_t(count()) * byteSize(type_); }
    std::byte* data() { return data_.get(); }
    const std::byte* data() const { return data_.get(); }
    std::span<const std::byte> asBytes() const { return {data_.get(), bytes()}; }

    /// All values; throws Error{internal} if T is not the type of the block.
    template <class T> std::span<T> values() {
        requireType(pixelTypeOf<T>());
        return {reinterpret_cast<T*>(data_.get()), size_t(count())};
    }
    template <class T> std::span<const T> values() const {
        requireType(pixelTypeOf<T>());
        return {reinterpret_cast<const T*>(data_.get()), size_t(count())};
    }
    /// One plane [Y, X] of channel c and slice z.
    template <class T> std::span<T> plane(int64_t c, int64_t z) {
        const size_t size = size_t(extent_.y * extent_.x);
        return values<T>().subspan(size_t(c * extent_.z + z) * size, size);
    }
    template <class T> std::span<const T> plane(int64_t c, int64_t z) const {
        const size_t size = size_t(extent_.y * extent_.x);
        return values<T>().subspan(size_t(c * extent_.z + z) * size, size);
    }
    /// The value at [c, z, y, x] as a double, whatever the type.
    double at(int64_t c, int64_t z, int64_t y, int64_t x) const;
    /// A new block of another type; values outside the range of an integer type are clamped, fractions
    /// rounded.
    Pixels converted(PixelType type) const;
    /// A copied part; the box must lie inside.
    Pixels cropped(const Box3& box) const;
    bool operator==(const Pixels& other) const;

private:
    void requireType(PixelType type) const {
        if (type != type_)
            throw Error(ErrorKind::internal, "Pixels are read with a type that is not theirs.");
    }
    PixelType type_ = PixelType::u8;
    int64_t channels_ = 0;
    Extent3 extent_;
    std::shared_ptr<std::byte[]> data_;
};

} // namespace cristae
