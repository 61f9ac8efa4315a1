// Opening and zooming a large TIFF beside reading it whole with libtiff, alternating, as ratios of medians.
// Usage: bench_open [WIDTH] [HEIGHT] [ROUNDS]
#include "core/image/pyramid.h"
#include "core/io/format.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <tiffio.h>
#include <vector>

using namespace cristae;

namespace {

/// Processor time, so that other programs do not count.
double seconds(const std::function<void()>& work) {
    const std::clock_t start = std::clock();
    work();
    return double(std::clock() - start) / CLOCKS_PER_SEC;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

/// Grey values with some noise, which deflate halves, as it does with micrographs.
void writeImage(const char* path, uint32_t width, uint32_t height) {
    TIFF* tiff = TIFFOpen(path, "w");
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, height);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
    TIFFSetField(tiff, TIFFTAG_ZIPQUALITY, 1);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 16);
    std::vector<uint8_t> row(width);
    uint32_t state = 1;
    for (uint32_t y = 0; y < height; ++y) {
        for (uint32_t x = 0; x < width; ++x) {
            state = state * 1664525 + 1013904223;
            row[x] = uint8_t(((x / 64 + y / 64) % 4) * 48 + (state >> 28));
        }
        TIFFWriteScanline(tiff, row.data(), y, 0);
    }
    TIFFClose(tiff);
}

/// What a program does that has to read all before it shows anything.
std::vector<uint8_t> readWhole(const char* path) {
    TIFF* tiff = TIFFOpen(path, "r");
    uint32_t width = 0, height = 0;
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
    std::vector<uint8_t> pixels(size_t(width) * height);
    for (uint32_t y = 0; y < height; ++y) TIFFReadScanline(tiff, pixels.data() + size_t(y) * width, y, 0);
    TIFFClose(tiff);
    return pixels;
}

} // namespace

int main(int argc, char** argv) {
    const auto argument = [&](int i, int standard) { return argc > i ? std::atoi(argv[i]) : standard; };
    const int width = argument(1, 16000), height = argument(2, 10000), rounds = argument(3, 5);
    const char* folder = std::getenv("TMPDIR");
    const std::string path = std::string(folder ? folder : "/tmp") + "/bench_open.tif";
    writeImage(path.c_str(), uint32_t(width), uint32_t(height));

    std::vector<double> whole, open, screen, overview, zoom;
    for (int round = -1; round < rounds; ++round) { // the first warms up
        size_t bytes = 0;
        const double a = seconds([&] { bytes = readWhole(path.c_str()).size(); });
        TileSourcePtr image;
        const double b = seconds([&] { image = withPyramid(openImage(path)); });
        const Extent3 extent = image->info().extent();
        const int64_t y = extent.y / 2, x = extent.x / 2;
        const double c = seconds([&] {
            bytes += image->read(0, {0, y, x, 1, std::min(extent.y, y + 1080), std::min(extent.x, x + 1920)})
                         .bytes();
        });
        const int coarsest = int(image->info().levels.size()) - 1;
        const Extent3 small = image->info().levels.back();
        const double d = seconds([&] { bytes += image->read(coarsest, Box3::ofExtent(small)).bytes(); });
        const int middle = coarsest / 2;
        const Extent3 half = image->info().levels[size_t(middle)];
        const double e = seconds([&] { bytes += image->read(middle, Box3::ofExtent(half)).bytes(); });
        if (round < 0 || bytes == 0) continue;
        whole.push_back(a);
        open.push_back(b);
        screen.push_back(c);
        overview.push_back(d);
        zoom.push_back(e);
    }
    std::remove(path.c_str());
    const double reference = median(whole);
    std::printf("%d x %d, deflate, strips of 16 rows; processor time, medians of %d\n", width, height,
                rounds);
    std::printf("  libtiff, whole image           %8.2f ms\n", reference * 1e3);
    const auto line = [&](const char* what, const std::vector<double>& times) {
        std::printf("  %-30s %8.2f ms   ratio %.4f\n", what, median(times) * 1e3, median(times) / reference);
    };
    line("open", open);
    line("a screen of full resolution", screen);
    line("overview, the first time", overview);
    line("another zoom after that", zoom);
    return 0;
}
