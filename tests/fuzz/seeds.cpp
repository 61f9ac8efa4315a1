// Seeds of the smaller formats.
#include "tests/fuzz/targets.h"

#include <cstdio>
#include <png.h>

#include <jpeglib.h>

namespace fuzz {

namespace {

Bytes little(uint64_t value, size_t size) {
    Bytes bytes;
    for (size_t i = 0; i < size; ++i) bytes += char(value >> (8 * i));
    return bytes;
}

Bytes rawImage(size_t count) {
    Bytes bytes(count, '\0');
    for (size_t i = 0; i < count; ++i) bytes[i] = char(i * 7 % 251);
    return bytes;
}

Bytes png(int colour, int depth, int interlace) {
    constexpr png_uint_32 side = 13;
    Bytes out;
    png_structp writer = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(writer);
    if (setjmp(png_jmpbuf(writer))) return {};
    png_set_write_fn(
        writer, &out,
        [](png_structp p, png_bytep data, size_t size) {
            static_cast<Bytes*>(png_get_io_ptr(p))->append(reinterpret_cast<char*>(data), size);
        },
        nullptr);
    png_set_IHDR(writer, info, side, side, depth, colour, interlace, 0, 0);
    png_color palette[16] = {};
    for (int i = 0; i < 16; ++i) palette[i] = {png_byte(i * 9), png_byte(i * 5), png_byte(i * 2)};
    if (colour == PNG_COLOR_TYPE_PALETTE) png_set_PLTE(writer, info, palette, 1 << std::min(depth, 4));
    png_set_pHYs(writer, info, 250000, 250000, PNG_RESOLUTION_METER);
    char key[] = "cristae", text[] = R"({"classes": [], "voxelSizeNm": {"x": 4, "y": 4}})";
    png_text note{};
    note.compression = PNG_TEXT_COMPRESSION_NONE;
    note.key = key;
    note.text = text;
    png_set_text(writer, info, &note, 1);
    png_write_info(writer, info);
    Bytes row = rawImage(side * 8);
    if (colour == PNG_COLOR_TYPE_PALETTE) // indices that the palette has
        for (char& value : row) value = char(value & 1);
    for (int pass = 0; pass < png_set_interlace_handling(writer); ++pass)
        for (png_uint_32 y = 0; y < side; ++y)
            png_write_row(writer, reinterpret_cast<png_const_bytep>(row.data()));
    png_write_end(writer, info);
    png_destroy_write_struct(&writer, &info);
    return out;
}

Bytes jpeg(int components, J_COLOR_SPACE space, bool progressive, int restart) {
    jpeg_compress_struct writer{};
    jpeg_error_mgr errors{};
    writer.err = jpeg_std_error(&errors);
    jpeg_create_compress(&writer);
    unsigned char* memory = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&writer, &memory, &size);
    writer.image_width = 37;
    writer.image_height = 29;
    writer.input_components = components;
    writer.in_color_space = space;
    jpeg_set_defaults(&writer);
    if (progressive) jpeg_simple_progression(&writer);
    writer.restart_interval = unsigned(restart);
    writer.write_JFIF_header = TRUE;
    jpeg_start_compress(&writer, TRUE);
    Bytes row = rawImage(size_t(37 * components));
    for (int y = 0; y < 29; ++y) {
        auto* line = reinterpret_cast<JSAMPROW>(row.data());
        jpeg_write_scanlines(&writer, &line, 1);
    }
    jpeg_finish_compress(&writer);
    jpeg_destroy_compress(&writer);
    Bytes bytes(reinterpret_cast<char*>(memory), size);
    std::free(memory);
    return bytes;
}

Bytes bmp(int bits) {
    constexpr uint64_t side = 11;
    const uint64_t rowBytes = (side * uint64_t(bits) + 31) / 32 * 4,
                   colours = bits <= 8 ? uint64_t(1) << bits : 0;
    const uint64_t begin = 54 + 4 * colours;
    Bytes bytes = "BM" + little(begin + rowBytes * side, 4) + little(0, 4) + little(begin, 4) +
                  little(40, 4) + little(side, 4) + little(side, 4) + little(1, 2) +
                  little(uint64_t(bits), 2) + little(0, 4) + little(0, 4) + little(11811, 4) +
                  little(11811, 4) + little(colours, 4) + little(0, 4);
    for (uint64_t i = 0; i < colours; ++i) bytes += little(i * 0x010203, 4);
    return bytes + rawImage(rowBytes * side);
}

Bytes safetensors(const Bytes& header, size_t data) {
    return little(header.size(), 8) + header + rawImage(data);
}

Bytes text(const Bytes& value) {
    return "X" + little(value.size(), 4) + value;
}

} // namespace

std::vector<Bytes> pngSeeds(const std::filesystem::path&) {
    std::vector<Bytes> seeds;
    for (const int interlace : {PNG_INTERLACE_NONE, PNG_INTERLACE_ADAM7}) {
        for (const int depth : {1, 2, 4, 8, 16}) seeds.push_back(png(PNG_COLOR_TYPE_GRAY, depth, interlace));
        for (const int depth : {1, 4, 8}) seeds.push_back(png(PNG_COLOR_TYPE_PALETTE, depth, interlace));
        for (const int depth : {8, 16})
            for (const int colour : {PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA, PNG_COLOR_TYPE_GRAY_ALPHA})
                seeds.push_back(png(colour, depth, interlace));
    }
    return seeds;
}

std::vector<Bytes> jpegSeeds(const std::filesystem::path&) {
    return {jpeg(1, JCS_GRAYSCALE, false, 0), jpeg(3, JCS_RGB, false, 0), jpeg(3, JCS_RGB, true, 0),
            jpeg(4, JCS_CMYK, false, 0),      jpeg(3, JCS_RGB, false, 2), jpeg(1, JCS_GRAYSCALE, true, 0)};
}

std::vector<Bytes> bmpSeeds(const std::filesystem::path&) {
    return {bmp(1), bmp(4), bmp(8), bmp(24), bmp(32)};
}

std::vector<Bytes> jsonSeeds(const std::filesystem::path&) {
    return {
        R"({"steps": 1000, "loss": "ce_dice", "network": {"levels": 4}, "flip": true, "learningRate": 0.001})",
        R"({"classes": ["mitochondrion"], "entries": [{"images": "a", "labels": "b", "slices": "0:18,20"}]})",
        R"({"axes": [{"key": "z", "resolution": 50.5}, {"key": "y"}]})",
        "[1, [2, [3, [\"\\u00b5\", null]]], -1e3]"};
}

std::vector<Bytes> safetensorsSeeds(const std::filesystem::path&) {
    return {safetensors(R"({"__metadata__": {"cristae.card": "{\"name\": \"a\"}"}, )"
                        R"("w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, )"
                        R"("b": {"dtype": "I64", "shape": [], "data_offsets": [24, 32]}})",
                        32),
            safetensors(R"({"x": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}})", 0)};
}

Bytes pickleArchive(const Bytes& pickle) {
    const std::vector<std::pair<Bytes, Bytes>> parts{{"x/data.pkl", pickle}, {"x/data/0", rawImage(48)}};
    Bytes bytes, directory;
    for (const auto& [name, content] : parts) {
        const Bytes sizes =
            little(0, 4) + little(content.size(), 4) + little(content.size(), 4) + little(name.size(), 2);
        directory += little(0x02014b50, 4) + Bytes(12, '\0') + sizes + Bytes(12, '\0') +
                     little(bytes.size(), 4) + name;
        bytes += little(0x04034b50, 4) + Bytes(10, '\0') + sizes + little(0, 2) + name + content;
    }
    return bytes + directory + little(0x06054b50, 4) + little(0, 4) + little(parts.size(), 2) +
           little(parts.size(), 2) + little(directory.size(), 4) + little(bytes.size(), 4) + little(0, 2);
}

Bytes pickleIn(const Bytes& archive) {
    const size_t begin = 30 + Bytes("x/data.pkl").size();
    if (archive.size() < begin) return {};
    size_t length = 0;
    for (size_t i = 4; i-- > 0;) length = length << 8 | uint8_t(archive[22 + i]);
    return archive.substr(begin, length);
}

std::vector<Bytes> pickleSeeds(const std::filesystem::path&) {
    const Bytes tensor = "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") +
                         "ctorch\nFloatStorage\n" + text("0") + text("cpu") + "K\x0ctQK" + Bytes(1, '\0') +
                         "(K\x03K\x02t(K\x01K\x03t\x89" + "ccollections\nOrderedDict\n)RtR";
    return {pickleArchive("\x80\x02"
                          "ccollections\nOrderedDict\nq\x01)Rq\x02(" +
                          text("weight") + tensor + text("bias") + tensor + "u}" + text("_metadata") +
                          "}sb."),
            pickleArchive("\x80\x02}(" + text("epoch") + "K\x03" + text("state_dict") + "}(" + text("a") +
                          tensor + "uu."),
            pickleArchive("\x80\x02}q\x01(" + text("me") + "h\x01u.")};
}

} // namespace fuzz
