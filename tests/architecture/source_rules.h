// Source rules: who may include what, and what every source file looks like; tables and a checker of texts.
#pragma once
#include <QMap>
#include <QString>
#include <QStringList>

namespace cristae {

/// Files by path from the root of the tree ("core/io/format.h") with their texts.
using SourceTree = QMap<QString, QString>;

/// One sentence for every broken rule: stray includes, image libraries in open headers, missing first lines
/// and guards, `using namespace` in headers, files that grew too long.
QStringList complaints(const SourceTree& tree);
/// One sentence for every line of a tracked file that names a path of somebody's machine or the host of a
/// package registry.
QStringList strayPlaces(const QString& path, const QString& text);

} // namespace cristae
