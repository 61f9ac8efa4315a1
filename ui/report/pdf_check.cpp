// checkPdf: QPdfWriter does not tell when the disk is full, so the file is read again.
#include "ui/report/pdf_check.h"

#include "core/base/error.h"

#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <string>

namespace cristae {

namespace {

/// How often `word` stands in `text` without a letter behind it: "/Type /Page" but not "/Type /Pages".
int countWord(const std::string& text, const std::string& word) {
    int count = 0;
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + word.size())) {
        const size_t next = at + word.size();
        if (next >= text.size() || !std::isalpha(static_cast<unsigned char>(text[next]))) ++count;
    }
    return count;
}

} // namespace

void checkPdf(const std::filesystem::path& path, int pages) {
    const auto fail = [](const std::string& what) {
        throw Error(ErrorKind::output,
                    fmt::format("The PDF on the disk is not what was written: {}. Is the disk full? Nothing "
                                "was replaced; choose another place or free some space.",
                                what));
    };
    std::ifstream file(path, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (!file.good() && !file.eof()) fail("it cannot be read again");
    if (text.rfind("%PDF-", 0) != 0) fail("it does not start as one");
    const size_t end = text.find_last_not_of("\r\n ");
    if (end == std::string::npos || end < 4 || text.compare(end - 4, 5, "%%EOF") != 0)
        fail("its end is missing");
    const size_t start = text.rfind("startxref");
    size_t table = 0;
    for (size_t i = start == std::string::npos ? text.size() : start + 9; i < text.size() && text[i] != '%';
         ++i)
        if (std::isdigit(static_cast<unsigned char>(text[i]))) table = table * 10 + size_t(text[i] - '0');
    if (table == 0 || table >= text.size() || text.compare(table, 4, "xref") != 0)
        fail("its table of contents is missing");
    const int found = countWord(text, "/Type /Page");
    if (found != pages) fail(fmt::format("it has {} pages instead of {}", found, pages));
}

} // namespace cristae
