// Atomic files under fault: full disk, file-size limit, read-only and missing folders, failed checks.
#include "core/base/atomic_file.h"
#include "core/base/input_file.h"
#include "core/base/own_folder.h"
#include "core/base/temporary_files.h"
#include "tests/support/expect_error.h"

#include <QtTest>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace cristae;
namespace fs = std::filesystem;

namespace {

void put(const fs::path& path, const std::string& text) {
    std::ofstream(path) << text;
}

int entries(const fs::path& folder) {
    int count = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder)) ++count;
    return count;
}

/// Runs the action in a child process; 0 if it returned true, 77 if it could not be set up.
int inChild(const std::function<int()>& action) {
    const pid_t child = fork();
    if (child == 0) _exit(action());
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

/// A user and mount namespace of its own with a tmpfs of 1 MiB on `folder`.
bool mountSmallDisk(const fs::path& folder) {
    const uid_t user = getuid();
    const gid_t group = getgid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 && unshare(CLONE_NEWNS) != 0) return false;
    put("/proc/self/setgroups", "deny");
    put("/proc/self/uid_map", "0 " + std::to_string(user) + " 1");
    put("/proc/self/gid_map", "0 " + std::to_string(group) + " 1");
    return mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=1m") == 0;
}

} // namespace

class TestAtomicFile : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(".?")); }
    void init() {
        dir_ = std::make_unique<QTemporaryDir>();
        folder_ = dir_->path().toStdString();
    }

    void writesAndReplaces() {
        const fs::path file = folder_ / "a.json";
        writeFileAtomically(file, std::string("one"));
        writeFileAtomically({file, Existing::replace}, std::string("two and more"));
        QCOMPARE(readTextFile(file), std::string("two and more"));
        QCOMPARE(entries(folder_), 1);
    }

    void keepsModeAndLink() {
        put(folder_ / "real", "x");
        chmod((folder_ / "real").c_str(), 0600);
        fs::create_symlink("real", folder_ / "link");
        writeFileAtomically({folder_ / "link", Existing::replace}, std::string("y"));
        QVERIFY(fs::is_symlink(folder_ / "link"));
        QCOMPARE(readTextFile(folder_ / "real"), std::string("y"));
        struct stat status {};
        QCOMPARE(stat((folder_ / "real").c_str(), &status), 0);
        QCOMPARE(int(status.st_mode & 0777), 0600);
    }

    void withoutCommitNothingChanges() {
        put(folder_ / "a.tif", "old");
        {
            AtomicFile file({folder_ / "a.tif", Existing::replace});
            QCOMPARE(file.temporaryPath().extension().string(), std::string(".tif"));
            QVERIFY(!fs::exists(file.temporaryPath()));
            put(file.temporaryPath(), "half");
        }
        QCOMPARE(readTextFile(folder_ / "a.tif"), std::string("old"));
        QCOMPARE(entries(folder_), 1);
    }

    void failedCheckKeepsTheOldFile() {
        put(folder_ / "a", "old");
        const std::string message = outputErrorOf([&] {
            AtomicFile file({folder_ / "a", Existing::replace});
            put(file.temporaryPath(), "new");
            file.commit([](const fs::path&) { throw Error(ErrorKind::output, "not what was meant"); });
        });
        QCOMPARE(message, std::string("not what was meant"));
        QCOMPARE(readTextFile(folder_ / "a"), std::string("old"));
        QCOMPARE(entries(folder_), 1);
    }

    void foldersAreReplacedWhole() {
        fs::create_directory(folder_ / "stack");
        put(folder_ / "stack" / "old.png", "x");
        markResultFolder(folder_ / "stack", {"old.png"});
        AtomicFile file({folder_ / "stack", Existing::replace}, AtomicFile::Kind::folder);
        fs::create_directory(file.temporaryPath());
        put(file.temporaryPath() / "new.png", "y");
        file.commit();
        QVERIFY(fs::exists(folder_ / "stack" / "new.png"));
        QVERIFY(!fs::exists(folder_ / "stack" / "old.png"));
        QCOMPARE(entries(folder_), 1);
    }

    void severalTakeTheirNamesTogether() {
        put(folder_ / "a", "old a");
        put(folder_ / "b", "old b");
        {
            AtomicFile a({folder_ / "a", Existing::replace}), b({folder_ / "b", Existing::replace});
            put(a.temporaryPath(), "new a");
            put(b.temporaryPath(), "new b");
            AtomicFile::commitTogether({&a, &b});
        }
        QCOMPARE(readTextFile(folder_ / "a"), std::string("new a"));
        QCOMPARE(readTextFile(folder_ / "b"), std::string("new b"));
        QCOMPARE(entries(folder_), 2);
    }

    /// A kill between two names: the next process that writes there finishes what was written down.
    void killedBetweenNames() {
        put(folder_ / "a.raw", "old values");
        put(folder_ / "a.json", "old description");
        const pid_t child = fork();
        if (child == 0) {
            const fs::path values = temporaryName(folder_ / "a.raw"),
                           words = temporaryName(folder_ / "a.json");
            put(values, "new values");
            put(words, "new description");
            const auto inode = [](const fs::path& path) {
                struct stat status {};
                stat(path.c_str(), &status);
                return std::to_string(status.st_ino);
            };
            put(temporaryName(folder_ / "a.steps"), R"([{"from":")" + values.filename().string() +
                                                        R"(","to":"a.raw","inode":)" + inode(values) +
                                                        R"(},{"from":")" + words.filename().string() +
                                                        R"(","to":"a.json","inode":)" + inode(words) + "}]");
            fs::rename(values, folder_ / "a.raw");
            _exit(0);
        }
        waitpid(child, nullptr, 0);
        QCOMPARE(readTextFile(folder_ / "a.json"), std::string("old description"));
        writeFileAtomically(folder_ / "other", std::string("x"));
        QCOMPARE(readTextFile(folder_ / "a.raw"), std::string("new values"));
        QCOMPARE(readTextFile(folder_ / "a.json"), std::string("new description"));
        QCOMPARE(entries(folder_), 3);
    }

    void leftoversGoWithTheirProcess() {
        const pid_t child = fork();
        if (child == 0) {
            put(temporaryName(folder_ / "a.tif"), "half");
            fs::create_directory(temporaryName(folder_ / "stack"));
            _exit(0);
        }
        waitpid(child, nullptr, 0);
        put(folder_ / (".cristae-" + std::to_string(child) + "-7.tif"), "of an older version");
        const fs::path own = temporaryName(folder_ / "b.tif"), foreign = folder_ / ".cristae-notes.txt",
                       elsewhere = folder_ / (".cristae-" + std::to_string(child) + "-1-0123abcd.tif");
        for (const fs::path& stays : {own, foreign, elsewhere}) put(stays, "stays");
        writeFileAtomically(folder_ / "b", std::string("x"));
        QCOMPARE(entries(folder_), 4);
        for (const fs::path& stays : {own, foreign, elsewhere}) QVERIFY(fs::exists(stays));
    }

    void whatAppearsMeanwhileIsKept() {
        AtomicFile file(folder_ / "a");
        put(file.temporaryPath(), "ours");
        put(folder_ / "a", "theirs");
        const std::string message = outputErrorOf([&] { file.commit(); });
        QVERIFY2(message.find("exists already") != std::string::npos, message.c_str());
        QCOMPARE(readTextFile(folder_ / "a"), std::string("theirs"));
    }

    void sentencesNameFileAndRemedy() {
        const std::string missing =
            outputErrorOf([&] { writeFileAtomically(folder_ / "no" / "a.txt", std::string("x")); });
        QVERIFY2(missing.find("a.txt") != std::string::npos &&
                     missing.find("does not exist") != std::string::npos,
                 missing.c_str());
        const std::string longName =
            outputErrorOf([&] { writeFileAtomically(folder_ / std::string(300, 'n'), std::string("x")); });
        QVERIFY2(longName.find("shorter") != std::string::npos, longName.c_str());
        fs::create_directory(folder_ / "d");
        const std::string folder =
            outputErrorOf([&] { writeFileAtomically(folder_ / "d", std::string("x")); });
        QVERIFY2(folder.find("a folder has that name") != std::string::npos, folder.c_str());
        QVERIFY(fs::is_directory(folder_ / "d"));
    }

    void readOnlyFolder() {
        if (geteuid() == 0) QSKIP("root may write in read-only folders");
        put(folder_ / "a", "old");
        chmod(folder_.c_str(), 0555);
        const std::string message = outputErrorOf([&] {
            writeFileAtomically({folder_ / "a", Existing::replace}, std::string("x"));
        });
        chmod(folder_.c_str(), 0755);
        QVERIFY2(message.find("permissions") != std::string::npos, message.c_str());
        QCOMPARE(readTextFile(folder_ / "a"), std::string("old"));
    }

    void fileSizeLimit() {
        put(folder_ / "a", "old");
        const int result = inChild([&] {
            signal(SIGXFSZ, SIG_IGN);
            const rlimit limit{100000, 100000};
            setrlimit(RLIMIT_FSIZE, &limit);
            const std::string message = outputErrorOf([&] {
                writeFileAtomically({folder_ / "a", Existing::replace}, std::string(1 << 20, 'x'));
            });
            return message.find("larger than this disk or your limit") != std::string::npos ? 0 : 1;
        });
        QCOMPARE(result, 0);
        QCOMPARE(readTextFile(folder_ / "a"), std::string("old"));
        QCOMPARE(entries(folder_), 1);
    }

    void fullDisk() {
        const int result = inChild([&] {
            if (!mountSmallDisk(folder_)) return 77;
            put(folder_ / "a", "old");
            const std::string message = outputErrorOf([&] {
                writeFileAtomically({folder_ / "a", Existing::replace}, std::string(4 << 20, 'x'));
            });
            if (message.find("the disk is full") == std::string::npos) return 1;
            if (readTextFile(folder_ / "a") != "old" || entries(folder_) != 1) return 2;
            writeFileAtomically({folder_ / "a", Existing::replace},
                                std::string("fits")); // the space is free again
            return readTextFile(folder_ / "a") == "fits" ? 0 : 3;
        });
        if (result == 77) QSKIP("no user namespaces here: a small disk cannot be mounted");
        QCOMPARE(result, 0);
    }

    void killedWhileWriting() {
        put(folder_ / "a", "old");
        for (int round = 0; round < 5; ++round) {
            const pid_t child = fork();
            if (child == 0) {
                for (;;)
                    writeFileAtomically({folder_ / "a", Existing::replace},
                                        std::string(300000, char('a' + round)));
            }
            usleep(useconds_t(3000 + 4000 * round));
            kill(child, SIGKILL);
            waitpid(child, nullptr, 0);
            const std::string text = readTextFile(folder_ / "a");
            QVERIFY(text == "old" || (text.size() == 300000 && text.front() == text.back()));
        }
    }

private:
    std::unique_ptr<QTemporaryDir> dir_;
    fs::path folder_;
};

QTEST_GUILESS_MAIN(TestAtomicFile)
#include "tst_atomic_file.moc"
