// A scanner for tags and attributes; it does not check that tags match.
#include "core/io/xml_tags.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace cristae {

namespace {

constexpr std::string_view space = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const size_t first = text.find_first_not_of(space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

std::string utf8(uint32_t code) {
    std::string text;
    if (code < 0x80) {
        text += char(code);
    } else if (code < 0x800) {
        text += char(0xc0 | code >> 6);
        text += char(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        text += char(0xe0 | code >> 12);
        text += char(0x80 | (code >> 6 & 0x3f));
        text += char(0x80 | (code & 0x3f));
    }
    return text;
}

/// The character of "#181", "#xB5", "amp"; empty if it is none.
std::string characterOf(std::string_view entity) {
    static constexpr std::pair<std::string_view, std::string_view> named[] = {
        {"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}};
    for (const auto& [name, character] : named)
        if (entity == name) return std::string(character);
    if (!entity.starts_with('#')) return {};
    entity.remove_prefix(1);
    const bool hexadecimal = entity.starts_with('x') || entity.starts_with('X');
    if (hexadecimal) entity.remove_prefix(1);
    uint32_t code = 0;
    const auto [end, error] =
        std::from_chars(entity.data(), entity.data() + entity.size(), code, hexadecimal ? 16 : 10);
    return error == std::errc() && end == entity.data() + entity.size() ? utf8(code) : std::string();
}

std::string decoded(std::string_view text) {
    std::string plain;
    while (!text.empty()) {
        const size_t start = text.find('&'), end = text.find(';', start);
        plain += text.substr(0, start);
        if (start == std::string_view::npos) break;
        const std::string character = end == std::string_view::npos || end - start > 12
                                          ? std::string()
                                          : characterOf(text.substr(start + 1, end - start - 1));
        plain += character.empty() ? std::string("&") : character;
        text.remove_prefix(character.empty() ? start + 1 : end + 1);
    }
    return plain;
}

std::string_view withoutPrefix(std::string_view name) {
    const size_t colon = name.rfind(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

/// Takes `name = "value"` from the front; false at the end or where there is no attribute.
bool takeAttribute(std::string_view& rest, XmlTag& tag) {
    rest = trimmed(rest);
    const size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return false;
    const std::string_view name = trimmed(rest.substr(0, equals));
    rest = trimmed(rest.substr(equals + 1));
    if (rest.empty() || (rest.front() != '"' && rest.front() != '\'')) return false;
    const size_t end = rest.find(rest.front(), 1);
    if (end == std::string_view::npos) return false;
    tag.attributes.emplace_back(withoutPrefix(name), trimmed(decoded(rest.substr(1, end - 1))));
    rest.remove_prefix(end + 1);
    return true;
}

/// Where the tag at the front ends ('>'), not inside a quoted value.
size_t endOfTag(std::string_view text) {
    char quote = 0;
    for (size_t i = 1; i < text.size(); ++i) {
        const char c = text[i];
        if (quote != 0) {
            if (c == quote) quote = 0;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '>') {
            return i;
        }
    }
    return std::string_view::npos;
}

} // namespace

std::string XmlTag::attribute(std::string_view wanted) const {
    const auto it =
        std::ranges::find_if(attributes, [&](const auto& attribute) { return attribute.first == wanted; });
    return it == attributes.end() ? std::string() : it->second;
}

/// Passes over what begins like a tag but is none.
bool XmlTags::skipSpecial() {
    static constexpr std::pair<std::string_view, std::string_view> kinds[] = {
        {"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}, {"<!", ">"}};
    for (const auto& [begin, end] : kinds) {
        if (!rest_.starts_with(begin)) continue;
        const size_t at = rest_.find(end, begin.size());
        rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + end.size());
        return true;
    }
    return false;
}

std::optional<XmlTag> XmlTags::next() {
    text_.clear();
    while (true) {
        const size_t start = rest_.find('<');
        if (start == std::string_view::npos) return std::nullopt;
        text_ += decoded(rest_.substr(0, start));
        rest_.remove_prefix(start);
        if (!skipSpecial()) break;
    }
    const size_t end = endOfTag(rest_);
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view inside = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    XmlTag tag;
    tag.begins = !inside.starts_with('/');
    tag.ends = !tag.begins || inside.ends_with('/');
    if (!tag.begins) inside.remove_prefix(1);
    if (tag.begins && tag.ends) inside.remove_suffix(1);
    inside = trimmed(inside);
    const size_t name = std::min(inside.find_first_of(space), inside.size());
    tag.name = withoutPrefix(inside.substr(0, name));
    if (!tag.begins) tag.text = trimmed(text_);
    std::string_view attributes = inside.substr(name);
    while (takeAttribute(attributes, tag)) {
    }
    return tag;
}

} // namespace cristae
