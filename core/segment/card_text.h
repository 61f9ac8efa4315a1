// The model card as a page of Markdown: network, data, how it was made, scores.
#pragma once
#include "core/segment/model_card.h"

namespace cristae {

/// A page for people, made from nothing but the card. Scores of one data set stand in one row.
std::string cardMarkdown(const ModelCard& card);

} // namespace cristae
