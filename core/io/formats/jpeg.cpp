// JPEG through libjpeg, row by row. A cut file is an error, not a grey area.
#include "core/io/calibration.h"
#include "core/io/file_access.h"
#include "core/io/orientation.h"
#include "core/io/row_source.h"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <vector>

// libjpeg's header wants <cstdio> before it.
#include <jerror.h>
#include <jpeglib.h>

namespace cristae {

namespace {

/// A decompressor with its errors as a flag; libjpeg comes back by longjmp, so nothing with a destructor
/// lives in the jumped-over frames.
struct JpegReader {
    jpeg_decompress_struct jpeg{};
    jpeg_error_mgr errors{};
    jpeg_source_mgr source{};
    std::jmp_buf jump{};
    char message[JMSG_LENGTH_MAX] = "";
    const InputFile& file;
    uint64_t position = 0;
    std::vector<JOCTET> block;

    explicit JpegReader(const InputFile& from) : file(from), block(size_t(1) << 16) {
        jpeg.err = jpeg_std_error(&errors);
        errors.error_exit = onError;
        errors.emit_message = onMessage;
        errors.output_message = [](j_common_ptr) {};
        jpeg.client_data = this;
        if (setjmp(jump)) throw Error(ErrorKind::memory, "There is not enough memory to read a JPEG image.");
        jpeg_create_decompress(&jpeg);
        jpeg.mem->max_memory_to_use = long(256) << 20;
        source.init_source = [](j_decompress_ptr) {};
        source.fill_input_buffer = onFill;
        source.skip_input_data = onSkip;
        source.resync_to_restart = jpeg_resync_to_restart;
        source.term_source = [](j_decompress_ptr) {};
        jpeg.src = &source;
    }
    ~JpegReader() { jpeg_destroy_decompress(&jpeg); }
    JpegReader(const JpegReader&) = delete;
    JpegReader& operator=(const JpegReader&) = delete;

    [[noreturn]] void fail() const {
        throw inputError(
            file.path(),
            fmt::format("the JPEG data are damaged or cut off ({}). Copy or download it again.", message));
    }
    static JpegReader& of(j_common_ptr info) { return *static_cast<JpegReader*>(info->client_data); }
    static void onError(j_common_ptr info) {
        JpegReader& self = of(info);
        info->err->format_message(info, self.message);
        std::longjmp(self.jump, 1);
    }
    static void onMessage(j_common_ptr info, int level) {
        // Level -1 is damaged data; stray bytes between markers are harmless.
        if (level == -1 && info->err->msg_code != JWRN_EXTRANEOUS_DATA) onError(info);
    }
    static boolean onFill(j_decompress_ptr info) {
        JpegReader& self = of(reinterpret_cast<j_common_ptr>(info));
        size_t got = 0;
        try {
            got = self.file.readSome(self.position, std::as_writable_bytes(std::span(self.block)));
        } catch (...) {
            got = 0; // no exception may cross libjpeg
        }
        if (got == 0) {
            info->err->msg_code = JERR_INPUT_EOF;
            onError(reinterpret_cast<j_common_ptr>(info));
        }
        self.position += got;
        self.source.next_input_byte = self.block.data();
        self.source.bytes_in_buffer = got;
        return TRUE;
    }
    static void onSkip(j_decompress_ptr info, long count) {
        if (count <= 0) return;
        JpegReader& self = of(reinterpret_cast<j_common_ptr>(info));
        const size_t skipped = std::min(size_t(count), self.source.bytes_in_buffer);
        self.source.next_input_byte += skipped;
        self.source.bytes_in_buffer -= skipped;
        self.position += uint64_t(count) - skipped;
    }
};

constexpr int exifMarker = JPEG_APP0 + 1;

bool start(JpegReader& reader, bool decode) {
    if (setjmp(reader.jump)) return false;
    for (const int marker : {exifMarker, JPEG_COM})
        if (!decode) jpeg_save_markers(&reader.jpeg, marker, 0xffff);
    jpeg_read_header(&reader.jpeg, TRUE);
    jpeg_decompress_struct& jpeg = reader.jpeg;
    if (jpeg.num_components == 1)
        jpeg.out_color_space = JCS_GRAYSCALE;
    else
        jpeg.out_color_space = jpeg.num_components == 4 ? JCS_CMYK : JCS_RGB;
    if (decode) jpeg_start_decompress(&jpeg);
    return true;
}

bool readLine(JpegReader& reader, JSAMPROW row) {
    if (setjmp(reader.jump)) return false;
    jpeg_read_scanlines(&reader.jpeg, &row, 1);
    return true;
}

/// The last marker, so that the end of the file is looked at too.
bool finish(JpegReader& reader) {
    if (setjmp(reader.jump)) return false;
    jpeg_finish_decompress(&reader.jpeg);
    return true;
}

void decodeJpeg(const InputFile& file, const ImageInfo& info, int64_t endRow, const RowTaker& take,
                const Progress& progress) {
    JpegReader reader(file);
    if (!start(reader, true)) reader.fail();
    const auto width = size_t(info.extent().x), stored = size_t(reader.jpeg.output_components);
    if (int64_t(reader.jpeg.output_width) != info.extent().x ||
        int64_t(reader.jpeg.output_height) != info.extent().y)
        throw inputError(file.path(), "it changed while it was open. Open it again.");
    std::vector<JSAMPLE> row(width * stored);
    for (int64_t y = 0; y < endRow; ++y) {
        if (y % 64 == 0) progress.throwIfCancelled();
        if (!readLine(reader, row.data())) reader.fail();
        if (stored == 4) // Adobe stores inks inverted
            for (size_t x = 0; x < width; ++x)
                for (size_t c = 0; c < 3; ++c) {
                    const int ink = row[4 * x + c], black = row[4 * x + 3];
                    row[3 * x + c] = JSAMPLE(
                        reader.jpeg.saw_Adobe_marker ? ink * black / 255 : (255 - ink) * (255 - black) / 255);
                }
        take(y, reinterpret_cast<const std::byte*>(row.data()));
    }
    if (endRow == info.extent().y && !finish(reader)) reader.fail();
}

/// What the markers say: the orientation that a camera noted, and the description that Cristae writes.
void readMarkers(const jpeg_decompress_struct& jpeg, ImageInfo& info) {
    for (const jpeg_marker_struct* marker = jpeg.marker_list; marker; marker = marker->next) {
        const auto bytes = std::as_bytes(std::span(marker->data, marker->data_length));
        if (marker->marker == exifMarker && bytes.size() > 6 && std::memcmp(bytes.data(), "Exif\0", 6) == 0)
            remarkOnExif(info, exifOrientation(bytes.subspan(6)));
        const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        // Programs that scale a JPEG keep its comment: it holds only with the size that it was written for.
        if (marker->marker == JPEG_COM && text.starts_with('{') && text.ends_with('}') &&
            text.find("\"sizeYX\":") != std::string_view::npos)
            info.cristaeMetadata = text;
    }
}

ImageInfo readJpegInfo(const InputFile& file) {
    JpegReader reader(file);
    if (!start(reader, false)) reader.fail();
    const jpeg_decompress_struct& jpeg = reader.jpeg;
    ImageInfo info;
    info.levels = {{1, int64_t(jpeg.image_height), int64_t(jpeg.image_width)}};
    info.channels = jpeg.num_components == 1 ? 1 : 3;
    info.type = PixelType::u8;
    info.axes = info.channels > 1 ? "yxc" : "yx";
    readMarkers(jpeg, info);
    if (jpeg.num_components == 4) info.remarks.push_back("The CMYK inks were converted to RGB.");
    // A block of 64 samples takes at least a bit or so in every component.
    const int64_t samples = checkedBytes(
        file.path(), {int64_t(jpeg.image_width), int64_t(jpeg.image_height), int64_t(jpeg.num_components)});
    if (samples / 2000 > int64_t(file.size()))
        throw inputError(
            file.path(),
            fmt::format("it claims {} × {} pixels but holds only {} bytes. It is damaged; get it again.",
                        jpeg.image_width, jpeg.image_height, file.size()));
    if (jpeg.saw_JFIF_marker && (jpeg.density_unit == 1 || jpeg.density_unit == 2))
        for (const auto& [axis, density] : {std::pair{'x', jpeg.X_density}, {'y', jpeg.Y_density}})
            stateResolution(info, axis, density, jpeg.density_unit == 1 ? "inch" : "cm", stated::jpegDensity);
    return info;
}

class JpegFormat : public Format {
public:
    std::string name() const override { return "JPEG"; }
    std::vector<std::string> extensions() const override { return {"jpg", "jpeg"}; }
    bool probe(const std::filesystem::path&, std::span<const std::byte> head) const override {
        return head.size() >= 3 && head[0] == std::byte{0xff} && head[1] == std::byte{0xd8} &&
               head[2] == std::byte{0xff};
    }
    TileSourcePtr open(const std::filesystem::path& path, const OpenOptions& options) const override {
        auto file = std::make_shared<const InputFile>(path);
        ImageInfo info = readJpegInfo(*file);
        finishInfo(info, path, name(), options);
        return std::make_shared<RowSource>(
            info, [file, info](int64_t endRow, const RowTaker& take, const Progress& progress) {
                decodeJpeg(*file, info, endRow, take, progress);
            });
    }
};

} // namespace

std::unique_ptr<Format> makeJpegFormat() {
    return std::make_unique<JpegFormat>();
}

} // namespace cristae
