// A folder of images: natural order, what is passed over, and which file is named when one does not fit.
#include "core/io/format.h"
#include "core/io/slice_files.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiny_tiff.h"

#include <QtTest>
#include <sys/stat.h>

using namespace cristae;
namespace fs = std::filesystem;

class TestFolder : public QObject {
    Q_OBJECT

    void image(const QString& name, uint8_t value, uint32_t width = 20, uint32_t height = 10,
               size_t pages = 1, double nmPerPixel = 0) {
        const std::vector<uint8_t> page(size_t(width) * height, value);
        QVERIFY(writeTinyTiff(dir_->filePath(name), width, height, {pages, page}, nmPerPixel));
    }
    /// The names of the slices in order, joined by blanks.
    std::string slices() {
        std::string all;
        const auto source = openImage(folder_);
        for (const std::string& name : source->info().sliceNames) all += name + " ";
        return all;
    }
    /// All remarks; each of `words` is in them.
    std::string remarksWith(std::initializer_list<const char*> words) {
        std::string all;
        const auto source = openImage(folder_);
        for (const std::string& remark : source->info().remarks) all += remark + "\n";
        for (const char* each : words)
            if (all.find(each) == std::string::npos) return std::string("no “") + each + "” in: " + all;
        return {};
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

    void masksBesideTheImagesAreLeftOut_data() {
        QTest::addColumn<QString>("mask");
        for (const char* mask :
             {"s%1_masks.tif", "s%1_cp_masks.tif", "s%1_seg.tif", "s%1-label.tif", "S%1 Mask.tif",
              "s%1_Simple Segmentation.tif", "s%1.labels.tif", "s%1_gt.tif", "s%1mask.tif", "mask_s%1.tif",
              "s0%1_Probabilities.tif", "s%1_cp_output.tif", "mask_%1.tif", "labels%1.tif"})
            QTest::newRow(mask) << mask;
    }
    void masksBesideTheImagesAreLeftOut() {
        QFETCH(QString, mask);
        for (int i = 1; i < 4; ++i) {
            image(QStringLiteral("s%1.tif").arg(i), 1);
            image(mask.arg(i), 2);
        }
        QCOMPARE(slices(), std::string("s1.tif s2.tif s3.tif "));
        const std::string first = mask.arg(1).toStdString();
        QCOMPARE(remarksWith({"3 masks or results beside the images", first.c_str()}), std::string());
    }

    void aFolderOfMasksIsAStack() {
        for (int i = 1; i < 4; ++i) image(QStringLiteral("s%1_masks.tif").arg(i), 1);
        QCOMPARE(slices(), std::string("s1_masks.tif s2_masks.tif s3_masks.tif "));
        QVERIFY(openImage(folder_)->info().remarks.empty());
    }

    void aMaskOfTheStackIsNoSlice() {
        for (int i = 1; i < 4; ++i) image(QStringLiteral("s_%1.tif").arg(i), 1);
        image("labels.tif", 1);
        image("s_seg.tif", 1);
        QCOMPARE(slices(), std::string("s_1.tif s_2.tif s_3.tif "));
    }

    void hiddenFilesAndThumbnailsAreNamed() {
        for (int i = 1; i < 4; ++i) image(QStringLiteral("s%1.tif").arg(i), 1);
        other("._s1.tif");
        image("s1_thumb.tif", 1, 4, 4);
        image("s2.thumbnail.tif", 1, 4, 4);
        other("Thumbs.db");
        QCOMPARE(slices(), std::string("s1.tif s2.tif s3.tif "));
        QCOMPARE(remarksWith({"1 hidden file (._s1.tif)", "2 thumbnails (s1_thumb.tif, s2.thumbnail.tif)"}),
                 std::string());
        QDir(dir_->path()).mkdir("t");
        folder_ /= "t";
        for (int i = 1; i < 4; ++i) image(QStringLiteral("t/thumb%1.tif").arg(i), 1);
        QCOMPARE(openImage(folder_)->info().extent().z, int64_t(3)); // nothing else is there
    }

    void entriesThatAreNoFilesAreNamed() {
        for (int i = 1; i < 4; ++i) image(QStringLiteral("s%1.tif").arg(i), 1);
        fs::create_symlink("/nowhere/s4.tif", folder_ / "s4.tif");
        QCOMPARE(::mkfifo((folder_ / "s5.tif").c_str(), 0600), 0);
        QCOMPARE(slices(), std::string("s1.tif s2.tif s3.tif "));
        QCOMPARE(remarksWith({"2 entries that are no files (s4.tif, s5.tif)"}), std::string());
    }

    void copiesAreRemarkedOn() {
        image("s1.tif", 1);
        image("s2.tif", 1);
        QVERIFY(openImage(folder_)->info().remarks.empty());
        image("s1 (1).tif", 1);
        QCOMPARE(remarksWith({"1 file is named like a copy of others (s1 (1).tif)"}), std::string());
        image("s2 - Copy.tif", 1);
        image("s2 copy 3.tif", 1);
        QCOMPARE(remarksWith({"3 files are named like copies of others (s1 (1).tif"}), std::string());
        QCOMPARE(openImage(folder_)->info().extent().z, int64_t(5));
        QVERIFY(QDir(dir_->path()).mkdir("t")); // a way to number, without an original
        folder_ /= "t";
        for (int i = 1; i < 4; ++i) image(QStringLiteral("t/s (%1).tif").arg(i), 1);
        QVERIFY(openImage(folder_)->info().remarks.empty());
    }

    void secondFormatsAreLeftOut() {
        for (int i = 1; i < 4; ++i) image(QStringLiteral("s%1.tif").arg(i), 1);
        other("s1.png");
        other("s3.jpg");
        QCOMPARE(slices(), std::string("s1.tif s2.tif s3.tif "));
        QCOMPARE(remarksWith({"2 second formats of the same images (s1.png, s3.jpg)"}), std::string());
    }

    void pixelSizesThatDiffer() {
        for (int i = 0; i < 4; ++i) image(QStringLiteral("s%1.tif").arg(i), 1, 20, 10, 1, i == 2 ? 10 : 5);
        QVERIFY(!openImage(folder_)->info().voxelSize.xNm);
        QCOMPARE(remarksWith({"s2.tif has 10 nm", "s0.tif and 2 more has 5 nm", "unknown"}), std::string());
        image("s2.tif", 1);
        QCOMPARE(openImage(folder_)->info().voxelSize.xNm, std::optional(5.0));
        QCOMPARE(remarksWith({"1 of 4 files (s2.tif …) state no pixel size", "5 nm"}), std::string());
        image("s2.tif", 1, 20, 10, 1, 5);
        QCOMPARE(openImage(folder_)->info().voxelSize.yNm, std::optional(5.0));
        QVERIFY(openImage(folder_)->info().remarks.empty());
    }

    void remarksOfFilesAreSaidOnce() {
        for (int i = 0; i < 4; ++i) image(QStringLiteral("s%1.png").arg(i), 1); // TIFF under another name
        QCOMPARE(openImage(folder_)->info().remarks.size(), size_t(1));
        QCOMPARE(remarksWith({"All 4 files: The name ends in .png"}), std::string());
        fs::rename(folder_ / "s2.png", folder_ / "s2.tif");
        fs::rename(folder_ / "s3.png", folder_ / "s3.tif");
        QCOMPARE(remarksWith({"2 of 4 files (s0.png …): The name ends in .png"}), std::string());
    }

    void gapsInNumbers() {
        const auto remark = [](const std::vector<int>& numbers) {
            std::vector<fs::path> files;
            for (const int number : numbers) files.push_back("img_" + std::to_string(number) + ".tif");
            const auto remarks = remarksOnNumbers(files);
            return remarks.empty() ? std::string() : remarks[0];
        };
        QVERIFY(remark({1, 2, 4}).find("Slice 3 is missing") != std::string::npos);
        QVERIFY(remark({1, 2, 5, 6}).find("Slices 3, 4 are missing") != std::string::npos);
        QVERIFY(remark({1, 2, 3}).empty());
        QVERIFY(remark({0, 10, 20, 30}).empty()); // every tenth
        QVERIFY(remark({0, 10, 30}).find("Slice 20 is missing") != std::string::npos);
        QVERIFY(remark({7}).empty());
        QVERIFY(!remark({1, 2, 1000000000}).empty());
        QVERIFY(remarksOnNumbers({"a.tif", "b.tif"}).empty());
        const auto two = remarksOnNumbers({"a1.tif", "a2.tif", "b1.tif", "b2.tif"});
        QVERIFY(two.size() == 1 && two[0].find("2 series") != std::string::npos);
        for (const int i : {1, 2, 4}) image(QStringLiteral("img_%1.tif").arg(i, 3, 10, QLatin1Char('0')), 1);
        QCOMPARE(remarksWith({"Slice 3 is missing"}), std::string());
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
        // The first is the odd one.
        image("s1.tif", 1, 21);
        image("s3.tif", 1, 20);
        const std::string first = openingErrorOf(folder_);
        QVERIFY2(first.find("“s1.tif” has 21 × 10") != std::string::npos, first.c_str());
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
