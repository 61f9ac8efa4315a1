// cristae: the window. Builds the session, hands it to the window, opens the files on the command line.
#include "app/locations.h"
#include "app/signal_watch.h"

#include "core/base/error.h"
#include "ui/report/pdf_exporter.h"
#include "ui/theme/theme.h"
#include "ui/window/main_window.h"
#include "ui/window/workbench.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QFileInfo>
#include <QSessionManager>
#include <QSettings>
#include <QTimer>

#include <cstdio>
#include <cstdlib>
#include <new>
#include <optional>

namespace {

/// The last border for errors thrown while an event is handled: they are shown, the window stays.
class Application : public QApplication {
public:
    using QApplication::QApplication;
    std::function<void(const QString&)> complain;

    bool notify(QObject* receiver, QEvent* event) override {
        try {
            return QApplication::notify(receiver, event);
        } catch (const std::bad_alloc&) {
            tell(QCoreApplication::translate(
                "Application", "There is not enough memory for this. Close other programs or images."));
        } catch (const std::exception& error) {
            tell(QString::fromUtf8(error.what()));
        }
        return false;
    }

private:
    void tell(const QString& message) {
        if (complain) complain(message);
    }
};

/// sessionPaths(), or nothing where the program does not know its own folder.
std::optional<cristae::SessionPaths> knownPaths() {
    try {
        return cristae::sessionPaths();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "cristae: %s\n", error.what());
        return {};
    }
}

/// Ends the work of the jobs before anything that they use is destroyed. Work that does not end (a read from
/// a server that is gone) cannot be ended; then nothing may be destroyed any more, and the process ends here.
void endJobs(cristae::Jobs& jobs, int exitCode) {
    jobs.stop();
    if (jobs.wait(std::chrono::seconds(exitCode == 0 ? 10 : 4))) return;
    QSettings().sync();
    std::_Exit(exitCode);
}

} // namespace

int main(int argc, char** argv) {
    using namespace cristae;
    QCoreApplication::setOrganizationName(QStringLiteral("Cristae"));
    QCoreApplication::setApplicationName(QStringLiteral("cristae"));
    QCoreApplication::setApplicationVersion(QStringLiteral(CRISTAE_VERSION));
    QGuiApplication::setApplicationDisplayName(QString());
    QGuiApplication::setDesktopFileName(QStringLiteral("org.cristae.Cristae"));
    QGuiApplication::setHighDpiScaleFactorRoundingPolicy(Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
    QSettings::setDefaultFormat(QSettings::IniFormat);
    Application application(argc, argv);

    QCommandLineParser parser;
    parser.setApplicationDescription(QCoreApplication::translate(
        "Application", "Cristae segments electron micrographs. For scripts see cristae-cli."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument(
        QStringLiteral("file"), QCoreApplication::translate("Application", "Image, stack or folder to open."),
        QStringLiteral("[file]"));
    parser.process(application);
    applyTheme(application, rememberedTheme());

    const auto paths = knownPaths();
    if (!paths) return 1;
    Session session(*paths, engineLoader());
    session.addExporter(makePdfExporter());
    Workbench bench(session);
    MainWindow window(bench);
    application.complain = [&bench](const QString& message) {
        bench.showError(QCoreApplication::translate("Application", "Unexpected error"), message);
    };
    // The desktop's session ends: signals follow, or the display goes, and neither leaves much time.
    QObject::connect(&application, &QGuiApplication::commitDataRequest, &window,
                     [&window](QSessionManager&) { window.keepLabelsNow(std::chrono::seconds(5)); });
    const SignalWatch signalWatch(
        [&window](int signal) { window.forceEnd([signal] { QCoreApplication::exit(128 + signal); }); });
    window.show();
    const QStringList files = parser.positionalArguments();
    if (!files.isEmpty()) bench.open(QFileInfo(files.first()).absoluteFilePath());
    // LibTorch is large; the window is there first.
    QTimer::singleShot(200, &window, &MainWindow::loadEngine);
    const int code = application.exec();
    endJobs(bench.jobs(), code);
    return code;
}
