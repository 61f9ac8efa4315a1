// Whatever call fails while a result is written: the cause in words, exit code 3, the old result as before.
#include "tests/support/command_line.h"
#include "tests/support/image_files.h"

#include <QCryptographicHash>
#include <QDirIterator>
#include <QTemporaryDir>
#include <QTest>

#include <cerrno>

using namespace cristae;

namespace {

void write(uint8_t value, const QString& file) {
    Pixels pixels(PixelType::u8, 1, {2, 40, 40});
    auto values = pixels.values<uint8_t>();
    for (size_t i = 0; i < values.size(); ++i) values[i] = i % 10 < 5 ? value : 0;
    writeImage(pixels, file);
}

QMap<QString, QByteArray> stateOf(const QString& folder) {
    QMap<QString, QByteArray> state;
    QDirIterator it(folder, QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot,
                    QDirIterator::Subdirectories);
    while (it.hasNext()) {
        QFile file(it.next());
        state[QDir(folder).relativeFilePath(file.fileName())] =
            file.open(QIODevice::ReadOnly)
                ? QCryptographicHash::hash(file.readAll(), QCryptographicHash::Sha256)
                : QByteArray("folder");
    }
    return state;
}

} // namespace

class TestWriteFaults : public QObject {
    Q_OBJECT
private:
    std::unique_ptr<QTemporaryDir> folder_;
    QString in(const QString& name) const { return folder_->filePath(name); }
    QString results() const { return in(QStringLiteral("results")); }

    /// `happened`: the fault was met.
    struct Faulty : Outcome {
        bool happened = false;
    };
    Faulty run(const QStringList& arguments, const QString& fault) const {
        QFile::remove(in(QStringLiteral("seen")));
        RunSettings settings{.timeoutMs = 60000};
        settings.environment.insert("LD_PRELOAD", QStringLiteral(CRISTAE_FAILING_CALLS));
        settings.environment.insert("CRISTAE_FAULT", fault);
        settings.environment.insert("CRISTAE_FAULT_FOLDER", results());
        settings.environment.insert("CRISTAE_FAULT_SEEN", in(QStringLiteral("seen")));
        return {::run(arguments, settings), QFile::exists(in(QStringLiteral("seen")))};
    }
    QStringList command(const QString& output, const QString& image) const {
        if (output.endsWith(".csv"))
            return {"measure", in(image), "--output", results() + '/' + output, "--overwrite", "--quiet"};
        return {"convert", in(image), results() + '/' + output, "--overwrite", "--quiet"};
    }

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        QVERIFY(QDir(folder_->path()).mkdir(QStringLiteral("results")));
        write(100, in(QStringLiteral("old.tif")));
        write(200, in(QStringLiteral("new.tif")));
    }

    void everyCall_data() {
        QTest::addColumn<QString>("output");
        for (const char* output : {"x.tif", "x.h5", "x.png", "x.jpg", "x.raw", "x.csv"})
            QTest::newRow(output) << QString::fromLatin1(output);
    }
    void everyCall() {
        QFETCH(QString, output);
        const struct {
            const char* call;
            int error;
        } faults[] = {{"open", EACCES}, {"open", EMFILE}, {"write", ENOSPC}, {"write", EIO},
                      {"sync", EIO},    {"sync", ENOSPC}, {"name", EACCES},  {"name", EIO}};
        for (const bool replacing : {true, false})
            for (const auto& fault : faults)
                for (const char* how : {"once", "ever"}) {
                    QDir(results()).removeRecursively();
                    QVERIFY(QDir(folder_->path()).mkdir(QStringLiteral("results")));
                    if (replacing) QCOMPARE(run(command(output, "old.tif"), {}).code, 0);
                    const auto before = stateOf(results());
                    int number = 1;
                    for (;; ++number) {
                        const QString words = QStringLiteral("%1 %2 %3 %4")
                                                  .arg(fault.call)
                                                  .arg(number)
                                                  .arg(fault.error)
                                                  .arg(how);
                        const Faulty o = run(command(output, "new.tif"), words);
                        const QString told = words + QStringLiteral(": exit code %1, ").arg(o.code) + o.err;
                        if (!o.happened) {
                            QVERIFY2(o.code == 0, qPrintable(told));
                            break;
                        }
                        // Libraries may try again: HDF5 opens a file twice to make it.
                        if (o.code == 0 && qstrcmp(how, "once") == 0 && output == "x.h5") {
                            QVERIFY2(stateOf(results()) != before, qPrintable(told));
                            QDir(results()).removeRecursively();
                            QVERIFY(QDir(folder_->path()).mkdir(QStringLiteral("results")));
                            if (replacing) QCOMPARE(run(command(output, "old.tif"), {}).code, 0);
                            continue;
                        }
                        QVERIFY2(o.code == 3, qPrintable(told));
                        QVERIFY2(o.err.contains("was not written") || o.err.contains("cannot be"),
                                 qPrintable(told));
                        QVERIFY2(!o.err.contains("Unexpected"), qPrintable(told));
                        if (stateOf(results()) != before) {
                            // Names that can't be given can't be given back either, for as long as that
                            // lasts.
                            const bool lasting =
                                qstrcmp(fault.call, "name") == 0 && qstrcmp(how, "ever") == 0;
                            QVERIFY2(lasting && stateOf(results()).keys().size() >= before.keys().size(),
                                     qPrintable(told + stateOf(results()).keys().join(' ')));
                        }
                        QVERIFY(number < 200);
                    }
                    QVERIFY2(number > 1, fault.call); // the fault was met at least once
                }
    }

    /// fsync that the file system does not know, and one that was interrupted, are no failures.
    void harmlessAnswersOfSync() {
        const std::pair<int, const char*> harmless[] = {{EINVAL, "ever"}, {EINTR, "once"}};
        for (const auto& [error, how] : harmless)
            for (int number = 1; number < 4; ++number) {
                const Faulty o = run(command("x.tif", "new.tif"),
                                     QStringLiteral("sync %1 %2 %3").arg(number).arg(error).arg(how));
                QVERIFY(o.happened);
                QVERIFY2(o.code == 0, qPrintable(o.err));
            }
    }
};

QTEST_GUILESS_MAIN(TestWriteFaults)
#include "tst_write_faults.moc"
