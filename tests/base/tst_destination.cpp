// Where a job may write: never over an input, another result, or what is no regular file.
#include "core/base/atomic_file.h"
#include "core/base/input_file.h"
#include "core/base/own_folder.h"
#include "tests/support/expect_error.h"

#include <QtTest>
#include <fstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

using namespace cristae;
namespace fs = std::filesystem;

namespace {

void put(const fs::path& path, const std::string& text) {
    std::ofstream(path) << text;
}

} // namespace

class TestDestination : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(".?")); }
    void init() {
        dir_ = std::make_unique<QTemporaryDir>();
        folder_ = fs::canonical(dir_->path().toStdString());
        fs::create_directory(folder_ / "slices");
        put(folder_ / "image.tif", "image");
        put(folder_ / "slices" / "s0.png", "slice");
    }

    void newImagesAmongTheSlicesOfAnInput() {
        JobFiles job;
        job.addInput(folder_ / "slices");
        for (const char* name : {"result.tif", "mask.PNG"}) {
            const std::string why = messageOf([&] { job.to(folder_ / "slices" / name).checkFile(); });
            QVERIFY2(why.find("would be taken for a slice") != std::string::npos, why.c_str());
        }
        for (const char* name : {"table.csv", "result.h5"}) // no slices
            QCOMPARE(job.to(folder_ / "slices" / name).checkFile(), folder_ / "slices" / name);
        QCOMPARE(job.to(folder_ / "result.tif").checkFile(), folder_ / "result.tif");
        JobFiles other; // of one file of the folder
        other.addInput(folder_ / "slices" / "s0.png");
        QCOMPARE(other.to(folder_ / "slices" / "result.png").checkFile(), folder_ / "slices" / "result.png");
    }

    void inputsByAnyName_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("part"); // of the sentence
        QTest::newRow("itself") << "image.tif"
                                << "is an input";
        QTest::newRow("another way to it") << "slices/../image.tif"
                                           << "is an input";
        QTest::newRow("a link") << "link.tif"
                                << "is an input";
        QTest::newRow("a hard link") << "hard.tif"
                                     << "is an input";
        QTest::newRow("a member of a folder") << "slices/s0.png"
                                              << "is an input";
        QTest::newRow("what lies deeper in it") << "slices/deeper/notes.csv"
                                                << "which is an input";
        QTest::newRow("what a member links to") << "outside.png"
                                                << "is an input";
        QTest::newRow("the folder") << "slices"
                                    << "is an input";
        QTest::newRow("a folder above it") << "."
                                           << "not the name of a file";
    }
    void inputsByAnyName() {
        QFETCH(QString, name);
        QFETCH(QString, part);
        fs::create_symlink("image.tif", folder_ / "link.tif");
        fs::create_hard_link(folder_ / "image.tif", folder_ / "hard.tif");
        put(folder_ / "outside.png", "slice");
        fs::create_symlink(folder_ / "outside.png", folder_ / "slices" / "s1.png");
        fs::create_directory(folder_ / "slices" / "deeper");
        put(folder_ / "slices" / "deeper" / "notes.csv", "notes");
        JobFiles files(Existing::replace);
        files.addInput(folder_ / "image.tif");
        files.addInput(folder_ / "slices");
        const std::string message = outputErrorOf(
            [&] { writeFileAtomically(files.to(folder_ / name.toStdString()), std::string("x")); });
        QVERIFY2(message.find(part.toStdString()) != std::string::npos, message.c_str());
        QCOMPARE(readTextFile(folder_ / "image.tif"), std::string("image"));
        QCOMPARE(readTextFile(folder_ / "slices" / "s0.png"), std::string("slice"));
    }

    void aLinkToAnInputIsNotReplacedEither() {
        fs::create_symlink("image.tif", folder_ / "link.tif");
        JobFiles files(Existing::replace);
        files.addInput(folder_ / "link.tif");
        const std::string message =
            outputErrorOf([&] { writeFileAtomically(files.to(folder_ / "image.tif"), std::string("x")); });
        QVERIFY2(message.find("is an input") != std::string::npos, message.c_str());
    }

    void nothingIsReplacedUnlessAsked() {
        put(folder_ / "result.csv", "old");
        const std::string message =
            outputErrorOf([&] { writeFileAtomically(folder_ / "result.csv", std::string("new")); });
        QVERIFY2(message.find("--overwrite") != std::string::npos, message.c_str());
        QCOMPARE(readTextFile(folder_ / "result.csv"), std::string("old"));
        writeFileAtomically(JobFiles(Existing::replace).to(folder_ / "result.csv"), std::string("new"));
        QCOMPARE(readTextFile(folder_ / "result.csv"), std::string("new"));
    }

    void oneResultANameInAJob() {
        const JobFiles files(Existing::replace);
        AtomicFile first(files.to(folder_ / "x.tif"));
        const std::string message =
            outputErrorOf([&] { AtomicFile second(files.to(folder_ / "slices" / ".." / "x.tif")); });
        QVERIFY2(message.find("another result of this job") != std::string::npos, message.c_str());
    }

    void aResultGivenUpFreesItsName() {
        const JobFiles files;
        { AtomicFile first(files.to(folder_ / "x.tif")); }
        writeFileAtomically(files.to(folder_ / "x.tif"), std::string("x"));
        QCOMPARE(readTextFile(folder_ / "x.tif"), std::string("x"));
    }

    void onlyRegularFiles() {
        QCOMPARE(mkfifo((folder_ / "fifo").c_str(), 0600), 0);
        fs::create_symlink("nowhere", folder_ / "dangling");
        const auto refused = [&](const fs::path& path, const char* part) {
            const std::string message = outputErrorOf([&] {
                writeFileAtomically({path, Existing::replace}, std::string("x"));
            });
            return message.find(part) != std::string::npos;
        };
        QVERIFY(refused("/dev/full", "a device, pipe or socket"));
        QVERIFY(refused("/dev/null", "a device, pipe or socket"));
        QVERIFY(refused(folder_ / "fifo", "a device, pipe or socket"));
        QVERIFY(refused(folder_ / "dangling", "leads nowhere"));
        QVERIFY(refused(folder_ / "slices", "a folder has that name"));
        put(folder_ / "one", "shared");
        fs::create_hard_link(folder_ / "one", folder_ / "two");
        QVERIFY(refused(folder_ / "one", "2 names"));
        struct stat status {};
        QCOMPARE(stat((folder_ / "fifo").c_str(), &status), 0);
        QVERIFY(S_ISFIFO(status.st_mode));
        QCOMPARE(readTextFile(folder_ / "two"), std::string("shared"));
    }

    void foldersOfOthersStay() {
        const auto replacing = [&] {
            AtomicFile file({folder_ / "slices", Existing::replace}, AtomicFile::Kind::folder);
            fs::create_directory(file.temporaryPath());
            file.commit();
        };
        QVERIFY(outputErrorOf(replacing).find("did not write there") != std::string::npos); // no mark
        markResultFolder(folder_ / "slices", {"s0.png"});
        put(folder_ / "slices" / "mine.txt", "notes");
        QVERIFY(outputErrorOf(replacing).find("mine.txt") != std::string::npos);
        fs::remove(folder_ / "slices" / "mine.txt");
        fs::create_symlink("s0.png", folder_ / "slices" / "s1.png");
        QVERIFY(outputErrorOf(replacing).find("s1.png") != std::string::npos);
        QVERIFY(fs::exists(folder_ / "slices" / "s0.png"));
        fs::remove(folder_ / "slices" / "s1.png");
        QCOMPARE(outputErrorOf(replacing), std::string("no error"));
        QVERIFY(fs::is_empty(folder_ / "slices"));
    }

    void aFolderAroundAnInputStays() {
        markResultFolder(folder_ / "slices", {"s0.png"});
        JobFiles files(Existing::replace);
        files.addInput(folder_ / "slices" / "s0.png");
        const std::string message =
            outputErrorOf([&] { AtomicFile file(files.to(folder_ / "slices"), AtomicFile::Kind::folder); });
        QVERIFY2(message.find("holds the input") != std::string::npos, message.c_str());
    }

    void ownFolders() {
        takeOwnFolder(folder_ / "run", "a training run");
        for (const char* text : {"one", "two"})
            writeFileAtomically(ownFile(folder_ / "run" / "log"), std::string(text));
        QCOMPARE(readTextFile(folder_ / "run" / "log"), std::string("two"));
        takeOwnFolder(folder_ / "run", "a training run"); // again
        const std::string taken = outputErrorOf([&] { takeOwnFolder(folder_ / "slices", "a training run"); });
        QVERIFY2(taken.find("new or empty folder") != std::string::npos, taken.c_str());
        QVERIFY(outputErrorOf([&] { ownFile(folder_ / "slices" / "log"); }).find("not one of this program") !=
                std::string::npos);
        QVERIFY(outputErrorOf([&] {
                    takeOwnFolder(folder_ / "image.tif", "a run");
                }).find("cannot be made") != std::string::npos);
    }

private:
    std::unique_ptr<QTemporaryDir> dir_;
    fs::path folder_;
};

QTEST_GUILESS_MAIN(TestDestination)
#include "tst_destination.moc"
