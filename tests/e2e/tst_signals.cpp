// The real window ended by the system: at any moment of its start it ends within seconds, with the code of
// its signal.
#include "tests/support/patience.h"
#include "tests/support/tiny_tiff.h"

#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <filesystem>
#include <sys/stat.h>

class TestSignals : public QObject {
    Q_OBJECT
    std::unique_ptr<QTemporaryDir> home_;
    QString image_;

    /// A home of its own; the window is not shown anywhere.
    void start(QProcess& process, const QStringList& arguments) {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("HOME"), home_->path());
        environment.insert(QStringLiteral("QT_QPA_PLATFORM"), QStringLiteral("offscreen"));
        for (const char* name : {"XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "CRISTAE_MODELS"})
            environment.remove(QString::fromLatin1(name));
        process.setProcessEnvironment(environment);
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.start(QStringLiteral(CRISTAE_BINARY_DIR "/bin/cristae"), arguments);
        QVERIFY(process.waitForStarted());
        QTRY_VERIFY_WITH_TIMEOUT(catches(process, SIGTERM), cristae::patienceMs);
    }
    /// The handler stands; before, a signal ends the process as it ends any.
    static bool catches(const QProcess& process, int signal) { return has(process, "SigCgt", signal); }
    static bool has(const QProcess& process, const char* mask, int signal) {
        QFile status(QStringLiteral("/proc/%1/status").arg(process.processId()));
        if (!status.open(QIODevice::ReadOnly)) return false;
        const auto found = QRegularExpression(QString::fromLatin1(mask) + QStringLiteral(":\\s*([0-9a-f]+)"))
                               .match(QString::fromLatin1(status.readAll()));
        return found.captured(1).toULongLong(nullptr, 16) >> (signal - 1) & 1;
    }
    static bool uses(const QProcess& process, const char* library) {
        QFile maps(QStringLiteral("/proc/%1/maps").arg(process.processId()));
        return maps.open(QIODevice::ReadOnly) && maps.readAll().contains(library);
    }
    static void signalAndWait(QProcess& process, int signal, int atMostMs) {
        QElapsedTimer timer;
        timer.start();
        ::kill(pid_t(process.processId()), signal);
        QVERIFY(process.waitForFinished(cristae::patienceMs));
        QVERIFY2(timer.elapsed() < atMostMs, qPrintable(QString::number(timer.elapsed())));
        QVERIFY2(process.exitStatus() == QProcess::NormalExit, process.readAll().constData());
        QCOMPARE(process.exitCode(), 128 + signal);
    }

private Q_SLOTS:
    void init() {
        home_ = std::make_unique<QTemporaryDir>();
        image_ = home_->filePath(QStringLiteral("image.tif"));
        QVERIFY(writeTinyTiff(image_, 300, 200, {std::vector<uint8_t>(300 * 200, 90)}, 5));
    }

    void endsWithItsSignal_data() {
        QTest::addColumn<int>("signal");
        QTest::newRow("SIGTERM") << SIGTERM;
        QTest::newRow("SIGINT") << SIGINT;
        QTest::newRow("SIGHUP") << SIGHUP;
    }
    void endsWithItsSignal() {
        QFETCH(int, signal);
        QProcess process;
        start(process, {image_});
        signalAndWait(process, signal, 15000);
        // Nothing was painted: nothing is kept, and no mark of a read that did not come back.
        const std::filesystem::path home = home_->path().toStdString();
        QVERIFY(!std::filesystem::exists(home / ".local/share/cristae/recovered"));
        const auto marks = home / ".local/state/cristae/looking-at";
        QVERIFY(!std::filesystem::exists(marks) || std::filesystem::is_empty(marks));
    }

    void writesThatCannotBeAreErrorsOfTheWrite() {
        QProcess process;
        start(process, {});
        QVERIFY(has(process, "SigIgn", SIGXFSZ));
        QVERIFY(has(process, "SigIgn", SIGPIPE));
        signalAndWait(process, SIGTERM, 15000);
    }

    void endsWhileTheEngineIsLoading() {
        QProcess process;
        start(process, {});
        QTRY_VERIFY_WITH_TIMEOUT(uses(process, "libcristae_models"), cristae::patienceMs);
        signalAndWait(process, SIGTERM, 15000);
    }

    /// A pipe among the files that are opened, and among the recent ones: nobody ever writes into it.
    void aFileThatDoesNotAnswerHoldsUpNothing() {
        const QString pipe = home_->filePath(QStringLiteral("pipe.tif"));
        QVERIFY(::mkfifo(pipe.toUtf8().constData(), 0600) == 0);
        QProcess process;
        start(process, {pipe});
        signalAndWait(process, SIGTERM, 15000);
    }

    void aSecondSignalEndsAtOnce() {
        QProcess process;
        start(process, {image_});
        ::kill(pid_t(process.processId()), SIGTERM);
        ::kill(pid_t(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(3000));
        QVERIFY(process.exitStatus() == QProcess::NormalExit);
        QVERIFY(process.exitCode() == 128 + SIGTERM || process.exitCode() == 128 + SIGINT);
    }
};

QTEST_GUILESS_MAIN(TestSignals)
#include "tst_signals.moc"
