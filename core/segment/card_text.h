// The model card for people: as a page of Markdown, and as one line of a list.
#pragma once
#include "core/segment/model_card.h"

namespace cristae {

/// A page for people, made from nothing but the card. Scores of one data set stand in one row.
std::string cardMarkdown(const ModelCard& card);

/// The licence in a few words: the name that the card's sentence begins with ("MIT", "CC BY-NC-SA 3.0"), else
/// "non-commercial" or "research" where it says so, else its beginning; "not stated" where there is none.
std::string licenceInShort(const ModelCard& card);
/// A heading, then one line a model: name, classes, pixel size and licence. Classes are shortened so that
/// lines have at most `width` characters; names never are, because people type them.
std::string modelTable(const std::vector<ModelPackage>& packages, size_t width = 80);

} // namespace cristae
