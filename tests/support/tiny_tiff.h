// A TIFF writer of thirty lines, independent of the program's own: grey, 8 bit, uncompressed, one strip a
// page.
#pragma once
#include <QByteArray>
#include <QFile>
#include <QtEndian>

#include <cstdint>
#include <vector>

/// Pages of height × width bytes. Resolution is written in pixels per centimetre if nmPerPixel > 0.
inline bool writeTinyTiff(const QString& path, uint32_t width, uint32_t height,
                          const std::vector<std::vector<uint8_t>>& pages, double nmPerPixel = 0) {
    QByteArray bytes("II*\0\0\0\0\0", 8);
    auto put32 = [&](qsizetype at, uint32_t value) { qToLittleEndian(value, bytes.data() + at); };
    qsizetype link = 4; // where the offset of the next directory belongs
    for (const std::vector<uint8_t>& page : pages) {
        const auto pixels = uint32_t(bytes.size());
        bytes.append(reinterpret_cast<const char*>(page.data()), qsizetype(page.size()));
        if (bytes.size() % 2) bytes.append('\0');
        const auto resolution = uint32_t(bytes.size());
        const uint32_t rational[2] = {nmPerPixel > 0 ? uint32_t(1e7) : 1u,
                                      nmPerPixel > 0 ? uint32_t(nmPerPixel) : 1u};
        bytes.append(reinterpret_cast<const char*>(rational), 8);
        struct Entry {
            uint16_t tag, type;
            uint32_t value;
        };
        std::vector<Entry> entries = {{256, 4, width}, {257, 4, height}, {258, 3, 8},
                                      {259, 3, 1},     {262, 3, 1},      {273, 4, pixels},
                                      {277, 3, 1},     {278, 4, height}, {279, 4, uint32_t(page.size())}};
        if (nmPerPixel > 0) {
            entries.push_back({282, 5, resolution});
            entries.push_back({283, 5, resolution});
            entries.push_back({296, 3, 3});
        }
        put32(link, uint32_t(bytes.size()));
        auto append = [&](auto value) {
            value = qToLittleEndian(value);
            bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
        };
        append(uint16_t(entries.size()));
        for (const Entry& entry : entries) {
            append(entry.tag);
            append(entry.type);
            append(uint32_t(1));
            append(entry.value);
        }
        link = bytes.size();
        append(uint32_t(0));
    }
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size();
}
