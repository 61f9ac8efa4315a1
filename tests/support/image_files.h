// Files that tests of the command line read: images written by the program's own exporters, and their bytes.
#pragma once
#include "core/export/exporter.h"
#include "core/image/memory_source.h"

#include <QFile>

inline void writeImage(const cristae::Pixels& pixels, const QString& file, const char* format = "tiff") {
    const cristae::MemorySource source(pixels);
    const auto exporters = cristae::allExporters();
    cristae::ExportDescription description;
    description.info = source.info();
    cristae::exportSource(source, cristae::findExporter(exporters, format, file.toStdString()),
                          file.toStdString(), description, cristae::Progress::none());
}

/// Empty where it cannot be read.
inline QByteArray bytesOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}
