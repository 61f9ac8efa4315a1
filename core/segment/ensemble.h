// Ensembles: several models in one package, whose answer is the mean of their probabilities.
#pragma once
#include "core/segment/model_card.h"

namespace cristae {

/// The word in the card's "architecture" of such a package.
inline constexpr const char* ensembleArchitecture = "ensemble";

/// All complaints about putting these models together, as sentences: fewer than two, an ensemble among them,
/// other classes, channels, pixel sizes, normalisations or kinds of classes than the first one's.
std::vector<std::string> ensembleComplaints(const std::vector<ModelPackage>& members);

/// Writes a package that holds all members. Its card is that of the first one under another name; a class's
/// threshold is the mean of theirs; data and licences are those of all. Throws Error{model} with all
/// complaints, Error{output}.
ModelPackage writeEnsemble(const std::vector<ModelPackage>& members, const std::string& name,
                           const std::filesystem::path& output);

/// Card of a member of an ensemble's card, as if it stood alone. Throws Error{model}.
std::vector<ModelCard> ensembleMembers(const ModelCard& card);
/// What stands before the names of a member's tensors.
std::string memberPrefix(size_t member);

} // namespace cristae
