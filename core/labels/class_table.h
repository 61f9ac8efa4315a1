// ClassTable: the classes of a label layer with their names, colours and display state.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace cristae {

struct Colour {
    uint8_t r = 0, g = 0, b = 0;
    bool operator==(const Colour&) const = default;
    /// "#e69f00"
    std::string hex() const;
    /// Throws Error{input} for anything that is not #rrggbb.
    static Colour fromHex(const std::string& text);
};

struct LabelClass {
    uint32_t value = 0; // the value in the layer; 0 is background and has no entry
    std::string name;
    Colour colour;
    bool visible = true;
    bool locked = false; // strokes and predictions leave its voxels alone
    bool operator==(const LabelClass&) const = default;
};

/// Ordered as shown. Value semantics.
class ClassTable {
public:
    const std::vector<LabelClass>& classes() const { return classes_; }
    bool empty() const { return classes_.empty(); }
    const LabelClass* find(uint32_t value) const;
    const LabelClass* findByName(const std::string& name) const;
    /// Adds or replaces by value.
    void set(const LabelClass& entry);
    void remove(uint32_t value);
    /// The entry named `name`, added with the next free value and its standard colour (Okabe–Ito set of the
    /// design) if absent.
    LabelClass ensure(const std::string& name);
    bool locked(uint32_t value) const;
    bool operator==(const ClassTable&) const = default;

private:
    std::vector<LabelClass> classes_;
};

/// membranes #56b4e9, mitochondria #e69f00, nuclei #cc79a7, synapses #009e73, myelin #f0e442, axons #0072b2;
/// others take #d55e00 and then a maximally distinct sequence by `value`.
Colour standardColour(const std::string& className, uint32_t value);
/// A colour for an object id that stays the same for the same id.
Colour instanceColour(uint32_t id);

} // namespace cristae
