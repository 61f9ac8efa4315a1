// Pages: A4 portrait pages of a report in millimetres, begun as they are needed.
#pragma once
#include <QCoreApplication>
#include <QFontMetricsF>
#include <QPainter>
#include <QPdfWriter>

namespace cristae::report {

inline const QColor ink(0x1b, 0x1b, 0x1b), quiet(0x5c, 0x5f, 0x66), hairline(0xd0, 0xd0, 0xce);
inline constexpr double margin = 15, pageWidth = 210, pageHeight = 297, inside = pageWidth - 2 * margin;

/// The pages in millimetres from the top left.
class Pages {
public:
    Pages(QPainter& painter, QPdfWriter& writer, const QString& foot)
        : painter_(painter), writer_(writer), perMm_(writer.logicalDpiX() / 25.4), foot_(foot) {
        drawFoot();
    }
    int count() const { return count_; }
    double y = margin;
    QPainter& painter() { return painter_; }
    QRectF rect(double x, double top, double width, double height) const {
        return {x * perMm_, top * perMm_, width * perMm_, height * perMm_};
    }
    /// Begins another page unless so much is left on this one.
    void need(double height) {
        if (y + height <= pageHeight - margin - 6) return;
        writer_.newPage();
        ++count_;
        drawFoot();
        y = margin;
    }
    QFont font(double points, int weight = QFont::Normal) const {
        QFont font;
        font.setFamilies(
            {QStringLiteral("Inter"), QStringLiteral("DejaVu Sans"), QStringLiteral("Sans Serif")});
        font.setPointSizeF(points);
        font.setWeight(QFont::Weight(weight));
        font.setStyleStrategy(QFont::PreferNoShaping); // searchable digits
        return font;
    }
    /// Height of wrapped words, mm.
    double height(const QString& text, const QFont& font, double width) const {
        return QFontMetricsF(font, painter_.device())
                   .boundingRect(QRectF(0, 0, width * perMm_, 1e6), Qt::TextWordWrap, text)
                   .height() /
               perMm_;
    }
    /// Wrapped, from the top of the box.
    void text(double x, double top, double width, const QString& text, const QFont& font,
              const QColor& colour = ink, Qt::Alignment alignment = Qt::AlignLeft) {
        painter_.setFont(font);
        painter_.setPen(colour);
        painter_.drawText(rect(x, top, width, height(text, font, width) + 1),
                          int(alignment | Qt::AlignTop) | Qt::TextWordWrap, text);
    }
    void rule() {
        painter_.setPen(QPen(hairline, 0.2 * perMm_));
        painter_.drawLine(rect(margin, y, inside, 0).topLeft(), rect(margin, y, inside, 0).topRight());
    }
    void heading(const QString& words, double with = 20) {
        need(9 + with);
        y += 4;
        text(margin, y, inside, words, font(10, QFont::DemiBold));
        y += 6;
    }

private:
    void drawFoot() {
        text(margin, pageHeight - margin + 2, inside - 20, foot_, font(7), quiet);
        text(pageWidth - margin - 20, pageHeight - margin + 2, 20,
             QCoreApplication::translate("cristae::Evaluation", "page %1").arg(count_), font(7), quiet,
             Qt::AlignRight);
    }
    QPainter& painter_;
    QPdfWriter& writer_;
    double perMm_;
    QString foot_;
    int count_ = 1;
};

} // namespace cristae::report
