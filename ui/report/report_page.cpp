// drawReportPage: title, two panes with captions and scale bar, table of classes, facts.
#include "ui/report/report_page.h"

#include "core/render/compose.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QPainter>
#include <QPdfWriter>
#include <QTextLayout>

#include <algorithm>

namespace cristae {

namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(cristae::Report)
};

const QColor ink(0x1b, 0x1b, 0x1b), quiet(0x5c, 0x5f, 0x66), hairline(0xd0, 0xd0, 0xce);

// Millimetres.
constexpr double margin = 12, pageWidth = 297, pageHeight = 210, gap = 6, rowHeight = 5;
constexpr double paneWidth = (pageWidth - 2 * margin - gap) / 2, paneTop = 35, mostPaneHeight = 116,
                 leastPaneHeight = 40;
constexpr double textBottom = pageHeight - margin - 5, headingHeight = 6.5;
constexpr double sizeWidth = 34, percentWidth = 16, labelWidth = 22;

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
    /// Words over as many lines as they need, broken inside a word where it is too long. Returns the height
    /// in mm, a whole number of rows; draws nothing at a negative top.
    double paragraph(double x, double y, double width, const QString& words, const QFont& font,
                     const QColor& colour) {
        QTextLayout layout(words, font, painter_.device());
        QTextOption wrap;
        wrap.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
        layout.setTextOption(wrap);
        layout.beginLayout();
        double bottom = 0;
        int lines = 0;
        for (QTextLine line = layout.createLine(); line.isValid(); line = layout.createLine()) {
            line.setLineWidth(width * perMm_);
            line.setPosition(QPointF(0, bottom));
            bottom += line.height();
            ++lines;
        }
        layout.endLayout();
        const double one = lines ? bottom / lines / perMm_ : 0;
        if (y >= 0) {
            painter_.setPen(colour);
            layout.draw(&painter_, QPointF(x, y + (rowHeight - one) / 2) * perMm_);
        }
        return rowHeight + std::max(0, lines - 1) * one;
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

/// Too low for a scale bar inside.
bool isLow(const Sheet& sheet, const QRectF& picture) {
    return picture.height() < 16 * sheet.perMm();
}

/// A bar with its length: white on a dark box in the lower right corner, so that it is seen on any
/// micrograph; below a picture that is too low for it.
void drawScaleBar(Sheet& sheet, const QRectF& picture, const ReportPage& page) {
    const double perPixel = picture.width() / page.imagePixelsAcross;
    const ScaleBar bar = scaleBar(page.nmPerPixel, perPixel, picture.width() / 4);
    if (bar.screenPixels <= 0) return;
    QPainter& painter = sheet.painter();
    const double mm = sheet.perMm();
    const bool below = isLow(sheet, picture);
    const QString words = QString::fromStdString(bar.text);
    const QFont font = sheet.font(8, QFont::Medium);
    const double width =
        std::max(bar.screenPixels, QFontMetricsF(font, painter.device()).horizontalAdvance(words)) + 4 * mm;
    const double inset = below ? -2 * mm : 2 * mm; // below, the bar itself ends where the picture does
    const QRectF box(picture.right() - width - inset, below ? picture.bottom() : picture.bottom() - 9.5 * mm,
                     width, 7.5 * mm);
    if (!below) painter.fillRect(box, QColor(0, 0, 0, 170));
    painter.fillRect(
        QRectF(box.center().x() - bar.screenPixels / 2, box.bottom() - 2.2 * mm, bar.screenPixels, 0.9 * mm),
        below ? ink : QColor(Qt::white));
    sheet.text(QRectF(box.left(), box.top() + 0.4 * mm, box.width(), 4.4 * mm), words, font,
               below ? ink : QColor(Qt::white), Qt::AlignHCenter, Qt::ElideNone);
}

/// Where a picture stands when it may be `paneHeight` mm high: its pixels as wide and high as they are in
/// truth.
QRectF pictureBox(const Sheet& sheet, double left, double paneHeight, const QImage& image,
                  const ReportPage& page) {
    const double height = double(image.height()) * page.pixelAspect;
    const double factor = std::min(paneWidth / image.width(), paneHeight / height);
    return sheet.rect(left, paneTop, image.width() * factor, height * factor);
}

void drawPane(Sheet& sheet, double left, double paneHeight, const QString& caption, const QImage& image,
              const ReportPage& page) {
    const QRectF box = pictureBox(sheet, left, paneHeight, image, page);
    sheet.text(sheet.rect(left, paneTop - 6, paneWidth, 5), caption, sheet.font(9, QFont::DemiBold), ink);
    sheet.painter().drawImage(box, image);
    drawScaleBar(sheet, box, page);
}

/// Draws the table of classes, or at a negative top only measures it; returns its bottom, or its height.
double drawRows(Sheet& sheet, double top, const ReportPage& page) {
    const bool drawn = top >= 0;
    const double nameWidth = paneWidth - 6 - sizeWidth - percentWidth - 6;
    if (drawn)
        sheet.text(sheet.rect(margin, top, paneWidth, 5), page.tableTitle, sheet.font(9, QFont::DemiBold),
                   ink);
    double y = (drawn ? top : 0) + headingHeight;
    for (size_t i = 0; i < page.rows.size(); ++i) {
        const ReportRow& row = page.rows[i];
        const double height = sheet.paragraph(0, -1, nameWidth, row.name, sheet.font(8.5), ink);
        const bool last = i + 1 == page.rows.size();
        if (drawn && y + height + (last ? 0 : rowHeight) > textBottom) {
            sheet.text(sheet.rect(margin + 6, y, paneWidth - 6, rowHeight),
                       Words::tr("and %1 more").arg(page.rows.size() - i), sheet.font(8.5), quiet);
            return y + rowHeight;
        }
        if (drawn) {
            const QColor colour(row.colour.r, row.colour.g, row.colour.b);
            sheet.painter().fillRect(sheet.rect(margin, y + 0.8, 3.4, 3.4), colour);
            sheet.paragraph(margin + 6, y, nameWidth, row.name, sheet.font(8.5), ink);
            const double right = margin + paneWidth - 6;
            sheet.text(sheet.rect(right - percentWidth - sizeWidth, y, sizeWidth, rowHeight), row.size,
                       sheet.font(8.5), ink, Qt::AlignRight);
            sheet.text(sheet.rect(right - percentWidth, y, percentWidth, rowHeight), row.percent,
                       sheet.font(8.5), ink, Qt::AlignRight);
        }
        y += height;
    }
    return y;
}

/// Draws how the result was made, or at a negative top only measures it; returns its bottom, or its height.
double drawFacts(Sheet& sheet, double top, const ReportPage& page) {
    const bool drawn = top >= 0;
    const double left = margin + paneWidth + gap, width = paneWidth - labelWidth;
    if (drawn)
        sheet.text(sheet.rect(left, top, paneWidth, 5), Words::tr("How it was made"),
                   sheet.font(9, QFont::DemiBold), ink);
    double y = (drawn ? top : 0) + headingHeight;
    for (size_t i = 0; i < page.facts.size(); ++i) {
        const ReportFact& fact = page.facts[i];
        const double height = sheet.paragraph(0, -1, width, fact.text, sheet.font(8.5), ink);
        const bool last = i + 1 == page.facts.size();
        if (drawn && y + height + (last ? 0 : rowHeight) > textBottom) {
            sheet.text(sheet.rect(left + labelWidth, y, width, rowHeight),
                       Words::tr("and more, in the record of the labels"), sheet.font(8.5), quiet);
            return y + rowHeight;
        }
        if (drawn) {
            sheet.text(sheet.rect(left, y, labelWidth - 1, rowHeight), fact.label, sheet.font(8.5), quiet);
            sheet.paragraph(left + labelWidth, y, width, fact.text, sheet.font(8.5), ink);
        }
        y += height;
    }
    return y;
}

/// Draws both pictures as high as the text below leaves room for; returns where the text begins.
double drawPictures(Sheet& sheet, const ReportPage& page) {
    const double text = std::max(drawRows(sheet, -1, page), drawFacts(sheet, -1, page));
    const double paneHeight = std::clamp(textBottom - 7 - text - paneTop, leastPaneHeight, mostPaneHeight);
    QString caption = page.resultCaption;
    if (QFontMetricsF(sheet.font(9, QFont::DemiBold), sheet.painter().device()).horizontalAdvance(caption) >
        paneWidth * sheet.perMm())
        caption = Words::tr("%1 classes").arg(page.rows.size());
    drawPane(sheet, margin, paneHeight, Words::tr("Original"), page.pictures.original, page);
    drawPane(sheet, margin + paneWidth + gap, paneHeight, caption, page.pictures.highlighted, page);
    const QRectF box = pictureBox(sheet, margin, paneHeight, page.pictures.original, page);
    return box.bottom() / sheet.perMm() + (isLow(sheet, box) ? 8 : 0) + 7;
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
    if (!page.pictures.original.isNull()) top = drawPictures(sheet, page);
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
