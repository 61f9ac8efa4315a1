// Reading what the user names: ordinary files only, pipes and devices refused at once, limits before memory.
#include "core/base/hash.h"
#include "core/base/input_file.h"
#include "tests/support/expect_error.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>
#include <fstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace cristae;
namespace fs = std::filesystem;

class TestInputFile : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        QTest::failOnWarning(QRegularExpression(".?"));
        dir_ = std::make_unique<QTemporaryDir>();
        folder_ = dir_->path().toStdString();
        std::ofstream(folder_ / "a") << "some text";
    }

    void anyPartIsRead() {
        const InputFile file(folder_ / "a");
        QCOMPARE(file.size(), uint64_t(9));
        std::byte part[4];
        file.read(5, part);
        QCOMPARE(std::string(reinterpret_cast<char*>(part), 4), std::string("text"));
        QCOMPARE(file.readSome(7, part), size_t(2));
        QCOMPARE(file.readSome(100, part), size_t(0));
        QCOMPARE(file.readSome(~uint64_t(0), part), size_t(0));
        const std::string message = inputErrorOf([&] { file.read(7, part); });
        QVERIFY2(message.find("cut off") != std::string::npos, message.c_str());
        QVERIFY(inputErrorOf([&] { file.read(~uint64_t(0), part); }).find("cut off") != std::string::npos);
    }

    void textsAreReadWithinTheirLimit() {
        QCOMPARE(readTextFile(folder_ / "a"), std::string("some text"));
        QCOMPARE(readTextFile(folder_ / "a", 9).size(), size_t(9));
        QVERIFY(inputErrorOf([&] { readTextFile(folder_ / "a", 8); }).find("larger than 8 bytes") !=
                std::string::npos);
        QVERIFY(readTextFile("/proc/self/status").find("VmRSS") != std::string::npos); // has no size
        // A hole of a terabyte takes no memory.
        std::ofstream(folder_ / "hole").flush();
        fs::resize_file(folder_ / "hole", uintmax_t(1) << 40);
        QVERIFY(inputErrorOf([&] { readTextFile(folder_ / "hole"); }).find("larger than") !=
                std::string::npos);
    }

    void whatIsNoOrdinaryFileIsRefusedAtOnce() {
        QCOMPARE(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
        const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const std::string place = (folder_ / "s").string();
        QVERIFY(place.size() < sizeof address.sun_path);
        place.copy(address.sun_path, place.size());
        QCOMPARE(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        fs::create_symlink(folder_ / "pipe", folder_ / "link");
        fs::create_symlink(folder_ / "loop", folder_ / "loop");
        QElapsedTimer timer;
        timer.start();
        for (const fs::path& path : {folder_ / "pipe", folder_ / "link", folder_ / "s", fs::path("/dev/zero"),
                                     fs::path("/dev/null"), fs::path("/dev/tty")}) {
            const std::string message = inputErrorOf([&] { readTextFile(path); });
            QVERIFY2(message.find(path.string()) != std::string::npos, message.c_str());
            QVERIFY(inputErrorOf([&] { sha256OfFile(path); }) == message);
            QVERIFY(messageOf([&] { InputFile file(path, ErrorKind::model); }, ErrorKind::model) == message);
        }
        QVERIFY(inputErrorOf([&] { readTextFile(folder_); }).find("it is a folder") != std::string::npos);
        QVERIFY(inputErrorOf([&] { readTextFile(folder_ / "gone"); }).find("does not exist") !=
                std::string::npos);
        QVERIFY(inputErrorOf([&] { readTextFile(folder_ / "loop"); }).find("leads back") !=
                std::string::npos);
        QVERIFY(inputErrorOf([&] { readTextFile(folder_ / std::string(300, 'n')); }).find("too long") !=
                std::string::npos);
        QVERIFY(timer.elapsed() < 1000);
        ::close(socket);
    }

private:
    std::unique_ptr<QTemporaryDir> dir_;
    fs::path folder_;
};

QTEST_GUILESS_MAIN(TestInputFile)
#include "tst_input_file.moc"
