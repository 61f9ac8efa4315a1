// Axes by identity of the file (path, size, time) and scene, newest first, in the settings.
#include "ui/window/axes_memory.h"

#include "core/io/file_access.h"

#include <QSettings>
#include <QStringList>

namespace cristae {

namespace {

constexpr qsizetype mostKept = 100;
const QString keptIn = QStringLiteral("axes");

QString keyOf(const std::filesystem::path& file, const std::string& scene) {
    return QString::fromStdString(fileId(file) + "|" + scene + "|");
}

} // namespace

void rememberAxes(const std::filesystem::path& file, const OpenOptions& options) {
    const QString key = keyOf(file, options.scene);
    QSettings settings;
    QStringList kept = settings.value(keptIn).toStringList();
    kept.removeIf([&](const QString& one) { return one.startsWith(key); });
    kept.prepend(key + QString::fromStdString(options.axes));
    settings.setValue(keptIn, kept.mid(0, mostKept));
}

std::string rememberedAxes(const std::filesystem::path& file, const std::string& scene) {
    const QStringList kept = QSettings().value(keptIn).toStringList();
    if (kept.isEmpty()) return {};
    const QString key = keyOf(file, scene);
    for (const QString& one : kept)
        if (one.startsWith(key)) return one.mid(key.size()).toStdString();
    return {};
}

} // namespace cristae
