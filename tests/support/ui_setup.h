// What every test of the window needs: settings of its own and a session without an engine.
#pragma once
#include "core/session/session.h"

#include <QApplication>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>

#include <memory>

inline void useOwnSettings(const QTemporaryDir& folder) {
    QStandardPaths::setTestModeEnabled(true);
    QCoreApplication::setOrganizationName(QStringLiteral("CristaeTest"));
    QCoreApplication::setApplicationName(QStringLiteral("cristae-test"));
    QSettings::setDefaultFormat(QSettings::IniFormat);
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, folder.path());
}

/// No models; asking for the engine fails as it does where LibTorch is missing.
inline std::unique_ptr<cristae::Session> sessionWithoutEngine(const QTemporaryDir& folder,
                                                              const std::string& samples = {}) {
    cristae::SessionPaths paths;
    paths.zoo = folder.filePath(QStringLiteral("zoo")).toStdString();
    paths.userModels = folder.filePath(QStringLiteral("models")).toStdString();
    paths.samples = samples.empty() ? folder.filePath(QStringLiteral("samples")).toStdString() : samples;
    std::filesystem::create_directories(paths.zoo);
    return std::make_unique<cristae::Session>(paths, []() -> cristae::Engine {
        throw cristae::Error(cristae::ErrorKind::device, "There is no engine in this test.");
    });
}
