// A ZIP archive without compression, and the few words of pickle that tensors need.
#include "models/run/state_dict.h"

#include "core/base/error.h"

#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <variant>

namespace cristae {

namespace {

class Refusal {
public:
    explicit Refusal(std::string file) : file_(std::move(file)) {}
    [[noreturn]] void operator()(const std::string& why) const {
        throw Error(
            ErrorKind::model,
            fmt::format("{} cannot be read as weights: {} Save it as safetensors, or as a plain state "
                        "dictionary with a PyTorch of at least 1.6.",
                        file_, why));
    }

private:
    std::string file_;
};

/// Where the parts of a ZIP archive lie; only parts that are stored as they are.
class Archive {
public:
    Archive(std::string bytes, const Refusal& refuse) : bytes_(std::move(bytes)), refuse_(refuse) {
        // The end record has 22 bytes and a comment of up to 65535.
        if (bytes_.size() < 22 || bytes_.compare(0, 2, "PK") != 0) refuse_("it is no ZIP archive.");
        size_t end = bytes_.size() - 22;
        while (number(end, 4) != 0x06054b50) {
            if (end == 0 || bytes_.size() - end > 66000) refuse_("its archive is cut off.");
            --end;
        }
        uint64_t count = number(end + 10, 2), at = number(end + 16, 4);
        if (end >= 20 && number(end - 20, 4) == 0x07064b50) { // ZIP64
            const uint64_t record = number(end - 12, 8);
            if (record > bytes_.size() - 56 || number(record, 4) != 0x06064b50)
                refuse_("its archive is damaged.");
            count = number(record + 32, 8);
            at = number(record + 48, 8);
        }
        for (uint64_t i = 0; i < count; ++i) at = addEntry(at);
    }
    /// The part whose name ends so; the first folder of the archive has any name.
    std::string_view part(const std::string& name) const {
        for (const auto& [key, view] : parts_)
            if (key == name || key.ends_with("/" + name)) return view;
        refuse_("its archive lacks \"" + name + "\".");
    }

private:
    uint64_t number(uint64_t at, int size) const {
        if (at > bytes_.size() || bytes_.size() - at < uint64_t(size)) refuse_("its archive is cut off.");
        uint64_t value = 0;
        for (int i = 0; i < size; ++i) value |= uint64_t(uint8_t(bytes_[at + uint64_t(i)])) << (8 * i);
        return value;
    }
    uint64_t addEntry(uint64_t at) {
        if (number(at, 4) != 0x02014b50) refuse_("its archive is damaged.");
        const uint64_t method = number(at + 10, 2), nameSize = number(at + 28, 2), extra = number(at + 30, 2),
                       comment = number(at + 32, 2);
        uint64_t size = number(at + 24, 4), local = number(at + 42, 4);
        number(at + 46 + nameSize + extra, 0);
        const std::string name = bytes_.substr(at + 46, nameSize);
        // ZIP64: values that do not fit stand in the extra field, in this order.
        for (uint64_t field = at + 46 + nameSize, last = field + extra; field + 4 <= last;) {
            const uint64_t id = number(field, 2), length = number(field + 2, 2);
            uint64_t value = field + 4;
            if (id == 1) {
                if (size == 0xffffffff) size = number(value, 8), value += 16; // after it the packed size
                if (local == 0xffffffff) local = number(value, 8);
            }
            field += 4 + length;
        }
        if (method != 0) refuse_("its archive is compressed.");
        if (number(local, 4) != 0x04034b50) refuse_("its archive is damaged.");
        const uint64_t begin = local + 30 + number(local + 26, 2) + number(local + 28, 2);
        if (begin > bytes_.size() || bytes_.size() - begin < size) refuse_("its archive is cut off.");
        parts_[name] = std::string_view(bytes_).substr(begin, size);
        return at + 46 + nameSize + extra + comment;
    }

    std::string bytes_;
    const Refusal& refuse_;
    std::map<std::string, std::string_view> parts_;
};

struct Value;
using ValuePtr = std::shared_ptr<Value>;
struct Mark {};
struct Global {
    std::string name; // "torch._utils._rebuild_tensor_v2"
};
struct Storage {
    torch::Dtype type;
    std::string key;
};
struct List {
    std::vector<ValuePtr> items;
};
struct Dictionary {
    std::vector<std::pair<ValuePtr, ValuePtr>> items;
};
struct Value {
    std::variant<std::monostate, Mark, bool, int64_t, double, std::string, Global, Storage, List, Dictionary,
                 torch::Tensor>
        is;
};

const std::map<std::string, torch::Dtype>& storageTypes() {
    static const std::map<std::string, torch::Dtype> types{
        {"torch.FloatStorage", torch::kFloat},       {"torch.HalfStorage", torch::kHalf},
        {"torch.BFloat16Storage", torch::kBFloat16}, {"torch.DoubleStorage", torch::kDouble},
        {"torch.LongStorage", torch::kLong},         {"torch.IntStorage", torch::kInt},
        {"torch.ShortStorage", torch::kShort},       {"torch.CharStorage", torch::kChar},
        {"torch.ByteStorage", torch::kByte},         {"torch.BoolStorage", torch::kBool}};
    return types;
}

class Unpickler {
public:
    Unpickler(const Archive& archive, const Refusal& refuse)
        : archive_(archive), refuse_(refuse), text_(archive.part("data.pkl")) {}

    ValuePtr run() {
        while (true) {
            const auto code = uint8_t(take(1)[0]);
            if (code == '.') return pop();
            step(code);
        }
    }

private:
    std::string_view take(uint64_t count) {
        if (text_.size() - at_ < count) refuse_("its list of tensors is cut off.");
        at_ += count;
        return text_.substr(at_ - count, count);
    }
    uint64_t number(int size) {
        uint64_t value = 0;
        const std::string_view bytes = take(uint64_t(size));
        for (int i = 0; i < size; ++i) value |= uint64_t(uint8_t(bytes[size_t(i)])) << (8 * i);
        return value;
    }
    std::string line() {
        const size_t end = text_.find('\n', at_);
        if (end == std::string_view::npos) refuse_("its list of tensors is cut off.");
        const std::string result(text_.substr(at_, end - at_));
        at_ = end + 1;
        return result;
    }
    template <class T> void push(T value) {
        stack_.push_back(std::make_shared<Value>(Value{std::move(value)}));
    }
    ValuePtr pop() {
        if (stack_.empty()) refuse_("its list of tensors makes no sense.");
        ValuePtr top = stack_.back();
        stack_.pop_back();
        return top;
    }
    template <class T> T& as(const ValuePtr& value) {
        T* found = std::get_if<T>(&value->is);
        if (!found) refuse_("its list of tensors makes no sense.");
        return *found;
    }
    /// Everything since the last mark, which goes too.
    std::vector<ValuePtr> sinceMark() {
        std::vector<ValuePtr> items;
        while (true) {
            const ValuePtr top = pop();
            if (std::holds_alternative<Mark>(top->is)) break;
            items.insert(items.begin(), top);
        }
        return items;
    }
    void store(uint64_t index) {
        if (stack_.empty()) refuse_("its list of tensors makes no sense.");
        memo_[index] = stack_.back();
    }
    void recall(uint64_t index) {
        const auto found = memo_.find(index);
        if (found == memo_.end()) refuse_("its list of tensors makes no sense.");
        stack_.push_back(found->second);
    }
    void pushTuple(uint64_t count) {
        List list;
        for (uint64_t i = 0; i < count; ++i) list.items.insert(list.items.begin(), pop());
        push(std::move(list));
    }
    void setItems(std::vector<ValuePtr> items) {
        if (stack_.empty() || items.size() % 2) refuse_("its list of tensors makes no sense.");
        for (size_t i = 0; i < items.size(); i += 2)
            as<Dictionary>(stack_.back()).items.emplace_back(items[i], items[i + 1]);
    }
    void step(uint8_t code);
    void pushGlobal(const std::string& name);
    void pushStorage(const ValuePtr& id);
    void call(const ValuePtr& function, const ValuePtr& arguments);
    torch::Tensor tensorOf(const List& arguments);

    const Archive& archive_;
    const Refusal& refuse_;
    std::string_view text_;
    size_t at_ = 0;
    std::vector<ValuePtr> stack_;
    std::map<uint64_t, ValuePtr> memo_;
};

void Unpickler::step(uint8_t code) {
    switch (code) {
    case 0x80:
        number(1);
        break; // PROTO
    case 0x95:
        number(8);
        break; // FRAME
    case '(':
        push(Mark{});
        break;
    case '0':
        pop();
        break;
    case 'N':
        push(std::monostate{});
        break;
    case 0x88:
        push(true);
        break;
    case 0x89:
        push(false);
        break;
    case 'K':
        push(int64_t(number(1)));
        break;
    case 'M':
        push(int64_t(number(2)));
        break;
    case 'J':
        push(int64_t(int32_t(number(4))));
        break;
    case 0x8a: { // LONG1
        const auto size = int(number(1));
        if (size > 8) refuse_("it holds a number that is too large.");
        uint64_t value = number(size);
        if (size > 0 && size < 8 && (value >> (8 * size - 1)) & 1) value |= ~uint64_t(0) << (8 * size);
        push(int64_t(value));
        break;
    }
    case 'G': { // BINFLOAT, big-endian
        const std::string_view bytes = take(8);
        uint64_t bits = 0;
        for (const char byte : bytes) bits = bits << 8 | uint8_t(byte);
        double value = 0;
        std::memcpy(&value, &bits, 8);
        push(value);
        break;
    }
    case 'X':
        push(std::string(take(number(4))));
        break; // BINUNICODE
    case 0x8c:
        push(std::string(take(number(1))));
        break; // SHORT_BINUNICODE
    case 'U':
        push(std::string(take(number(1))));
        break; // SHORT_BINSTRING
    case '}':
        push(Dictionary{});
        break;
    case ']':
    case ')':
        push(List{});
        break;
    case 'a': {
        const ValuePtr item = pop();
        if (stack_.empty()) refuse_("its list of tensors makes no sense.");
        as<List>(stack_.back()).items.push_back(item);
        break;
    }
    case 'e': {
        const std::vector<ValuePtr> items = sinceMark();
        if (stack_.empty()) refuse_("its list of tensors makes no sense.");
        List& list = as<List>(stack_.back());
        list.items.insert(list.items.end(), items.begin(), items.end());
        break;
    }
    case 't':
        push(List{sinceMark()});
        break;
    case 0x85:
        pushTuple(1);
        break;
    case 0x86:
        pushTuple(2);
        break;
    case 0x87:
        pushTuple(3);
        break;
    case 's': {
        const ValuePtr value = pop(), key = pop();
        setItems({key, value});
        break;
    }
    case 'u':
        setItems(sinceMark());
        break;
    case 'q':
        store(number(1));
        break;
    case 'r':
        store(number(4));
        break;
    case 0x94:
        store(memo_.size());
        break; // MEMOIZE
    case 'h':
        recall(number(1));
        break;
    case 'j':
        recall(number(4));
        break;
    case 'c': {
        const std::string module = line();
        pushGlobal(module + "." + line());
        break;
    }
    case 0x93: { // STACK_GLOBAL
        const ValuePtr name = pop(), module = pop();
        pushGlobal(as<std::string>(module) + "." + as<std::string>(name));
        break;
    }
    case 'Q':
        pushStorage(pop());
        break; // BINPERSID
    case 'R': {
        const ValuePtr arguments = pop();
        call(pop(), arguments);
        break;
    }
    case 'b':
        pop();
        break; // BUILD: an ordered dictionary's "_metadata"
    default:
        refuse_(fmt::format("it asks for something that weights do not need (pickle code {:#04x}).", code));
    }
}

void Unpickler::pushGlobal(const std::string& name) {
    static const std::vector<std::string> known{"collections.OrderedDict", "torch._utils._rebuild_tensor_v2",
                                                "torch._utils._rebuild_parameter"};
    if (std::find(known.begin(), known.end(), name) == known.end() && !storageTypes().count(name))
        refuse_(fmt::format("it asks for \"{}\", which is neither a dictionary nor a tensor.",
                            name.substr(0, 80)));
    push(Global{name});
}

/// ("storage", type, key, device, count).
void Unpickler::pushStorage(const ValuePtr& id) {
    const List& parts = as<List>(id);
    if (parts.items.size() < 3 || as<std::string>(parts.items[0]) != "storage")
        refuse_("its list of tensors makes no sense.");
    const auto type = storageTypes().find(as<Global>(parts.items[1]).name);
    if (type == storageTypes().end()) refuse_("it holds a tensor of a type that this program does not know.");
    push(Storage{type->second, as<std::string>(parts.items[2])});
}

void Unpickler::call(const ValuePtr& function, const ValuePtr& arguments) {
    const std::string& name = as<Global>(function).name;
    const List& list = as<List>(arguments);
    if (name == "collections.OrderedDict" && list.items.empty()) return push(Dictionary{});
    if (name == "torch._utils._rebuild_tensor_v2") return push(tensorOf(list));
    if (name == "torch._utils._rebuild_parameter" && !list.items.empty())
        return push(as<torch::Tensor>(list.items[0]));
    refuse_("its list of tensors makes no sense.");
}

/// (storage, offset, sizes, strides, …): a copy.
torch::Tensor Unpickler::tensorOf(const List& arguments) {
    if (arguments.items.size() < 4) refuse_("its list of tensors makes no sense.");
    const Storage& storage = as<Storage>(arguments.items[0]);
    const int64_t offset = as<int64_t>(arguments.items[1]);
    std::vector<int64_t> sizes, strides;
    for (const ValuePtr& item : as<List>(arguments.items[2]).items) sizes.push_back(as<int64_t>(item));
    for (const ValuePtr& item : as<List>(arguments.items[3]).items) strides.push_back(as<int64_t>(item));
    const std::string_view bytes = archive_.part("data/" + storage.key);
    const auto count = int64_t(bytes.size() / c10::elementSize(storage.type));
    // The farthest element must lie in the storage; each step is bounded, so nothing overflows.
    bool legal = sizes.size() == strides.size() && offset >= 0 && offset <= count;
    int64_t last = offset, elements = 1;
    for (size_t i = 0; legal && i < sizes.size(); ++i) {
        legal = sizes[i] >= 0 && sizes[i] <= count && strides[i] >= 0 && strides[i] <= count;
        if (legal && sizes[i] > 0) last += (sizes[i] - 1) * strides[i];
        elements *= legal ? sizes[i] : 0;
        legal = legal && last <= count && elements <= count;
    }
    if (!legal || (elements > 0 && last >= count)) refuse_("a tensor does not fit its data.");
    const torch::Tensor flat = torch::empty({count}, storage.type);
    std::memcpy(flat.data_ptr(), bytes.data(), size_t(count) * c10::elementSize(storage.type));
    const torch::Tensor tensor = flat.as_strided(sizes, strides, offset).contiguous().clone();
    return tensor.is_floating_point() ? tensor.to(torch::kFloat) : tensor;
}

/// Tensors of a dictionary; a dictionary without tensors stands for those inside it.
void collect(const Value& value, TensorMap& tensors) {
    const auto* dictionary = std::get_if<Dictionary>(&value.is);
    if (!dictionary) return;
    for (const auto& [key, item] : dictionary->items)
        if (const auto* name = std::get_if<std::string>(&key->is))
            if (const auto* tensor = std::get_if<torch::Tensor>(&item->is)) tensors[*name] = *tensor;
    if (!tensors.empty()) return;
    for (const auto& [key, item] : dictionary->items) {
        collect(*item, tensors);
        if (!tensors.empty()) return;
    }
}

} // namespace

TensorMap readStateDict(const std::filesystem::path& file) {
    const Refusal refuse(file.string());
    std::ifstream stream(file, std::ios::binary);
    if (!stream) refuse("it cannot be opened.");
    const Archive archive({std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()}, refuse);
    TensorMap tensors;
    collect(*Unpickler(archive, refuse).run(), tensors);
    if (tensors.empty()) refuse("there is no tensor in it.");
    return tensors;
}

} // namespace cristae
