// The page table of a TIFF file: what every page is, which pages belong together, and where slices and
// channels lie.
#pragma once
#include "core/io/ome_description.h"
#include "core/io/tiff_handle.h"

#include <string>
#include <vector>

namespace cristae {

/// How the samples of a page become values.
enum class TiffColour { grey, invertedGrey, signedGrey, rgb, greyPalette, colourPalette, cmyk, throughRgba };

struct TiffPage {
    uint64_t directory = 0; // offset of its directory in the file
    int64_t number = 0;     // of its directory, counted from 0 through all of the file
    int orientation = 1;    // of its first row and column, as the tag says it
    int64_t width = 0, height = 0;
    int64_t unitWidth = 0, unitHeight = 0; // of a strip or tile
    bool tiled = false, planar = false;    // planar: one plane a sample
    int64_t firstPlane = 0;                // planar: the plane of the first channel
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
    int orientation = 1;                  // of all pages; see turned()
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
/// Where the planes of channel c, slice z and time t lie: the first letter of `order` runs fastest, "CZT".
struct TiffOrder {
    int64_t c = 1, z = 1, t = 1;
    std::string order = "CZT";
    int64_t count() const;
    size_t page(int64_t channel, int64_t slice, int64_t time) const;
};

/// Pages that are one image, by their place in TiffFileTable::pages, in the order that `order` counts in.
struct TiffScene {
    std::string name;
    std::vector<size_t> pages;
    TiffOrder order;
    bool planesAreSlices = false; // the order counts the planes of planar pages, not the pages
    std::optional<OmeImage> ome;
    std::vector<std::string> remarks;
};

/// All pages that are no reduced copies, in file order, with what describing them remarked on.
struct TiffFileTable {
    std::vector<TiffPage> pages;
    std::vector<std::vector<std::string>> pageRemarks;
    std::vector<std::string> pageShapes; // tifffile's JSON of each page, or empty
    std::string description;             // of the first directory
    std::vector<std::string> remarks;    // on the file as a whole
    std::optional<int64_t> unlabelled;   // ImageInfo::unlabelled
};

/// Walks all directories; with `labels` the values are wanted, not colours. Throws Error{input}.
TiffFileTable walkTiff(TiffFile& tiff, const InputFile& file, bool labels);
/// The images in the file, at least one. Pages of an ImageJ stack with one directory are added to the table.
/// Throws Error{input}.
std::vector<TiffScene> tiffScenes(const InputFile& file, TiffFileTable& table);
/// The page table of the scene that the options name, with their axes; the clearly largest one if they name
/// none. Throws Error{input}: several and none named, damage; Error{usage}: axes that do not fit.
TiffTable readTiffTable(TiffFile& tiff, const InputFile& file, const OpenOptions& options);
/// What to call the scenes in a list.
std::vector<SceneInfo> describeScenes(const TiffFileTable& table, const std::vector<TiffScene>& scenes);
/// States the lengths of a scene in table.info; the handle stands on its first page. `ome` may be null.
void stateTiffLengths(TiffFile& tiff, const InputFile& file, const std::string& description,
                      const OmeImage* ome, TiffTable& table);
/// Makes the transparency of the pages their last channel; false if they have none.
bool keepTransparency(TiffTable& table);

} // namespace cristae
