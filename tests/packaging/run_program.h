// Running a program as a user with an empty home would, and what came of it.
#pragma once
#include "tests/support/patience.h"

#include <QByteArray>
#include <QProcess>
#include <QStringList>

namespace cristae {

struct Outcome {
    int code = -1; // -1: it crashed, did not start, or ran longer than four minutes
    QByteArray out, err;
};

/// Runs `program` in `folder`, which is its home as well; `variables` are "NAME=value".
inline Outcome runProgram(const QString& program, const QStringList& arguments, const QString& folder,
                          const QStringList& variables = {}) {
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    for (const QString& variable : variables)
        environment.insert(variable.section('=', 0, 0), variable.section('=', 1));
    environment.insert("HOME", folder);
    environment.insert("QT_QPA_PLATFORM", "offscreen");
    for (const char* name : {"LD_LIBRARY_PATH", "CRISTAE_MODELS", "XDG_DATA_HOME"}) environment.remove(name);
    process.setProcessEnvironment(environment);
    process.setWorkingDirectory(folder);
    process.start(program, arguments);
    if (!process.waitForFinished(patienceMs)) {
        process.kill();
        process.waitForFinished();
    }
    return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
            process.readAllStandardOutput(), process.readAllStandardError()};
}

} // namespace cristae
