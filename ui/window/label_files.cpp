// Labels as files.
#include "ui/window/label_files.h"
#include "core/base/json.h"
#include "core/document/complete_parts.h"
#include "core/export/metadata.h"
#include "core/io/label_image.h"

#include <QCoreApplication>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

namespace cristae {

namespace {

std::string text(const char* words) {
    return QCoreApplication::translate("LabelFiles", words).toStdString();
}

std::string sizeText(const Extent3& e) {
    return std::to_string(e.x) + " × " + std::to_string(e.y) + (e.z > 1 ? " × " + std::to_string(e.z) : "");
}

/// Brings a class of a file into the table; gives the value that its voxels get here.
uint32_t enterClass(ClassTable& classes, const LabelClass& fromFile) {
    if (const LabelClass* known = classes.findByName(fromFile.name)) {
        LabelClass entry = *known;
        entry.colour = fromFile.colour;
        classes.set(entry);
        return entry.value;
    }
    // 255 in a mask is no number of a class.
    if (fromFile.value != 255 && !classes.find(fromFile.value)) {
        classes.set(fromFile);
        return fromFile.value;
    }
    LabelClass entry = classes.ensure(fromFile.name);
    entry.colour = fromFile.colour;
    classes.set(entry);
    return entry.value;
}

} // namespace

LoadedLabels readLabels(const std::filesystem::path& path, const OpenOptions& options,
                        const LabelSnapshot& base, const ClassTable& classes, const Progress& progress) {
    OpenOptions forLabels = options;
    forLabels.labels = true;
    return readLabels(openImage(path, forLabels), base, classes, progress);
}

LoadedLabels readLabels(TileSourcePtr source, const LabelSnapshot& base, const ClassTable& classes,
                        const Progress& progress) {
    const std::string name = source->info().path.filename().string();
    if (!(source->info().extent() == base.extent()))
        throw Error(ErrorKind::input,
                    QCoreApplication::translate("LabelFiles",
                                                "“%1” measures %2 pixels, but the open image measures %3. "
                                                "Labels must have the size of their image.")
                        .arg(QString::fromStdString(name),
                             QString::fromStdString(sizeText(source->info().extent())),
                             QString::fromStdString(sizeText(base.extent())))
                        .toStdString());
    source = asLabels(source, {}, PartProgress(progress, 0, 0.3));
    const ImageInfo& info = source->info();
    std::set<uint32_t> values;
    auto slice = [&](int64_t z) {
        progress.throwIfCancelled();
        Pixels pixels = source->read(0, Box3::ofSlice(info.extent(), z), progress).converted(PixelType::u32);
        if (info.unlabelled) // stays empty here
            std::ranges::replace(pixels.values<uint32_t>(), uint32_t(*info.unlabelled), 0u);
        return pixels;
    };
    for (int64_t z = 0; z < info.extent().z; ++z) {
        progress.report(0.3 + 0.2 * double(z) / double(info.extent().z), text("reading labels"));
        const Pixels pixels = slice(z);
        uint32_t last = 0;
        for (uint32_t value : pixels.values<uint32_t>())
            if (value != last) values.insert(last = value);
    }
    values.erase(0);

    LoadedLabels result;
    result.classes = classes;
    result.remarks = info.remarks;
    result.voxelSize = info.voxelSize;
    if (const nlohmann::json kept = parseJson(info.cristaeMetadata); kept.is_object())
        result.complete =
            completePartsFrom(kept.value("provenance", nlohmann::json::object()), info.extent());
    std::map<uint32_t, uint32_t> valueHere; // by value in the file, where another
    const std::vector<LabelClass> named = classesOf(info);
    if (!named.empty()) {
        for (const LabelClass& one : named) {
            const uint32_t value = enterClass(result.classes, one);
            if (value != one.value) valueHere[one.value] = value;
        }
    } else if (values == std::set<uint32_t>{255}) {
        result.remarks.push_back(
            text("The file is a mask of 0 and 255; its foreground became the first class."));
        valueHere[255] = 1;
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
    for (const uint32_t found : values) {
        const auto moved = valueHere.find(found);
        const uint32_t value = moved == valueHere.end() ? found : moved->second;
        if (result.classes.find(value)) continue;
        LabelClass entry;
        entry.value = value;
        entry.name = QCoreApplication::translate("LabelFiles", "class %1").arg(value).toStdString();
        entry.colour = standardColour(entry.name, value);
        result.classes.set(entry);
    }

    for (int64_t z = 0; z < info.extent().z; ++z) {
        progress.report(0.5 + 0.5 * double(z) / double(info.extent().z), text("entering labels"));
        Pixels pixels = slice(z);
        if (!valueHere.empty())
            for (uint32_t& value : pixels.values<uint32_t>())
                if (const auto moved = value ? valueHere.find(value) : valueHere.end();
                    moved != valueHere.end())
                    value = moved->second;
        LabelEdit edit(base, {}); // a slice at a time: an edit holds a copy of every tile it touches
        edit.setBlock(Box3::ofSlice(info.extent(), z), pixels, Origin::human);
        LabelDelta delta = edit.delta();
        std::move(delta.tiles.begin(), delta.tiles.end(), std::back_inserter(result.delta.tiles));
    }
    return result;
}

} // namespace cristae
