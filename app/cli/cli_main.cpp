// cristae-cli: parses the command, runs one verb, turns errors into one sentence and an exit code.
#include "app/cli/console.h"
#include "app/cli/verbs.h"
#include "app/locations.h"

#include "core/base/error.h"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <new>
#ifdef CRISTAE_HAS_REPORT
#include "ui/report/pdf_exporter.h"
#endif

namespace {

/// The command as typed, quoted where a shell would need it.
std::string typedCommand(int argc, char** argv) {
    std::string text = "cristae-cli";
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        const bool plain = !word.empty() &&
                           word.find_first_not_of(
                               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=./:,+@%") ==
                               std::string::npos;
        text += plain ? " " + word : " '" + word + "'";
    }
    return text;
}

using cristae::onOneLine;
using cristae::printError;

int fail(int code, const std::string& message) {
    printError("cristae-cli: {}\n", onOneLine(message));
    return code;
}

/// Parses the command and runs its verb; gives the exit code.
int runCommand(int argc, char** argv) {
    using namespace cristae;
    CLI::App app{"Cristae segments electron micrographs: the verbs of the window, for scripts.",
                 "cristae-cli"};
    app.set_version_flag("--version", "Cristae " CRISTAE_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    Session session(sessionPaths(), engineLoader());
#ifdef CRISTAE_HAS_REPORT
    session.addExporter(makePdfExporter());
#endif
    CommandLine line{session, typedCommand(argc, argv), JobFiles(), false, false, {}, {}};
    app.add_flag("--quiet", line.quiet, "No progress and no remarks on stderr; --json has the remarks");
    addInfo(app, line);
    addModels(app, line);
    addPredict(app, line);
    addEvaluate(app, line);
    addMeasure(app, line);
    addExplore(app, line);
    addVolume(app, line);
    addTrain(app, line);
    addExplain(app, line);
    addStudy(app, line);
    addEnsemble(app, line);
    addScore(app, line);
    addDescribe(app, line);
    addConvert(app, line);
    std::vector<std::string> verbs;
    for (const CLI::App* verb : app.get_subcommands({})) verbs.push_back(verb->get_name());
    if (argc > 1 && argv[1][0] != '-' && std::find(verbs.begin(), verbs.end(), argv[1]) == verbs.end())
        return fail(
            2, fmt::format("There is no verb \"{}\"; the verbs are {}.", argv[1], fmt::join(verbs, ", ")));
    for (int i = 1; i < argc; ++i)
        if (*argv[i] == '\0')
            return fail(
                2, fmt::format("The argument after {} is empty, as where a variable of the shell is not set; "
                               "give it a value, or leave the flag out.",
                               argv[i - 1]));
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& success) {
        return app.exit(success); // --help, --version
    } catch (const CLI::ParseError& error) {
        return fail(2, fmt::format("{} Run cristae-cli --help for the flags.", error.what()));
    }
    const int code = line.run();
    flushOutput();
    return code;
}

} // namespace

int main(int argc, char** argv) {
    using namespace cristae;
    watchSignals();
    try {
        return runCommand(argc, argv);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::cancelled) return fail(exitCode(error.kind()), error.what());
        const int signal = caughtSignal();
        return fail(signal == SIGTERM ? 143 : 130, signal == SIGTERM ? "Terminated." : "Interrupted.");
    } catch (const std::bad_alloc&) {
        return fail(
            5, "There is not enough memory; choose fewer slices, a smaller --tile or close other programs.");
    } catch (const std::exception& error) {
        return fail(1, fmt::format("Unexpected error: {}", error.what()));
    }
}
