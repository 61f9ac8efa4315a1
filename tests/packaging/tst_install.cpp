// Installing into a folder: everything is there, nothing points back, and the installed program predicts.
#include "run_program.h"

#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

using namespace cristae;

namespace {

const QString build = QStringLiteral(CRISTAE_BINARY_DIR), source = QStringLiteral(CRISTAE_SOURCE_DIR);

} // namespace

class TestInstall : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        QTest::failOnWarning(QRegularExpression(".?"));
        // Installed in one place, then moved: a program that only works where it was put first would show.
        const QString first = dir_.filePath("first");
        const auto install = [&](const QString& component, const QStringList& variables) {
            const Outcome outcome =
                runProgram(CRISTAE_CMAKE, {"--install", build, "--prefix", first, "--component", component},
                           dir_.path(), variables);
            QVERIFY2(outcome.code == 0, outcome.err.constData());
        };
        install("program", {});
        // LibTorch is a gigabyte; links do for a test of which files there are and how they are found.
        install("libtorch", {"CMAKE_INSTALL_MODE=ABS_SYMLINK"});
        prefix_ = dir_.filePath("moved here");
        QVERIFY(QDir().rename(first, prefix_));
    }

    void everythingIsThere() {
        QStringList files{"bin/cristae-cli", "share/cristae/models/mitochondria.safetensors",
                          "share/cristae/models/membranes.safetensors", "share/cristae/samples/index.json",
                          "share/doc/cristae/LICENSE"};
        if (QFile::exists(build + "/bin/cristae"))
            files += {"bin/cristae", "share/applications/org.cristae.Cristae.desktop",
                      "share/metainfo/org.cristae.Cristae.metainfo.xml",
                      "share/mime/packages/org.cristae.Cristae.xml",
                      "share/icons/hicolor/scalable/apps/org.cristae.Cristae.svg"};
        if (QFile::exists(build + "/lib/libcristae_models.so"))
            files += {"lib/cristae/libcristae_models.so", "lib/cristae/torch/lib/libtorch_cpu.so"};
        for (const QString& file : files) QVERIFY2(QFile::exists(prefix_ + "/" + file), qPrintable(file));
    }

    void nothingPointsBack() {
        // Run paths are what the loader follows; the build folder must not be among them.
        for (const char* file : {"bin/cristae", "bin/cristae-cli", "lib/cristae/libcristae_models.so"}) {
            if (!QFile::exists(prefix_ + "/" + file)) continue;
            const Outcome outcome = runProgram("readelf", {"-d", prefix_ + "/" + file}, dir_.path());
            if (outcome.code != 0) QSKIP("no readelf here");
            for (const QByteArray& line : outcome.out.split('\n'))
                if (line.contains("RUNPATH") || line.contains("RPATH"))
                    QVERIFY2(!line.contains(build.toUtf8()) && !line.contains(source.toUtf8()),
                             line.constData());
        }
        QDirIterator all(prefix_, QDir::Files, QDirIterator::Subdirectories);
        while (all.hasNext()) {
            const QString name = QFileInfo(all.next()).fileName();
            QVERIFY2(!name.startsWith("tst_") && !name.endsWith(".cpp") && !name.endsWith(".a"),
                     qPrintable(name));
        }
    }

    void itsModelsAreItsOwn() {
        const Outcome outcome = runProgram(prefix_ + "/bin/cristae-cli", {"models", "--json"}, dir_.path());
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        QVERIFY(outcome.out.contains("mitochondria"));
        QVERIFY2(!outcome.out.contains((source + "/models").toUtf8()), outcome.out.constData());
    }

    void itPredicts() {
        if (!QFile::exists(prefix_ + "/lib/cristae/libcristae_models.so")) QSKIP("built without the engine");
        const QString sample = prefix_ + "/share/cristae/samples/fly_medulla.h5";
        const Outcome outcome = runProgram(
            prefix_ + "/bin/cristae-cli",
            {"predict", sample, "--model", "mitochondria", "--slices", "0:1", "--output", "labels.tif"},
            dir_.path());
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        const Outcome info =
            runProgram(prefix_ + "/bin/cristae-cli", {"info", "labels.tif", "--json"}, dir_.path());
        QVERIFY2(info.code == 0, info.err.constData());
        QVERIFY(QJsonDocument::fromJson(info.out).isObject());
    }

    void theWindowOpens() {
        const QString window = prefix_ + "/bin/cristae";
        if (!QFile::exists(window)) QSKIP("built without the window");
        const Outcome outcome = runProgram(window, {"--version"}, dir_.path());
        QVERIFY2(outcome.code == 0 && outcome.out.contains("ristae"), outcome.err.constData());
    }

private:
    QTemporaryDir dir_;
    QString prefix_;
};

QTEST_GUILESS_MAIN(TestInstall)
#include "tst_install.moc"
