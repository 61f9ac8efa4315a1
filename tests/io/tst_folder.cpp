// A folder of images: natural order, what is passed over, and which file is named when one does not fit.
#include "core/io/format.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiny_tiff.h"

#include <QtTest>

using namespace cristae;
namespace fs = std::filesystem;

class TestFolder : public QObject {
    Q_OBJECT

    void image(const QString& name, uint8_t value, uint32_t width = 20, uint32_t height = 10,
               size_t pages = 1) {
        const std::vector<uint8_t> page(size_t(width) * height, value);
        QVERIFY(writeTinyTiff(dir_->filePath(name), width, height, {pages, page}));
    }
    void other(const QString& name) {
        QFile file(dir_->filePath(name));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("no image at all") > 0);
    }

private Q_SLOTS:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(".?")); }
    void init() {
        dir_ = std::make_unique<QTemporaryDir>();
        folder_ = dir_->path().toStdString();
    }

    void naturalOrder() {
        const QStringList names{"z1.tif", "z2.tif", "z9.tif", "z10.tif", "z11.tif", "z100.tif"};
        for (const int i : {3, 0, 5, 1, 4, 2}) image(names[i], uint8_t(i + 1));
        const auto source = openImage(folder_);
        QVERIFY((source->info().extent() == Extent3{6, 10, 20}));
        for (int z = 0; z < 6; ++z) {
            QCOMPARE(source->info().sliceNames[size_t(z)], names[z].toStdString());
            QCOMPARE(source->read(0, {z, 3, 4, z + 1, 5, 6}).at(0, 0, 1, 1), double(z + 1));
        }
        QCOMPARE(source->read(0, {1, 0, 0, 5, 10, 20}).at(0, 3, 9, 19), 5.0);
    }

    void otherFilesArePassedOver() {
        image("b.tif", 1);
        image("C.TIF", 2); // extensions in capitals are images too
        for (const char* name :
             {"Thumbs.db", ".DS_Store", "._b.tif", ".hidden.tif", "notes.txt", "b.tif.xml"})
            other(name);
        QVERIFY(QDir(dir_->path()).mkdir("sub.tif")); // a folder that is named like an image
        const auto source = openImage(folder_);
        QCOMPARE(source->info().extent().z, int64_t(2));
    }

    void namesOfAnyLanguage() {
        const QStringList names{QStringLiteral("Schnitt 1 Größe.tif"), QStringLiteral("切片 2.tif"),
                                QStringLiteral("срез 3.tif")};
        for (int i = 0; i < 3; ++i) image(names[i], uint8_t(10 * i + 10));
        const auto source = openImage(folder_);
        QCOMPARE(source->info().extent().z, int64_t(3));
        for (int64_t z = 0; z < 3; ++z) {
            const int expected =
                int(names.indexOf(QString::fromStdString(source->info().sliceNames[size_t(z)]))) * 10 + 10;
            QCOMPARE(source->read(0, {z, 0, 0, z + 1, 1, 1}).at(0, 0, 0, 0), double(expected));
        }
    }

    void oneImage() {
        image("only.tif", 7);
        QVERIFY((openImage(folder_)->info().extent() == Extent3{1, 10, 20}));
        QCOMPARE(readWhole(folder_).at(0, 0, 9, 19), 7.0);
    }

    void theOddOneIsNamed() {
        for (int i = 1; i < 5; ++i) image(QStringLiteral("s%1.tif").arg(i), 1, i == 3 ? 21 : 20);
        const std::string message = openingErrorOf(folder_);
        for (const char* words : {"s3.tif", "21 × 10", "s1.tif", "20 × 10", "Take the odd ones out"})
            QVERIFY2(message.find(words) != std::string::npos, message.c_str());
    }

    void stacksAndBrokenFilesAreNamed() {
        image("a.tif", 1);
        image("stack.tif", 1, 20, 10, 3);
        QVERIFY(openingErrorOf(folder_).find("“stack.tif” is itself a stack of 3 slices") !=
                std::string::npos);
        fs::remove(folder_ / "stack.tif");
        other("broken.tif");
        QVERIFY(openingErrorOf(folder_).find("broken.tif") != std::string::npos);
        QVERIFY(QDir(dir_->path()).mkdir("empty"));
        QVERIFY(openingErrorOf(folder_ / "empty").find("holds no images") != std::string::npos);
    }

    void aSliceThatGoesAwayIsAnError() {
        for (int i = 0; i < 3; ++i) image(QStringLiteral("s%1.tif").arg(i), 1);
        const auto source = openImage(folder_);
        fs::remove(folder_ / "s1.tif");
        QVERIFY(!source->read(0, {2, 0, 0, 3, 10, 20}).empty());
        const std::string message = messageOf([&] {
            static_cast<void>(source->read(0, {1, 0, 0, 2, 10, 20}));
        });
        QVERIFY2(message.find("s1.tif") != std::string::npos, message.c_str());
        image("s1.tif", 1, 30, 30);
        QVERIFY_EXCEPTION_THROWN(static_cast<void>(source->read(0, {1, 0, 0, 2, 10, 20})), Error);
    }

private:
    std::unique_ptr<QTemporaryDir> dir_;
    fs::path folder_;
};

QTEST_GUILESS_MAIN(TestFolder)
#include "tst_folder.moc"
