// State dictionaries as LibTorch's tensors.
#include "models/run/state_dict.h"

#include "core/segment/pickled_weights.h"

namespace cristae {

TensorMap readStateDict(const std::filesystem::path& file) {
    return tensorsOf(readPickledWeights(file), file.string());
}

} // namespace cristae
