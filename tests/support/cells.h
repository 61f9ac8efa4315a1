// Three small slices of round cells with their labels, as PNGs: what short trainings learn from.
#pragma once
#include "core/base/random.h"

#include <QDir>
#include <QImage>

#include <cmath>

/// Makes the folders images and labels; false if something could not be written.
inline bool writeCells(const QDir& folder) {
    cristae::Random random(3);
    for (const char* name : {"images", "labels"})
        if (!folder.mkdir(QString::fromLatin1(name))) return false;
    for (int i = 0; i < 3; ++i) {
        QImage image(64, 64, QImage::Format_Grayscale8), labels = image;
        for (int y = 0; y < 64; ++y)
            for (int x = 0; x < 64; ++x) {
                const bool inside = std::hypot(y % 32 - 16, x % 32 - 16 + i) < 9;
                image.scanLine(y)[x] = uchar((inside ? 180 : 80) + random.below(40));
                labels.scanLine(y)[x] = inside ? 255 : 0;
            }
        if (!image.save(folder.filePath(QStringLiteral("images/%1.png").arg(i))) ||
            !labels.save(folder.filePath(QStringLiteral("labels/%1.png").arg(i))))
            return false;
    }
    return true;
}
