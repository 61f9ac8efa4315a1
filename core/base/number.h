// decimalNumber: a number as files and people write it, with a point or a comma, whatever the locale.
#pragma once
#include <optional>
#include <string_view>

namespace cristae {

/// The finite number that the whole text is, spaces around it aside: "2.5", "2,5", "2,5e-009", "1.234,5",
/// "1,234.5". Never a part of the text. Nothing for what is no number and for "1,234", which is 1.234 to some
/// and 1234 to others.
std::optional<double> decimalNumber(std::string_view text);
/// True for texts like "1,234": a number, but of two readings.
bool isAmbiguousNumber(std::string_view text);

} // namespace cristae
