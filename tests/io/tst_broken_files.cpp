// Broken, truncated and lying files: each opens or gives one clear sentence, within a second and 512 MB, in a
// child process.
#include "tests/support/patience.h"

#include <QDirIterator>
#include <QElapsedTimer>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QtTest>
#include <sys/resource.h>

namespace {

const QString data = QStringLiteral(CRISTAE_TEST_DATA);

/// What io_probe says of the file under a limit of memory; fails the test on a crash or a time above
/// `milliseconds`.
QJsonObject probe(const QString& path, qint64 milliseconds = 1000) {
    QProcess process;
#ifndef __SANITIZE_ADDRESS__ // the sanitizer reserves terabytes of addresses
    process.setChildProcessModifier([] {
        const rlimit limit{size_t(512) << 20, size_t(512) << 20};
        setrlimit(RLIMIT_AS, &limit);
    });
#endif
    QElapsedTimer timer;
    timer.start();
    process.start(QStringLiteral(CRISTAE_BINARY_DIR) + "/tests/io_probe", {path});
    if (!process.waitForFinished(cristae::patienceMs)) {
        process.kill();
        process.waitForFinished();
        return {{"crash", "did not end"}};
    }
    if (process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0)
        return {{"crash", QString::fromUtf8(process.readAllStandardError()).right(500) + " code " +
                              QString::number(process.exitCode())}};
    rusage usage{};
    getrusage(RUSAGE_CHILDREN, &usage);
    QJsonObject report = QJsonDocument::fromJson(process.readAllStandardOutput()).object();
    // A busy machine is slow; only what is slow by itself counts.
    static double before = 0;
    const double spent = double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                         1e-6 * double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    if ((spent - before) * 1000 > double(milliseconds))
        report["crash"] = QStringLiteral("took %1 s").arg(spent - before);
    before = spent;
    return report;
}

void checkSentence(const QJsonObject& report, const QString& path) {
    QVERIFY2(!report.contains("crash"), qPrintable(path + ": " + report["crash"].toString()));
    QVERIFY2(!report.isEmpty(), qPrintable(path));
    if (!report.contains("error")) return;
    const QString error = report["error"].toString();
    QVERIFY2(error.contains(QFileInfo(path).fileName()), qPrintable(error)); // names the file
    QVERIFY2(error.endsWith('.') && error.size() > 40 && !error.contains('\n'), qPrintable(error));
}

QByteArray contents(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class TestBrokenFiles : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void brokenSamples_data() {
        QTest::addColumn<QString>("path");
        for (const char* folder : {"/formats/tiff_broken", "/formats/hdf5_broken"}) {
            QDirIterator it(data + folder, QDir::Files, QDirIterator::Subdirectories);
            while (it.hasNext()) {
                const QString path = it.next();
                if (!it.fileName().startsWith("LICENSE") && !it.fileName().startsWith("COPYING"))
                    QTest::newRow(qPrintable(path.mid(data.size() + 9))) << path;
            }
        }
        if (!QDir(data + "/formats/tiff_broken").exists()) QTest::newRow("none") << QString();
    }
    void brokenSamples() {
        QFETCH(QString, path);
        if (path.isEmpty()) QSKIP("no sample files here");
        checkSentence(probe(path), path);
    }

    void truncatedFilesAreRefused_data() {
        QTest::addColumn<QString>("path");
        QTest::newRow("TIFF stack") << data + "/isbi2012/train-volume.tif";
        // The last bytes of each of these belong to pixels or to the directory that describes them.
        QTest::newRow("TIFF strips") << data + "/formats/tiff/image-tiff/images/planar-rgb-u8.tif";
        QTest::newRow("PNG") << data + "/cdeep3m_mito/mito_testsample/testset/images.081.png";
        QTest::newRow("HDF5") << data + "/formats/hdf5/ilastik/2d3c.h5";
        QTest::newRow("HDF5 contiguous") << data + "/formats/hdf5/ilastik/1t3d2c.h5";
    }
    void truncatedFilesAreRefused() {
        QFETCH(QString, path);
        const QByteArray whole = contents(path);
        if (whole.isEmpty()) QSKIP("no sample files here");
        QTemporaryDir dir;
        for (const double part : {0.0, 0.001, 0.1, 0.5, 0.9, 0.999}) {
            const QString cut = dir.filePath("cut." + QFileInfo(path).suffix());
            QFile file(cut);
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(whole.left(qsizetype(double(whole.size()) * part)));
            file.close();
            const QJsonObject report = probe(cut);
            checkSentence(report, cut);
            QVERIFY2(report.contains("error"),
                     qPrintable(QStringLiteral("%1 of the file opened and was read").arg(part)));
        }
    }

    void flippedBytesNeverCrash() {
        const QString path = data + "/formats/tiff/ilastik/pix_res/2d_t.tif";
        const QByteArray whole = contents(path);
        if (whole.isEmpty()) QSKIP("no sample files here");
        QTemporaryDir dir;
        QRandomGenerator random(1);
        for (int round = 0; round < 20; ++round) {
            QByteArray changed = whole;
            for (int i = 0; i < 3; ++i)
                changed[random.bounded(int(qMin<qsizetype>(changed.size(), 400)))] =
                    char(random.bounded(256));
            const QString file = dir.filePath("flip.tif");
            QFile out(file);
            QVERIFY(out.open(QIODevice::WriteOnly));
            out.write(changed);
            out.close();
            checkSentence(probe(file), file);
        }
    }

    void lyingSizesAreRefused() {
        QTemporaryDir dir;
        // 100000 × 100000 pixels of deflate in a few bytes.
        const auto entry = [](quint16 tag, quint16 type, quint32 value) {
            QByteArray bytes(12, 0);
            qToLittleEndian(tag, bytes.data());
            qToLittleEndian(type, bytes.data() + 2);
            qToLittleEndian<quint32>(1, bytes.data() + 4);
            qToLittleEndian(value, bytes.data() + 8);
            return bytes;
        };
        QByteArray tiff = QByteArray::fromHex("49492a0008000000") + QByteArray::fromHex("0800");
        tiff += entry(256, 4, 100000) + entry(257, 4, 100000) + entry(258, 3, 8) + entry(259, 3, 8) +
                entry(262, 3, 1) + entry(273, 4, 110) + entry(278, 4, 100000) + entry(279, 4, 20) +
                QByteArray(4, 0) + QByteArray(40, 'x');
        QFile file(dir.filePath("lie.tif"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(tiff);
        file.close();
        const QJsonObject report = probe(file.fileName());
        checkSentence(report, file.fileName());
        QVERIFY2(report["error"].toString().contains("100000 × 100000"),
                 qPrintable(report["error"].toString()));
    }

    void notAnImage() {
        QTemporaryDir dir;
        const auto sentence = [&](const QString& name, const QByteArray& bytes) {
            QFile file(dir.filePath(name));
            if (file.open(QIODevice::WriteOnly)) file.write(bytes);
            file.close();
            return probe(file.fileName())["error"].toString();
        };
        QVERIFY(sentence("empty.tif", {}).contains("empty"));
        QVERIFY(sentence("text.tif", "hello world, this is text").contains("its name says TIFF"));
        QVERIFY(sentence("text.txt", "hello world, this is text").contains("TIFF, PNG, JPEG"));
        QVERIFY(probe(dir.filePath("gone.tif"))["error"].toString().contains("does not exist"));
        QVERIFY(QDir(dir.path()).mkdir("folder"));
        QVERIFY(probe(dir.filePath("folder"))["error"].toString().contains("holds no images"));
    }
};

QTEST_GUILESS_MAIN(TestBrokenFiles)
#include "tst_broken_files.moc"
