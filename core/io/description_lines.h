// "key=value" lines of ImageJ and of microscopes, with sections or without.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

namespace cristae {

/// The lines without their ends (\n, \r\n, zeros).
std::vector<std::string_view> linesOf(std::string_view text);
/// The text after "key=" in a block of lines, or nothing. With `section`, only below the line "[section]".
std::optional<std::string_view> valueOf(std::string_view text, std::string_view key,
                                        std::string_view section = {});

} // namespace cristae
