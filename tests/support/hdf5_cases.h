// HDF5 files whose every voxel tells its place, read back by the axes that they should have.
#pragma once
#include "core/io/format.h"
#include "tests/support/hdf5_writer.h"

#include <QTest>

/// Fits into every type, signed 8 bits included.
inline double valueAt(const Place& p) {
    return double((p.t * 41 + p.z * 31 + p.c * 17 + p.y * 7 + p.x * 3) % 120);
}

/// Opens a file of valueAt() and compares axes and every voxel; time counts as slices where there is no z.
inline void compareWithPlaces(const std::filesystem::path& path, const std::string& letters,
                              const cristae::OpenOptions& options = {}) {
    const auto source = cristae::openImage(path, options);
    const cristae::ImageInfo& info = source->info();
    QCOMPARE(info.axes, letters);
    const cristae::Box3 box = cristae::Box3::ofExtent(info.extent());
    const cristae::Pixels all = source->read(0, box);
    const bool timeIsZ = letters.find('z') == std::string::npos;
    for (int64_t c = 0; c < info.channels; ++c)
        for (int64_t z = 0; z < box.z1; ++z)
            for (int64_t y = 0; y < box.y1; ++y)
                for (int64_t x = 0; x < box.x1; ++x)
                    if (all.at(c, z, y, x) != valueAt({timeIsZ ? z : 0, timeIsZ ? 0 : z, c, y, x}))
                        QFAIL(qPrintable(
                            QStringLiteral("voxel %1 %2 %3 of channel %4").arg(z).arg(y).arg(x).arg(c)));
}
