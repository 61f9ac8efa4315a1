// safetensors: the header is checked against the length of the file before a byte of it is believed.
#include "core/segment/safetensors.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/input_file.h"
#include "core/base/json.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/format.h>
#include <new>
#include <span>

namespace cristae {
namespace {

constexpr uint64_t largestHeader = 100'000'000; // the limit of the format's own readers

// Two checksums stand in the metadata, as 64 hex digits: that of all tensor bytes, and that of the header in
// which the digits of its own are zeros. So a card is checked without reading the weights.
constexpr const char* tensorSumKey = "cristae.sha256.tensors";
constexpr const char* headerSumKey = "cristae.sha256.header";
const std::string noSum(64, '0');

std::string sumOf(const std::string& text) {
    return sha256(std::as_bytes(std::span(text.data(), text.size())));
}

/// Where the digits of the header's own checksum begin; npos if it does not stand there as it was written.
size_t placeOfHeaderSum(const std::string& header, const std::string& digits) {
    const std::string before = fmt::format("\"{}\":\"", headerSumKey);
    const size_t found = header.find(before + digits + "\"");
    return found == std::string::npos ? found : found + before.size();
}

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& why) {
    throw Error(
        ErrorKind::model,
        fmt::format("{} is not a sound safetensors file: {} Get the file again from where it came from.",
                    file.string(), why));
}

/// Bytes of one element; 0 for a type the format does not know.
size_t elementSize(const std::string& dtype) {
    static const std::map<std::string, size_t> sizes = {
        {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1},
        {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},
        {"U32", 4},  {"F32", 4}, {"F64", 8}, {"I64", 8},     {"U64", 8}};
    const auto found = sizes.find(dtype);
    return found == sizes.end() ? 0 : found->second;
}

struct Header {
    SafetensorsFile content;
    std::vector<uint64_t> begins; // of each tensor, from the start of the file
    std::string tensorSum;        // SHA-256 of all tensor bytes; empty where the file has none
};

[[noreturn]] void refuseDamaged(const std::filesystem::path& file) {
    refuse(file, "its checksum does not fit its contents, so it is damaged or another program changed it.");
}

/// Takes the checksums out of the metadata and checks that of the header, whose text is `header`. Files of
/// other programs have none.
std::string takeSums(const std::filesystem::path& file, std::string header,
                     std::map<std::string, std::string>& metadata) {
    if (!metadata.contains(headerSumKey) && !metadata.contains(tensorSumKey)) return {};
    const std::string headerSum = metadata[headerSumKey], tensorSum = metadata[tensorSumKey];
    metadata.erase(headerSumKey);
    metadata.erase(tensorSumKey);
    const size_t place = placeOfHeaderSum(header, headerSum);
    if (place == std::string::npos || headerSum.size() != noSum.size() || tensorSum.empty())
        refuseDamaged(file);
    header.replace(place, noSum.size(), noSum);
    if (sumOf(header) != headerSum) refuseDamaged(file);
    return tensorSum;
}

/// One entry of the header; `dataBytes` is what the file holds behind the header.
std::pair<NamedTensor, uint64_t> readEntry(const std::filesystem::path& file, const std::string& name,
                                           const nlohmann::json& entry, uint64_t dataBytes) {
    const auto bad = [&](const std::string& why) {
        refuse(file, fmt::format("the tensor \"{}\" {}", name, why));
    };
    if (!entry.is_object()) bad("has no description.");
    for (const char* key : {"dtype", "shape", "data_offsets"})
        if (!entry.contains(key)) bad(fmt::format("lacks \"{}\".", key));
    NamedTensor tensor;
    tensor.name = name;
    if (!entry["dtype"].is_string()) bad("has a type that is no word.");
    tensor.dtype = entry["dtype"].get<std::string>();
    const size_t size = elementSize(tensor.dtype);
    if (size == 0) bad(fmt::format("has the unknown type \"{}\".", tensor.dtype.substr(0, 20)));
    const nlohmann::json& shape = entry["shape"];
    if (!shape.is_array() || shape.size() > 16) bad("has a shape that is not a short list.");
    uint64_t bytes = size;
    for (const nlohmann::json& side : shape) {
        if (!side.is_number_unsigned() || side.get<uint64_t>() > uint64_t(INT64_MAX))
            bad("has a shape that is not whole numbers.");
        if (__builtin_mul_overflow(bytes, side.get<uint64_t>(), &bytes))
            bad("claims more bytes than there can be.");
        tensor.shape.push_back(side.get<int64_t>());
    }
    const nlohmann::json& offsets = entry["data_offsets"];
    if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
        !offsets[1].is_number_unsigned())
        bad("has no two offsets.");
    const uint64_t begin = offsets[0].get<uint64_t>(), end = offsets[1].get<uint64_t>();
    if (begin > end || end > dataBytes)
        bad(fmt::format("claims bytes {} to {}, but the file has only {}.", begin, end, dataBytes));
    if (end - begin != bytes)
        bad(fmt::format("has {} bytes, but its shape and type need {}.", end - begin, bytes));
    tensor.bytes = size_t(bytes);
    return {std::move(tensor), begin};
}

std::string readHeaderText(const InputFile& stream) {
    const std::filesystem::path& file = stream.path();
    const uint64_t fileBytes = stream.size();
    std::array<std::byte, 8> prefix{};
    if (stream.readSome(0, prefix) != prefix.size()) refuse(file, "it is shorter than 8 bytes.");
    uint64_t headerBytes = 0;
    for (int i = 7; i >= 0; --i) headerBytes = headerBytes << 8 | uint64_t(prefix[size_t(i)]);
    if (headerBytes > largestHeader) refuse(file, "its first 8 bytes do not give the length of a header.");
    if (headerBytes > fileBytes - 8)
        refuse(file, fmt::format("its header claims {} bytes, but only {} follow; the file may be cut short.",
                                 headerBytes, fileBytes - 8));
    std::string text(size_t(headerBytes), '\0');
    stream.read(8, std::as_writable_bytes(std::span(text)));
    return text;
}

nlohmann::json headerJson(const std::filesystem::path& file, const std::string& text) {
    if (text.empty() || text.front() != '{') refuse(file, "its header is not JSON.");
    const JsonLimits limits{.bytes = size_t(largestHeader)};
    if (const std::string why = beyondLimits(text, limits); !why.empty())
        refuse(file, "its header is invalid: " + why + ".");
    nlohmann::json header = parseJson(text, limits);
    if (header.is_discarded() || !header.is_object()) refuse(file, "its header is not JSON.");
    return header;
}

Header readHeader(const InputFile& stream) {
    const std::filesystem::path& file = stream.path();
    const std::string text = readHeaderText(stream);
    const nlohmann::json json = headerJson(file, text);
    const uint64_t dataBegin = 8 + text.size(), dataBytes = stream.size() - dataBegin;

    Header header;
    std::vector<std::pair<NamedTensor, uint64_t>> entries;
    for (const auto& [key, value] : json.items()) {
        if (key == "__metadata__") {
            if (!value.is_object()) refuse(file, "its metadata are not a table of texts.");
            for (const auto& [name, text] : value.items()) {
                if (!text.is_string()) refuse(file, "its metadata are not a table of texts.");
                header.content.metadata[name] = text.get<std::string>();
            }
            continue;
        }
        entries.push_back(readEntry(file, key, value, dataBytes));
    }
    header.tensorSum = takeSums(file, text, header.content.metadata);
    // Sorted by place; tensors without bytes before the one that begins at the same place.
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
        return a.second != b.second ? a.second < b.second : a.first.bytes < b.first.bytes;
    });
    uint64_t next = 0;
    for (auto& [tensor, begin] : entries) {
        if (begin != next)
            refuse(file, fmt::format("the tensor \"{}\" {} its neighbour.", tensor.name,
                                     begin < next ? "overlaps" : "leaves a gap to"));
        next = begin + tensor.bytes;
        header.begins.push_back(dataBegin + begin);
        header.content.tensors.push_back(std::move(tensor));
    }
    if (next != dataBytes)
        refuse(file,
               fmt::format("its header describes {} bytes of tensors, but {} are there.", next, dataBytes));
    return header;
}

} // namespace

const NamedTensor* SafetensorsFile::find(const std::string& name) const {
    const auto found =
        std::find_if(tensors.begin(), tensors.end(), [&](const NamedTensor& t) { return t.name == name; });
    return found == tensors.end() ? nullptr : &*found;
}

SafetensorsFile readSafetensorsHeader(const std::filesystem::path& file) {
    return readHeader(InputFile(file, ErrorKind::model)).content;
}

SafetensorsFile readSafetensors(const std::filesystem::path& file) {
    const InputFile stream(file, ErrorKind::model);
    Header header = readHeader(stream);
    Sha256 sum;
    for (size_t i = 0; i < header.content.tensors.size(); ++i) {
        NamedTensor& tensor = header.content.tensors[i];
        try {
            tensor.data = std::make_shared<std::byte[]>(std::max<size_t>(tensor.bytes, 1));
        } catch (const std::bad_alloc&) {
            throw Error(
                ErrorKind::memory,
                fmt::format("There is not enough memory for the tensor \"{}\" of {}. Close other programs.",
                            tensor.name, file.string()));
        }
        stream.read(header.begins[i], {tensor.data.get(), tensor.bytes});
        if (!header.tensorSum.empty()) sum.add({tensor.data.get(), tensor.bytes});
    }
    if (!header.tensorSum.empty() && sum.finish() != header.tensorSum) refuseDamaged(file);
    return std::move(header.content);
}

std::vector<std::byte> safetensorsBytes(const SafetensorsFile& content) {
    nlohmann::json header = nlohmann::json::object();
    uint64_t end = 0;
    Sha256 sum;
    for (const NamedTensor& tensor : content.tensors) {
        uint64_t bytes = elementSize(tensor.dtype);
        for (const int64_t side : tensor.shape) bytes *= uint64_t(side);
        if (bytes != tensor.bytes || (bytes > 0 && !tensor.data) || header.contains(tensor.name) ||
            elementSize(tensor.dtype) == 0)
            throw Error(ErrorKind::internal,
                        fmt::format("The tensor \"{}\" cannot be stored: shape, type and bytes disagree.",
                                    tensor.name));
        header[tensor.name] = {
            {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {end, end + bytes}}};
        end += bytes;
        sum.add({tensor.data.get(), tensor.bytes});
    }
    header["__metadata__"] = content.metadata;
    header["__metadata__"][tensorSumKey] = sum.finish();
    header["__metadata__"][headerSumKey] = noSum;
    std::string text = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    text.append((8 - text.size() % 8) % 8, ' '); // tensors begin at a multiple of 8
    text.replace(placeOfHeaderSum(text, noSum), noSum.size(), sumOf(text));
    std::vector<std::byte> bytes(8 + text.size() + size_t(end));
    for (size_t i = 0; i < 8; ++i) bytes[i] = std::byte(uint64_t(text.size()) >> (8 * i));
    std::memcpy(bytes.data() + 8, text.data(), text.size());
    size_t at = 8 + text.size();
    for (const NamedTensor& tensor : content.tensors) {
        if (tensor.bytes > 0) std::memcpy(bytes.data() + at, tensor.data.get(), tensor.bytes);
        at += tensor.bytes;
    }
    return bytes;
}

void writeSafetensors(const Destination& file, const SafetensorsFile& content) {
    writeFileAtomically(file, safetensorsBytes(content));
}

} // namespace cristae
