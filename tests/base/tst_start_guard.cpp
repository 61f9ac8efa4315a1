// StartGuard: what a process that is gone did not get past is left out, until it changes or is tried again.
#include "core/base/start_guard.h"

#include "tests/support/patience.h"

#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace cristae;
namespace fs = std::filesystem;

namespace {

/// A process that looks at the files and dies meanwhile, as after a crash.
void dieLookingAt(const fs::path& folder, const std::vector<fs::path>& files) {
    const pid_t child = ::fork();
    if (child == 0) {
        StartGuard guard(folder);
        std::vector<std::optional<StartGuard::Attempt>> attempts;
        for (const fs::path& file : files) attempts.push_back(guard.attempt(file));
        ::raise(SIGKILL);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    QVERIFY(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

void write(const fs::path& file, const std::string& text) {
    std::ofstream(file) << text;
}

} // namespace

class TestStartGuard : public QObject {
    Q_OBJECT
    std::unique_ptr<QTemporaryDir> temporary_;
    fs::path folder_, good_, bad_;

private Q_SLOTS:
    void init() {
        temporary_ = std::make_unique<QTemporaryDir>();
        folder_ = fs::path(temporary_->path().toStdString()) / "state/marks";
        good_ = fs::path(temporary_->path().toStdString()) / "good.tif";
        bad_ = fs::path(temporary_->path().toStdString()) / "bad, with\nline.tif";
        write(good_, "good");
        write(bad_, "bad");
    }

    void whatComesToItsEndLeavesNothing() {
        {
            StartGuard guard(folder_);
            const auto attempt = guard.attempt(good_);
            QVERIFY(attempt);
            QCOMPARE(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
        }
        QVERIFY(fs::is_empty(folder_));
        StartGuard next(folder_);
        QVERIFY(next.leftOut().empty());
        QVERIFY(next.attempt(good_));
    }

    void whatKilledAProcessIsLeftOutAtEveryStart() {
        dieLookingAt(folder_, {bad_});
        for (int start = 0; start < 3; ++start) {
            StartGuard guard(folder_);
            QCOMPARE(guard.leftOut(), std::vector<fs::path>{bad_});
            QVERIFY(!guard.attempt(bad_));
            QVERIFY(guard.attempt(good_));
        }
    }

    void aChangedFileIsTriedAgain() {
        dieLookingAt(folder_, {bad_});
        write(bad_, "mended");
        StartGuard guard(folder_);
        QVERIFY(guard.attempt(bad_));
        QVERIFY(guard.leftOut().empty());
        QVERIFY(fs::is_empty(folder_));
    }

    void tryingAgainForgets() {
        dieLookingAt(folder_, {bad_, good_});
        StartGuard guard(folder_);
        QCOMPARE(guard.leftOut().size(), size_t(2));
        guard.tryAgain();
        QVERIFY(guard.leftOut().empty());
        QVERIFY(guard.attempt(bad_));
        QVERIFY(StartGuard(folder_).leftOut().empty());
    }

    void aProcessThatLivesIsNotTakenForDead() {
        StartGuard guard(folder_);
        const auto attempt = guard.attempt(good_);
        QVERIFY(StartGuard(folder_).leftOut().empty());
    }

    void anAttemptThatDoesNotComeBackIsLeftOutToo() {
        StartGuard guard(folder_);
        const auto hanging = guard.attempt(bad_);
        QVERIFY(guard.attempt(bad_)); // for a moment two may try
        QTRY_VERIFY_WITH_TIMEOUT(guard.leftOut() == std::vector<fs::path>{bad_}, patienceMs);
        QVERIFY(!guard.attempt(bad_));
    }

    void withoutAFolderNothingIsGuardedAndNothingFails() {
        StartGuard none, refused("/proc/nowhere");
        QVERIFY(none.attempt(good_) && refused.attempt(good_));
        QVERIFY(none.leftOut().empty() && refused.leftOut().empty());
    }

    void rubbishInTheFolderIsNoMark() {
        fs::create_directories(folder_ / "folder");
        write(folder_ / "empty", "");
        write(folder_ / "one line", "no path");
        StartGuard guard(folder_);
        QVERIFY(guard.leftOut().empty());
        QVERIFY(guard.attempt(good_));
    }
};

QTEST_GUILESS_MAIN(TestStartGuard)
#include "tst_start_guard.moc"
