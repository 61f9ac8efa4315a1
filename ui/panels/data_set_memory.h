// The data set of the last training, kept in the settings: which files, for what.
#pragma once
#include "ui/panels/data_set.h"

namespace cristae {

/// Keeps the rows whose image and labels are files; those of the open document have none.
void rememberRows(const std::vector<DataSetRow>& rows);
/// How many rows are kept.
int rememberedRowCount();

struct RememberedRows {
    std::vector<DataSetRow> rows;
    QStringList missing; // files that cannot be read any more, with the reason
};
/// Opens and describes them again; off the UI thread. Throws Error{cancelled}.
RememberedRows readRememberedRows(const Progress& progress);

} // namespace cristae
