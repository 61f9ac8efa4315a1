// PdfExporter: a result as A4 pages, the original and the highlighted result side by side.
#pragma once
#include "core/export/exporter.h"

#include <memory>

class QGuiApplication;

namespace cristae {

/// Key "pdf". One page a slice for the first 20 slices, and for stacks a last page with the sums over all
/// slices. Needs ExportDescription::original. Safe to use from any thread; the first use in a program without
/// a QGuiApplication makes one and has to happen on the main thread.
std::unique_ptr<Exporter> makePdfExporter();

/// Fonts need a QGuiApplication. Makes one on the offscreen platform if there is none (the command line) and
/// returns it; null if there was one already. Throws Error{internal} if there is an application without fonts
/// (QCoreApplication).
std::shared_ptr<QGuiApplication> ensureGuiApplication();

} // namespace cristae
