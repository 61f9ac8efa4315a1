// The model card for people: as a page of Markdown, and as one line of a list.
#pragma once
#include "core/segment/model_card.h"

namespace cristae {

/// A page for people, made from nothing but the card. Scores of one data set stand in one row.
std::string cardMarkdown(const ModelCard& card);

/// The data set of a score, with the test-time augmentation: "Lucchi++, mean over all orientations".
std::string scoredData(const ModelScore& score);
/// "0.874 (0.861–0.886; 12 images 0.79–0.93)": the score, its 95 % interval and the range over single images,
/// as far as they are known.
std::string scoreText(const ModelScore& score);

/// The licence in a few words: the name that the card's sentence begins with ("MIT", "CC BY-NC-SA 3.0"), else
/// "non-commercial" or "research" where it says so, else its beginning; "not stated" where there is none.
std::string licenceInShort(const ModelCard& card);
/// A heading, then one line a model: name, classes, pixel size and licence. Classes are shortened so that
/// lines have at most `width` characters; names never are, because people type them.
std::string modelTable(const std::vector<ModelPackage>& packages, size_t width = 80);

} // namespace cristae
