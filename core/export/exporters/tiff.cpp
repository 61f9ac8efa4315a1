// TIFF: deflate in strips, ImageJ's description with the voxel size, BigTIFF above 3.9 GB.
// Classes and provenance stand in the description as a line "cristae={…}", which ImageJ passes over.
#include "core/base/atomic_file.h"
#include "core/export/metadata.h"
#include "core/export/slice_check.h"
#include "core/io/tiff_handle.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {

namespace {

constexpr int64_t classicLimit = 3'900'000'000;

bool isRgb(const ExportDescription& description) {
    return description.info.channels == 3 && !description.probabilities &&
           (description.info.type == PixelType::u8 || description.info.type == PixelType::u16);
}

std::string imageJDescription(const ExportDescription& description) {
    const ImageInfo& info = description.info;
    const int64_t channels = isRgb(description) ? 1 : info.channels;
    std::string text = fmt::format("ImageJ=1.53t\nimages={}\n", channels * info.extent().z);
    if (channels > 1) text += fmt::format("channels={}\n", channels);
    if (info.extent().z > 1) text += fmt::format("slices={}\n", info.extent().z);
    if (channels > 1) text += "hyperstack=true\nmode=grayscale\n";
    if (info.voxelSize.knownInPlane()) text += "unit=nm\n";
    if (info.voxelSize.knownInPlane() && info.voxelSize.zNm)
        text += fmt::format("spacing={}\n", *info.voxelSize.zNm);
    text += "loop=false\n";
    if (const std::string metadata = metadataLine(description); metadata != "{}")
        text += "cristae=" + metadata + "\n";
    return text;
}

class TiffSink : public SliceSink {
public:
    TiffSink(const Destination& target, const ExportDescription& description)
        : description_(description), file_(target), check_(target.path(), description.info),
          text_(imageJDescription(description)) {
        const int64_t bytes = description.info.extent().count() * description.info.channels *
                              int64_t(byteSize(description.info.type));
        tiff_ = std::make_unique<TiffFile>(file_.temporaryPath(), target.path(), bytes > classicLimit);
    }

    void write(int64_t z, const Pixels& slice) override {
        check_.requireNext(z, slice);
        check_.add(slice);
        if (isRgb(description_)) {
            writePage(interleaved(slice).data(), 3);
            return;
        }
        const size_t plane = slice.bytes() / size_t(slice.channels());
        for (int64_t c = 0; c < slice.channels(); ++c) writePage(slice.data() + size_t(c) * plane, 1);
    }

    void finish() override {
        check_.requireComplete();
        tiff_->finishWriting();
        tiff_.reset();
        file_.commit([&](const std::filesystem::path& path) { check_.compare(path); });
    }

private:
    static std::vector<std::byte> interleaved(const Pixels& slice) {
        const size_t size = byteSize(slice.type()), count = size_t(slice.extent().count());
        std::vector<std::byte> out(slice.bytes());
        for (size_t c = 0; c < 3; ++c)
            for (size_t i = 0; i < count; ++i)
                std::copy_n(slice.data() + (c * count + i) * size, size, out.data() + (i * 3 + c) * size);
        return out;
    }

    void setTags(uint16_t samples, uint32_t rowsPerStrip) {
        TIFF* tiff = tiff_->get();
        const ImageInfo& info = description_.info;
        const bool isSigned =
            info.type == PixelType::i8 || info.type == PixelType::i16 || info.type == PixelType::i32;
        TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, uint32_t(info.extent().x));
        TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, uint32_t(info.extent().y));
        TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, uint16_t(8 * byteSize(info.type)));
        TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, samples);
        TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT,
                     uint16_t(!isInteger(info.type) ? SAMPLEFORMAT_IEEEFP
                              : isSigned            ? SAMPLEFORMAT_INT
                                                    : SAMPLEFORMAT_UINT));
        TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC,
                     uint16_t(samples == 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK));
        TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, uint16_t(PLANARCONFIG_CONTIG));
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, rowsPerStrip);
        TIFFSetField(tiff, TIFFTAG_COMPRESSION, uint16_t(COMPRESSION_ADOBE_DEFLATE));
        // ImageJ reads differences of 8 and 16 bits only, and no predictor of floating-point numbers.
        if (isInteger(info.type) && byteSize(info.type) <= 2)
            TIFFSetField(tiff, TIFFTAG_PREDICTOR, uint16_t(PREDICTOR_HORIZONTAL));
        TIFFSetField(tiff, TIFFTAG_SOFTWARE, "Cristae " CRISTAE_VERSION);
        if (info.voxelSize.knownInPlane()) {
            TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 1.0 / *info.voxelSize.xNm);
            TIFFSetField(tiff, TIFFTAG_YRESOLUTION, 1.0 / *info.voxelSize.yNm);
            TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, uint16_t(RESUNIT_NONE));
        }
        if (pages_ == 0) TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION, text_.c_str());
    }

    void writePage(const std::byte* data, uint16_t samples) {
        const Extent3& extent = description_.info.extent();
        const int64_t rowBytes = extent.x * samples * int64_t(byteSize(description_.info.type));
        const int64_t rows = std::clamp<int64_t>((int64_t(1) << 18) / rowBytes, 1, extent.y);
        setTags(samples, uint32_t(rows));
        std::vector<std::byte> strip; // libtiff differences in place
        for (int64_t y = 0, index = 0; y < extent.y; y += rows, ++index) {
            const int64_t count = std::min(rows, extent.y - y);
            strip.assign(data + y * rowBytes, data + (y + count) * rowBytes);
            if (TIFFWriteEncodedStrip(tiff_->get(), uint32_t(index), strip.data(), tmsize_t(strip.size())) <
                0)
                fail();
        }
        if (!TIFFWriteDirectory(tiff_->get())) fail();
        ++pages_;
    }

    [[noreturn]] void fail() {
        if (tiff_->writeError()) throw outputError(file_.target(), tiff_->writeError());
        throw Error(ErrorKind::output, fmt::format("“{}” was not written: {}. Try another format.",
                                                   file_.target().string(), tiff_->takeComplaints()));
    }

    ExportDescription description_;
    AtomicFile file_;
    SliceCheck check_;
    std::string text_;
    std::unique_ptr<TiffFile> tiff_;
    int64_t pages_ = 0;
};

class TiffExporter : public Exporter {
public:
    std::string name() const override { return "TIFF"; }
    std::string key() const override { return "tiff"; }
    std::vector<std::string> extensions() const override { return {"tif", "tiff"}; }
    bool lossless() const override { return true; }
    std::string complaint(const ExportDescription& description) const override {
        const ImageInfo& info = description.info;
        if (info.channels > 65535) return "TIFF holds at most 65535 channels; export as HDF5.";
        return {};
    }
    std::unique_ptr<SliceSink> create(const Destination& target,
                                      const ExportDescription& description) const override {
        return std::make_unique<TiffSink>(target, description);
    }
};

} // namespace

std::unique_ptr<Exporter> makeTiffExporter() {
    return std::make_unique<TiffExporter>();
}

} // namespace cristae
