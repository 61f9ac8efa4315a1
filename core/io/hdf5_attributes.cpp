// Object headers, attribute messages and global heaps after the HDF5 File Format Specification 3.0, for files
// with addresses and lengths of 8 bytes, which is all that programs write.
#include "core/io/hdf5_attributes.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <span>

namespace cristae {

namespace {

constexpr uint64_t largestBlock = uint64_t(16) << 20;
constexpr uint64_t longestTexts = uint64_t(16) << 20;
constexpr unsigned attributeMessage = 0x0c, continuationMessage = 0x10, attributeInfoMessage = 0x15;
constexpr uint64_t undefinedAddress = ~uint64_t(0);
constexpr uint64_t mostNumbers = 64, mostTexts = 16; // texts: one of each axis

/// Fields of a block in memory, one after the other; what lies behind its end is 0 and `whole` says so.
class Fields {
public:
    explicit Fields(std::span<const std::byte> bytes) : bytes_(bytes) {}
    uint64_t number(size_t size) {
        uint64_t value = 0;
        const auto field = take(size);
        for (size_t i = 0; i < field.size(); ++i) value |= uint64_t(field[i]) << (8 * i);
        return value;
    }
    std::span<const std::byte> take(uint64_t size) {
        if (size > bytes_.size()) {
            whole = false;
            return {};
        }
        const auto field = bytes_.first(size_t(size));
        bytes_ = bytes_.subspan(size_t(size));
        return field;
    }
    bool begins(const char (&signature)[5]) {
        const auto field = take(4);
        return field.size() == 4 && std::memcmp(field.data(), signature, 4) == 0;
    }
    std::span<const std::byte> rest() const { return bytes_; }
    bool whole = true;

private:
    std::span<const std::byte> bytes_;
};

/// Empty if it does not lie in the file.
std::vector<std::byte> blockAt(const InputFile& file, uint64_t base, uint64_t address, uint64_t size) {
    uint64_t begin = 0;
    if (size > largestBlock || __builtin_add_overflow(base, address, &begin) || begin > file.size() ||
        size > file.size() - begin)
        return {};
    std::vector<std::byte> block(static_cast<size_t>(size));
    block.resize(file.readSome(begin, block));
    return block.size() == size ? block : std::vector<std::byte>{};
}

uint64_t padded(uint64_t size) {
    return (size + 7) / 8 * 8;
}

/// The parts of an attribute message.
struct Message {
    std::vector<std::byte> type, space, values;
};

/// Nothing if it has another name.
std::optional<Message> messageOf(std::span<const std::byte> bytes, const std::string& wanted) {
    Fields fields(bytes);
    const uint64_t version = fields.number(1), flags = fields.number(1);
    const uint64_t nameSize = fields.number(2), typeSize = fields.number(2), spaceSize = fields.number(2);
    if (version == 3) fields.number(1); // the encoding of the name
    const auto part = [&](uint64_t size) {
        const auto whole = fields.take(version == 1 ? padded(size) : size);
        return fields.whole ? whole.first(size_t(size)) : whole;
    };
    const auto name = part(nameSize), type = part(typeSize), space = part(spaceSize);
    const bool shared = version > 1 && (flags & 3) != 0; // a type that stands elsewhere in the file
    if (!fields.whole || version < 1 || version > 3 || shared) return std::nullopt;
    const auto* text = reinterpret_cast<const char*>(name.data());
    if (std::string_view(text, strnlen(text, name.size())) != wanted) return std::nullopt;
    const auto rest = fields.rest();
    return Message{{type.begin(), type.end()}, {space.begin(), space.end()}, {rest.begin(), rest.end()}};
}

/// Walks the blocks of an object header for an attribute.
class ObjectHeader {
public:
    ObjectHeader(const InputFile& file, uint64_t base) : file_(file), base_(base) {}

    std::optional<Message> attribute(uint64_t address, const std::string& name) {
        if (!begin(address)) return std::nullopt;
        // A continuation adds to the list that is walked; it may lead back, so what is read is counted.
        uint64_t bytes = 0;
        for (size_t i = 0; i < blocks_.size() && (bytes += blocks_[i].second + 64) <= largestBlock; ++i)
            if (auto found = searched(blocks_[i].first, blocks_[i].second, i > 0, name)) return found;
        return std::nullopt;
    }

    /// Attributes lie in a heap of their own; known once the header was walked.
    bool elsewhere() const { return elsewhere_; }

private:
    bool begin(uint64_t address) {
        const auto prefix = blockAt(file_, base_, address, 16);
        Fields fields(prefix);
        second_ = fields.begins("OHDR");
        if (!second_) { // version, reserved, count of messages, references, size; then padding
            Fields first(prefix);
            if (first.number(1) != 1) return false;
            first.take(7);
            blocks_.emplace_back(address + 16, first.number(4));
            return first.whole;
        }
        if (fields.number(1) != 2) return false;
        const uint64_t flags = fields.number(1);
        ordered_ = (flags & 0x04) != 0;
        const uint64_t before = 6 + (flags & 0x20 ? 16u : 0u) + (flags & 0x10 ? 4u : 0u),
                       width = 1u << (flags & 3);
        const auto field = blockAt(file_, base_, address + before, width);
        blocks_.emplace_back(address + before + width, Fields(field).number(field.size()));
        return !field.empty();
    }

    std::optional<Message> searched(uint64_t address, uint64_t size, bool continued,
                                    const std::string& name) {
        const auto block = blockAt(file_, base_, address, size);
        Fields fields(block);
        if (second_ && continued && !fields.begins("OCHK")) return std::nullopt;
        while (fields.whole && !fields.rest().empty()) {
            const uint64_t type = fields.number(second_ ? 1 : 2), bytes = fields.number(2),
                           flags = fields.number(1);
            fields.take(second_ ? (ordered_ ? 2 : 0) : 3);
            const auto message = fields.take(bytes);
            const bool shared = (flags & 0x02) != 0;
            if (!fields.whole || shared) continue;
            if (type == attributeMessage)
                if (auto found = messageOf(message, name)) return found;
            if (type == attributeInfoMessage) {
                Fields info(message);
                const bool counted = (info.number(2) >> 8 & 1) != 0; // version, flags
                info.take(counted ? 2 : 0);
                const uint64_t heap = info.number(8);
                elsewhere_ = elsewhere_ || (info.whole && heap != undefinedAddress);
            }
            if (type == continuationMessage) {
                Fields place(message);
                const uint64_t next = place.number(8), length = place.number(8);
                // Behind the messages of a version 2 block stands a checksum of 4 bytes.
                if (place.whole) blocks_.emplace_back(next, second_ && length >= 4 ? length - 4 : length);
            }
        }
        return std::nullopt;
    }

    const InputFile& file_;
    uint64_t base_;
    bool second_ = false, ordered_ = false; // version 2; messages carry the order of their making
    bool elsewhere_ = false;
    std::vector<std::pair<uint64_t, uint64_t>> blocks_;
};

/// An object of a global heap: a run of bytes with a number.
std::optional<std::string> heapObject(std::span<const std::byte> heap, uint64_t wanted) {
    Fields fields(heap);
    fields.take(16);
    while (fields.whole && !fields.rest().empty()) {
        const uint64_t index = fields.number(2);
        fields.take(6);
        const uint64_t size = fields.number(8);
        if (index == 0) break; // free space fills the rest
        const auto bytes = fields.take(size);
        if (!fields.whole) break;
        if (index == wanted) return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        fields.take(std::min<uint64_t>(padded(size) - size, fields.rest().size()));
    }
    return std::nullopt;
}

std::vector<std::byte> heapAt(const InputFile& file, uint64_t base, uint64_t address) {
    const auto prefix = blockAt(file, base, address, 16);
    Fields fields(prefix);
    if (!fields.begins("GCOL")) return {};
    fields.take(4);
    return blockAt(file, base, address, fields.number(8));
}

/// The number of values of a dataspace; 0 if it makes no sense.
uint64_t countOf(const std::vector<std::byte>& space) {
    Fields fields(space);
    const uint64_t version = fields.number(1), rank = fields.number(1);
    fields.take(version == 1 ? 6 : 2);
    uint64_t count = 1;
    for (uint64_t i = 0; i < rank && i < 32; ++i)
        if (__builtin_mul_overflow(count, fields.number(8), &count)) return 0;
    return fields.whole && (version == 1 || version == 2) ? count : 0;
}

struct Type {
    uint64_t kind = 0, bits = 0,
             size = 0; // of the format: 0 whole, 1 floating-point, 3 text, 9 variable length
    bool big = false, isSigned = false, variableText = false, referenceLists = false;
};

Type typeOf(const std::vector<std::byte>& bytes) {
    Fields fields(bytes);
    Type type;
    const uint64_t head = fields.number(4);
    type.size = fields.number(4);
    type.kind = head & 0x0f;
    type.big = (head >> 8 & 1) != 0;
    type.isSigned = (head >> 11 & 1) != 0;
    type.variableText = type.kind == 9 && (head >> 8 & 0x0f) == 1;
    const auto base = fields.rest(); // of a variable length: the type of its members
    type.referenceLists = type.kind == 9 && !type.variableText && base.size() >= 8 &&
                          (uint8_t(base[0]) & 0x0f) == 7 && base[4] == std::byte(8);
    const uint64_t offset = fields.number(2);
    type.bits = fields.number(2);
    const bool number = type.kind == 0 || type.kind == 1;
    if (number && (!fields.whole || offset != 0 || type.bits != 8 * type.size))
        type.kind = 15; // of no known kind
    return type;
}

/// Whole numbers of 1 to 8 bytes, floating-point ones as IEEE 754 has them.
std::vector<double> numbersIn(const Type& type, uint64_t count, const std::vector<std::byte>& values) {
    const bool known = type.kind == 0 ? type.size >= 1 && type.size <= 8 : type.size == 4 || type.size == 8;
    if (!known || count > mostNumbers || values.size() / type.size < count) return {};
    std::vector<double> numbers;
    for (uint64_t i = 0; i < count; ++i) {
        uint64_t bits = 0;
        for (uint64_t k = 0; k < type.size; ++k)
            bits |= uint64_t(values[i * type.size + (type.big ? type.size - 1 - k : k)]) << (8 * k);
        if (type.kind == 1)
            numbers.push_back(type.size == 4 ? double(std::bit_cast<float>(uint32_t(bits)))
                                             : std::bit_cast<double>(bits));
        else if (type.isSigned)
            numbers.push_back(double(int64_t(bits << (64 - type.bits)) >> (64 - type.bits)));
        else
            numbers.push_back(double(bits));
    }
    return numbers;
}

std::vector<std::string> fixedTexts(const Type& type, uint64_t count, const std::vector<std::byte>& values) {
    if (type.size == 0 || count > mostTexts || values.size() / type.size < count) return {};
    std::vector<std::string> texts;
    for (uint64_t i = 0; i < count; ++i) {
        const auto* start = reinterpret_cast<const char*>(values.data()) + i * type.size;
        std::string text(start, strnlen(start, type.size));
        while (!text.empty() && text.back() == ' ') text.pop_back();
        texts.push_back(std::move(text));
    }
    return texts;
}

/// References of 16 bytes: length, heap, number of the object.
std::vector<std::string> variableTexts(const InputFile& file, uint64_t base, uint64_t count,
                                       const std::vector<std::byte>& values) {
    if (count > mostTexts) return {};
    Fields fields(values);
    std::vector<std::string> texts;
    std::vector<std::byte> heap;
    uint64_t heapAddress = undefinedAddress, bytes = 0;
    for (uint64_t i = 0; i < count; ++i) {
        const uint64_t length = fields.number(4), address = fields.number(8), index = fields.number(4);
        if (!fields.whole) return {};
        if (length == 0) {
            texts.emplace_back();
            continue;
        }
        if (address != heapAddress) heap = heapAt(file, base, address);
        heapAddress = address;
        auto text = heapObject(heap, index);
        if (!text || text->size() < length || (bytes += length) > longestTexts) return {};
        text->resize(strnlen(text->data(), size_t(length)));
        texts.push_back(std::move(*text));
    }
    return texts;
}

/// Lists of references, as in DIMENSION_LIST: of each the address of its first object; 0 for an empty list.
std::vector<uint64_t> firstObjects(const InputFile& file, uint64_t base, uint64_t count,
                                   const std::vector<std::byte>& values) {
    if (count > mostTexts) return {};
    Fields fields(values);
    std::vector<uint64_t> objects;
    for (uint64_t i = 0; i < count; ++i) {
        const uint64_t length = fields.number(4), address = fields.number(8), index = fields.number(4);
        if (!fields.whole) return {};
        objects.push_back(0);
        if (length == 0) continue;
        const auto list = heapObject(heapAt(file, base, address), index);
        if (!list || list->size() < 8) return {};
        for (size_t k = 8; k-- > 0;) objects.back() = objects.back() << 8 | uint8_t((*list)[k]);
    }
    return objects;
}

} // namespace

Hdf5Attribute readAttribute(const InputFile& file, uint64_t base, uint64_t header, const std::string& name) {
    ObjectHeader object(file, base);
    const auto message = object.attribute(header, name);
    Hdf5Attribute attribute;
    attribute.elsewhere = !message && object.elsewhere();
    if (!message) return attribute;
    const uint64_t count = countOf(message->space);
    const Type type = typeOf(message->type);
    if (type.kind == 0 || type.kind == 1) attribute.numbers = numbersIn(type, count, message->values);
    if (type.kind == 3) attribute.texts = fixedTexts(type, count, message->values);
    if (type.variableText) attribute.texts = variableTexts(file, base, count, message->values);
    if (type.referenceLists) attribute.objects = firstObjects(file, base, count, message->values);
    return attribute;
}

} // namespace cristae
