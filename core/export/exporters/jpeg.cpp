// JPEG, for looking at: masks as black and white, classes in their colours, images as they are; quality 95.
#include "core/export/image_files.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <map>

// libjpeg's header wants <cstdio> before it.
#include <jpeglib.h>

namespace cristae {

namespace {

constexpr int quality = 95;
constexpr int64_t largestSide = 65500;

/// libjpeg's errors come back by longjmp, so nothing with a destructor lives in the jumped-over frames.
struct JpegWriter {
    jpeg_compress_struct jpeg{};
    jpeg_error_mgr errors{};
    std::jmp_buf jump{};
    std::FILE* file = nullptr;
    int failure = 0;

    JpegWriter(const std::filesystem::path& path, const std::filesystem::path& target) {
        file = std::fopen(path.c_str(), "wbx");
        if (!file) throw outputError(target, errno);
        jpeg.err = jpeg_std_error(&errors);
        jpeg.client_data = this;
        errors.output_message = [](j_common_ptr) {};
        errors.error_exit = [](j_common_ptr info) {
            auto* self = static_cast<JpegWriter*>(info->client_data);
            self->failure = errno;
            std::longjmp(self->jump, 1);
        };
    }
    ~JpegWriter() {
        jpeg_destroy_compress(&jpeg);
        if (file) std::fclose(file);
    }
    JpegWriter(const JpegWriter&) = delete;
    JpegWriter& operator=(const JpegWriter&) = delete;
    bool close() {
        const bool flushed = std::fflush(file) == 0;
        if (!flushed) failure = errno;
        if (std::fclose(std::exchange(file, nullptr)) != 0 && flushed) failure = errno;
        return failure == 0;
    }
};

bool encode(JpegWriter& writer, std::vector<JSAMPLE>& image, int64_t width, int64_t height, int channels,
            const std::string& comment) {
    if (setjmp(writer.jump)) return false;
    errno = 0;
    jpeg_compress_struct& jpeg = writer.jpeg;
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, writer.file);
    jpeg.image_width = JDIMENSION(width);
    jpeg.image_height = JDIMENSION(height);
    jpeg.input_components = channels;
    jpeg.in_color_space = channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, quality, TRUE);
    for (int c = 0; c < jpeg.num_components; ++c)
        jpeg.comp_info[c].h_samp_factor = jpeg.comp_info[c].v_samp_factor = 1; // sharp class borders
    jpeg_start_compress(&jpeg, TRUE);
    if (comment.size() < 65000 && comment != "{}")
        jpeg_write_marker(&jpeg, JPEG_COM, reinterpret_cast<const JOCTET*>(comment.data()),
                          unsigned(comment.size()));
    while (jpeg.next_scanline < jpeg.image_height) {
        JSAMPROW row = image.data() + size_t(jpeg.next_scanline) * size_t(width) * size_t(channels);
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    return true;
}

void writeJpeg(const std::filesystem::path& path, const std::filesystem::path& target, const Pixels& slice,
               const std::string& metadata, const VoxelSize&) {
    const auto channels = size_t(slice.channels()), count = size_t(slice.extent().count());
    std::vector<JSAMPLE> image(channels * count);
    const auto values = slice.values<uint8_t>();
    for (size_t c = 0; c < channels; ++c)
        for (size_t i = 0; i < count; ++i) image[i * channels + c] = values[c * count + i];
    JpegWriter writer(path, target);
    const bool encoded = encode(writer, image, slice.extent().x, slice.extent().y, int(channels), metadata);
    if (!encoded || !writer.close()) throw outputError(target, writer.failure);
}

Pixels scaledProbabilities(const Pixels& slice) {
    Pixels out(PixelType::u8, 1, slice.extent());
    const auto in = slice.values<float>();
    const auto values = out.values<uint8_t>();
    for (size_t i = 0; i < in.size(); ++i)
        values[i] = uint8_t(std::lround(std::clamp(std::isnan(in[i]) ? 0.0f : in[i], 0.0f, 1.0f) * 255.0f));
    return out;
}

/// One class as black and white.
Pixels blackAndWhite(const Pixels& slice) {
    Pixels out(PixelType::u8, 1, slice.extent());
    const auto values = out.values<uint8_t>();
    withPixelType(slice.type(), [&](auto t) {
        const auto in = slice.values<decltype(t)>();
        for (size_t i = 0; i < in.size(); ++i) values[i] = in[i] != 0 ? 255 : 0;
    });
    return out;
}

/// Classes in their colours, objects without a class in a colour of their own, background black.
Pixels coloured(const Pixels& slice, const std::vector<LabelClass>& classes) {
    std::map<uint32_t, Colour> colours{{0, Colour{}}};
    for (const LabelClass& each : classes) colours[each.value] = each.colour;
    Pixels out(PixelType::u8, 3, slice.extent());
    const auto values = out.values<uint8_t>();
    const auto labels = slice.converted(PixelType::u32);
    const auto in = labels.values<uint32_t>();
    for (size_t i = 0; i < in.size(); ++i) {
        const auto found = colours.try_emplace(in[i], instanceColour(in[i])).first->second;
        values[i] = found.r;
        values[in.size() + i] = found.g;
        values[2 * in.size() + i] = found.b;
    }
    return out;
}

class JpegExporter : public Exporter {
public:
    std::string name() const override { return "JPEG"; }
    std::string key() const override { return "jpeg"; }
    std::vector<std::string> extensions() const override { return {"jpg", "jpeg"}; }
    bool lossless() const override { return false; }
    std::string complaint(const ExportDescription& description) const override {
        const ImageInfo& info = description.info;
        if (std::max(info.extent().x, info.extent().y) > largestSide)
            return fmt::format("A JPEG has at most {} pixels a side; export as TIFF or PNG.", largestSide);
        if (description.objects)
            return "A JPEG cannot keep the numbers of objects; export as TIFF, PNG or HDF5.";
        if (description.probabilities)
            return info.channels == 1 && info.type == PixelType::f32
                       ? ""
                       : "A JPEG holds the probabilities of one class; choose one class, or export as TIFF "
                         "or HDF5.";
        if (!description.classes.empty())
            return info.channels == 1 && isInteger(info.type)
                       ? ""
                       : "A JPEG cannot show labels of this kind; export as TIFF or HDF5.";
        if (info.type != PixelType::u8 || (info.channels != 1 && info.channels != 3))
            return fmt::format("A JPEG holds 8-bit grey or RGB, but the image has {} channels of {}; export "
                               "as TIFF, or as PNG for 16 bits.",
                               info.channels, cristae::name(info.type));
        return {};
    }
    std::filesystem::path placeOf(const std::filesystem::path& target,
                                  const ExportDescription& description) const override {
        return placeOfImageFiles(target, description);
    }
    std::unique_ptr<SliceSink> create(const Destination& target,
                                      const ExportDescription& description) const override {
        SliceConverter convert;
        if (description.probabilities)
            convert = scaledProbabilities;
        else if (description.classes.size() == 1)
            convert = blackAndWhite;
        else if (!description.classes.empty())
            convert = [classes = description.classes](const Pixels& slice) {
                return coloured(slice, classes);
            };
        return std::make_unique<ImageFilesSink>(target, description, "jpg", false, convert, writeJpeg);
    }
};

} // namespace

std::unique_ptr<Exporter> makeJpegExporter() {
    return std::make_unique<JpegExporter>();
}

} // namespace cristae
