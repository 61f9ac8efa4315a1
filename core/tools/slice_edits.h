// Changes of whole slices and whole classes as deltas: pure functions for background work.
#pragma once
#include "core/base/progress.h"
#include "core/labels/label_layer.h"

namespace cristae {

/// Takes all labels of slice z away, as the eraser would: what `rule` protects stays. Throws
/// Error{cancelled}.
LabelDelta clearedSlice(const LabelSnapshot& labels, const WriteRule& rule, int64_t z,
                        const Progress& progress);
/// Writes `label` in slice `to` wherever slice `from` has it (as interpolated) and `rule` lets it. Throws
/// Error{cancelled}.
LabelDelta copiedSlice(const LabelSnapshot& labels, const WriteRule& rule, int64_t from, int64_t to,
                       uint32_t label, const Progress& progress);
/// Takes a label away in every slice. Throws Error{cancelled}.
LabelDelta withoutLabel(const LabelSnapshot& labels, uint32_t label, const Progress& progress);

} // namespace cristae
