// The few words of pickle that tensors need, on a stack and in a heap of values of its own.
#include "core/segment/pickled_weights.h"

#include "core/base/error.h"
#include "core/segment/zip_archive.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <fmt/format.h>
#include <set>
#include <variant>

namespace cristae {

namespace {

constexpr uint64_t largestPickle = uint64_t(64) << 20;
constexpr size_t mostValues = 2'000'000;
constexpr const char* noSense = "its list of tensors is invalid.";

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorKind::model, why);
}

struct ElementType {
    const char* storage; // torch.save's name
    const char* dtype;
    uint64_t bytes;
};
constexpr ElementType elementTypes[] = {
    {"torch.FloatStorage", "F32", 4},  {"torch.HalfStorage", "F16", 2}, {"torch.BFloat16Storage", "BF16", 2},
    {"torch.DoubleStorage", "F64", 8}, {"torch.LongStorage", "I64", 8}, {"torch.IntStorage", "I32", 4},
    {"torch.ShortStorage", "I16", 2},  {"torch.CharStorage", "I8", 1},  {"torch.ByteStorage", "U8", 1},
    {"torch.BoolStorage", "BOOL", 1}};

const ElementType* elementType(const std::string& storage) {
    const auto* found =
        std::ranges::find_if(elementTypes, [&](const ElementType& type) { return storage == type.storage; });
    return found == std::end(elementTypes) ? nullptr : found;
}

struct Value;
struct Mark {};
struct Global {
    std::string name; // "torch._utils._rebuild_tensor_v2"
};
struct Storage {
    const ElementType* type = nullptr;
    std::string key;
};
struct List {
    std::vector<Value*> items;
};
struct Dictionary {
    std::vector<std::pair<Value*, Value*>> items;
};
struct Value {
    std::variant<std::monostate, Mark, bool, int64_t, double, std::string, Global, Storage, List, Dictionary,
                 NamedTensor>
        is;
};

/// Where the elements of a tensor lie in its storage, checked; counts in elements.
struct Strides {
    std::vector<int64_t> sizes, steps;
    int64_t offset = 0, elements = 1, end = 0; // end: behind the farthest element
};

Strides checkedStrides(int64_t offset, std::vector<int64_t> sizes, std::vector<int64_t> steps,
                       int64_t count) {
    Strides strides{std::move(sizes), std::move(steps), offset, 1, offset};
    // Each step is bounded, so nothing overflows.
    bool legal = strides.sizes.size() == strides.steps.size() && strides.sizes.size() <= 16 && offset >= 0 &&
                 offset <= count && count < (int64_t(1) << 40);
    int64_t last = offset;
    for (size_t i = 0; legal && i < strides.sizes.size(); ++i) {
        const int64_t size = strides.sizes[i], step = strides.steps[i];
        legal = size >= 0 && size <= count && step >= 0 && step <= count &&
                (size == 0 || !__builtin_mul_overflow(strides.elements, size, &strides.elements));
        int64_t receptiveRadius = 0;
        legal = legal && !__builtin_mul_overflow(std::max<int64_t>(size - 1, 0), step, &receptiveRadius) &&
                !__builtin_add_overflow(last, receptiveRadius, &last) && last <= count &&
                strides.elements <= count;
        if (size == 0) strides.elements = 0;
    }
    strides.end = strides.elements > 0 ? last + 1 : offset;
    if (!legal || strides.end > count) refuse("a tensor does not fit its data.");
    return strides;
}

/// The elements in row-major order; `bytes` begins at the tensor's offset.
void copyStrided(const Strides& strides, uint64_t size, const std::string& bytes, std::byte* out) {
    std::vector<int64_t> index(strides.sizes.size(), 0);
    int64_t at = 0;
    for (int64_t i = 0; i < strides.elements; ++i) {
        std::memcpy(out + uint64_t(i) * size, bytes.data() + uint64_t(at) * size, size);
        for (size_t d = index.size(); d-- > 0;) {
            at += strides.steps[d];
            if (++index[d] < strides.sizes[d]) break;
            at -= strides.sizes[d] * strides.steps[d];
            index[d] = 0;
        }
    }
}

class Unpickler {
public:
    Unpickler(const ZipArchive& archive, uint64_t fileBytes) : archive_(archive), memory_(8 * fileBytes) {
        const ZipArchive::Part part = archive.part("data.pkl");
        if (part.bytes > largestPickle) refuse("its list of tensors is longer than any network's.");
        text_ = archive.read(part, 0, part.bytes);
    }

    /// Valid as long as this is.
    const Value& run() {
        while (true) {
            const auto code = uint8_t(take(1)[0]);
            if (code == '.') return *pop();
            step(code);
        }
    }

private:
    std::string_view take(uint64_t count) {
        if (text_.size() - at_ < count) refuse("its list of tensors is cut off.");
        at_ += count;
        return std::string_view(text_).substr(at_ - count, count);
    }
    uint64_t number(int size) {
        uint64_t value = 0;
        const std::string_view bytes = take(uint64_t(size));
        for (int i = 0; i < size; ++i) value |= uint64_t(uint8_t(bytes[size_t(i)])) << (8 * i);
        return value;
    }
    std::string line() {
        const size_t end = text_.find('\n', at_);
        if (end == std::string::npos) refuse("its list of tensors is cut off.");
        const std::string result = text_.substr(at_, end - at_);
        at_ = end + 1;
        return result;
    }
    template <class T> void push(T value) {
        if (values_.size() >= mostValues) refuse("it holds more values than any network has.");
        values_.push_back(Value{std::move(value)});
        stack_.push_back(&values_.back());
    }
    Value& top() {
        if (stack_.empty()) refuse(noSense);
        return *stack_.back();
    }
    Value* pop() {
        Value* value = &top();
        stack_.pop_back();
        return value;
    }
    template <class T> T& as(Value& value) {
        T* found = std::get_if<T>(&value.is);
        if (!found) refuse(noSense);
        return *found;
    }
    /// Everything since the last mark, which goes too.
    std::vector<Value*> sinceMark() {
        size_t begin = stack_.size();
        while (begin > 0 && !std::holds_alternative<Mark>(stack_[begin - 1]->is)) --begin;
        if (begin == 0) refuse(noSense);
        std::vector<Value*> items(stack_.begin() + ptrdiff_t(begin), stack_.end());
        stack_.resize(begin - 1);
        return items;
    }
    void recall(uint64_t index) {
        const auto found = memo_.find(index);
        if (found == memo_.end()) refuse(noSense);
        stack_.push_back(found->second);
    }
    void pushTuple(size_t count) {
        if (stack_.size() < count) refuse(noSense);
        List list{{stack_.end() - ptrdiff_t(count), stack_.end()}};
        stack_.resize(stack_.size() - count);
        push(std::move(list));
    }
    void setItems(const std::vector<Value*>& items) {
        if (items.size() % 2) refuse(noSense);
        for (size_t i = 0; i < items.size(); i += 2)
            as<Dictionary>(top()).items.emplace_back(items[i], items[i + 1]);
    }
    void step(uint8_t code);
    void pushNumber(uint8_t code);
    void pushGlobal(const std::string& name);
    void pushStorage(Value& id);
    void call(Value& function, Value& arguments);
    NamedTensor tensorOf(List& arguments);

    const ZipArchive& archive_;
    uint64_t memory_; // bytes that tensors may still take
    std::string text_;
    size_t at_ = 0;
    std::deque<Value> values_; // all that ever were: nothing is owned by another value
    std::vector<Value*> stack_;
    std::map<uint64_t, Value*> memo_;
};

void Unpickler::pushNumber(uint8_t code) {
    if (code == 'K') return push(int64_t(number(1)));
    if (code == 'M') return push(int64_t(number(2)));
    if (code == 'J') return push(int64_t(int32_t(number(4))));
    if (code == 0x8a) { // LONG1
        const auto size = int(number(1));
        if (size > 8) refuse("it holds a number that is too large.");
        uint64_t value = number(size);
        if (size > 0 && size < 8 && (value >> (8 * size - 1)) & 1) value |= ~uint64_t(0) << (8 * size);
        return push(int64_t(value));
    }
    uint64_t bits = 0; // BINFLOAT, big-endian
    for (const char byte : take(8)) bits = bits << 8 | uint8_t(byte);
    double value = 0;
    std::memcpy(&value, &bits, 8);
    push(value);
}

void Unpickler::step(uint8_t code) {
    switch (code) {
    case 0x80: // PROTO
        number(1);
        break;
    case 0x95: // FRAME
        number(8);
        break;
    case '(':
        push(Mark{});
        break;
    case '0': // POP
    case 'b': // BUILD: an ordered dictionary's "_metadata"
        pop();
        break;
    case 'N':
        push(std::monostate{});
        break;
    case 0x88:
    case 0x89:
        push(code == 0x88);
        break;
    case 'K':
    case 'M':
    case 'J':
    case 0x8a:
    case 'G':
        pushNumber(code);
        break;
    case 'X': // BINUNICODE
        push(std::string(take(number(4))));
        break;
    case 0x8c: // SHORT_BINUNICODE
    case 'U':  // SHORT_BINSTRING
        push(std::string(take(number(1))));
        break;
    case '}':
        push(Dictionary{});
        break;
    case ']':
    case ')':
        push(List{});
        break;
    case 'a': { // APPEND
        Value* item = pop();
        as<List>(top()).items.push_back(item);
        break;
    }
    case 'e': { // APPENDS
        const auto items = sinceMark();
        List& list = as<List>(top());
        list.items.insert(list.items.end(), items.begin(), items.end());
        break;
    }
    case 't':
        push(List{sinceMark()});
        break;
    case 0x85:
    case 0x86:
    case 0x87:
        pushTuple(code - 0x84u);
        break;
    case 's': { // SETITEM
        Value *value = pop(), *key = pop();
        setItems({key, value});
        break;
    }
    case 'u':
        setItems(sinceMark());
        break;
    case 'q':
    case 'r':
        memo_[number(code == 'q' ? 1 : 4)] = &top();
        break;
    case 0x94: // MEMOIZE
        memo_[memo_.size()] = &top();
        break;
    case 'h':
    case 'j':
        recall(number(code == 'h' ? 1 : 4));
        break;
    case 'c': {
        const std::string module = line();
        pushGlobal(module + "." + line());
        break;
    }
    case 0x93: { // STACK_GLOBAL
        Value *name = pop(), *module = pop();
        pushGlobal(as<std::string>(*module) + "." + as<std::string>(*name));
        break;
    }
    case 'Q': // BINPERSID
        pushStorage(*pop());
        break;
    case 'R': { // REDUCE
        Value *arguments = pop(), *function = pop();
        call(*function, *arguments);
        break;
    }
    default:
        refuse(fmt::format("it asks for something that weights do not need (pickle code {:#04x}).", code));
    }
}

void Unpickler::pushGlobal(const std::string& name) {
    if (name != "collections.OrderedDict" && name != "torch._utils._rebuild_tensor_v2" &&
        name != "torch._utils._rebuild_parameter" && !elementType(name))
        refuse(fmt::format("it asks for \"{}\", which is neither a dictionary nor a tensor.",
                           name.substr(0, 80)));
    push(Global{name});
}

/// ("storage", type, key, device, count).
void Unpickler::pushStorage(Value& id) {
    List& parts = as<List>(id);
    if (parts.items.size() < 3 || as<std::string>(*parts.items[0]) != "storage") refuse(noSense);
    const ElementType* type = elementType(as<Global>(*parts.items[1]).name);
    if (!type) refuse("it holds a tensor of a type that this program does not know.");
    push(Storage{type, as<std::string>(*parts.items[2])});
}

void Unpickler::call(Value& function, Value& arguments) {
    const std::string& name = as<Global>(function).name;
    List& list = as<List>(arguments);
    if (name == "collections.OrderedDict" && list.items.empty()) return push(Dictionary{});
    if (name == "torch._utils._rebuild_tensor_v2") return push(tensorOf(list));
    if (name == "torch._utils._rebuild_parameter" && !list.items.empty())
        return push(NamedTensor(as<NamedTensor>(*list.items[0])));
    refuse(noSense);
}

/// (storage, offset, sizes, strides, …): a copy.
NamedTensor Unpickler::tensorOf(List& arguments) {
    if (arguments.items.size() < 4) refuse(noSense);
    const Storage& storage = as<Storage>(*arguments.items[0]);
    std::vector<int64_t> sizes, steps;
    for (Value* item : as<List>(*arguments.items[2]).items) sizes.push_back(as<int64_t>(*item));
    for (Value* item : as<List>(*arguments.items[3]).items) steps.push_back(as<int64_t>(*item));
    const ZipArchive::Part part = archive_.part("data/" + storage.key);
    const uint64_t size = storage.type->bytes;
    const Strides strides = checkedStrides(as<int64_t>(*arguments.items[1]), std::move(sizes),
                                           std::move(steps), int64_t(part.bytes / size));
    NamedTensor tensor;
    tensor.dtype = storage.type->dtype;
    tensor.shape = strides.sizes;
    tensor.bytes = size_t(strides.elements) * size;
    const uint64_t read = uint64_t(strides.end - strides.offset) * size;
    if (tensor.bytes + read > memory_) refuse("its tensors are together many times larger than the file.");
    memory_ -= tensor.bytes + read;
    tensor.data = std::make_shared<std::byte[]>(std::max<size_t>(tensor.bytes, 1));
    copyStrided(strides, size, archive_.read(part, uint64_t(strides.offset) * size, read), tensor.data.get());
    return tensor;
}

/// Tensors of a dictionary; a dictionary without tensors stands for the first of those inside it that has
/// some. Each is looked at once, however often it is named.
std::vector<NamedTensor> tensorsIn(const Value& value) {
    std::vector<const Value*> waiting{&value};
    std::set<const Value*> seen;
    while (!waiting.empty()) {
        const Value* each = waiting.back();
        waiting.pop_back();
        const auto* dictionary = std::get_if<Dictionary>(&each->is);
        if (!dictionary || !seen.insert(each).second) continue;
        std::map<std::string, NamedTensor> tensors;
        for (const auto& [key, item] : dictionary->items)
            if (const auto* name = std::get_if<std::string>(&key->is))
                if (const auto* tensor = std::get_if<NamedTensor>(&item->is)) {
                    tensors[*name] = *tensor;
                    tensors[*name].name = *name;
                }
        if (!tensors.empty()) {
            std::vector<NamedTensor> found;
            for (auto& [name, tensor] : tensors) found.push_back(std::move(tensor));
            return found;
        }
        for (auto item = dictionary->items.rbegin(); item != dictionary->items.rend(); ++item)
            waiting.push_back(item->second);
    }
    return {};
}

} // namespace

SafetensorsFile readPickledWeights(const std::filesystem::path& path) {
    try {
        const InputFile file(path, ErrorKind::model);
        const ZipArchive archive(file);
        Unpickler unpickler(archive, file.size());
        SafetensorsFile content;
        content.tensors = tensorsIn(unpickler.run());
        if (content.tensors.empty()) refuse("there is no tensor in it.");
        return content;
    } catch (const std::bad_alloc&) {
        throw Error(ErrorKind::memory,
                    fmt::format("There is not enough memory for the weights in {}. Close other programs.",
                                path.string()));
    } catch (const Error& error) {
        const std::string why = error.what();
        if (why.find("cannot be read") != std::string::npos) throw; // of the opening, which names the file
        throw Error(
            ErrorKind::model,
            fmt::format("{} cannot be read as weights: {} Save it as safetensors, or as a plain state "
                        "dictionary with a PyTorch of at least 1.6.",
                        path.string(), why));
    }
}

} // namespace cristae
