// What the preview of augmentations shows.
#pragma once
#include "ui/dialogs/augment_preview.h"

namespace cristae {

class Workbench;
struct DataSetRow;

/// The middle of the open slice with its labels, else that of an image of the data set, with the slices
/// before and behind it; empty when there is neither.
SampleReader sampleReader(const Workbench& workbench, const std::vector<DataSetRow>& rows);

} // namespace cristae
