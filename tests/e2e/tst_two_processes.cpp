// Two processes on the processor give the weights of one with the whole batch; a missing or killed one is a
// sentence in the other, not a wait without end.
#include "core/segment/safetensors.h"
#include "tests/support/cells.h"
#include "tests/support/command_line.h"
#include "tests/support/patience.h"

#include <QElapsedTimer>
#include <QRegularExpression>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <csignal>

using namespace cristae;

namespace {

using Process = std::unique_ptr<QProcess>;

QByteArray outputOf(QProcess& process) {
    return process.readAllStandardError() + process.readAllStandardOutput();
}

} // namespace

class TestTwoProcesses : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        QTest::failOnWarning(QRegularExpression(".?"));
        QVERIFY(writeCells(QDir(folder_.path())));
    }

    void twoGiveTheWeightsOfOne() {
        const Process one = start("one", -1, 20);
        QVERIFY(one->waitForFinished(patienceMs));
        QVERIFY2(one->exitCode() == 0, outputOf(*one).constData());
        port_ = freePort();
        const Process first = start("two", 0, 20), second = start("two", 1, 20);
        QVERIFY(first->waitForFinished(patienceMs) && second->waitForFinished(patienceMs));
        const QByteArray said = outputOf(*first), silent = second->readAllStandardOutput();
        QVERIFY2(first->exitCode() == 0 && second->exitCode() == 0, (said + outputOf(*second)).constData());
        QCOMPARE(said.count("\nepoch ") + said.startsWith("epoch "), 2); // one of them speaks
        QCOMPARE(silent, QByteArray());
        const double difference = largestDifference("one.safetensors", "two.safetensors");
        QVERIFY2(difference >= 0 && difference < 1e-6, qPrintable(QString::number(difference)));
        // Not because nothing was learned.
        const Process shorter = start("shorter", -1, 10);
        QVERIFY(shorter->waitForFinished(patienceMs));
        QVERIFY(largestDifference("one.safetensors", "shorter.safetensors") > 1e-3);
    }

    void missingProcessIsASentence_data() {
        QTest::addColumn<int>("rank");
        QTest::newRow("the first waits") << 0;
        QTest::newRow("the second waits") << 1;
    }
    void missingProcessIsASentence() {
        QFETCH(int, rank);
        port_ = freePort();
        QElapsedTimer clock;
        clock.start();
        const Process lonely = start("lonely", rank, 20);
        QVERIFY(lonely->waitForFinished(patienceMs));
        const QByteArray words = outputOf(*lonely);
        QCOMPARE(lonely->exitCode(), 4);
        QVERIFY2(words.contains("did not meet all others") && words.contains("within 3 s"),
                 words.constData());
        QVERIFY2(clock.elapsed() < 40000, qPrintable(QString::number(clock.elapsed())));
    }

    void killedProcessIsASentence() {
        port_ = freePort();
        const Process first = start("killed", 0, 1000000), second = start("killed", 1, 1000000);
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(folder_.filePath("killed.run/checkpoint.safetensors")),
                                 patienceMs);
        second->kill();
        QVERIFY(first->waitForFinished(patienceMs));
        const QByteArray words = outputOf(*first);
        QCOMPARE(first->exitCode(), 4);
        QVERIFY2(words.contains("lost the others") && words.contains("--resume"), words.constData());
        second->waitForFinished();
    }

    void cancelIsHeardWhileTheOtherHangs() {
        port_ = freePort();
        const Process first = start("hanging", 0, 1000000), second = start("hanging", 1, 1000000);
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(folder_.filePath("hanging.run/checkpoint.safetensors")),
                                 patienceMs);
        kill(pid_t(second->processId()), SIGSTOP);
        QVERIFY(!first->waitForFinished(1500)); // it may only be busy: the first waits
        kill(pid_t(first->processId()), SIGINT);
        QVERIFY(first->waitForFinished(patienceMs));
        QVERIFY2(first->exitCode() == 130, outputOf(*first).constData());
        second->kill();
        second->waitForFinished();
    }

private:
    /// rank −1: alone.
    Process start(const QString& name, int rank, int steps) {
        auto process = std::make_unique<QProcess>();
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        if (rank >= 0) {
            environment.insert("WORLD_SIZE", "2");
            environment.insert("RANK", QString::number(rank));
            environment.insert("MASTER_ADDR", "127.0.0.1");
            environment.insert("MASTER_PORT", QString::number(port_));
        }
        process->setProcessEnvironment(environment);
        QStringList arguments{"train",
                              "--images",
                              folder_.filePath("images"),
                              "--labels",
                              folder_.filePath("labels"),
                              "--output",
                              folder_.filePath(name + ".safetensors"),
                              "--device",
                              "cpu",
                              "--peer-timeout",
                              "3"};
        // A plain step, so that rounding stays rounding; batch norm would see half a batch.
        for (const QString& setting :
             {QStringLiteral("normalisation=none"), QStringLiteral("loss=bce"), QStringLiteral("batch=4"),
              QStringLiteral("optimiser=sgd"), QStringLiteral("learningRate=0.05"),
              QStringLiteral("schedule=constant"), QStringLiteral("patch=32"), QStringLiteral("base=4"),
              QStringLiteral("levels=2"), QStringLiteral("threads=1"), QStringLiteral("stepsPerEpoch=10"),
              QString("steps=%1").arg(steps)})
            arguments << "--set" << setting;
        process->start(cli, arguments);
        return process;
    }
    static int freePort() {
        QTcpServer server;
        server.listen(QHostAddress::LocalHost);
        return server.serverPort();
    }
    /// −1 when they are not of one network.
    double largestDifference(const QString& a, const QString& b) const {
        const SafetensorsFile first = readSafetensors(folder_.filePath(a).toStdString()),
                              second = readSafetensors(folder_.filePath(b).toStdString());
        if (first.tensors.empty() || first.tensors.size() != second.tensors.size()) return -1;
        double largest = 0;
        for (size_t i = 0; i < first.tensors.size(); ++i) {
            const NamedTensor &x = first.tensors[i], &y = second.tensors[i];
            if (x.name != y.name || x.bytes != y.bytes) return -1;
            if (x.dtype != "F32") continue;
            const auto* v = reinterpret_cast<const float*>(x.data.get());
            const auto* w = reinterpret_cast<const float*>(y.data.get());
            for (size_t k = 0; k < x.bytes / sizeof(float); ++k)
                largest = std::max(largest, double(std::abs(v[k] - w[k])));
        }
        return largest;
    }
    QTemporaryDir folder_;
    int port_ = 0;
};

QTEST_GUILESS_MAIN(TestTwoProcesses)
#include "tst_two_processes.moc"
