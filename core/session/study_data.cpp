// shareOut.
#include "core/session/study_data.h"

#include "core/base/error.h"

#include <algorithm>

namespace cristae {

void shareOut(TrainingSet& set) {
    const size_t count = set.slices.size(), part = std::max<size_t>(1, count / 5);
    if (count < 3)
        throw Error(ErrorKind::usage,
                    "A study needs at least three labelled slices: to train on, to choose by "
                    "and to score; give more.");
    for (size_t i = 0; i < count; ++i)
        set.slices[i].role = i + part >= count       ? Role::test
                             : i + 2 * part >= count ? Role::validation
                                                     : Role::train;
}

} // namespace cristae
