// Writing model packages.
#include "core/segment/package_writer.h"

#include "core/base/atomic_file.h"
#include "core/base/hash.h"
#include "core/base/input_file.h"

#include <fmt/format.h>
#include <limits>

namespace cristae {

namespace {

SafetensorsFile contentOf(const ModelPackage& draft) {
    SafetensorsFile content = readSafetensors(draft.file);
    content.metadata[modelCardKey] = toJson(draft.card).dump();
    return content;
}

} // namespace

ModelPackage writePackage(const Destination& file, const ModelCard& card, std::vector<NamedTensor> weights) {
    SafetensorsFile content;
    content.metadata = {{modelCardKey, toJson(card).dump()}, {"format", "pt"}};
    content.tensors = std::move(weights);
    writeSafetensors(file, content);
    return openModelPackage(file.path());
}

ModelPackage publishPackage(const ModelPackage& draft, const Destination& target) {
    writeSafetensors(target, contentOf(draft));
    return openModelPackage(target.path());
}

bool isPublished(const ModelPackage& draft, const std::filesystem::path& file) {
    std::error_code unknown;
    if (!std::filesystem::is_regular_file(file, unknown)) return false;
    return sha256(safetensorsBytes(contentOf(draft))) == sha256OfFile(file);
}

ModelPackage copyPackage(const std::filesystem::path& from, const Destination& target) {
    readSafetensors(from); // a damaged model is not spread
    writeFileAtomically(target, readTextFile(from, std::numeric_limits<size_t>::max()));
    return openModelPackage(target.path());
}

std::filesystem::path freePackageName(const std::filesystem::path& wanted) {
    std::error_code unknown;
    std::filesystem::path name = wanted;
    for (int number = 2; std::filesystem::exists(std::filesystem::symlink_status(name, unknown)); ++number)
        name = wanted.parent_path() /
               fmt::format("{}-{}{}", wanted.stem().string(), number, wanted.extension().string());
    return name;
}

} // namespace cristae
