// XmlTags: the tags of an XML text one after the other, for the descriptions that microscopes write.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cristae {

struct XmlTag {
    std::string name;    // without its prefix: "Pixels" of <OME:Pixels>
    bool begins = false; // <a> and <a/>
    bool ends = false;   // </a> and <a/>
    std::string text;    // of </a>: what stood directly before it, entities replaced
    std::vector<std::pair<std::string, std::string>> attributes; // names without prefix

    /// The value, entities replaced and white space around it removed; empty if there is none.
    std::string attribute(std::string_view name) const;
};

/// Linear and without recursion. Comments, CDATA, processing instructions and declarations are passed over;
/// entities that a document defines itself are left as they are. Of a broken text the tags before the break.
class XmlTags {
public:
    explicit XmlTags(std::string_view text) : rest_(text) {}
    std::optional<XmlTag> next();

private:
    bool skipSpecial();
    std::string_view rest_;
    std::string text_;
};

} // namespace cristae
