// The PDF page: whole or not at all, the right pages, and on them what was found and how.
#include "core/base/error.h"
#include "core/image/memory_source.h"
#include "ui/report/pdf_check.h"
#include "ui/report/pdf_exporter.h"
#include "ui/report/report_picture.h"

#include <QFile>
#include <QImage>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

using namespace cristae;

namespace {

constexpr int64_t height = 200, width = 320;

/// A grey ramp of `slices` slices, 8 nm pixels.
TileSourcePtr makeImage(int64_t slices) {
    Pixels pixels(PixelType::u8, 1, {slices, height, width});
    const auto values = pixels.values<uint8_t>();
    for (size_t i = 0; i < values.size(); ++i) values[i] = uint8_t(i % width * 255 / width);
    ImageInfo info;
    info.voxelSize = {40.0, 8.0, 8.0, "entered by hand"};
    info.path = "/somewhere/cortex.tif";
    return std::make_shared<MemorySource>(pixels, info);
}

/// Label 1 in the upper left quarter, 2 in the lowest tenth of the rows.
Pixels makeLabels() {
    Pixels labels(PixelType::u8, 1, {1, height, width});
    const auto values = labels.values<uint8_t>();
    for (int64_t y = 0; y < height; ++y)
        for (int64_t x = 0; x < width; ++x)
            values[size_t(y * width + x)] = y >= height * 9 / 10              ? 2
                                            : y < height / 2 && x < width / 2 ? 1
                                                                              : 0;
    return labels;
}

ExportDescription describe(const TileSourcePtr& image) {
    ExportDescription description;
    description.info.levels = {image->info().extent()};
    description.info.voxelSize = image->info().voxelSize;
    description.classes = {{1, "mitochondria", Colour::fromHex("#e69f00")},
                           {2, "membranes", Colour::fromHex("#56b4e9")}};
    description.original = image;
    description.provenance = {{"program", "Cristae test"},
                              {"history",
                               {{{"verb", "predict"},
                                 {"models",
                                  {{{"name", "organelles"},
                                    {"sha256", std::string(64, 'a')},
                                    {"classes", {{{"name", "mitochondria"}, {"threshold", 0.45}}}},
                                    {"device", "cpu"}}}},
                                 {"averaging", "flips"}},
                                {{"verb", "correct"}, {"by", "hand"}}}}};
    return description;
}

QString writePdf(const QString& path, int64_t slices) {
    const auto image = makeImage(slices);
    const auto sink = makePdfExporter()->create(path.toStdString(), describe(image));
    for (int64_t z = 0; z < slices; ++z) sink->write(z, makeLabels());
    sink->finish();
    return path;
}

QByteArray contents(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QByteArray outputOf(const QString& program, const QStringList& arguments) {
    QProcess process;
    process.start(program, arguments);
    process.waitForFinished();
    return process.readAllStandardOutput();
}

} // namespace

class TestPdfReport : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void onePageSaysWhatAndHow() {
        QTemporaryDir folder;
        const QString path = writePdf(folder.filePath("page.pdf"), 1);
        QVERIFY(contents(path).startsWith("%PDF-"));
        checkPdf(path.toStdString(), 1);
        if (QStandardPaths::findExecutable("pdftotext").isEmpty())
            QSKIP("pdftotext is not installed (poppler-utils).");
        const QString text = QString::fromUtf8(outputOf("pdftotext", {"-layout", path, "-"}));
        for (const char* words :
             {"cortex.tif", "Original", "Mitochondria, membranes", "pixel 8 × 8 nm (entered by hand)",
              "organelles (SHA-256 aaaaaaaaaaaa)", "mitochondria from 0.45", "averaging: flips", "by hand",
              "Cristae test", "25.0 %", "10.0 %", "1.02 µm²", "500 nm"})
            QVERIFY2(text.contains(QString::fromUtf8(words)),
                     qPrintable(QStringLiteral("\"%1\" is not in:\n%2").arg(QString::fromUtf8(words), text)));
    }

    /// Five classes with long names, many facts, a flat image of pixels twice as high as wide.
    void whateverIsOnThePageFits() {
        const int64_t wide = 960, flat = 40;
        Pixels pixels(PixelType::u8, 1, {1, flat, wide}), labels(PixelType::u8, 1, {1, flat, wide});
        std::ranges::fill(pixels.values<uint8_t>(), uint8_t(90));
        for (size_t i = 0; i < size_t(labels.count()); ++i)
            labels.values<uint8_t>()[i] = uint8_t(i % size_t(wide) / 160);
        ImageInfo info;
        info.voxelSize = {{}, 8.0, 4.0, "entered by hand"};
        info.path = "/somewhere/strip.tif";
        ExportDescription description = describe(std::make_shared<MemorySource>(pixels, info));
        description.classes.clear();
        QStringList wanted;
        nlohmann::json classes = nlohmann::json::array();
        for (uint32_t value = 1; value <= 5; ++value) {
            const std::string name = "rough endoplasmic reticulum beside the inner nuclear membrane, kind " +
                                     std::to_string(value);
            description.classes.push_back({value, name, standardColour(name, value)});
            classes.push_back({{"name", name}, {"threshold", 0.1 * value}});
            wanted << QString::fromStdString(name) << QStringLiteral("kind %1 from 0.%1").arg(value);
        }
        description.provenance["history"][0]["models"][0]["classes"] = classes;
        description.provenance["remarks"] = {
            "Only the first of 6 time points is shown, and the second channel "
            "is left out because it holds no image."};
        wanted << "Only the first of 6 time points is shown, and the second channel is left out because it "
                  "holds no image.";
        QTemporaryDir folder;
        const QString path = folder.filePath("strip.pdf");
        const auto sink = makePdfExporter()->create(path.toStdString(), description);
        sink->write(0, labels);
        sink->finish();
        if (QStandardPaths::findExecutable("pdftotext").isEmpty())
            QSKIP("pdftotext is not installed (poppler-utils).");
        const QRegularExpression space(QStringLiteral("\\s"));
        const QString text = QString::fromUtf8(outputOf("pdftotext", {path, "-"})).remove(space);
        QVERIFY2(!text.contains(u'…'), qPrintable(text));
        QVERIFY(text.contains("5classes")); // their names do not fit over the picture
        QVERIFY(text.contains("16.7%"));
        for (const QString& words : wanted)
            QVERIFY2(text.contains(QString(words).remove(space)), qPrintable(words + "\n" + text));
        outputOf("pdftoppm", {"-r", "100", "-png", "-singlefile", path, folder.filePath("page")});
        const QImage page(folder.filePath("page.png"));
        QVERIFY(!page.isNull());
        // The original is of one grey: as high as 40 pixels of 8 nm where 960 of 4 nm are as wide.
        int rows = 0, widest = 0;
        for (int y = 0; y < page.height(); ++y) {
            int same = 0;
            for (int x = 0; x < page.width() / 2; ++x)
                same += page.pixelColor(x, y).rgb() == page.pixelColor(60, 140).rgb();
            widest = std::max(widest, same);
            rows += same > page.width() / 4;
        }
        QVERIFY2(std::abs(double(rows) / widest - 40 * 8.0 / (960 * 4)) < 0.006,
                 qPrintable(QStringLiteral("%1 × %2").arg(widest).arg(rows)));
    }

    void theHighlightLiesWhereTheLabelsAre() {
        const auto image = makeImage(1);
        ClassTable classes;
        for (const LabelClass& known : describe(image).classes) classes.set(known);
        const ReportPictures pictures =
            makeReportPictures(*image, 0, makeLabels().converted(PixelType::u32), classes);
        QCOMPARE(pictures.original.size(), pictures.highlighted.size());
        QCOMPARE(pictures.original.width() % width, 0);
        const QColor inMitochondrion = pictures.highlighted.pixelColor(pictures.highlighted.width() / 4,
                                                                       pictures.highlighted.height() / 4);
        const QColor inMembrane = pictures.highlighted.pixelColor(pictures.highlighted.width() / 4,
                                                                  pictures.highlighted.height() * 19 / 20);
        const QPoint inBackground(pictures.highlighted.width() * 3 / 4, pictures.highlighted.height() / 4);
        QVERIFY(inMitochondrion.red() > inMitochondrion.blue() + 40);
        QVERIFY(inMembrane.blue() > inMembrane.red() + 40);
        QCOMPARE(qGray(pictures.highlighted.pixel(inBackground)),
                 qGray(pictures.original.pixel(inBackground)));
        QVERIFY(pictures.original.isGrayscale());
    }

    void largeImagesAreReduced() {
        Pixels pixels(PixelType::u16, 1, {1, 1000, 3000});
        MemorySource image(pixels);
        const ReportPictures pictures =
            makeReportPictures(image, 0, Pixels(PixelType::u32, 1, {1, 1000, 3000}), ClassTable());
        QCOMPARE(pictures.highlighted.size(), QSize(1400, 467));
    }

    void aStackHasAPageForEachSliceAndOneOfSums() {
        QTemporaryDir folder;
        checkPdf(writePdf(folder.filePath("three.pdf"), 3).toStdString(), 4);
        const QString many = writePdf(folder.filePath("many.pdf"), 23);
        checkPdf(many.toStdString(), 21);
        if (QStandardPaths::findExecutable("pdftotext").isEmpty())
            QSKIP("pdftotext is not installed (poppler-utils).");
        const QString text = QString::fromUtf8(outputOf("pdftotext", {"-layout", many, "-"}));
        QVERIFY(text.contains("slice 20 of 23"));
        QVERIFY(text.contains("Only the first 20 of 23 slices have a page"));
        QVERIFY(text.contains("In all 23 slices"));
        QVERIFY(text.contains(QString::fromUtf8("0.942 µm³"))); // 23 × 16000 voxels of 8 × 8 × 40 nm
    }

    void probabilitiesShowTheMostProbableClass() {
        QTemporaryDir folder;
        const auto image = makeImage(1);
        ExportDescription description = describe(image);
        description.probabilities = true;
        description.info.channels = 2;
        description.info.type = PixelType::f32;
        Pixels slice(PixelType::f32, 2, {1, height, width});
        for (float& p : slice.plane<float>(0, 0)) p = 0.6f;
        for (float& p : slice.plane<float>(1, 0).first(size_t(height * width / 5))) p = 0.9f;
        const QString path = folder.filePath("probabilities.pdf");
        const auto sink = makePdfExporter()->create(path.toStdString(), description);
        sink->write(0, slice);
        sink->finish();
        if (QStandardPaths::findExecutable("pdftotext").isEmpty())
            QSKIP("pdftotext is not installed (poppler-utils).");
        const QString text = QString::fromUtf8(outputOf("pdftotext", {"-layout", path, "-"}));
        QVERIFY(text.contains("80.0 %") && text.contains("20.0 %"));
    }

    void withoutFinishNothingChanges() {
        QTemporaryDir folder;
        const QString path = folder.filePath("kept.pdf");
        QFile old(path);
        QVERIFY(old.open(QIODevice::WriteOnly));
        old.write("the old one");
        old.close();
        {
            const auto sink =
                makePdfExporter()->create({path.toStdString(), Existing::replace}, describe(makeImage(1)));
            sink->write(0, makeLabels());
        }
        QCOMPARE(contents(path), QByteArray("the old one"));
        QCOMPARE(QDir(folder.path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot).size(),
                 1);
    }

    void aPlaceThatIsNotThereIsNamed() {
        try {
            makePdfExporter()->create("/nowhere/at/all/page.pdf", describe(makeImage(1)));
            QFAIL("No error.");
        } catch (const Error& error) {
            QCOMPARE(error.kind(), ErrorKind::output);
            QVERIFY2(QString::fromUtf8(error.what()).contains("/nowhere/at/all"), error.what());
        }
    }

    void aDamagedFileIsNoticed() {
        QTemporaryDir folder;
        const QByteArray whole = contents(writePdf(folder.filePath("whole.pdf"), 1));
        const auto complaintOf = [&](const QByteArray& bytes, int pages) {
            const QString path = folder.filePath("damaged.pdf");
            QFile file(path);
            if (!file.open(QIODevice::WriteOnly)) return QString("cannot be written");
            file.write(bytes);
            file.close();
            try {
                checkPdf(path.toStdString(), pages);
            } catch (const Error& error) {
                return QString::fromUtf8(error.what());
            }
            return QString();
        };
        QCOMPARE(complaintOf(whole, 1), QString());
        QVERIFY(complaintOf(whole, 2).contains("1 pages instead of 2"));
        QVERIFY(complaintOf(whole.left(whole.size() / 2), 1).contains("end is missing"));
        QVERIFY(complaintOf(whole.mid(10), 1).contains("does not start"));
        QVERIFY(complaintOf(whole.left(2000) + whole.mid(3000), 1).contains("table of contents"));
        QVERIFY(!complaintOf({}, 1).isEmpty());
    }

    void whatCannotBeShownIsRefusedInWords() {
        const auto exporter = makePdfExporter();
        ExportDescription description = describe(makeImage(2));
        QCOMPARE(exporter->complaint(description), std::string());
        description.firstSlice = 1;
        QVERIFY(exporter->complaint(description).find("differ in size") != std::string::npos);
        description.original.reset();
        QVERIFY(exporter->complaint(description).find("no original") != std::string::npos);
        description = describe(makeImage(1));
        description.classes.clear();
        QVERIFY(exporter->complaint(description).find("predict or paint first") != std::string::npos);
    }
};

QTEST_MAIN(TestPdfReport)
#include "tst_pdf_report.moc"
