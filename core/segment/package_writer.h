// Writing model packages: the one way from a card and weights to a file that stands whole under its name.
#pragma once
#include "core/segment/model_card.h"
#include "core/segment/safetensors.h"

namespace cristae {

/// Card and weights as one package, whole or not at all: what stood there before stays until the new one is
/// on the disk. Equal cards and weights give equal files. Throws Error{output, internal}.
ModelPackage writePackage(const Destination& file, const ModelCard& card, std::vector<NamedTensor> weights);
/// The weights of `draft.file` with `draft.card` under another name, or under its own: one write, after all
/// that belongs into the card is known. Throws Error{model, output}; then the target is as it was.
ModelPackage publishPackage(const ModelPackage& draft, const Destination& target);
/// Whether `file` holds exactly what publishPackage() would write there. Throws Error{model}.
bool isPublished(const ModelPackage& draft, const std::filesystem::path& file);
/// A copy byte for byte, after the checksums were found right. Throws Error{model, output}.
ModelPackage copyPackage(const std::filesystem::path& from, const Destination& target);
/// The name itself where nothing has it, else "name-2.safetensors" and so on.
std::filesystem::path freePackageName(const std::filesystem::path& wanted);

} // namespace cristae
