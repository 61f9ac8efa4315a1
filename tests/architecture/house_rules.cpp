// House rules: the table of rooms and the checker.
#include "house_rules.h"

#include <QRegularExpression>
#include <QSet>

namespace cristae {

namespace {
// Lowest first; a folder of core includes itself and those before it.
const QStringList coreOrder{"base",    "image", "io",      "labels", "render",   "tools",
                            "segment", "learn", "measure", "export", "document", "session"};

struct Room {
    QString folder;
    QStringList project; // folders of the tree it may include
    QString libraries;   // what may stand in <…>, as a pattern
};
const QString standard = "[a-z_0-9]+|sys/.*|linux/"
                         ".*|(unistd|fcntl|sched|dlfcn|dirent|signal|errno|stdio|setjmp|langinfo|locale)\\.h|"
                         "nlohmann/.*|fmt/.*";
const QString imageLibraries =
    "opencv2/"
    ".*|tiff(io)?\\.h|png\\.h|j(peglib|error)\\.h|turbojpeg\\.h|hdf5(_hl)?\\.h|H5.*|sqlite3\\.h|openssl/.*";
const QString qt = "Q[A-Za-z0-9/]*";
const QString torch = "torch/.*|ATen/.*|c10/.*";
const Room rooms[] = {
    {"core", {"core"}, standard + "|" + imageLibraries},
    {"models", {"core", "models"}, standard + "|" + torch},
    {"ui", {"core", "ui"}, standard + "|" + qt},
    {"app", {"core", "models", "ui", "app"}, standard + "|" + qt + "|CLI/.*"},
};

constexpr int longestFile = 400;
// Files that may be longer, each with its reason. Keep it short.
const QStringList mayBeLong{
    "core/io/formats/hdf5.cpp",        // axes, choice of the dataset and reading share the open file
    "models/run/state_dict.cpp",       // one hostile format, archive and pickle, read without trust
    "tests/segment/tst_predictor.cpp", // one loop in all its turns, with one set of fake networks
    "tests/ui/tst_canvas.cpp",         // one widget in all its modes
    "tests/ui/tst_closing.cpp",        // one window in all its states, and how each of them ends
    "ui/canvas/canvas_pane.cpp",       // painting and mouse of one pane; what it paints has files of its own
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

void checkIncludes(const QString& path, const QString& text, const QSet<QString>& inward,
                   QStringList& found) {
    const Room* room = nullptr;
    for (const Room& candidate : rooms)
        if (path.startsWith(candidate.folder + "/")) room = &candidate;
    if (!room) return;
    for (const Include& include : includesOf(text)) {
        const QString where = QString("%1:%2: ").arg(path).arg(include.line);
        if (include.angled) {
            if (!matches(include.target, room->libraries))
                found.append(where + QString("%1 may not include <%2>.").arg(room->folder, include.target));
            continue;
        }
        const QString target = folderOf(include.target, 1);
        if (!include.target.contains('/') || (!room->project.contains(target))) {
            found.append(
                where +
                QString("%1 may not include \"%2\"; name project files from the root, and only those of %3.")
                    .arg(room->folder, include.target, room->project.join(", ")));
            continue;
        }
        if (room->folder == "core") {
            const int mine = int(coreOrder.indexOf(path.section('/', 1, 1))),
                      theirs = int(coreOrder.indexOf(include.target.section('/', 1, 1)));
            if (mine < 0 || theirs < 0)
                found.append(where + "this folder of core is not in the order of rooms.");
            else if (theirs > mine)
                found.append(where + QString("core/%1 lies below core/%2 and may not include it.")
                                         .arg(coreOrder[mine], coreOrder[theirs]));
        }
        if (room->folder != "core" && inward.contains(include.target))
            found.append(where +
                         QString("\"%1\" shows an image library and stays inside core.").arg(include.target));
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
