// drawReportPage: title, two panes with captions and scale bar, table of classes, facts.
#include "ui/report/report_page.h"

#include "core/render/compose.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QPainter>
#include <QPdfWriter>

#include <algorithm>

namespace cristae {

namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(cristae::Report)
};

const QColor ink(0x1b, 0x1b, 0x1b), quiet(0x5c, 0x5f, 0x66), hairline(0xd0, 0xd0, 0xce);

/// Sheet: millimetres to device pixels and the three sizes of type.
class Sheet {
public:
    Sheet(QPainter& painter, const QPdfWriter& writer)
        : painter_(painter), perMm_(writer.logicalDpiX() / 25.4) {}
    double perMm() const { return perMm_; }
    QRectF rect(double x, double y, double width, double height) const {
        return {x * perMm_, y * perMm_, width * perMm_, height * perMm_};
    }
    QFont font(double points, int weight = QFont::Normal) const {
        QFont font;
        font.setFamilies(
            {QStringLiteral("Inter"), QStringLiteral("DejaVu Sans"), QStringLiteral("Sans Serif")});
        font.setPointSizeF(points);
        font.setWeight(QFont::Weight(weight));
        // Inter swaps signs between digits and capitals for forms that a reader cannot search or copy.
        font.setStyleStrategy(QFont::PreferNoShaping);
        return font;
    }
    /// One line, cut with an ellipsis where it does not fit. Returns its width in mm.
    double text(const QRectF& box, const QString& words, const QFont& font, const QColor& colour,
                Qt::Alignment alignment = Qt::AlignLeft, Qt::TextElideMode cut = Qt::ElideRight) {
        painter_.setFont(font);
        painter_.setPen(colour);
        const QFontMetricsF metrics(font, painter_.device());
        const QString shown = metrics.elidedText(words, cut, box.width());
        painter_.drawText(box, int(alignment | Qt::AlignVCenter) | Qt::TextSingleLine, shown);
        return metrics.horizontalAdvance(shown) / perMm_;
    }
    void line(double x0, double y0, double x1, double y1) {
        painter_.setPen(QPen(hairline, 0.2 * perMm_));
        painter_.drawLine(QPointF(x0 * perMm_, y0 * perMm_), QPointF(x1 * perMm_, y1 * perMm_));
    }
    QPainter& painter() { return painter_; }

private:
    QPainter& painter_;
    double perMm_;
};

constexpr double margin = 12, pageWidth = 297, pageHeight = 210, gap = 6;
constexpr double paneWidth = (pageWidth - 2 * margin - gap) / 2, paneTop = 35, paneHeight = 116;
constexpr double blockTop = paneTop + paneHeight + 7, rowHeight = 5;

/// White bar on a dark box in the lower right corner of a picture, so that it is seen on any micrograph.
void drawScaleBar(Sheet& sheet, const QRectF& picture, const ReportPage& page) {
    const double perPixel = picture.width() / page.imagePixelsAcross;
    const ScaleBar bar = scaleBar(page.nmPerPixel, perPixel, picture.width() / 4);
    if (bar.screenPixels <= 0) return;
    QPainter& painter = sheet.painter();
    const double mm = sheet.perMm();
    const QString words = QString::fromStdString(bar.text);
    const QFont font = sheet.font(8, QFont::Medium);
    const double width =
        std::max(bar.screenPixels, QFontMetricsF(font, painter.device()).horizontalAdvance(words)) + 4 * mm;
    const QRectF box(picture.right() - width - 2 * mm, picture.bottom() - 9.5 * mm, width, 7.5 * mm);
    painter.fillRect(box, QColor(0, 0, 0, 170));
    painter.fillRect(
        QRectF(box.center().x() - bar.screenPixels / 2, box.bottom() - 2.2 * mm, bar.screenPixels, 0.9 * mm),
        Qt::white);
    sheet.text(QRectF(box.left(), box.top() + 0.4 * mm, box.width(), 4.4 * mm), words, font, Qt::white,
               Qt::AlignHCenter, Qt::ElideNone);
}

void drawPane(Sheet& sheet, double left, const QString& caption, const QImage& image,
              const ReportPage& page) {
    const double factor = std::min(paneWidth / image.width(), paneHeight / image.height());
    const QRectF box = sheet.rect(left, paneTop, image.width() * factor, image.height() * factor);
    sheet.text(sheet.rect(left, paneTop - 6, paneWidth, 5), caption, sheet.font(9, QFont::DemiBold), ink);
    sheet.painter().drawImage(box, image);
    drawScaleBar(sheet, box, page);
}

void drawRows(Sheet& sheet, double top, const ReportPage& page) {
    sheet.text(sheet.rect(margin, top, paneWidth, 5), page.tableTitle, sheet.font(9, QFont::DemiBold), ink);
    const size_t fitting = size_t((pageHeight - margin - 6 - top - 6) / rowHeight);
    const size_t shown = page.rows.size() > fitting ? fitting - 1 : page.rows.size();
    double y = top + 6.5;
    for (size_t i = 0; i < shown; ++i, y += rowHeight) {
        const ReportRow& row = page.rows[i];
        const QColor colour(row.colour.r, row.colour.g, row.colour.b);
        const QRectF swatch = sheet.rect(margin, y + 0.8, 3.4, 3.4);
        sheet.painter().fillRect(swatch, colour);
        sheet.text(sheet.rect(margin + 6, y, paneWidth - 76, rowHeight), row.name, sheet.font(8.5), ink);
        sheet.text(sheet.rect(margin + paneWidth - 68, y, 38, rowHeight), row.size, sheet.font(8.5), ink,
                   Qt::AlignRight);
        sheet.text(sheet.rect(margin + paneWidth - 28, y, 20, rowHeight), row.percent, sheet.font(8.5), ink,
                   Qt::AlignRight);
    }
    if (shown < page.rows.size())
        sheet.text(sheet.rect(margin + 6, y, paneWidth - 6, rowHeight),
                   Words::tr("and %1 more").arg(page.rows.size() - shown), sheet.font(8.5), quiet);
}

void drawFacts(Sheet& sheet, double top, const ReportPage& page) {
    const double left = margin + paneWidth + gap, labelWidth = 22;
    sheet.text(sheet.rect(left, top, paneWidth, 5), Words::tr("How it was made"),
               sheet.font(9, QFont::DemiBold), ink);
    double y = top + 6.5;
    for (const ReportFact& fact : page.facts) {
        if (y + rowHeight > pageHeight - margin - 5) break;
        sheet.text(sheet.rect(left, y, labelWidth - 1, rowHeight), fact.label, sheet.font(8.5), quiet);
        sheet.text(sheet.rect(left + labelWidth, y, paneWidth - labelWidth, rowHeight), fact.text,
                   sheet.font(8.5), ink);
        y += rowHeight;
    }
}

} // namespace

void drawReportPage(QPainter& painter, const QPdfWriter& writer, const ReportPage& page) {
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    Sheet sheet(painter, writer);
    sheet.text(sheet.rect(margin, margin, pageWidth - 2 * margin - 50, 7), page.title,
               sheet.font(15, QFont::DemiBold), ink, Qt::AlignLeft, Qt::ElideMiddle);
    sheet.text(sheet.rect(pageWidth - margin - 48, margin, 48, 7), page.corner, sheet.font(10), quiet,
               Qt::AlignRight);
    sheet.text(sheet.rect(margin, margin + 7.5, pageWidth - 2 * margin, 5), page.subtitle, sheet.font(8.5),
               quiet);
    sheet.line(margin, margin + 14, pageWidth - margin, margin + 14);
    double top = margin + 19;
    if (!page.pictures.original.isNull()) {
        drawPane(sheet, margin, Words::tr("Original"), page.pictures.original, page);
        drawPane(sheet, margin + paneWidth + gap, page.resultCaption, page.pictures.highlighted, page);
        top = blockTop;
    }
    drawRows(sheet, top, page);
    drawFacts(sheet, top, page);
    const double foot = pageHeight - margin - 3;
    sheet.text(sheet.rect(pageWidth - margin - 80, foot, 80, 4), page.maker, sheet.font(8), quiet,
               Qt::AlignRight);
    if (!page.remark.isEmpty())
        sheet.text(sheet.rect(margin, foot, pageWidth - 2 * margin - 84, 4), page.remark, sheet.font(8),
                   quiet);
}

} // namespace cristae
