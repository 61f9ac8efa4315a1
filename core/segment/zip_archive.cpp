// The end record, the directory and the local headers of a ZIP archive, with the 64-bit forms.
#include "core/segment/zip_archive.h"

#include "core/base/error.h"

#include <algorithm>
#include <fmt/format.h>
#include <span>

namespace cristae {

namespace {

constexpr uint64_t largestDirectory = uint64_t(64) << 20;
constexpr uint64_t unknown32 = 0xffffffff;

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorKind::model, why);
}

/// Little-endian; refuses what lies behind the end.
uint64_t number(const std::string& bytes, uint64_t at, uint64_t size) {
    if (at > bytes.size() || bytes.size() - at < size) refuse("its archive is cut off.");
    uint64_t value = 0;
    for (uint64_t i = 0; i < size; ++i) value |= uint64_t(uint8_t(bytes[at + i])) << (8 * i);
    return value;
}

} // namespace

std::string ZipArchive::bytesAt(uint64_t at, uint64_t count) const {
    if (at > file_.size() || count > file_.size() - at) refuse("its archive is cut off.");
    std::string bytes(static_cast<size_t>(count), '\0');
    file_.read(at, std::as_writable_bytes(std::span(bytes)));
    return bytes;
}

ZipArchive::ZipArchive(const InputFile& file) : file_(file) {
    // The end record has 22 bytes and a comment of up to 65535; before it may stand the locator of a 64-bit
    // one.
    const uint64_t tailSize = std::min<uint64_t>(file.size(), 22 + 65535 + 20);
    if (file.size() < 22 || bytesAt(0, 2) != "PK") refuse("it is no ZIP archive.");
    const uint64_t tailBegin = file.size() - tailSize;
    const std::string tail = bytesAt(tailBegin, tailSize);
    const size_t end = tail.rfind("PK\x05\x06", tail.size() - 22);
    if (end == std::string::npos) refuse("its archive is cut off.");
    uint64_t entries = number(tail, end + 10, 2), size = number(tail, end + 12, 4),
             at = number(tail, end + 16, 4);
    if (end >= 20 && tail.compare(end - 20, 4, "PK\x06\x07") == 0) {
        const std::string record = bytesAt(number(tail, end - 12, 8), 56);
        if (record.compare(0, 4, "PK\x06\x06") != 0) refuse("its archive is damaged.");
        entries = number(record, 32, 8);
        size = number(record, 40, 8);
        at = number(record, 48, 8);
    }
    if (size > largestDirectory) refuse("its archive is damaged.");
    readDirectory(bytesAt(at, size), entries);
    for (const auto& [name, part] : parts_)
        if (name == "data.pkl" || name.ends_with("/data.pkl")) folder_ = name.substr(0, name.size() - 8);
}

void ZipArchive::readDirectory(const std::string& directory, uint64_t entries) {
    uint64_t at = 0;
    for (uint64_t i = 0; i < entries; ++i) { // each takes at least 46 bytes, so a wrong count ends soon
        if (number(directory, at, 4) != 0x02014b50) refuse("its archive is damaged.");
        const uint64_t method = number(directory, at + 10, 2), nameSize = number(directory, at + 28, 2),
                       extra = number(directory, at + 30, 2), comment = number(directory, at + 32, 2);
        uint64_t size = number(directory, at + 24, 4), local = number(directory, at + 42, 4);
        number(directory, at + 46 + nameSize + extra, 0);
        const std::string name = directory.substr(at + 46, nameSize);
        // 64-bit values stand in the extra field: size, packed size, place, each only if it does not fit
        // above.
        const uint64_t last = at + 46 + nameSize + extra;
        for (uint64_t field = at + 46 + nameSize; field + 4 <= last;) {
            const uint64_t id = number(directory, field, 2), length = number(directory, field + 2, 2);
            uint64_t value = field + 4;
            if (id == 1) {
                if (size == unknown32) size = number(directory, value, 8), value += 16;
                if (local == unknown32) local = number(directory, value, 8);
            }
            field += 4 + length;
        }
        if (method != 0) refuse("its archive is compressed.");
        const uint64_t begin = dataBegin(local);
        if (begin > file_.size() || file_.size() - begin < size) refuse("its archive is cut off.");
        parts_[name] = {begin, size};
        at += 46 + nameSize + extra + comment;
    }
}

uint64_t ZipArchive::dataBegin(uint64_t localHeader) const {
    const std::string header = bytesAt(localHeader, 30);
    if (number(header, 0, 4) != 0x04034b50) refuse("its archive is damaged.");
    return localHeader + 30 + number(header, 26, 2) + number(header, 28, 2);
}

ZipArchive::Part ZipArchive::part(const std::string& name) const {
    const auto found = parts_.find(folder_ + name);
    if (found == parts_.end()) refuse("its archive lacks \"" + name + "\".");
    return found->second;
}

std::string ZipArchive::read(const Part& part, uint64_t offset, uint64_t count) const {
    if (offset > part.bytes || count > part.bytes - offset) refuse("its archive is cut off.");
    return bytesAt(part.begin + offset, count);
}

} // namespace cristae
