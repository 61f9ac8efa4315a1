// Splitting the rows of a data set, and what lies too near to each other in them.
#pragma once
#include "ui/panels/data_set.h"

namespace cristae {

struct SplitRows {
    std::vector<DataSetRow> rows;
    QStringList sentences; // what was done
    bool apart = false;    // every held-out pixel is far enough from training pixels
};

/// The rows that train or validate, split anew by distance; rows that are off stay. Reads all of them.
/// Throws Error{input, cancelled}.
SplitRows splitRows(const std::vector<DataSetRow>& rows, const Progress& progress);

/// Held-out slices that are too near to training slices, as sentences. Reads all rows. Throws Error{input,
/// cancelled}.
QStringList leaksOf(const std::vector<DataSetRow>& rows, const Progress& progress);

} // namespace cristae
