// Labels as files.
#include "ui/window/label_files.h"
#include "core/io/format.h"

#include <QCoreApplication>

#include <set>

namespace cristae {

namespace {

std::string text(const char* words) {
    return QCoreApplication::translate("LabelFiles", words).toStdString();
}

std::string sizeText(const Extent3& e) {
    return std::to_string(e.x) + " × " + std::to_string(e.y) + (e.z > 1 ? " × " + std::to_string(e.z) : "");
}

} // namespace

LoadedLabels readLabels(const std::filesystem::path& path, const std::string& dataset,
                        const LabelSnapshot& base, const ClassTable& classes, const Progress& progress) {
    OpenOptions options;
    options.dataset = dataset;
    const TileSourcePtr source = openImage(path, options);
    const ImageInfo& info = source->info();
    const std::string name = path.filename().string();
    if (!(info.extent() == base.extent()))
        throw Error(ErrorKind::input,
                    QCoreApplication::translate("LabelFiles",
                                                "“%1” measures %2 pixels, but the open image measures %3. "
                                                "Labels must have the size of their image.")
                        .arg(QString::fromStdString(name), QString::fromStdString(sizeText(info.extent())),
                             QString::fromStdString(sizeText(base.extent())))
                        .toStdString());
    if (info.channels != 1 || !isInteger(info.type))
        throw Error(ErrorKind::input,
                    QCoreApplication::translate("LabelFiles",
                                                "“%1” is not a label image: it holds colours or fractions. "
                                                "Open one with a single channel of whole numbers.")
                        .arg(QString::fromStdString(name))
                        .toStdString());

    std::set<uint32_t> values;
    auto slice = [&](int64_t z) {
        progress.throwIfCancelled();
        const Pixels pixels =
            source->read(0, Box3::ofSlice(info.extent(), z), progress).converted(PixelType::u32);
        return pixels;
    };
    for (int64_t z = 0; z < info.extent().z; ++z) {
        progress.report(0.4 * double(z) / double(info.extent().z), text("reading labels"));
        const Pixels pixels = slice(z);
        uint32_t last = 0;
        for (uint32_t value : pixels.values<uint32_t>())
            if (value != last) values.insert(last = value);
    }
    values.erase(0);

    LoadedLabels result;
    result.classes = classes;
    const bool mask = values == std::set<uint32_t>{255};
    if (mask) {
        result.remarks.push_back(
            text("The file is a mask of 0 and 255; its foreground became the first class."));
        values = {1};
    }
    constexpr size_t mostClasses = 64;
    if (values.size() > mostClasses)
        throw Error(ErrorKind::input,
                    QCoreApplication::translate(
                        "LabelFiles",
                        "“%1” holds %2 different values; that looks like objects or grey values, not "
                        "classes. Open a file with at most %3 classes.")
                        .arg(QString::fromStdString(name))
                        .arg(values.size())
                        .arg(mostClasses)
                        .toStdString());
    for (uint32_t value : values)
        if (!result.classes.find(value)) {
            LabelClass entry;
            entry.value = value;
            entry.name = QCoreApplication::translate("LabelFiles", "class %1").arg(value).toStdString();
            entry.colour = standardColour(entry.name, value);
            result.classes.set(entry);
        }

    LabelEdit edit(base, {});
    for (int64_t z = 0; z < info.extent().z; ++z) {
        progress.report(0.4 + 0.6 * double(z) / double(info.extent().z), text("entering labels"));
        Pixels pixels = slice(z);
        if (mask)
            for (uint32_t& value : pixels.values<uint32_t>()) value = value ? 1 : 0;
        edit.setBlock(Box3::ofSlice(info.extent(), z), pixels, Origin::human);
    }
    result.delta = edit.delta();
    return result;
}

} // namespace cristae
