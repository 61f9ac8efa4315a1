// chosenFile: a place that the person chose in a file dialog, which has asked before replacing anything.
#pragma once
#include "core/base/destination.h"
#include "ui/window/workbench.h"

namespace cristae {

/// May replace what stands under the name, but never the image that is open.
inline Destination chosenFile(const Workbench& workbench, const QString& path) {
    const Destination place(std::filesystem::path(path.toStdString()), Existing::replace);
    return workbench.document() ? place.reading(workbench.document()->info().path) : place;
}

} // namespace cristae
