// Painting a study's chart, and writing it.
#include "ui/report/study_chart.h"

#include "core/base/atomic_file.h"
#include "ui/charts/axis.h"
#include "ui/report/pdf_check.h"
#include "ui/report/pdf_exporter.h"

#include <QBuffer>
#include <QFile>
#include <QImage>
#include <QPainter>
#include <QPdfWriter>

#include <algorithm>

namespace cristae {

namespace {

/// Okabe and Ito's colours that stand out on white.
const QColor colours[] = {QColor("#0072b2"), QColor("#d55e00"), QColor("#009e73"), QColor("#cc79a7"),
                          QColor("#56b4e9"), QColor("#8a6d00"), QColor("#333333"), QColor("#7a3b9a")};

QColor colourOf(size_t series) {
    return colours[series % std::size(colours)];
}

QString words(const std::string& text) {
    return QString::fromStdString(text);
}

/// A mark of its own for each series, so that colour is never alone.
void drawMark(QPainter& painter, const QPointF& at, size_t series, double size) {
    const QRectF box(at.x() - size / 2, at.y() - size / 2, size, size);
    switch (series % 4) {
    case 0:
        painter.drawEllipse(box);
        break;
    case 1:
        painter.drawRect(box);
        break;
    case 2:
        painter.drawPolygon(QPolygonF{QPointF(at.x(), box.top()), box.bottomRight(), box.bottomLeft()});
        break;
    default:
        painter.drawPolygon(QPolygonF{QPointF(at.x(), box.top()), QPointF(box.right(), at.y()),
                                      QPointF(at.x(), box.bottom()), QPointF(box.left(), at.y())});
    }
}

class Chart {
public:
    Chart(QPainter& painter, const QRectF& area, const StudyResult& result, double wordScale)
        : painter_(painter), area_(area), result_(result), unit_(wordScale * area.width() / 100) {
        double xLow = 0, xHigh = 0, yLow = 0, yHigh = 0;
        bool first = true;
        for (const StudySeries& series : result.series)
            for (size_t i = 0; i < series.x.size(); ++i) {
                xLow = first ? series.x[i] : std::min(xLow, series.x[i]);
                xHigh = first ? series.x[i] : std::max(xHigh, series.x[i]);
                yLow = first ? series.y[i] : std::min(yLow, series.y[i]);
                yHigh = first ? series.y[i] : std::max(yHigh, series.y[i]);
                first = false;
            }
        // Scores and times are measured from zero; a correlation may lie below.
        y_ = niceTicks(std::min(0.0, yLow), yHigh, 5);
        x_ = niceTicks(result.xLabels.empty() ? std::min(0.0, xLow) : xLow, xHigh, 8);
        if (!result.xLabels.empty()) {
            x_.low = -0.5;
            x_.high = double(result.xLabels.size()) - 0.5;
        }
        setFont(2.1, false);
        double labels = painter.fontMetrics().height();
        for (const std::string& label : result.xLabels)
            labels =
                std::max(labels, painter.fontMetrics().horizontalAdvance(words(label)) * 0.72 + 1.5 * unit_);
        plot_ = area.adjusted(9 * unit_, (result.title.empty() ? 8 : 12) * unit_, -3 * unit_,
                              -labels - 5.5 * unit_);
    }

    void draw() {
        painter_.fillRect(area_, Qt::white);
        drawHeading();
        drawGrid();
        for (size_t i = 0; i < result_.series.size(); ++i) drawSeries(i);
    }

private:
    void setFont(double size, bool bold) {
        QFont font(QStringLiteral("Inter"));
        font.setPixelSize(std::max(1, int(size * unit_)));
        font.setBold(bold);
        painter_.setFont(font);
    }
    QPointF at(double x, double y) const {
        return {plot_.left() + (x - x_.low) / (x_.high - x_.low) * plot_.width(),
                plot_.bottom() - (y - y_.low) / (y_.high - y_.low) * plot_.height()};
    }
    void drawHeading() {
        painter_.setPen(Qt::black);
        setFont(2.6, true);
        painter_.drawText(QPointF(area_.left() + 3 * unit_, area_.top() + 4 * unit_), words(result_.title));
        setFont(1.9, false);
        // The legend, as many to a line as fit.
        double x = area_.left() + 3 * unit_, y = area_.top() + (result_.title.empty() ? 3.5 : 7.3) * unit_;
        for (size_t i = 0; i < result_.series.size(); ++i) {
            const QString name = words(result_.series[i].name);
            const double width = 5 * unit_ + painter_.fontMetrics().horizontalAdvance(name);
            if (x + width > area_.right() - 3 * unit_) {
                x = area_.left() + 3 * unit_;
                y += 2.6 * unit_;
            }
            painter_.setPen(QPen(colourOf(i), 0.25 * unit_));
            painter_.setBrush(colourOf(i));
            painter_.drawLine(QPointF(x, y - 0.6 * unit_), QPointF(x + 2.4 * unit_, y - 0.6 * unit_));
            drawMark(painter_, {x + 1.2 * unit_, y - 0.6 * unit_}, i, unit_);
            painter_.setPen(Qt::black);
            painter_.drawText(QPointF(x + 3.1 * unit_, y), name);
            x += width;
        }
    }
    void drawGrid() {
        setFont(2.1, false);
        const QFontMetricsF metrics(painter_.font());
        for (const double value : y_.values) {
            painter_.setPen(QPen(QColor("#d9d9d7"), 0.08 * unit_));
            painter_.drawLine(at(x_.low, value), at(x_.high, value));
            painter_.setPen(Qt::black);
            painter_.drawText(QRectF(area_.left(), at(x_.low, value).y() - metrics.height(),
                                     plot_.left() - area_.left() - unit_, 2 * metrics.height()),
                              Qt::AlignRight | Qt::AlignVCenter, y_.label(value));
        }
        painter_.drawLine(plot_.bottomLeft(), plot_.bottomRight());
        if (result_.xLabels.empty())
            for (const double value : x_.values)
                painter_.drawText(QRectF(at(value, y_.low).x() - 6 * unit_, plot_.bottom() + 0.5 * unit_,
                                         12 * unit_, metrics.height()),
                                  Qt::AlignCenter, x_.label(value));
        double longest = 0;
        for (const std::string& label : result_.xLabels)
            longest = std::max(longest, metrics.horizontalAdvance(words(label)));
        const bool level = longest * double(result_.xLabels.size()) < 0.7 * plot_.width();
        for (size_t i = 0; i < result_.xLabels.size(); ++i) { // slanted where long names need it
            if (level) {
                painter_.drawText(QRectF(at(double(i), y_.low).x() - 6 * unit_, plot_.bottom() + 0.5 * unit_,
                                         12 * unit_, metrics.height()),
                                  Qt::AlignCenter, words(result_.xLabels[i]));
                continue;
            }
            painter_.save();
            painter_.translate(at(double(i), y_.low).x() + 0.6 * unit_, plot_.bottom() + 1.2 * unit_);
            painter_.rotate(-45);
            const QString label = words(result_.xLabels[i]);
            painter_.drawText(QPointF(-metrics.horizontalAdvance(label), metrics.ascent() / 2), label);
            painter_.restore();
        }
        painter_.drawText(QRectF(plot_.left(), area_.bottom() - 3.6 * unit_, plot_.width(), 3 * unit_),
                          Qt::AlignCenter, words(result_.xTitle));
        painter_.save();
        painter_.translate(area_.left() + 2.6 * unit_, plot_.center().y());
        painter_.rotate(-90);
        painter_.drawText(QRectF(-plot_.height() / 2, -1.5 * unit_, plot_.height(), 3 * unit_),
                          Qt::AlignCenter, words(result_.yTitle));
        painter_.restore();
    }
    void drawSeries(size_t index) {
        const StudySeries& series = result_.series[index];
        painter_.setPen(QPen(colourOf(index), 0.3 * unit_));
        painter_.setBrush(colourOf(index));
        // Names without order: their points are not joined.
        if (result_.xLabels.empty() || result_.ordered)
            for (size_t i = 1; i < series.x.size(); ++i)
                painter_.drawLine(at(series.x[i - 1], series.y[i - 1]), at(series.x[i], series.y[i]));
        for (size_t i = 0; i < series.x.size(); ++i)
            drawMark(painter_, at(series.x[i], series.y[i]), index, 1.3 * unit_);
    }

    QPainter& painter_;
    const QRectF area_;
    const StudyResult& result_;
    const double unit_; // a hundredth of the width, for words of usual size
    AxisTicks x_, y_;
    QRectF plot_;
};

} // namespace

void drawStudyChart(QPainter& painter, const QRectF& area, const StudyResult& result, double wordScale) {
    painter.setRenderHint(QPainter::Antialiasing);
    Chart(painter, area, result, wordScale).draw();
}

void writeStudyChart(const Destination& base, const StudyResult& result) {
    const auto application = ensureGuiApplication();
    QImage image(1600, 1000, QImage::Format_RGB32);
    {
        QPainter painter(&image);
        drawStudyChart(painter, QRectF(0, 0, 1600, 1000), result);
    }
    QByteArray png;
    QBuffer buffer(&png);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    writeFileAtomically(base.at(base.path().string() + ".png"),
                        std::as_bytes(std::span(png.constData(), size_t(png.size()))));

    AtomicFile file(base.at(base.path().string() + ".pdf"));
    {
        QPdfWriter writer(words(file.temporaryPath().string()));
        writer.setPageLayout(
            QPageLayout(QPageSize(QPageSize::A4), QPageLayout::Landscape, QMarginsF(10, 10, 10, 10)));
        writer.setResolution(300);
        writer.setTitle(words(result.title));
        writer.setCreator(QStringLiteral("Cristae " CRISTAE_VERSION));
        QPainter painter;
        if (!painter.begin(&writer)) throw outputError(file.target(), errno);
        drawStudyChart(painter, QRectF(0, 0, writer.width(), writer.height()), result);
    }
    file.commit([](const std::filesystem::path& path) { checkPdf(path, 1); });
}

} // namespace cristae
