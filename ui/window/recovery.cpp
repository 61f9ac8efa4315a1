// Recovery.
#include "ui/window/recovery.h"
#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "ui/window/workbench.h"

#include <QCoreApplication>
#include <QPointer>

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace cristae {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {
const char* const imageName = "image.json";

json toJson(const VoxelSize& size) {
    json result = json::object();
    if (size.xNm) result["xNm"] = *size.xNm;
    if (size.yNm) result["yNm"] = *size.yNm;
    if (size.zNm) result["zNm"] = *size.zNm;
    result["source"] = size.source;
    return result;
}

VoxelSize voxelSizeFromJson(const json& from) {
    VoxelSize size;
    if (from.contains("xNm")) size.xNm = from["xNm"].get<double>();
    if (from.contains("yNm")) size.yNm = from["yNm"].get<double>();
    if (from.contains("zNm")) size.zNm = from["zNm"].get<double>();
    size.source = from.value("source", std::string());
    return size;
}

fs::path newFolder(const fs::path& parent) {
    const std::string base = fmt::format(
        "{}-{}", QDateTime::currentDateTimeUtc().toString("yyyyMMdd-hhmmss").toStdString(), ::getpid());
    fs::create_directories(parent);
    for (int number = 1;; ++number) {
        const fs::path folder = parent / (number == 1 ? base : fmt::format("{}-{}", base, number));
        if (fs::create_directory(folder)) return folder;
    }
}

} // namespace

RecoveredLabels writeRecovered(Session& session, const LabelExport& labels, const OpenOptions& openedWith,
                               const fs::path& parent) {
    RecoveredLabels result;
    try {
        result.folder = newFolder(parent);
    } catch (const fs::filesystem_error& error) {
        throw outputError(parent, error.code().value());
    }
    result.image = labels.image->info().path;
    result.options = openedWith;
    result.written = QDateTime::currentDateTime();
    try {
        session.exportLabels(labels, findExporter(session.exporters(), "tiff", {}), result.labels(),
                             Progress::none());
        json words = {{"image", result.image.string()},
                      {"dataset", openedWith.scene},
                      {"axes", openedWith.axes},
                      {"written", result.written.toString(Qt::ISODate).toStdString()}};
        if (openedWith.voxelSize) words["voxelSize"] = toJson(*openedWith.voxelSize);
        // Last: a folder without it was not finished.
        writeFileAtomically(result.folder / imageName, words.dump(2) + "\n");
    } catch (...) {
        std::error_code ignored;
        fs::remove_all(result.folder, ignored);
        throw;
    }
    return result;
}

std::vector<RecoveredLabels> readRecovered(const fs::path& parent) {
    std::vector<RecoveredLabels> found;
    std::error_code failed;
    for (fs::directory_iterator it(parent, failed), end; !failed && it != end; it.increment(failed)) {
        RecoveredLabels one;
        one.folder = it->path();
        try {
            const json words = readJsonFile(one.folder / imageName);
            one.image = words.at("image").get<std::string>();
            one.options.scene = words.value("dataset", std::string());
            one.options.axes = words.value("axes", std::string());
            if (words.contains("voxelSize")) one.options.voxelSize = voxelSizeFromJson(words["voxelSize"]);
            one.written = QDateTime::fromString(QString::fromStdString(words.value("written", std::string())),
                                                Qt::ISODate);
            if (fs::exists(one.labels())) found.push_back(std::move(one));
        } catch (const std::exception&) { // killed while it was written: nothing whole to offer
        }
    }
    std::sort(found.begin(), found.end(), [](const RecoveredLabels& a, const RecoveredLabels& b) {
        return a.folder.filename() > b.folder.filename(); // names begin with the time
    });
    return found;
}

Recovery::Recovery(Workbench& bench) : bench_(bench) {
    connect(&bench_, &Workbench::labelsSaved, this, [this] {
        if (bench_.document() && !bench_.document()->modified()) forget();
    });
    connect(&bench_, &Workbench::documentChanged, this, &Recovery::forget);
}

Recovery::~Recovery() {
    writer_.leaveAllBehind(); // a disk that does not answer must not hold up the end
}

void Recovery::keep(std::function<void()> then) {
    const fs::path parent = bench_.session().paths().recovered;
    const bool labelled = bench_.document() && !bench_.document()->classes().empty();
    if (parent.empty() || !bench_.unsaved() || !labelled) return then();
    const auto work = [self = QPointer(this), session = &bench_.session(), what = bench_.labelsForFile(),
                       openedWith = bench_.openedWith(), parent, then = std::move(then)] {
        std::vector<fs::path> folders;
        try {
            folders.push_back(writeRecovered(*session, what, openedWith, parent).folder);
        } catch (const std::exception& error) {
            fmt::print(stderr, "cristae: the unsaved labels could not be kept: {}\n", error.what());
        }
        QMetaObject::invokeMethod(
            QCoreApplication::instance(), // this object may be gone; only the UI thread can tell
            [self, folders, then] {
                if (self && !folders.empty()) self->written(folders);
                then();
            },
            Qt::QueuedConnection);
    };
    writer_.start(this, work);
}

void Recovery::keepNow(std::chrono::milliseconds limit) {
    keep([] {});
    writer_.waitUntil(Workers::Clock::now() + limit);
}

void Recovery::written(const std::vector<fs::path>& folders) {
    forget(); // what was kept before is older
    kept_ = folders;
}

void Recovery::restore(const RecoveredLabels& labels) {
    bench_.open(QString::fromStdString(labels.image.string()), labels.options, [this, labels] {
        bench_.loadLabels(QString::fromStdString(labels.labels().string()), {},
                          [this, labels] { kept_.push_back(labels.folder); });
    });
}

void Recovery::discard(const RecoveredLabels& labels) {
    std::error_code ignored;
    fs::remove_all(labels.folder, ignored);
}

void Recovery::forget() {
    std::error_code ignored;
    for (const fs::path& folder : kept_) fs::remove_all(folder, ignored);
    kept_.clear();
}

} // namespace cristae
