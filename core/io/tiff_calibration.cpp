// The lengths that a TIFF states: ImageJ, OME, the tags of microscopes, resolution tags.
#include "core/base/number.h"
#include "core/io/calibration.h"
#include "core/io/description_lines.h"
#include "core/io/tiff_pages.h"
#include "core/io/xml_tags.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <fmt/format.h>

namespace cristae {

namespace {

constexpr uint32_t gatanUnitTag = 65003, gatanScaleTag = 65009; // of x; y, z follow
constexpr uint32_t zeissTag = 34118, sisTag = 33560, tvipsTag = 37706;
constexpr std::array<uint32_t, 3> feiTags{34682, 34680, 34683}; // Helios, SFEG, Titan

/// The value of a tag that libtiff does not know.
struct PrivateTag {
    TIFFDataType type = TIFF_NOTYPE;
    uint32_t count = 0;
    const void* data = nullptr;
};

PrivateTag privateTag(TIFF* tiff, uint32_t tag) {
    const TIFFField* field = TIFFFindField(tiff, tag, TIFF_ANY);
    if (!field || !TIFFFieldPassCount(field)) return {};
    PrivateTag found{TIFFFieldDataType(field)};
    uint16_t few = 0;
    const bool wide = TIFFFieldReadCount(field) == TIFF_VARIABLE2;
    if (!(wide ? TIFFGetField(tiff, tag, &found.count, &found.data)
               : TIFFGetField(tiff, tag, &few, &found.data)) ||
        !found.data)
        return {};
    if (!wide) found.count = few;
    return found;
}

/// Empty if absent.
std::string privateText(TIFF* tiff, uint32_t tag) {
    const PrivateTag found = privateTag(tiff, tag);
    if (!found.data || (found.type != TIFF_ASCII && found.type != TIFF_BYTE && found.type != TIFF_UNDEFINED))
        return {};
    return {static_cast<const char*>(found.data), found.count};
}

template <class T> std::optional<T> copyOf(const PrivateTag& tag) {
    if (!tag.data || tag.count != 1) return std::nullopt;
    T value{};
    std::memcpy(&value, tag.data, sizeof value);
    return value;
}

/// A single floating-point number.
std::optional<double> privateNumber(TIFF* tiff, uint32_t tag) {
    const PrivateTag found = privateTag(tiff, tag);
    if (found.type == TIFF_DOUBLE) return copyOf<double>(found);
    if (found.type == TIFF_FLOAT)
        if (const auto value = copyOf<float>(found)) return double(*value);
    return std::nullopt;
}

std::optional<double> resolutionOf(TIFF* tiff, uint32_t tag) {
    float perUnit = 0;
    if (!TIFFGetField(tiff, tag, &perUnit)) return std::nullopt;
    return double(perUnit);
}

/// ImageJ keeps pixels per unit in the resolution tags and the units in its description; "yunit" and "zunit"
/// stand there only where they differ from "unit".
void stateImageJ(TIFF* tiff, std::string_view text, ImageInfo& info) {
    const std::string_view unit = valueOf(text, "unit").value_or("");
    const auto x = resolutionOf(tiff, TIFFTAG_XRESOLUTION), y = resolutionOf(tiff, TIFFTAG_YRESOLUTION);
    const std::string_view yUnit = valueOf(text, "yunit").value_or(unit),
                           zUnit = valueOf(text, "zunit").value_or(unit);
    if (x) stateResolution(info, 'x', *x, unit, stated::imageJDescription);
    if (y) stateResolution(info, 'y', *y, yUnit, stated::imageJDescription);
    const auto spacing = valueOf(text, "spacing");
    if (!spacing) return;
    const auto z = decimalNumber(*spacing);
    if (z && *z < 0)
        stateLength(info, 'z', -*z, zUnit, stated::imageJDescription,
                    fmt::format("it is stated with a minus, as {}", *spacing));
    else
        stateLength(info, 'z', *spacing, zUnit, stated::imageJDescription);
}

void stateOme(const OmeImage& image, const TiffPage& page, ImageInfo& info) {
    std::string doubt;
    if (image.x > 0 && image.y > 0 && (image.x != page.width || image.y != page.height))
        doubt =
            fmt::format("it is of an image of {} × {} px, this one has {} × {}; it holds if the image was "
                        "cropped, not if it was scaled",
                        image.x, image.y, page.width, page.height);
    for (const auto& [axis, length] :
         {std::pair{'x', &image.sizeX}, {'y', &image.sizeY}, {'z', &image.sizeZ}})
        if (!length->number.empty())
            stateLength(info, axis, length->number, length->unit, stated::omeDescription,
                        axis == 'z' ? "" : doubt);
}

/// XML of newer microscopes: X and Y, in metres, inside <PixelSize> (SEM) or <PixelsSize> (Titan).
void stateFeiXml(std::string_view text, ImageInfo& info) {
    XmlTags tags(text);
    bool inside = false;
    std::string unit;
    while (const auto tag = tags.next()) {
        if (tag->name == "PixelSize" || tag->name == "PixelsSize") inside = tag->begins && !tag->ends;
        if (!inside || (tag->name != "X" && tag->name != "Y")) continue;
        if (tag->begins) unit = tag->attribute("unit");
        if (!tag->ends || tag->text.empty()) continue;
        stateLength(info, tag->name == "X" ? 'x' : 'y', tag->text, unit.empty() ? "m" : unit,
                    stated::feiTags);
    }
}

/// INI text in metres: https://github.com/hyperspy/rosettasciio (tiff).
void stateFei(std::string_view text, const TiffPage& page, ImageInfo& info) {
    const auto number = [&](std::string_view section, std::string_view key) {
        return valueOf(text, key, section).value_or("");
    };
    const std::string_view width = number("Scan", "PixelWidth"), height = number("Scan", "PixelHeight");
    if (!width.empty()) stateLength(info, 'x', width, "m", stated::feiTags);
    if (!width.empty()) stateLength(info, 'y', height.empty() ? width : height, "m", stated::feiTags);
    if (width.empty())
        for (const char* beam : {"EBeam", "IBeam", "IRBeam"}) { // horizontal field width
            const auto field = decimalNumber(number(beam, "HFW")),
                       pixels = decimalNumber(number("Image", "ResolutionX"));
            if (!field || !pixels || !(*field > 0) || !(*pixels > 0)) continue;
            for (const char axis : {'x', 'y'})
                stateLength(info, axis, *field / *pixels, "m", stated::feiTags);
            break;
        }
    const auto rows = decimalNumber(number("Image", "ResolutionY")),
               columns = decimalNumber(number("Image", "ResolutionX"));
    if (rows && *rows > 0 && *rows < double(page.height))
        info.remarks.push_back(
            fmt::format("The lowest {} rows are a data bar, not image; leave them out of training.",
                        page.height - int64_t(*rows)));
    if (columns && *columns > 0 && *columns != double(page.width))
        info.remarks.push_back(fmt::format(
            "The microscope stored {:g} columns, this file has {}: its pixel size holds if the image "
            "was cropped, not if it was scaled. Check it.",
            *columns, page.width));
}

/// What the tags of a Zeiss SEM say of an image.
struct ZeissSizes {
    std::optional<double> per1024;       // nm of a pixel if the image were 1024 wide: an unnamed number
    std::string_view image, display;     // "Image Pixel Size = 10 nm": behind the "="
    std::optional<double> storedColumns; // "Store resolution = 1024 * 768"
};

ZeissSizes readZeiss(std::string_view text) {
    const auto lines = linesOf(text);
    ZeissSizes sizes;
    if (lines.size() > 3) // the fourth of the unnamed numbers at the start
        if (const auto metres = decimalNumber(lines[3]); metres && *metres > 0) sizes.per1024 = *metres * 1e9;
    for (size_t i = 0; i + 1 < lines.size(); ++i) {
        const size_t equals = lines[i + 1].find('=');
        if (equals == std::string_view::npos) continue;
        const std::string_view value = lines[i + 1].substr(equals + 1);
        if (lines[i] == "AP_IMAGE_PIXEL_SIZE") sizes.image = value;
        if (lines[i] == "AP_PIXEL_SIZE") sizes.display = value;
        if (lines[i] == "DP_IMAGE_STORE") sizes.storedColumns = decimalNumber(splitLength(value).number);
    }
    return sizes;
}

/// AP_IMAGE_PIXEL_SIZE holds for the image as it was stored, cropped or not, with few digits. The unnamed
/// number has more, but what follows from it holds only for an image of all columns; so it comes first where
/// both agree.
void stateZeiss(std::string_view text, const TiffPage& page, ImageInfo& info) {
    const ZeissSizes sizes = readZeiss(text);
    const bool resized =
        sizes.storedColumns && *sizes.storedColumns > 0 && *sizes.storedColumns != double(page.width);
    std::string doubt;
    if (resized)
        doubt = fmt::format("the microscope stored {:g} columns, this file has {}; it holds if the image was "
                            "cropped, not if it was scaled",
                            *sizes.storedColumns, page.width);
    const NumberAndUnit found = splitLength(sizes.image);
    const auto image = decimalNumber(found.number), nm = nanometresIn(found.unit);
    const auto stateImage = [&] {
        for (const char axis : {'x', 'y'})
            if (!found.number.empty())
                stateLength(info, axis, found.number, found.unit, stated::zeissImage, doubt);
    };
    const auto stateComputed = [&] {
        if (!sizes.per1024) return;
        const double columns = resized ? *sizes.storedColumns : double(page.width);
        std::string own = doubt;
        if (found.number.empty() && !sizes.storedColumns && page.width % 256 != 0)
            own = fmt::format(
                "no microscope stores {} columns; if the image was cropped, another size is right",
                page.width);
        for (const char axis : {'x', 'y'})
            stateLength(info, axis, rounded(*sizes.per1024 * 1024 / columns), "nm", stated::zeissTags, own);
    };
    const double columns = resized ? *sizes.storedColumns : double(page.width);
    const bool agree = sizes.per1024 && image && nm && *image > 0 &&
                       std::abs(*sizes.per1024 * 1024 / columns / (*image * *nm) - 1) <= 0.01;
    if (agree) stateComputed();
    stateImage();
    if (!agree) stateComputed();
    const auto [displayNumber, displayUnit] = splitLength(sizes.display);
    for (const char axis : {'x', 'y'})
        if (!displayNumber.empty())
            stateLength(info, axis, displayNumber, displayUnit, stated::zeissDisplay,
                        "it is the pixel size of the display at the microscope");
}

/// The value of the tag is the place of a block in the file: https://github.com/cgohlke/tifffile (read_sis).
void stateSis(TIFF* tiff, const InputFile& file, ImageInfo& info) {
    const PrivateTag tag = privateTag(tiff, sisTag);
    const auto place = tag.type == TIFF_LONG || tag.type == TIFF_IFD ? copyOf<uint32_t>(tag) : std::nullopt;
    std::array<std::byte, 60> head{};
    if (!place || file.readSome(*place, head) != head.size() || std::memcmp(head.data(), "SIS0", 4) != 0)
        return;
    const auto at = [](const auto& bytes, size_t offset, auto value) {
        std::memcpy(&value, bytes.data() + offset, sizeof value); // little-endian, as the machine is
        return value;
    };
    static_assert(std::endian::native == std::endian::little);
    const auto entries = at(head, 58, uint16_t{});
    for (uint64_t i = 0; i < std::min<uint64_t>(entries, 64); ++i) {
        std::array<std::byte, 8> entry{};
        std::array<std::byte, 36> body{};
        if (file.readSome(*place + 60 + 8 * i, entry) != entry.size()) return;
        if (at(entry, 0, int16_t{}) != 1 || file.readSome(at(entry, 4, uint32_t{}), body) != body.size())
            continue;
        const double unit = std::pow(10.0, at(body, 10, int16_t{})); // in metres
        stateLength(info, 'x', rounded(at(body, 12, double{}) * unit * 1e9), "nm", stated::sisTags);
        stateLength(info, 'y', rounded(at(body, 20, double{}) * unit * 1e9), "nm", stated::sisTags);
    }
}

/// DigitalMicrograph's scale and unit of each axis; an unequal pair is not used, programs differ on which is
/// x.
void stateGatan(TIFF* tiff, ImageInfo& info) {
    std::optional<double> scale[2];
    std::string unit[2];
    for (uint32_t axis = 0; axis < 2; ++axis) {
        scale[axis] = privateNumber(tiff, gatanScaleTag + axis);
        unit[axis] = privateText(tiff, gatanUnitTag + axis);
        if (!scale[axis] || unit[axis].empty()) return;
        if (const size_t end = unit[axis].find('\0'); end != std::string::npos) unit[axis].resize(end);
    }
    const auto x = nanometresIn(unit[0]), y = nanometresIn(unit[1]);
    const bool equal = x && y && std::abs(*scale[0] * *x - *scale[1] * *y) <= 1e-6 * std::abs(*scale[0] * *x);
    for (uint32_t axis = 0; axis < 2; ++axis) {
        stateLength(info, axis == 0 ? 'x' : 'y', *scale[axis], unit[axis], stated::gatanTags);
        if (equal || !x || !y) continue;
        info.statedLengths.back().nm.reset();
        info.statedLengths.back().doubt =
            fmt::format("they state pixels of {:.4g} × {:.4g} nm, and which side is which is not sure",
                        *scale[0] * *x, *scale[1] * *y);
    }
}

bool hasLengthOf(const ImageInfo& info, std::string_view source) {
    return std::ranges::any_of(info.statedLengths,
                               [&](const StatedLength& length) { return length.source == source; });
}

/// The first of FEI's tags that states a size.
void stateFeiTags(TIFF* tiff, const TiffPage& page, ImageInfo& info) {
    uint32_t silent = 0;
    for (const uint32_t tag : feiTags) {
        const std::string fei = privateText(tiff, tag);
        const size_t first = fei.find_first_not_of(std::string_view(" \t\r\n\0", 5));
        if (first == std::string::npos) continue;
        if (fei[first] == '<' || fei.starts_with("\xef\xbb\xbf<"))
            stateFeiXml(fei, info);
        else
            stateFei(fei, page, info);
        if (hasLengthOf(info, stated::feiTags)) return;
        silent = tag;
    }
    if (silent > 0)
        info.remarks.push_back(fmt::format(
            "The FEI/Thermo tag {} states no pixel size that is known here; check the pixel size.", silent));
}

void stateResolutionTags(TIFF* tiff, ImageInfo& info) {
    uint16_t unit = RESUNIT_INCH;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_RESOLUTIONUNIT, &unit);
    if (unit != RESUNIT_INCH && unit != RESUNIT_CENTIMETER) return;
    const char* name = unit == RESUNIT_INCH ? "inch" : "cm";
    const auto x = resolutionOf(tiff, TIFFTAG_XRESOLUTION), y = resolutionOf(tiff, TIFFTAG_YRESOLUTION);
    if (x) stateResolution(info, 'x', *x, name, stated::resolutionTags);
    if (y) stateResolution(info, 'y', *y, name, stated::resolutionTags);
}

} // namespace

void stateTiffLengths(TiffFile& handle, const InputFile& file, const std::string& description,
                      const OmeImage* ome, TiffTable& table) {
    TIFF* tiff = handle.get();
    ImageInfo& info = table.info;
    const TiffPage& page = table.pages.front();
    const bool imageJ = description.starts_with("ImageJ=");
    if (ome) stateOme(*ome, page, info);
    if (imageJ) stateImageJ(tiff, description, info);
    stateFeiTags(tiff, page, info);
    if (const std::string zeiss = privateText(tiff, zeissTag); !zeiss.empty()) stateZeiss(zeiss, page, info);
    stateSis(tiff, file, info);
    stateGatan(tiff, info);
    if (privateTag(tiff, tvipsTag).data)
        info.remarks.push_back("The TVIPS tags are not read; check the pixel size.");
    // ImageJ's resolution tags count in the unit of its description, whatever unit they name themselves.
    if (!imageJ || !valueOf(description, "unit")) stateResolutionTags(tiff, info);
}

} // namespace cristae
