// A model package with a card and one weight that nobody reads: what made-up engines load.
#pragma once
#include "core/segment/model_card.h"
#include "core/segment/safetensors.h"

namespace cristae {

inline void writeFakePackage(const std::filesystem::path& file, const ModelCard& card) {
    SafetensorsFile content;
    content.metadata["cristae.card"] = toJson(card).dump();
    content.tensors.push_back({"weight", "F32", {1}, std::make_shared<std::byte[]>(4), 4});
    std::filesystem::create_directories(file.parent_path());
    writeSafetensors({file, Existing::replace}, content);
}

} // namespace cristae
