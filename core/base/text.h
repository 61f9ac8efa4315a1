// Words and numbers for people: natural order of names, byte sizes, lengths, beginnings of texts.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace cristae {

/// True if a sorts before b with digit groups compared as numbers: "s2" < "s10".
bool naturalLess(std::string_view a, std::string_view b);
/// "640 KB", "1.2 GB" (decimal).
std::string byteText(uint64_t bytes);
/// A length given in nanometres with three significant digits and the unit that suits: "512 nm", "2.56 µm",
/// "1.2 mm".
std::string lengthText(double nm);
/// A to Z as a to z; all else, also letters of other alphabets, as it is.
std::string lowerCase(std::string text);
/// "1 slice", "3 slices".
std::string countText(int64_t count, std::string_view singular, std::string_view plural);
/// How many characters (code points) a UTF-8 text has.
size_t characterCount(std::string_view text);
/// The text, or its beginning with "…" where it has more than `characters` of them.
std::string shortened(std::string_view text, size_t characters);

} // namespace cristae
