// Pixel size, axes and slice order of a TIFF from ImageJ and OME descriptions, microscope tags and resolution
// tags.
#include "core/io/pixel_size.h"
#include "core/io/tiff_pages.h"

#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <numeric>

namespace cristae {

namespace {

constexpr uint32_t gatanUnitTag = 65003, gatanScaleTag = 65009; // of x; y, z follow
constexpr uint32_t zeissTag = 34118, feiSfegTag = 34680, feiHeliosTag = 34682, feiTitanTag = 34683;

/// A text tag that libtiff does not know; empty if absent.
std::string privateText(TIFF* tiff, uint32_t tag) {
    const TIFFField* field = TIFFFindField(tiff, tag, TIFF_ANY);
    if (!field || !TIFFFieldPassCount(field)) return {};
    const TIFFDataType type = TIFFFieldDataType(field);
    if (type != TIFF_ASCII && type != TIFF_BYTE && type != TIFF_UNDEFINED) return {};
    const void* data = nullptr;
    if (TIFFFieldReadCount(field) == TIFF_VARIABLE2) {
        uint32_t count = 0;
        if (!TIFFGetField(tiff, tag, &count, &data) || !data) return {};
        return {static_cast<const char*>(data), count};
    }
    uint16_t count = 0;
    if (!TIFFGetField(tiff, tag, &count, &data) || !data) return {};
    return {static_cast<const char*>(data), count};
}

/// A single floating-point number in a tag that libtiff does not know.
std::optional<double> privateNumber(TIFF* tiff, uint32_t tag) {
    const TIFFField* field = TIFFFindField(tiff, tag, TIFF_ANY);
    if (!field || !TIFFFieldPassCount(field)) return std::nullopt;
    const void* data = nullptr;
    uint32_t count = 0;
    uint16_t few = 0;
    const bool wide = TIFFFieldReadCount(field) == TIFF_VARIABLE2;
    if (!(wide ? TIFFGetField(tiff, tag, &count, &data) : TIFFGetField(tiff, tag, &few, &data)) || !data ||
        (wide ? count : few) != 1)
        return std::nullopt;
    if (TIFFFieldDataType(field) == TIFF_DOUBLE) {
        double value = 0;
        std::memcpy(&value, data, sizeof value);
        return value;
    }
    if (TIFFFieldDataType(field) == TIFF_FLOAT) {
        float value = 0;
        std::memcpy(&value, data, sizeof value);
        return value;
    }
    return std::nullopt;
}

std::vector<std::string_view> linesOf(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        while (!line.empty() && (line.back() == '\r' || line.back() == '\0')) line.remove_suffix(1);
        lines.push_back(line);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

/// The text after "key=" in a block of lines, or nothing. With `section`, only below the line "[section]".
std::optional<std::string_view> valueOf(std::string_view text, std::string_view key,
                                        std::string_view section = {}) {
    bool inside = section.empty();
    for (const std::string_view line : linesOf(text)) {
        if (!section.empty() && line.starts_with('[')) inside = line.substr(1, line.find(']') - 1) == section;
        if (inside && line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=')
            return line.substr(key.size() + 1);
    }
    return std::nullopt;
}

int64_t countOf(std::string_view text, std::string_view key) {
    const auto value = valueOf(text, key);
    const auto number = value ? numberIn(*value) : std::nullopt;
    return number && *number >= 1 && *number < 1e9 ? int64_t(*number) : 1;
}

/// Where the page of channel c, slice z, time t lies: the first letter of `order` runs fastest, "CZT".
struct Layout {
    int64_t c = 1, z = 1, t = 1;
    std::string order = "CZT";
    size_t page(int64_t channel, int64_t slice, int64_t time) const {
        int64_t index = 0, stride = 1;
        for (const char axis : order) {
            index += stride * (axis == 'C' ? channel : axis == 'Z' ? slice : time);
            stride *= axis == 'C' ? c : axis == 'Z' ? z : t;
        }
        return size_t(index);
    }
};

void applyLayout(TiffTable& table, Layout layout) {
    ImageInfo& info = table.info;
    const auto pages = int64_t(table.pages.size());
    int64_t expected = 0;
    if (__builtin_mul_overflow(layout.c, layout.z, &expected) ||
        __builtin_mul_overflow(expected, layout.t, &expected) || expected != pages) {
        if (layout.c * layout.z * layout.t != 1)
            info.remarks.push_back(fmt::format(
                "The description speaks of {} channels, {} slices and {} times, but the file has {} pages; "
                "they are shown as slices.",
                layout.c, layout.z, layout.t, pages));
        layout = {.z = pages};
    }
    const bool timeAsSlices = layout.z == 1 && layout.t > 1;
    if (timeAsSlices)
        info.remarks.push_back(fmt::format("The {} time points are shown as slices.", layout.t));
    else if (layout.t > 1)
        info.remarks.push_back(fmt::format("Only the first of {} time points is shown.", layout.t));
    table.slices = timeAsSlices ? layout.t : layout.z;
    table.channelPages = layout.c;
    for (int64_t slice = 0; slice < table.slices; ++slice)
        for (int64_t c = 0; c < layout.c; ++c)
            table.pageOf.push_back(timeAsSlices ? layout.page(c, 0, slice) : layout.page(c, slice, 0));
    const TiffPage& first = table.pages.front();
    info.levels = {{table.slices, first.height, first.width}};
    info.channels = first.channels * layout.c;
    info.type = first.type;
    info.axes = std::string(layout.t > 1 && !timeAsSlices ? "t" : "") + (timeAsSlices ? "t" : "z") +
                (info.channels > 1 ? "c" : "") + "yx";
}

/// ImageJ stores stacks above 4 GB as one directory with the planes after each other.
void unfoldImageJ(const InputFile& file, TiffTable& table, int64_t images) {
    const TiffPage first = table.pages.front();
    if (images <= 1 || table.pages.size() != 1 || !first.plain || first.tiled || first.planar ||
        first.offsets.empty())
        return;
    const int64_t plane = first.width * first.height * first.samples * (first.bits / 8);
    const auto held = int64_t((file.size() - first.offsets[0]) / uint64_t(plane));
    if (held < images)
        throw inputError(file.path(), fmt::format("its description speaks of {} slices, but only {} are "
                                                  "there. It was cut off; copy or download it again.",
                                                  images, held));
    checkSlices(file.path(), images);
    table.pages.clear();
    for (int64_t i = 0; i < images; ++i) {
        TiffPage page = first;
        page.unitHeight = page.height;
        page.offsets = {first.offsets[0] + uint64_t(i * plane)};
        table.pages.push_back(std::move(page));
    }
}

Layout readImageJ(TIFF* tiff, const InputFile& file, std::string_view text, TiffTable& table) {
    unfoldImageJ(file, table, countOf(text, "images"));
    const auto unit = valueOf(text, "unit");
    const auto nm = unit ? nanometresIn(*unit) : std::nullopt;
    float x = 0, y = 0;
    if (nm) {
        VoxelSize& size = table.info.voxelSize;
        const bool hasX = TIFFGetField(tiff, TIFFTAG_XRESOLUTION, &x) && x > 0 && std::isfinite(x);
        const bool hasY = TIFFGetField(tiff, TIFFTAG_YRESOLUTION, &y) && y > 0 && std::isfinite(y);
        // Rationals keep six digits; the float that libtiff hands out is rounded back to them.
        const auto sizeOf = [&](float perUnit) { return rounded(*nm / double(perUnit)); };
        if (hasX) size.xNm = sizeOf(x);
        if (hasY) size.yNm = sizeOf(y);
        const auto spacing = valueOf(text, "spacing");
        const auto zUnit = valueOf(text, "zunit");
        const auto z = spacing ? numberIn(*spacing) : std::nullopt;
        if (z && *z != 0) size.zNm = std::abs(*z) * (zUnit ? nanometresIn(*zUnit).value_or(*nm) : *nm);
        if (size.xNm || size.yNm || size.zNm) size.source = "ImageJ description";
    }
    return {.c = countOf(text, "channels"),
            .z = std::max(countOf(text, "slices"),
                          countOf(text, "images") / (countOf(text, "channels") * countOf(text, "frames"))),
            .t = countOf(text, "frames")};
}

std::string attributeOf(std::string_view element, const std::string& name) {
    const size_t start = element.find(" " + name + "=\"");
    if (start == std::string_view::npos) return {};
    const size_t from = start + name.size() + 3;
    std::string value(element.substr(from, element.find('"', from) - from));
    for (const char* entity : {"&#181;", "&#xB5;", "&#xb5;", "&#956;"})
        if (const size_t at = value.find(entity); at != std::string::npos)
            value.replace(at, std::string_view(entity).size(), "µ");
    return value;
}

Layout readOme(std::string_view text, TiffTable& table) {
    const size_t start = text.find("Pixels ");
    const std::string_view element = text.substr(start, text.find('>', start) - start);
    const auto count = [&](const char* name) {
        const auto number = numberIn(attributeOf(element, name));
        return number && *number >= 1 && *number < 1e9 ? int64_t(*number) : int64_t(1);
    };
    const auto length = [&](const std::string& axis) -> std::optional<double> {
        const auto number = numberIn(attributeOf(element, "PhysicalSize" + axis));
        const std::string unit = attributeOf(element, "PhysicalSize" + axis + "Unit");
        const auto nm = unit.empty() ? std::optional(1000.0) : nanometresIn(unit);
        if (!number || *number <= 0 || !nm) return std::nullopt;
        return rounded(*number * *nm);
    };
    VoxelSize& size = table.info.voxelSize;
    size = {.zNm = length("Z"), .yNm = length("Y"), .xNm = length("X"), .source = ""};
    if (size.zNm || size.yNm || size.xNm) size.source = "OME description";
    if (text.find("Pixels ", start + 7) != std::string_view::npos &&
        text.find("<Image", text.find("<Image") + 6) != std::string_view::npos)
        table.info.remarks.push_back("The file holds several images; the first is shown.");
    Layout layout{.c = count("SizeC"), .z = count("SizeZ"), .t = count("SizeT")};
    const int64_t samples = table.pages.front().channels;
    layout.c = layout.c % samples == 0 ? layout.c / samples : layout.c; // samples of a pixel are channels too
    const std::string order = attributeOf(element, "DimensionOrder");
    if (order.size() == 5 && order.starts_with("XY")) layout.order = order.substr(2);
    return layout;
}

void readFei(std::string_view text, TiffTable& table) {
    const TiffPage& page = table.pages.front();
    const auto number = [&](const char* section, const char* key) {
        const auto value = valueOf(text, key, section);
        return value ? numberIn(*value) : std::nullopt;
    };
    VoxelSize& size = table.info.voxelSize;
    auto x = number("Scan", "PixelWidth"), y = number("Scan", "PixelHeight");
    if (!x || *x <= 0) {
        const auto width = number("IRBeam", "HFW"), pixels = number("Image", "ResolutionX");
        if (width && pixels && *width > 0 && *pixels > 0) x = y = *width / *pixels;
    }
    if (x && *x > 0)
        size = {
            .zNm = {}, .yNm = (y && *y > 0 ? *y : *x) * 1e9, .xNm = *x * 1e9, .source = "FEI/Thermo tags"};
    const auto rows = number("Image", "ResolutionY");
    if (rows && *rows > 0 && *rows < double(page.height))
        table.info.remarks.push_back(
            fmt::format("The lowest {} rows are a data bar, not image; leave them out of training.",
                        page.height - int64_t(*rows)));
}

void readZeiss(std::string_view text, TiffTable& table) {
    const auto lines = linesOf(text);
    // The fourth of the unnamed numbers at the start is the pixel size in metres of an image 1024 pixels
    // wide.
    std::optional<double> computed, stated;
    if (lines.size() > 3)
        if (const auto metres = numberIn(lines[3]); metres && *metres > 0)
            computed = rounded(*metres * 1e9 * 1024.0 / double(table.pages.front().width));
    for (size_t i = 0; i + 1 < lines.size(); ++i) {
        if (lines[i] != "AP_IMAGE_PIXEL_SIZE" && lines[i] != "AP_PIXEL_SIZE") continue;
        const size_t equals = lines[i + 1].find('=');
        if (equals == std::string_view::npos) continue;
        const std::string_view value = lines[i + 1].substr(equals + 1);
        const auto number = numberIn(value);
        const size_t unitStart = value.find_last_of(' ');
        const auto nm =
            unitStart == std::string_view::npos ? std::nullopt : nanometresIn(value.substr(unitStart));
        if (number && nm && *number > 0 && !stated) stated = *number * *nm;
    }
    const auto size = computed ? computed : stated;
    if (!size) return;
    if (computed && stated && std::abs(*computed - *stated) > 0.01 * *stated)
        table.info.remarks.push_back(
            fmt::format("The Zeiss tags state two pixel sizes, {:.4g} nm (used) and {:.4g} nm; check it.",
                        *computed, *stated));
    table.info.voxelSize = {.zNm = {}, .yNm = *size, .xNm = *size, .source = "Zeiss tags"};
}

/// DigitalMicrograph's scale and unit of each axis; an unequal pair is not used, programs differ on which is
/// x.
void readGatan(TIFF* tiff, TiffTable& table) {
    std::optional<double> nm[2];
    for (uint32_t axis = 0; axis < 2; ++axis) {
        const auto scale = privateNumber(tiff, gatanScaleTag + axis);
        const auto unit = nanometresIn(privateText(tiff, gatanUnitTag + axis));
        if (!scale || !unit || !std::isfinite(*scale) || *scale <= 0) return;
        nm[axis] = rounded(*scale * *unit);
    }
    if (nm[0] == nm[1])
        table.info.voxelSize = {.zNm = {}, .yNm = nm[0], .xNm = nm[0], .source = "Gatan tags"};
    else
        table.info.remarks.push_back(
            fmt::format("The Gatan tags state pixels of {:.4g} × {:.4g} nm; which side "
                        "is which is not sure, so the size is left unknown.",
                        *nm[0], *nm[1]));
}

void readResolution(TIFF* tiff, TiffTable& table) {
    float x = 0, y = 0;
    uint16_t unit = RESUNIT_INCH;
    if (!TIFFGetField(tiff, TIFFTAG_XRESOLUTION, &x) || !TIFFGetField(tiff, TIFFTAG_YRESOLUTION, &y)) return;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_RESOLUTIONUNIT, &unit);
    if (unit == RESUNIT_INCH)
        usePrintableResolution(table.info, double(x), double(y), 2.54e7, "TIFF resolution tags");
    if (unit == RESUNIT_CENTIMETER)
        usePrintableResolution(table.info, double(x), double(y), 1e7, "TIFF resolution tags");
}

} // namespace

void readTiffMetadata(TiffFile& handle, const InputFile& file, TiffTable& table) {
    TIFF* tiff = handle.get();
    if (!TIFFSetSubDirectory(tiff, table.pages.front().directory))
        throw inputError(file.path(),
                         fmt::format("its first page is damaged ({}). Copy or download it again.",
                                     handle.takeComplaints()));
    const char* description = nullptr;
    const std::string text =
        TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &description) && description ? description : "";
    Layout layout{.z = int64_t(table.pages.size())};
    const bool imageJ = text.starts_with("ImageJ=");
    const bool ome = text.find("<OME") != std::string::npos && text.find("Pixels ") != std::string::npos;
    if (imageJ) {
        layout = readImageJ(tiff, file, text, table);
        table.info.cristaeMetadata = valueOf(text, "cristae").value_or("");
    }
    if (ome) layout = readOme(text, table);
    applyLayout(table, layout);
    if (table.info.voxelSize.knownInPlane()) return;
    for (const uint32_t tag : {feiHeliosTag, feiSfegTag, feiTitanTag})
        if (const std::string fei = privateText(tiff, tag); !fei.empty()) readFei(fei, table);
    if (table.info.voxelSize.knownInPlane()) return;
    if (const std::string zeiss = privateText(tiff, zeissTag); !zeiss.empty()) readZeiss(zeiss, table);
    if (table.info.voxelSize.knownInPlane()) return;
    readGatan(tiff, table);
    if (table.info.voxelSize.knownInPlane()) return;
    readResolution(tiff, table);
}

} // namespace cristae
