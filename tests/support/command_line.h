// Runs cristae-cli as a script would, and keeps what came of it.
#pragma once
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QStringList>

inline const QString cli = QStringLiteral(CRISTAE_BINARY_DIR "/bin/cristae-cli");

/// The exit code (−1 where the program was killed or did not end) and both streams.
struct Outcome {
    int code = -1;
    QString out, err;
    QString words() const { return err + out; }
    QJsonObject json() const { return QJsonDocument::fromJson(out.toUtf8()).object(); }
};

struct RunSettings {
    QString folder = {}; // where it is started; empty: here
    QString output = {}; // the file that takes stdout; empty: none
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    QString program = cli;
    int timeoutMs = 300000;
};

inline Outcome run(const QStringList& arguments, const RunSettings& settings = {}) {
    QProcess process;
    if (!settings.folder.isEmpty()) process.setWorkingDirectory(settings.folder);
    if (!settings.output.isEmpty()) process.setStandardOutputFile(settings.output);
    process.setProcessEnvironment(settings.environment);
    process.start(settings.program, arguments);
    const bool ended = process.waitForFinished(settings.timeoutMs);
    return {ended && process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
            QString::fromUtf8(process.readAllStandardOutput()),
            QString::fromUtf8(process.readAllStandardError())};
}
