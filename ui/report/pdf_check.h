// checkPdf: is the file on the disk a whole PDF with the pages that were meant?
#pragma once
#include <filesystem>

namespace cristae {

/// Looks for the header, the end mark, a cross-reference table where the end says it is, and the page count.
/// Throws Error{output} naming what is wrong.
void checkPdf(const std::filesystem::path& path, int pages);

} // namespace cristae
