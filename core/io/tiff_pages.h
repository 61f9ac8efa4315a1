// The page table of a TIFF file: what every page is, which pages belong together, and where slices and
// channels lie.
#pragma once
#include "core/io/tiff_handle.h"

#include <string>
#include <vector>

namespace cristae {

/// How the samples of a page become values.
enum class TiffColour { grey, invertedGrey, signedGrey, rgb, greyPalette, colourPalette, cmyk, throughRgba };

struct TiffPage {
    uint64_t directory = 0; // offset of its directory in the file
    int64_t width = 0, height = 0;
    int64_t unitWidth = 0, unitHeight = 0; // of a strip or tile
    bool tiled = false, planar = false;    // planar: one plane a sample
    int bits = 1, samples = 1;
    int compression = 1, fillOrder = 1;
    PixelType storedType = PixelType::u8; // smallest type that holds a sample; half floats are f32
    bool halfFloat = false;
    bool wide = false; // 64-bit integers, read as 32 bits when the values allow it
    enum class Half { none, low, high } half = Half::none; // of 64 bits, for those who want both
    bool transparency = false;                             // the last sample is alpha, which is left out
    TiffColour colour = TiffColour::grey;
    int64_t channels = 1;           // after colour conversion and without alpha
    PixelType type = PixelType::u8; // of the values read
    bool bigEndian = false;
    std::vector<uint8_t> palette;  // 3 × 2^bits, r then g then b
    std::vector<uint64_t> offsets; // of the units, plane after plane; only when read without a codec
    bool plain = false;            // uncompressed whole bytes: rows can be read straight from the file

    int64_t unitsAcross() const { return (width + unitWidth - 1) / unitWidth; }
    int64_t unitsDown() const { return (height + unitHeight - 1) / unitHeight; }
    bool sameKind(const TiffPage& other) const {
        return width == other.width && height == other.height && type == other.type &&
               channels == other.channels;
    }
};

/// Pages of one kind in file order.
struct TiffTable {
    std::vector<TiffPage> pages;
    ImageInfo
        info; // filled from tags and descriptions: voxel size, axes, remarks; extent and channels as below
    int64_t slices = 1, channelPages = 1; // channelPages: pages that make up the channels of one slice
    std::vector<size_t> pageOf;           // [slice × channelPages + channel] → index in pages
};

/// How the values of a file are meant, beside what the tags of a page say.
struct TiffMeaning {
    bool labels = false;   // the values are wanted, not colours
    bool imageJ = false;   // ImageJ wrote it: the stored values count, lookup tables are for the eye
    bool tifffile = false; // tifffile wrote it: it calls masks of 1 bit white-is-zero, but does not mean it
    bool signed16 = false; // ImageJ stored signed 16-bit numbers with 32768 added
};

/// The page libtiff stands on; what is to be said of it goes into the remarks and unlabelled of `info`.
/// Throws Error{input} for what cannot be read: impossible sizes, unknown types, no codec.
TiffPage describeTiffPage(TiffFile& tiff, const InputFile& file, const TiffMeaning& meaning, ImageInfo& info);
/// Walks all directories. Throws Error{input}.
TiffTable readTiffTable(TiffFile& tiff, const InputFile& file, bool labels = false);
/// Makes the transparency of the pages their last channel; false if they have none.
bool keepTransparency(TiffTable& table);
/// Reads pixel size, axes and slice order from the description and tags of the first page; expects
/// table.pages to be filled.
void readTiffMetadata(TiffFile& tiff, const InputFile& file, TiffTable& table);

} // namespace cristae
