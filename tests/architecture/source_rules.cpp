// Source rules: the tables of who may include what, and the checker.
#include "source_rules.h"

#include <QHash>
#include <QRegularExpression>
#include <QSet>

namespace cristae {

namespace {
// The folders of one part of the tree, lowest first: each includes itself and those before it. `shared` are
// headers that folders below theirs may include as well, each with its reason. Keep it short: what is shared
// wants to move down.
struct Order {
    QString part;
    QStringList folders, shared;
};
const Order orders[] = {
    {"core",
     {"base", "image", "io", "labels", "render", "tools", "segment", "learn", "measure", "export", "document",
      "session"},
     {}},
    {"models",
     {"nn", "detect", "loss", "run", "train"},
     {
         "models/detect/backbone.h",     // the architecture maskrcnn is made of these two,
         "models/detect/region_heads.h", // and stands in nn with the other architectures
     }},
    {"ui",
     {"theme", "jobs", "charts", "report", "canvas", "dialogs", "panels", "window"},
     {
         "ui/window/workbench.h",    // what is open and chosen, for every part of the window
         "ui/panels/parts.h",        // small widgets that all parts are made of
         "ui/panels/data_set.h",     // the rows that the dialog of pairs fills in
         "ui/panels/measure_page.h", // the objects that the volume shows
         "ui/panels/sized_source.h", // an image with the pixel size that was typed
     }},
};

struct Part {
    QString folder;
    QStringList project; // folders of the tree it may include
    QString libraries;   // what may stand in <…>, as a pattern
};
const QString standard = "[a-z_0-9]+|sys/.*|linux/"
                         ".*|(unistd|fcntl|sched|dlfcn|dirent|signal|errno|stdio|setjmp|langinfo|locale)\\.h|"
                         "nlohmann/.*|fmt/.*";
const QString imageLibraries = "opencv2/"
                               ".*|tiff(io)?\\.h|png\\.h|j(peglib|error)\\.h|turbojpeg\\.h|hdf5(_hl)?\\.h|H5."
                               "*|sqlite3\\.h|openssl/.*|zlib\\.h";
const QString qt = "Q[A-Za-z0-9/]*";
const QString torch = "torch/.*|ATen/.*|c10/.*";
const Part parts[] = {
    {"core", {"core"}, standard + "|" + imageLibraries},
    {"models", {"core", "models"}, standard + "|" + torch},
    {"ui", {"core", "ui"}, standard + "|" + qt},
    {"app", {"core", "models", "ui", "app"}, standard + "|" + qt + "|CLI/.*"},
};

constexpr int longestFile = 400;
// Files that may be longer, each with its reason. Keep it short.
const QStringList mayBeLong{
    "core/segment/pickled_weights.cpp", // one hostile format, read without trust
    "tests/segment/tst_predictor.cpp",  // one loop in all its turns, with one set of fake networks
    "tests/ui/tst_canvas.cpp",          // one widget in all its modes
    "ui/canvas/canvas_pane.cpp",        // painting and mouse of one pane; what it paints has files of its own
    "tests/export/tst_exporters.cpp",   // one set of cases over every exporter
    "tests/session/tst_session.cpp",    // one made-up session, every verb
    "tests/ui/tst_closing.cpp",         // one window closed in every state
    "tests/e2e/tst_cli.cpp",            // every verb once, on one folder of inputs
    "tests/io/tst_pictures.cpp",        // PNG, JPEG and BMP: the same cases for each
    "tests/learn/tst_training_set.cpp", // one table of pairs, labels and their meanings
    "ui/jobs/jobs.cpp",                 // queues, deadlines and ends of jobs share one state
    "ui/window/workbench.cpp",          // to be split: what is open, how it is seen, tools, commits of labels
};

bool matches(const QString& text, const QString& pattern) {
    return QRegularExpression(QRegularExpression::anchoredPattern(pattern)).match(text).hasMatch();
}

struct Include {
    int line = 0;
    QString target;
    bool angled = false;
};

QList<Include> includesOf(const QString& text) {
    static const QRegularExpression pattern("^\\s*#\\s*include\\s*([<\"])([^>\"]+)[>\"]");
    QList<Include> result;
    int number = 0;
    for (const QString& line : text.split('\n')) {
        ++number;
        const auto match = pattern.match(line);
        if (match.hasMatch()) result.append({number, match.captured(2), match.captured(1) == "<"});
    }
    return result;
}

QString folderOf(const QString& path, int depth) {
    return path.section('/', 0, depth - 1);
}

// Headers of core that show an image library, themselves or through another header. Only core may include
// them, so that the library stays inside; a contract that the window reads can therefore never show one.
QSet<QString> inwardHeaders(const SourceTree& tree) {
    QSet<QString> inward;
    for (bool grown = true; grown;) {
        grown = false;
        for (auto file = tree.begin(); file != tree.end(); ++file) {
            if (!file.key().startsWith("core/") || !file.key().endsWith(".h") || inward.contains(file.key()))
                continue;
            for (const Include& include : includesOf(file.value()))
                if (include.angled ? matches(include.target, imageLibraries)
                                   : inward.contains(include.target)) {
                    inward.insert(file.key());
                    grown = true;
                    break;
                }
        }
    }
    return inward;
}

// What is wrong with a file of `order.part` including the header; empty if nothing is.
QString orderComplaint(const Order& order, const QString& path, const QString& header) {
    const QString part = folderOf(header, 1), mine = path.section('/', 1, 1),
                  theirs = header.section('/', 1, 1);
    if (part != order.part || path.count('/') == 1)
        return {}; // what lies at the top puts the folders together
    if (!order.folders.contains(mine) || !order.folders.contains(theirs))
        return QString("this folder of %1 is not in the order of its folders.").arg(part);
    if (order.folders.indexOf(theirs) <= order.folders.indexOf(mine) || order.shared.contains(header))
        return {};
    return QString("%1/%2 lies below %1/%3 and may not include it.").arg(part, mine, theirs);
}

void checkIncludes(const QString& path, const QString& text, const QSet<QString>& inward,
                   QStringList& found) {
    const Part* part = nullptr;
    for (const Part& candidate : parts)
        if (path.startsWith(candidate.folder + "/")) part = &candidate;
    if (!part) return;
    for (const Include& include : includesOf(text)) {
        const QString where = QString("%1:%2: ").arg(path).arg(include.line);
        if (include.angled) {
            if (!matches(include.target, part->libraries))
                found.append(where + QString("%1 may not include <%2>.").arg(part->folder, include.target));
            continue;
        }
        const QString target = folderOf(include.target, 1);
        if (!include.target.contains('/') || (!part->project.contains(target))) {
            found.append(
                where +
                QString("%1 may not include \"%2\"; name project files from the root, and only those of %3.")
                    .arg(part->folder, include.target, part->project.join(", ")));
            continue;
        }
        for (const Order& order : orders)
            if (order.part == part->folder)
                if (const QString wrong = orderComplaint(order, path, include.target); !wrong.isEmpty())
                    found.append(where + wrong);
        if (part->folder != "core" && inward.contains(include.target))
            found.append(where +
                         QString("\"%1\" shows an image library and stays inside core.").arg(include.target));
    }
}

// Ways around the one that refuses pipes and devices and knows limits (core/base/input_file.h,
// core/base/json.h), and the files that may use them, each with its reason.
const QHash<QString, QString> readsByItself{
    {"core/base/json.cpp", "json::parse"},            // is that way
    {"core/base/start_guard.cpp", "ifstream"},        // marks that only the program writes
    {"core/base/temporary_files.cpp", "ifstream"},    // tables of the system
    {"models/train/memory_estimate.cpp", "ifstream"}, // tables of the system
    {"models/run/devices.cpp", "ifstream"},           // tables of the system
    {"ui/report/pdf_check.cpp", "ifstream"},          // the file that was just written
};

void checkReading(const QString& path, const QString& text, QStringList& found) {
    if (path.startsWith("tests/")) return;
    static const QRegularExpression ways("\\bjson::parse\\b|\\bifstream\\b|\\bfopen\\([^;]*\"r");
    int number = 0;
    for (const QString& line : text.split('\n')) {
        ++number;
        const auto match = ways.match(line.section("//", 0, 0));
        if (match.hasMatch() && readsByItself.value(path) != match.captured())
            found.append(QString("%1:%2: reads by %3; use InputFile, readTextFile or parseJson of core/base.")
                             .arg(path)
                             .arg(number)
                             .arg(match.captured()));
    }
}

void checkShape(const QString& path, const QString& text, QStringList& found) {
    const QStringList lines = text.split('\n');
    static const QRegularExpression words("^// \\S+.*\\w");
    if (!words.match(lines.first()).hasMatch())
        found.append(path + ":1: the first line does not say what the file is for (// …).");
    if (path.endsWith(".h")) {
        if (!text.contains("\n#pragma once\n")) found.append(path + ": a header without #pragma once.");
        static const QRegularExpression usingNamespace("^\\s*using namespace\\b",
                                                       QRegularExpression::MultilineOption);
        if (usingNamespace.match(text).hasMatch()) found.append(path + ": using namespace in a header.");
    }
    const int length = int(lines.size()) - (lines.last().isEmpty() ? 1 : 0);
    if (length > longestFile && !mayBeLong.contains(path))
        found.append(QString("%1: %2 lines; split it, or name it with its reason in mayBeLong.")
                         .arg(path)
                         .arg(length));
}
} // namespace

QStringList complaints(const SourceTree& tree) {
    QStringList found;
    const QSet<QString> inward = inwardHeaders(tree);
    for (auto file = tree.begin(); file != tree.end(); ++file) {
        checkIncludes(file.key(), file.value(), inward, found);
        checkReading(file.key(), file.value(), found);
        checkShape(file.key(), file.value(), found);
    }
    return found;
}

QStringList strayPlaces(const QString& path, const QString& text) {
    // Written in pieces, so that this file does not complain about itself.
    static const QRegularExpression machine("(^|[\\s\"'=(:,`])/("
                                            "work|home|root|Users)/[\\w.-]+");
    static const QRegularExpression registry(
        QString("(pypi|pythonhosted|pkg\\.dev|npmjs|anaconda|crates|rubygems|artifactory|nexus|golang)\\.("
                "org|com|io|net)") +
            "|(deb|security|ftp)\\.debian\\."
            "org|archive\\.ubuntu\\."
            "com|jfrog\\."
            "io",
        QRegularExpression::CaseInsensitiveOption);
    QStringList found;
    int number = 0;
    for (const QString& line : text.split('\n')) {
        ++number;
        for (const QRegularExpression* pattern : {&machine, &registry}) {
            const auto match = pattern->match(line);
            if (match.hasMatch())
                found.append(
                    QString("%1:%2: names %3").arg(path).arg(number).arg(match.captured().trimmed()));
        }
    }
    return found;
}

} // namespace cristae
