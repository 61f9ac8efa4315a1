// PdfExporter: draws the pages slice by slice into a temporary file, checks it, and puts it under its name.
#include "ui/report/pdf_exporter.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "ui/report/pdf_check.h"
#include "ui/report/report_page.h"

#include <QCoreApplication>
#include <QFile>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QPainter>
#include <QPdfWriter>

#include <clocale>
#include <cstring>
#include <fmt/format.h>
#include <langinfo.h>

namespace cristae {

namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(cristae::Report)
};

constexpr int64_t mostSlicePages = 20;

/// The labels of a slice as u32; of probabilities [K, 1, Y, X] the most probable class that reaches 0.5.
Pixels labelsOf(const Pixels& slice, const ExportDescription& description) {
    if (!description.probabilities) return slice.converted(PixelType::u32);
    Pixels labels(PixelType::u32, 1, slice.extent());
    std::vector<float> best(size_t(labels.count()), 0.5f);
    const auto out = labels.values<uint32_t>();
    for (int64_t c = 0; c < slice.channels(); ++c) {
        const auto plane = slice.plane<float>(c, 0);
        for (size_t i = 0; i < plane.size(); ++i)
            if (plane[i] >= best[i]) {
                best[i] = plane[i];
                out[i] = description.classes[size_t(c)].value;
            }
    }
    return labels;
}

class PdfSink : public SliceSink {
public:
    PdfSink(const Destination& target, const ExportDescription& description,
            std::shared_ptr<QGuiApplication> application)
        : application_(std::move(application)), description_(description), file_(target),
          device_(QString::fromStdString(file_.temporaryPath().string())) {
        for (const LabelClass& known : description_.classes) {
            classes_.set(known);
            resultCaption_ += (resultCaption_.isEmpty() ? QString() : QStringLiteral(", ")) +
                              QString::fromStdString(known.name);
        }
        if (!resultCaption_.isEmpty()) resultCaption_[0] = resultCaption_[0].toUpper();
        if (!device_.open(QIODevice::WriteOnly | QIODevice::NewOnly)) fail();
        writer_ = std::make_unique<QPdfWriter>(&device_);
        writer_->setPageLayout(
            QPageLayout(QPageSize(QPageSize::A4), QPageLayout::Landscape, QMarginsF(0, 0, 0, 0)));
        writer_->setResolution(300);
        writer_->setTitle(title());
        writer_->setCreator(QStringLiteral("Cristae " CRISTAE_VERSION));
    }

    ~PdfSink() override { abandon(); }

    void write(int64_t z, const Pixels& slice) override {
        const Pixels labels = labelsOf(slice, description_);
        std::map<uint32_t, int64_t> counts;
        const auto values = labels.values<uint32_t>();
        for (size_t i = 0; i < values.size();) { // by runs: labels change seldom
            size_t end = i + 1;
            while (end < values.size() && values[end] == values[i]) ++end;
            counts[values[i]] += int64_t(end - i);
            i = end;
        }
        for (const auto& [value, count] : counts) sums_[value] += count;
        total_ += labels.count();
        if (slicePages_ >= mostSlicePages) return;

        ReportPage page = emptyPage();
        const int64_t sliceOfOriginal = z + description_.firstSlice;
        const ImageInfo& info = description_.original->info();
        if (info.extent().z > 1)
            page.corner = Words::tr("slice %1 of %2").arg(sliceOfOriginal + 1).arg(info.extent().z);
        if (size_t(z) < description_.sliceNames.size())
            page.subtitle = QString::fromStdString(description_.sliceNames[size_t(z)]) +
                            QStringLiteral(" · ") + page.subtitle;
        page.pictures = makeReportPictures(*description_.original, sliceOfOriginal, labels, classes_);
        page.imagePixelsAcross = double(info.extent().x);
        const VoxelSize& size = description_.info.voxelSize;
        page.nmPerPixel = size.xNm;
        if (size.knownInPlane()) page.pixelAspect = *size.yNm / *size.xNm;
        page.resultCaption = resultCaption_;
        page.tableTitle = description_.info.extent().z > 1 ? Words::tr("In this slice") : Words::tr("Found");
        page.rows = reportRows(description_, counts, labels.count(), false);
        if (slicePages_ + 1 == mostSlicePages && description_.info.extent().z > mostSlicePages)
            page.remark =
                Words::tr("Only the first %1 of %2 slices have a page; the last page sums up all of them.")
                    .arg(mostSlicePages)
                    .arg(description_.info.extent().z);
        draw(page);
        ++slicePages_;
    }

    void finish() override {
        if (description_.info.extent().z > 1) {
            ReportPage page = emptyPage();
            page.corner = Words::tr("all %1 slices").arg(description_.info.extent().z);
            page.tableTitle = Words::tr("In all %1 slices").arg(description_.info.extent().z);
            page.rows = reportRows(description_, sums_, total_, true);
            draw(page);
        }
        if (!painter_ || !painter_->end()) fail();
        painter_.reset();
        writer_.reset();
        if (!device_.flush() || device_.error() != QFileDevice::NoError) fail();
        device_.close();
        file_.commit([this](const std::filesystem::path& path) { checkPdf(path, pages_); });
    }

private:
    QString title() const {
        const std::string name = description_.original->info().path.filename().string();
        return name.empty() ? Words::tr("Untitled image") : QString::fromStdString(name);
    }

    ReportPage emptyPage() const {
        ReportPage page;
        page.title = title();
        page.subtitle = reportSubtitle(description_);
        page.facts = reportFacts(description_);
        page.maker = reportMaker(description_);
        return page;
    }

    void draw(const ReportPage& page) {
        if (!painter_) {
            painter_ = std::make_unique<QPainter>();
            if (!painter_->begin(writer_.get())) fail();
        } else if (!writer_->newPage()) {
            fail();
        }
        drawReportPage(*painter_, *writer_, page);
        ++pages_;
        if (device_.error() != QFileDevice::NoError) fail();
    }

    [[noreturn]] void fail() {
        const std::string reason = device_.errorString().toStdString();
        abandon();
        throw Error(ErrorKind::output, fmt::format("\"{}\" could not be written: {}. Choose another folder "
                                                   "or free some space; nothing was replaced.",
                                                   file_.target().string(), reason));
    }

    /// A painter must end before its writer goes.
    void abandon() {
        if (painter_ && painter_->isActive()) painter_->end();
        painter_.reset();
        writer_.reset();
        device_.close();
    }

    std::shared_ptr<QGuiApplication> application_; // first, so that it goes last
    ExportDescription description_;
    AtomicFile file_;
    QFile device_;
    std::unique_ptr<QPdfWriter> writer_;
    std::unique_ptr<QPainter> painter_;
    ClassTable classes_;
    QString resultCaption_;
    std::map<uint32_t, int64_t> sums_;
    int64_t total_ = 0, slicePages_ = 0;
    int pages_ = 0;
};

class PdfExporter : public Exporter {
public:
    std::string name() const override { return "PDF page"; }
    std::string key() const override { return "pdf"; }
    std::vector<std::string> extensions() const override { return {"pdf"}; }
    bool lossless() const override { return false; }

    std::string complaint(const ExportDescription& description) const override {
        if (!description.original)
            return "A PDF page shows a result beside its original, and there is no original here; choose "
                   "TIFF, PNG, HDF5 or RAW.";
        if (description.objects)
            return "A PDF page shows classes and not the numbers of objects; choose TIFF, PNG or HDF5.";
        if (description.classes.empty())
            return "A PDF page shows labelled classes, and there are none; predict or paint first, or choose "
                   "TIFF.";
        const Extent3 &image = description.original->info().extent(), &result = description.info.extent();
        if (image.y != result.y || image.x != result.x || description.firstSlice + result.z > image.z)
            return "A PDF page shows a result beside its original, but the two differ in size; choose TIFF, "
                   "PNG, HDF5 or RAW.";
        return {};
    }

    std::unique_ptr<SliceSink> create(const Destination& target,
                                      const ExportDescription& description) const override {
        if (auto made = ensureGuiApplication()) application_ = std::move(made);
        if (QFontDatabase::families().isEmpty())
            throw Error(
                ErrorKind::output,
                "A PDF page needs a text font, and none is installed; install the package fonts-inter.");
        return std::make_unique<PdfSink>(target, description, application_);
    }

private:
    mutable std::shared_ptr<QGuiApplication>
        application_; // lives as long as the exporter, that is, the session
};

} // namespace

std::shared_ptr<QGuiApplication> ensureGuiApplication() {
    if (qobject_cast<QGuiApplication*>(QCoreApplication::instance())) return nullptr;
    if (QCoreApplication::instance())
        throw Error(ErrorKind::internal,
                    "A PDF page needs fonts, and this application was made without them.");
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
    // Qt takes the locale of the environment and complains where its letters are not UTF-8; the numbers of
    // this program stay C's.
    std::setlocale(LC_ALL, "");
    if (std::strcmp(nl_langinfo(CODESET), "UTF-8") != 0) qputenv("LC_ALL", "C.UTF-8");
    static int argc = 1;
    static char name[] = "cristae-cli";
    static char* argv[] = {name, nullptr};
    // What Qt has to say of a session without a desktop concerns no one who writes a file.
    const QtMessageHandler handler =
        qInstallMessageHandler([](QtMsgType, const QMessageLogContext&, const QString&) {});
    auto application = std::make_shared<QGuiApplication>(argc, argv);
    qInstallMessageHandler(handler);
    std::setlocale(LC_NUMERIC, "C");
    return application;
}

std::unique_ptr<Exporter> makePdfExporter() {
    return std::make_unique<PdfExporter>();
}

} // namespace cristae
