// Words of a report page: what was found and how, as short lines.
#pragma once
#include "core/export/exporter.h"

#include <QString>
#include <QStringList>

#include <map>
#include <vector>

namespace cristae {

/// One line of the table of classes.
struct ReportRow {
    Colour colour;
    QString name;
    QString size;    // "1.24 µm²", "1 204 px"
    QString percent; // "7.1 %"
};

/// A pair "Model", "mitochondria (SHA-256 1a2b3c4d5e6f)".
struct ReportFact {
    QString label, text;
};

/// `counts`: voxels per label value among `total`. One slice gives areas; `asVolume` gives volumes of a
/// stack.
std::vector<ReportRow> reportRows(const ExportDescription& description,
                                  const std::map<uint32_t, int64_t>& counts, int64_t total, bool asVolume);
/// Model with hash, thresholds, settings and corrections, from the
/// provenance.
std::vector<ReportFact> reportFacts(const ExportDescription& description);
/// "Cristae 0.1.0 · 2026-11-21": the program, and today.
QString reportMaker(const ExportDescription& description);
/// "training.h5 · /raw · 250 × 250 px · 10 × 10 nm (HDF5 attributes)"
QString reportSubtitle(const ExportDescription& description);

} // namespace cristae
