// PNG: 8 and 16 bits, grey or RGB; label values as they are; classes and provenance in the text "cristae".
#include "core/export/image_files.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csetjmp>
#include <cstring>
#include <fmt/format.h>
#include <png.h>

namespace cristae {

namespace {

/// libpng's errors come back by longjmp, so nothing with a destructor lives in the jumped-over frames.
struct PngWriter {
    png_structp png = nullptr;
    png_infop info = nullptr;
    std::FILE* file = nullptr;
    int failure = 0;

    PngWriter(const std::filesystem::path& path, const std::filesystem::path& target) {
        file = std::fopen(path.c_str(), "wbx");
        if (!file) throw outputError(target, errno);
        png = png_create_write_struct(PNG_LIBPNG_VER_STRING, this, onError,
                                      [](png_structp, png_const_charp) {});
        info = png ? png_create_info_struct(png) : nullptr;
        if (info) png_set_write_fn(png, this, onWrite, [](png_structp) {});
    }
    ~PngWriter() {
        png_destroy_write_struct(&png, &info);
        if (file) std::fclose(file);
    }
    PngWriter(const PngWriter&) = delete;
    PngWriter& operator=(const PngWriter&) = delete;

    static void onError(png_structp png, png_const_charp) { png_longjmp(png, 1); }
    static void onWrite(png_structp png, png_bytep data, size_t count) {
        auto* self = static_cast<PngWriter*>(png_get_io_ptr(png));
        if (std::fwrite(data, 1, count, self->file) == count) return;
        self->failure = errno;
        png_error(png, "short write");
    }
    bool close() {
        const bool flushed = std::fflush(file) == 0;
        if (!flushed) failure = errno;
        if (std::fclose(std::exchange(file, nullptr)) != 0 && flushed) failure = errno;
        return failure == 0;
    }
};

bool encode(PngWriter& writer, const std::vector<png_bytep>& rows, uint32_t width, int depth, int colour,
            uint32_t xPerMetre, uint32_t yPerMetre, const std::string& metadata) {
    if (!writer.info || setjmp(png_jmpbuf(writer.png))) return false;
    png_set_user_limits(writer.png, 0x7fffffff, 0x7fffffff);
    png_set_IHDR(writer.png, writer.info, width, uint32_t(rows.size()), depth, colour, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (xPerMetre && yPerMetre)
        png_set_pHYs(writer.png, writer.info, xPerMetre, yPerMetre, PNG_RESOLUTION_METER);
    png_text text{};
    text.compression = PNG_TEXT_COMPRESSION_NONE;
    text.key = const_cast<png_charp>("cristae");
    text.text = const_cast<png_charp>(metadata.c_str());
    text.text_length = metadata.size();
    if (metadata != "{}") png_set_text(writer.png, writer.info, &text, 1);
    png_write_info(writer.png, writer.info);
    if (depth == 16) png_set_swap(writer.png);
    for (const png_bytep row : rows) png_write_row(writer.png, row);
    png_write_end(writer.png, nullptr);
    return true;
}

/// Pixels per metre; 0 if unknown or beyond what PNG can say.
uint32_t perMetre(std::optional<double> nm) {
    const double value = nm && *nm > 0 ? std::round(1e9 / *nm) : 0;
    return value >= 1 && value < 4294967295.0 ? uint32_t(value) : 0;
}

void writePng(const std::filesystem::path& path, const std::filesystem::path& target, const Pixels& slice,
              const std::string& metadata, const VoxelSize& voxelSize) {
    const auto width = size_t(slice.extent().x), height = size_t(slice.extent().y),
               channels = size_t(slice.channels());
    const size_t size = byteSize(slice.type()), rowBytes = width * channels * size;
    std::vector<png_byte> image(rowBytes * height);
    std::vector<png_bytep> rows(height);
    for (size_t y = 0; y < height; ++y) {
        rows[y] = image.data() + y * rowBytes;
        for (size_t c = 0; c < channels; ++c)
            for (size_t x = 0; x < width; ++x)
                std::memcpy(rows[y] + (x * channels + c) * size,
                            slice.data() + ((c * height + y) * width + x) * size, size);
    }
    PngWriter writer(path, target);
    const bool encoded = encode(writer, rows, uint32_t(width), int(8 * size),
                                channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY,
                                perMetre(voxelSize.xNm), perMetre(voxelSize.yNm), metadata);
    if (!encoded || !writer.close()) throw outputError(target, writer.failure);
}

/// Probabilities become 0 … 255.
Pixels scaledProbabilities(const Pixels& slice) {
    Pixels out(PixelType::u8, slice.channels(), slice.extent());
    const auto in = slice.values<float>();
    const auto values = out.values<uint8_t>();
    for (size_t i = 0; i < in.size(); ++i)
        values[i] = uint8_t(std::lround(std::clamp(std::isnan(in[i]) ? 0.0f : in[i], 0.0f, 1.0f) * 255.0f));
    return out;
}

class PngExporter : public Exporter {
public:
    std::string name() const override { return "PNG"; }
    std::string key() const override { return "png"; }
    std::vector<std::string> extensions() const override { return {"png"}; }
    bool lossless() const override { return true; }
    std::string complaint(const ExportDescription& description) const override {
        const ImageInfo& info = description.info;
        if (description.probabilities)
            return info.channels == 1 && info.type == PixelType::f32
                       ? ""
                       : "A PNG holds the probabilities of one class; choose one class, or export as TIFF or "
                         "HDF5.";
        if (info.channels != 1 && info.channels != 3)
            return fmt::format("A PNG holds one channel or RGB, not {} channels; export as TIFF or HDF5.",
                               info.channels);
        if (info.type != PixelType::u8 && info.type != PixelType::u16)
            return fmt::format(
                "A PNG holds whole numbers up to 65535, but the values are {}; export as TIFF or HDF5.",
                cristae::name(info.type));
        return {};
    }
    std::filesystem::path placeOf(const std::filesystem::path& target,
                                  const ExportDescription& description) const override {
        return placeOfImageFiles(target, description);
    }
    std::unique_ptr<SliceSink> create(const Destination& target,
                                      const ExportDescription& description) const override {
        return std::make_unique<ImageFilesSink>(
            target, description, "png", true,
            description.probabilities ? scaledProbabilities : SliceConverter{}, writePng);
    }
};

} // namespace

std::unique_ptr<Exporter> makePngExporter() {
    return std::make_unique<PngExporter>();
}

} // namespace cristae
