// Pages that fill from the top: each part takes the height it needs, or the next page.
#include "ui/report/evaluation_report.h"

#include "core/base/atomic_file.h"
#include "core/measure/difference.h"
#include "ui/report/evaluation_words.h"
#include "ui/report/pdf_check.h"
#include "ui/report/pdf_exporter.h"
#include "ui/report/report_pages.h"
#include "ui/report/study_chart.h"

#include <QCoreApplication>
#include <QDate>
#include <QFontMetricsF>
#include <QLocale>
#include <QPainter>
#include <QPdfWriter>

#include <algorithm>

namespace cristae {

namespace {

using namespace report;

struct Words {
    Q_DECLARE_TR_FUNCTIONS(cristae::Evaluation)
};

QString words(const std::string& text) {
    return QString::fromStdString(text);
}

const Metric* metricOf(const Comparison& comparison, const std::string& name) {
    const auto found = std::ranges::find(comparison.metrics, name, &Metric::name);
    return found == comparison.metrics.end() ? nullptr : &*found;
}

void drawHead(Pages& pages, const EvaluationRecord& record) {
    pages.text(margin, pages.y, inside,
               record.structure.empty() ? Words::tr("Evaluation")
                                        : Words::tr("Evaluation: %1").arg(words(record.structure)),
               pages.font(16, QFont::DemiBold));
    pages.y += 8.5;
    pages.text(margin, pages.y, inside, Words::tr("against %1").arg(words(record.truth.name)), pages.font(9),
               quiet);
    pages.y += 6;
    pages.rule();
    pages.y += 4;
    for (const Comparison& one : record.predictions) {
        const Metric *found = metricOf(one, "objects_found"), *total = metricOf(one, "objects_total"),
                     *dice = metricOf(one, "dice");
        QStringList figures;
        if (found && total)
            figures << Words::tr("%1 of %2 objects found").arg(metricValue(*found), metricValue(*total));
        if (dice) figures << Words::tr("Dice %1").arg(QLocale::c().toString(dice->value, 'f', 3));
        if (figures.isEmpty()) continue;
        pages.need(12);
        pages.text(margin, pages.y, inside, figures.join(QStringLiteral(" · ")),
                   pages.font(13, QFont::DemiBold));
        pages.y += 6;
        if (record.predictions.size() > 1) {
            pages.text(margin, pages.y, inside, words(one.prediction.name), pages.font(8), quiet);
            pages.y += 4.5;
        }
    }
}

/// A row a metric: its name, a value for each of a few predictions, and how it is counted.
void drawFigures(Pages& pages, const EvaluationRecord& record, size_t first, size_t end) {
    const double nameWidth = 46, valueWidth = 20,
                 wordsLeft = margin + nameWidth + valueWidth * double(end - first) + 5,
                 wordsWidth = pageWidth - margin - wordsLeft;
    const QFont plain = pages.font(8), small = pages.font(6.5), strong = pages.font(8, QFont::DemiBold);
    pages.heading(Words::tr("Metrics"), 40);
    if (record.predictions.size() > 1) {
        double tallest = 4;
        for (size_t i = first; i < end; ++i)
            tallest = std::max(
                tallest, pages.height(words(record.predictions[i].prediction.name), small, valueWidth - 1));
        for (size_t i = first; i < end; ++i)
            pages.text(margin + nameWidth + valueWidth * double(i - first) + 1, pages.y, valueWidth - 1,
                       words(record.predictions[i].prediction.name), small, quiet, Qt::AlignRight);
        pages.y += tallest + 1;
    }
    for (const MetricGroup& group : metricGroups()) {
        bool headed = false;
        for (const std::string& name : group.metrics) {
            const Metric* any = nullptr;
            for (size_t i = first; i < end && !any; ++i) any = metricOf(record.predictions[i], name);
            if (!any) continue;
            const double height = std::max(4.2, pages.height(words(any->convention), small, wordsWidth) + 1);
            pages.need(height + (headed ? 0 : 8));
            if (!headed) {
                pages.y += 1.5;
                pages.text(margin, pages.y, inside, metricGroupTitle(group.name), strong);
                pages.y += 4.5;
                pages.rule();
                pages.y += 0.8;
                headed = true;
            }
            pages.text(margin, pages.y, nameWidth, metricTitle(name), plain);
            for (size_t i = first; i < end; ++i)
                if (const Metric* metric = metricOf(record.predictions[i], name))
                    pages.text(margin + nameWidth + valueWidth * double(i - first), pages.y, valueWidth,
                               metricValue(*metric), plain, ink, Qt::AlignRight);
            pages.text(wordsLeft, pages.y + 0.4, wordsWidth, words(any->convention), small, quiet);
            pages.y += height;
        }
    }
}

void drawSlices(Pages& pages, const EvaluationRecord& record) {
    StudyResult chart;
    chart.title = Words::tr("Dice for each slice").toStdString();
    chart.xTitle = Words::tr("slice").toStdString();
    chart.yTitle = Words::tr("Dice").toStdString();
    for (const Comparison& one : record.predictions) {
        StudySeries series{one.prediction.name, {}, {}};
        for (size_t z = 0; z < one.slices.size(); ++z) {
            series.x.push_back(double(z + 1));
            series.y.push_back(one.slices[z].dice());
        }
        if (one.slices.size() > 1) chart.series.push_back(series);
    }
    if (chart.series.empty()) return;
    const double height = inside * 0.6;
    pages.need(height + 6);
    pages.y += 4;
    drawStudyChart(pages.painter(), pages.rect(margin, pages.y, inside, height), chart);
    pages.y += height;
}

void drawCurves(Pages& pages, const EvaluationRecord& record) {
    StudyResult chart;
    chart.title = Words::tr("Precision–recall curve").toStdString();
    chart.xTitle = Words::tr("recall").toStdString();
    chart.yTitle = Words::tr("precision").toStdString();
    for (const Comparison& one : record.predictions) {
        if (one.precisionRecall.empty()) continue;
        std::vector<CurvePoint> points = one.precisionRecall;
        std::ranges::sort(points, {}, &CurvePoint::recall);
        StudySeries series{one.prediction.name, {}, {}};
        for (size_t i = 0; i < points.size(); i += 7) { // marks that do not touch
            series.x.push_back(points[i].recall);
            series.y.push_back(points[i].precision);
        }
        chart.series.push_back(series);
    }
    if (chart.series.empty()) return;
    const double height = inside * 0.6;
    pages.need(height + 6);
    pages.y += 4;
    drawStudyChart(pages.painter(), pages.rect(margin, pages.y, inside, height), chart);
    pages.y += height;
}

void drawClasses(Pages& pages, const EvaluationRecord& record, const Comparison& one) {
    const ConfusionTable& table = one.classes;
    const size_t shown = std::min<size_t>(table.predictionValues.size(), 6);
    const double rowHeight = 8.5, nameWidth = 40,
                 width = (inside - nameWidth) / double(std::max<size_t>(shown, 3));
    const QFont plain = pages.font(8), small = pages.font(7);
    pages.heading(record.predictions.size() > 1
                      ? Words::tr("Confusion matrix: %1").arg(words(one.prediction.name))
                      : Words::tr("Confusion matrix"),
                  8 + rowHeight * double(std::min<size_t>(table.truthValues.size(), 12)));
    pages.text(margin, pages.y, nameWidth, Words::tr("ground truth ↓ prediction →"), small, quiet);
    for (size_t p = 0; p < shown; ++p)
        pages.text(margin + nameWidth + width * double(p), pages.y, width,
                   words(confusionName(table.predictionValues[p], table.predictionMerged, one.classNames)),
                   small, quiet, Qt::AlignRight);
    pages.y += 5;
    for (size_t t = 0; t < table.truthValues.size(); ++t) {
        pages.need(rowHeight);
        pages.text(margin, pages.y, nameWidth,
                   words(confusionName(table.truthValues[t], table.truthMerged, record.truthNames)), plain);
        for (size_t p = 0; p < shown; ++p) {
            const double left = margin + nameWidth + width * double(p);
            pages.text(left, pages.y, width, QLocale().toString(qint64(table.count(t, p))), plain, ink,
                       Qt::AlignRight);
            pages.text(left, pages.y + 3.8, width, percentWords(table.count(t, p), table.rowSum(t)), small,
                       quiet, Qt::AlignRight);
        }
        pages.y += rowHeight;
    }
    pages.text(margin, pages.y, inside,
               shown < table.predictionValues.size()
                   ? Words::tr("Voxels, and their share of the row; %1 more columns are in the CSV.")
                         .arg(table.predictionValues.size() - shown)
                   : Words::tr("Voxels, and their share of the row."),
               small, quiet);
    pages.y += 5;
}

/// Each class against the same class: swapped ones are seen here, in the joint figures they are not.
void drawClassScores(Pages& pages, const EvaluationRecord& record, const Comparison& one) {
    const std::vector<ClassScore> scores = classScores(one.classes, record.truthNames, one.classNames);
    if (scores.empty()) return;
    const double rowHeight = 5, nameWidth = 70, width = 24;
    pages.heading(record.predictions.size() > 1
                      ? Words::tr("Class by class: %1").arg(words(one.prediction.name))
                      : Words::tr("Class by class"),
                  8 + rowHeight * double(std::min<size_t>(scores.size(), 12)));
    const char* names[] = {"dice", "iou", "precision", "recall"};
    for (int i = 0; i < 4; ++i)
        pages.text(margin + nameWidth + width * i, pages.y, width, metricTitle(names[i]), pages.font(7),
                   quiet, Qt::AlignRight);
    pages.y += 4.5;
    for (const ClassScore& score : scores) {
        pages.need(rowHeight);
        pages.text(margin, pages.y, nameWidth, words(score.name), pages.font(8));
        for (int i = 0; i < 4; ++i)
            pages.text(margin + nameWidth + width * i, pages.y, width,
                       QLocale().toString(pixelMetric(score.counts, names[i]), 'f', 4), pages.font(8), ink,
                       Qt::AlignRight);
        pages.y += rowHeight;
    }
    pages.text(margin, pages.y, inside,
               Words::tr("The figures above take all classes together for foreground."), pages.font(7),
               quiet);
    pages.y += 5;
}

/// `tallest`: of the picture, mm.
void drawPicture(Pages& pages, const EvaluationPicture& picture, double tallest) {
    const QSizeF size = QSizeF(picture.image.size()).scaled(QSizeF(inside, tallest), Qt::KeepAspectRatio);
    pages.heading(Words::tr("Difference, %1").arg(picture.caption), size.height() + 8);
    pages.painter().drawImage(pages.rect(margin, pages.y, size.width(), size.height()), picture.image);
    pages.y += size.height() + 2;
    double x = margin;
    const std::pair<Agreement, QString> entries[] = {{Agreement::truePositive, Words::tr("true positive")},
                                                     {Agreement::falsePositive, Words::tr("false positive")},
                                                     {Agreement::falseNegative, Words::tr("false negative")}};
    for (const auto& [agreement, entry] : entries) {
        const Colour& colour = differenceClasses().find(uint32_t(agreement))->colour;
        pages.painter().fillRect(pages.rect(x, pages.y, 3.4, 3.4), QColor(colour.r, colour.g, colour.b));
        pages.painter().setPen(QPen(quiet, 0));
        pages.painter().setBrush(Qt::NoBrush);
        pages.painter().drawRect(pages.rect(x, pages.y, 3.4, 3.4));
        pages.text(x + 5, pages.y - 0.2, 50, entry, pages.font(8));
        x += 52;
    }
    pages.y += 7;
}

void drawFiles(Pages& pages, const EvaluationRecord& record) {
    pages.heading(Words::tr("Provenance"), 20);
    const QFont plain = pages.font(8), small = pages.font(7);
    const auto entry = [&](const QString& role, const ComparedFile& file) {
        QStringList lines;
        if (!file.path.empty()) lines << words(file.path.string());
        if (!file.dataset.empty()) lines << Words::tr("dataset %1").arg(words(file.dataset));
        if (!file.sha256.empty()) lines << QStringLiteral("SHA-256 ") + words(file.sha256);
        for (const std::string& remark : file.remarks) lines << words(remark);
        if (lines.isEmpty()) lines << Words::tr("not from a file");
        const QString details = lines.join(QLatin1Char('\n'));
        const double height = pages.height(details, small, inside - 30) + 1.5;
        pages.need(height + 5);
        pages.text(margin, pages.y, 29, role, plain, quiet);
        pages.text(margin + 30, pages.y, inside - 30, words(file.name), plain);
        pages.y += 4.2;
        pages.text(margin + 30, pages.y, inside - 30, details, small, quiet);
        pages.y += height;
    };
    entry(Words::tr("Ground truth"), record.truth);
    for (const Comparison& one : record.predictions) {
        ComparedFile file = one.prediction;
        file.remarks.insert(file.remarks.end(), one.remarks.begin(), one.remarks.end());
        entry(Words::tr("Prediction"), file);
    }
    for (const std::string& remark : record.remarks) {
        const double height = pages.height(words(remark), small, inside - 30) + 1.5;
        pages.need(height);
        pages.text(margin, pages.y, 29, Words::tr("Remark"), plain, quiet);
        pages.text(margin + 30, pages.y, inside - 30, words(remark), small, quiet);
        pages.y += height;
    }
}

} // namespace

QImage differenceImage(const TileSourcePtr& prediction, const TileSourcePtr& truth,
                       const EvaluationOptions& options, const TileSourcePtr& image, int64_t z,
                       const Progress& progress) {
    const TileSourcePtr picture = differencePicture(prediction, truth, options, image);
    const Pixels rgb = picture->read(0, Box3::ofSlice(picture->info().extent(), z), progress);
    const Extent3 extent = rgb.extent();
    QImage result(int(extent.x), int(extent.y), QImage::Format_RGB32);
    const auto red = rgb.plane<uint8_t>(0, 0), green = rgb.plane<uint8_t>(1, 0),
               blue = rgb.plane<uint8_t>(2, 0);
    for (int64_t y = 0; y < extent.y; ++y) {
        auto* line = reinterpret_cast<QRgb*>(result.scanLine(int(y)));
        for (int64_t x = 0; x < extent.x; ++x) {
            const size_t i = size_t(y * extent.x + x);
            line[x] = qRgb(red[i], green[i], blue[i]);
        }
    }
    constexpr int most = 1400;
    if (std::max(result.width(), result.height()) > most)
        result = result.scaled(most, most, Qt::KeepAspectRatio, Qt::SmoothTransformation);
    return result;
}

int64_t worstSlice(const Comparison& comparison) {
    const auto lowest = std::ranges::min_element(comparison.slices, {}, &ConfusionCounts::dice);
    return lowest - comparison.slices.begin();
}

void writeEvaluationPdf(const Destination& path, const EvaluationRecord& record,
                        const std::vector<EvaluationPicture>& pictures) {
    const auto application = ensureGuiApplication();
    AtomicFile file(path);
    int count = 0;
    {
        QPdfWriter writer(words(file.temporaryPath().string()));
        writer.setPageLayout(
            QPageLayout(QPageSize(QPageSize::A4), QPageLayout::Portrait, QMarginsF(0, 0, 0, 0)));
        writer.setResolution(300);
        writer.setTitle(Words::tr("Evaluation"));
        writer.setCreator(words(record.program));
        QPainter painter;
        if (!painter.begin(&writer)) throw outputError(file.target(), errno);
        painter.setRenderHint(QPainter::SmoothPixmapTransform);
        Pages pages(
            painter, writer,
            QStringLiteral("%1 · %2").arg(words(record.program), QDate::currentDate().toString(Qt::ISODate)));
        drawHead(pages, record);
        constexpr size_t columns = 4;
        for (size_t first = 0; first < record.predictions.size(); first += columns)
            drawFigures(pages, record, first, std::min(first + columns, record.predictions.size()));
        drawSlices(pages, record);
        drawCurves(pages, record);
        for (const EvaluationPicture& picture : pictures)
            drawPicture(pages, picture, pictures.size() > 1 ? 105 : 150); // two to a page
        for (const Comparison& one : record.predictions) {
            drawClassScores(pages, record, one);
            drawClasses(pages, record, one);
        }
        drawFiles(pages, record);
        count = pages.count();
    }
    file.commit([count](const std::filesystem::path& written) { checkPdf(written, count); });
}

} // namespace cristae
