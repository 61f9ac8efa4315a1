// Installing into a folder: everything is there, nothing points back, and the installed program predicts.
#include "run_program.h"

#include <QCryptographicHash>
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

QByteArray sha256(const QString& path) {
    QFile file(path);
    QCryptographicHash hash(QCryptographicHash::Sha256);
    return file.open(QIODevice::ReadOnly) && hash.addData(&file) ? hash.result().toHex() : QByteArray();
}

QByteArray readAll(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QString hashOf(const QJsonObject& component) {
    return component["hashes"][0]["content"].toString();
}

QString licenceOf(const QJsonObject& component) {
    const QJsonValue licence = component["licenses"][0]["license"];
    return licence["id"].toString() + licence["name"].toString();
}

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
        install("sbom", {});
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
        // Run paths: tst_binaries.
        QDirIterator all(prefix_, QDir::Files, QDirIterator::Subdirectories);
        while (all.hasNext()) {
            const QString name = QFileInfo(all.next()).fileName();
            QVERIFY2(!name.startsWith("tst_") && !name.endsWith(".cpp") && !name.endsWith(".a"),
                     qPrintable(name));
        }
    }

    void itsContentsAreListed() {
        const QJsonObject list =
            QJsonDocument::fromJson(readAll(prefix_ + "/share/doc/cristae/cristae.cdx.json")).object();
        QCOMPARE(list["bomFormat"].toString(), QString("CycloneDX"));
        QMap<QString, QJsonObject> components;
        for (const QJsonValue& value : list["components"].toArray()) {
            const QJsonObject component = value.toObject();
            const QString reference = component["bom-ref"].toString();
            QVERIFY2(!components.contains(reference), qPrintable(reference));
            components[reference] = component;
        }
        // What is listed as a file lies there, as it is listed.
        int files = 0;
        for (const QJsonObject& component : components)
            if (const QString name = component["name"].toString(); component["type"] != "library") {
                ++files;
                QVERIFY2(!hashOf(component).isEmpty() && hashOf(component) == sha256(prefix_ + "/" + name),
                         qPrintable(name));
                if (component["type"] != "file") QVERIFY2(!licenceOf(component).isEmpty(), qPrintable(name));
            }
        // And what lies there is listed: programs, libraries, models, micrographs.
        int expected = 0;
        QDirIterator all(prefix_, QDir::Files, QDirIterator::Subdirectories);
        while (all.hasNext()) {
            const QString path = QDir(prefix_).relativeFilePath(all.next());
            static const QRegularExpression listed(
                "^(bin/.*|lib/.*\\.so[.0-9]*|share/cristae/(models|samples)/[^/]*\\.(safetensors|h5|tif))$");
            if (!listed.match(path).hasMatch()) continue;
            ++expected;
            QVERIFY2(components.contains(path), qPrintable(path));
        }
        QCOMPARE(files, expected);
        QVERIFY(expected > 5);
    }

    void whatIsNotOursIsListedWithItsOrigin() {
        const QJsonArray components =
            QJsonDocument::fromJson(readAll(prefix_ + "/share/doc/cristae/cristae.cdx.json"))
                .object()["components"]
                .toArray();
        QSet<QString> hashes;
        QMap<QString, QString> packages;
        for (const QJsonValue& component : components) {
            hashes.insert(hashOf(component.toObject()));
            if (component["purl"].toString().startsWith("pkg:deb/"))
                packages[component["name"].toString()] = component["version"].toString();
        }
        if (QString(CRISTAE_TORCH).contains("/libtorch-"))
            for (const QByteArray& line : readAll(source + "/packaging/libtorch-cpu.sha256").split('\n'))
                if (!line.isEmpty() && !line.startsWith('#'))
                    QVERIFY2(hashes.contains(QString(line.left(64))), line.constData());
        if (runProgram("dpkg-query", {"--version"}, dir_.path()).code != 0) QSKIP("not a Debian system");
        QVERIFY2(packages.size() > 5, qPrintable(QStringList(packages.keys()).join(' ')));
        for (auto package = packages.begin(); package != packages.end(); ++package)
            QCOMPARE(
                QString(runProgram("dpkg-query", {"-W", "-f=${Version}", package.key()}, dir_.path()).out),
                package.value());
        const Outcome tiff = runProgram("dpkg-query", {"-S", "*/libtiff.so.[56]"}, dir_.path());
        if (tiff.code == 0) QVERIFY(packages.contains(QString(tiff.out).section(':', 0, 0)));
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
