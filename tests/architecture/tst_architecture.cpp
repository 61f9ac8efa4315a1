// The source tree against its rules, and the rules against made-up trees.
#include "source_rules.h"

#include <QDirIterator>
#include <QFile>
#include <QProcess>
#include <QtTest>

using namespace cristae;

namespace {
QString readText(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) return {};
    return QString::fromUtf8(file.readAll());
}

const QDir root(CRISTAE_SOURCE_DIR);

SourceTree sourceTree() {
    SourceTree tree;
    for (const char* folder : {"core", "models", "ui", "app", "tests"}) {
        QDirIterator files(root.filePath(folder), {"*.h", "*.cpp"}, QDir::Files,
                           QDirIterator::Subdirectories);
        while (files.hasNext()) {
            const QString path = files.next();
            tree.insert(root.relativeFilePath(path), readText(path));
        }
    }
    return tree;
}

// A file that keeps every rule, with the lines given.
QString source(const QString& lines) {
    return "// Something: what it is for.\n#pragma once\n" + lines + "\n";
}

QStringList complaintsAbout(const QString& path, const QString& lines) {
    return complaints({{path, source(lines)}});
}
} // namespace

class TestArchitecture : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void theTreeKeepsTheRules() {
        const SourceTree tree = sourceTree();
        QVERIFY(tree.size() > 100);
        const QStringList found = complaints(tree);
        QVERIFY2(found.isEmpty(), qPrintable("\n" + found.join('\n')));
    }

    void trackedFilesNameNoMachine() {
        QProcess git;
        git.setWorkingDirectory(root.path());
        git.start("git", {"ls-files", "-z"});
        if (!git.waitForStarted() || !git.waitForFinished() || git.exitCode() != 0)
            QSKIP("Not a git checkout: nothing says which files are tracked.");
        QStringList found;
        int checked = 0;
        for (const QByteArray& name : git.readAllStandardOutput().split('\0')) {
            QFile file(root.filePath(QString::fromUtf8(name)));
            if (name.isEmpty() || !file.open(QIODevice::ReadOnly)) continue;
            const QByteArray bytes = file.readAll();
            if (bytes.contains('\0') || bytes.size() > 4'000'000) continue;
            ++checked;
            found += strayPlaces(QString::fromUtf8(name), QString::fromUtf8(bytes));
        }
        QVERIFY(checked > 100);
        QVERIFY2(found.isEmpty(), qPrintable("\n" + found.join('\n')));
    }

    void strayIncludesAreFound_data() {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("line");
        QTest::addColumn<bool>("allowed");
        const auto row = [](const char* path, const char* line, bool allowed) {
            QTest::addRow("%s %s", path, line) << path << line << allowed;
        };
        row("core/labels/a.cpp", "#include \"core/image/pixels.h\"", true);
        row("core/labels/a.cpp", "#include \"core/labels/b.h\"", true);
        row("core/labels/a.cpp", "#include \"core/render/compose.h\"", false);
        row("core/base/a.h", "#include \"core/image/pixels.h\"", false);
        row("core/segment/a.cpp", "#include \"core/learn/trainer.h\"", false);
        row("core/session/a.cpp", "#include \"core/document/document.h\"", true);
        row("core/session/a.cpp", "#include \"models/engine.h\"", false);
        row("core/session/a.cpp", "#include \"ui/jobs/jobs.h\"", false);
        row("core/newfolder/a.cpp", "#include \"core/base/error.h\"", false);
        row("core/io/a.cpp", "#include \"format.h\"", false);
        row("core/io/a.cpp", "#include \"../../ui/jobs/jobs.h\"", false);
        row("core/io/a.cpp", "#include <QString>", false);
        row("core/io/a.cpp", "  #  include <QtCore/QString>", false);
        row("core/io/a.cpp", "#include <torch/torch.h>", false);
        row("core/io/a.cpp", "#include <ATen/ATen.h>", false);
        row("core/io/a.cpp", "#include <boost/any.hpp>", false);
        row("core/io/a.cpp", "#include <tiffio.h>", true);
        row("core/io/a.cpp", "#include <opencv2/core.hpp>", true);
        row("core/io/a.cpp", "#include <vector>", true);
        row("core/io/a.cpp", "#include <unistd.h>", true);
        row("models/nn/a.h", "#include <torch/torch.h>", true);
        row("models/nn/a.cpp", "#include \"core/segment/network.h\"", true);
        row("models/nn/a.cpp", "#include <QObject>", false);
        row("models/nn/a.cpp", "#include \"ui/jobs/jobs.h\"", false);
        row("models/nn/a.cpp", "#include <opencv2/core.hpp>", false);
        row("ui/canvas/a.cpp", "#include <QWidget>", true);
        row("ui/canvas/a.cpp", "#include \"core/document/document.h\"", true);
        row("ui/canvas/a.cpp", "#include \"models/nn/unet.h\"", false);
        row("ui/canvas/a.cpp", "#include \"app/locations.h\"", false);
        row("ui/canvas/a.cpp", "#include <torch/torch.h>", false);
        row("ui/canvas/a.cpp", "#include <tiffio.h>", false);
        row("models/train/a.cpp", "#include \"models/nn/unet.h\"", true);
        row("models/nn/a.cpp", "#include \"models/train/trainer.h\"", false);
        row("models/nn/maskrcnn.cpp", "#include \"models/detect/backbone.h\"", true);
        row("models/module.cpp", "#include \"models/train/trainer.h\"", true);
        row("models/newfolder/a.cpp", "#include \"models/nn/unet.h\"", false);
        row("ui/window/a.cpp", "#include \"ui/panels/parts.h\"", true);
        row("ui/canvas/a.cpp", "#include \"ui/theme/theme.h\"", true);
        row("ui/canvas/a.cpp", "#include \"ui/window/workbench.h\"", true);
        row("ui/canvas/a.cpp", "#include \"ui/window/main_window.h\"", false);
        row("ui/canvas/a.cpp", "#include \"ui/panels/train_page.h\"", false);
        row("ui/theme/a.cpp", "#include \"ui/charts/axis.h\"", false);
        row("ui/report/a.cpp", "#include \"ui/charts/axis.h\"", true);
        row("app/a.cpp", "#include \"models/engine.h\"", true);
        row("app/a.cpp", "#include <CLI/CLI.hpp>", true);
        row("app/a.cpp", "#include <torch/torch.h>", false);
        row("tests/io/a.cpp", "#include <tiffio.h>", true);
    }

    void strayIncludesAreFound() {
        QFETCH(QString, path);
        QFETCH(QString, line);
        QFETCH(bool, allowed);
        const QStringList found = complaintsAbout(path, "#include <string>\n" + line);
        QCOMPARE(found.size(), allowed ? 0 : 1);
        if (!allowed) QVERIFY2(found.first().startsWith(path + ":4: "), qPrintable(found.first()));
    }

    void imageLibrariesStayInsideCore() {
        SourceTree tree{{"core/io/handle.h", source("#include <tiffio.h>")},
                        {"core/io/wrapped.h", source("#include \"core/io/handle.h\"")},
                        {"core/io/formats/tiff.cpp", source("#include \"core/io/wrapped.h\"")},
                        {"core/export/tiff.cpp", source("#include \"core/io/handle.h\"")}};
        QCOMPARE(complaints(tree), QStringList());
        tree.insert("app/main.cpp", source("#include \"core/io/wrapped.h\""));
        tree.insert("ui/canvas/view.cpp", source("#include \"core/io/handle.h\""));
        tree.insert("models/nn/net.cpp", source("#include \"core/io/wrapped.h\""));
        QCOMPARE(complaints(tree).size(), 3);
    }

    void waysAroundTheLimitsAreFound() {
        for (const char* line : {"auto j = nlohmann::json::parse(text);", "std::ifstream file(path);",
                                 "FILE* f = std::fopen(path, \"rb\");"})
            QCOMPARE(complaintsAbout("core/learn/a.cpp", line).size(), 1);
        for (const char* line :
             {"// not json::parse", "auto j = parseJson(text);", "std::fopen(path, \"wbx\");"})
            QCOMPARE(complaintsAbout("core/learn/a.cpp", line), QStringList());
        QCOMPARE(complaintsAbout("core/base/json.cpp", "nlohmann::json::parse(text);"), QStringList());
    }

    void shapesOfFiles() {
        QCOMPARE(complaints({{"ui/a.cpp", "#include <QObject>\n"}}).size(), 1);
        QCOMPARE(complaints({{"ui/a.cpp", "//\n#include <QObject>\n"}}).size(), 1);
        QCOMPARE(complaints({{"ui/a.cpp", "// A: says it.\n#include <QObject>\n"}}).size(), 0);
        QCOMPARE(complaints({{"ui/a.h", "// A: says it.\n#include <QObject>\n"}}).size(), 1);
        QCOMPARE(complaintsAbout("core/base/a.h", "using namespace std;").size(), 1);
        QCOMPARE(complaintsAbout("core/base/a.cpp", "using namespace std;").size(), 0);
        QCOMPARE(complaintsAbout("core/base/a.cpp", QString("int a;\n").repeated(397)).size(), 0);
        QCOMPARE(complaintsAbout("core/base/a.cpp", QString("int a;\n").repeated(398)).size(), 1);
    }

    void placesOfMachinesAreFound() {
        // In pieces, so that this file passes its own test.
        for (const char* line : {"see /"
                                 "home/anna/data.tif",
                                 "\"/"
                                 "root/x\"",
                                 "dir=/"
                                 "work/main",
                                 "https://pypi."
                                 "org/simple",
                                 "https://files.pythonhosted."
                                 "org/p",
                                 "deb http://deb.debian."
                                 "org/debian bookworm"})
            QCOMPARE(strayPlaces("a.txt", line).size(), 1);
        for (const char* line : {"/usr/share/fonts", "a homework/exercise", "https://cristae.example",
                                 "/tmp/x", "core/network/work/a.h"})
            QCOMPARE(strayPlaces("a.txt", line), QStringList());
    }
};

QTEST_GUILESS_MAIN(TestArchitecture)
#include "tst_architecture.moc"
