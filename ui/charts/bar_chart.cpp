// BarChart.
#include "ui/charts/bar_chart.h"

#include "ui/theme/theme.h"

#include <QHelpEvent>
#include <QLocale>
#include <QPainter>
#include <QToolTip>

#include <algorithm>

namespace cristae {

namespace {
QString figure(double value) {
    return QLocale::c().toString(value, 'g', 4);
}
} // namespace

BarChart::BarChart(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void BarChart::show(const Histogram& histogram, const QString& unit) {
    histogram_ = histogram;
    unit_ = unit;
    QStringList words;
    for (int bin = 0; bin < int(histogram_.counts.size()); ++bin)
        if (histogram_.counts[size_t(bin)]) words << binWords(bin);
    setAccessibleName(tr("Histogram of sizes"));
    setAccessibleDescription(words.join(QStringLiteral("; ")));
    update();
}

QString BarChart::binWords(int bin) const {
    const int count = int(histogram_.counts[size_t(bin)]);
    return tr("%1 to %2 %3: %4")
        .arg(figure(bin * histogram_.binWidth), figure((bin + 1) * histogram_.binWidth), unit_,
             count == 1 ? tr("1 object") : tr("%1 objects").arg(QLocale().toString(count)));
}

QRectF BarChart::plot() const {
    const int words = QFontMetrics(secondaryFont()).height();
    return QRectF(rect()).adjusted(9, words + 12, -9, -words - 8);
}

void BarChart::paintEvent(QPaintEvent*) {
    const ThemeColours colours = themeColours(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(colours.border);
    painter.setBrush(colours.field);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
    if (histogram_.counts.empty()) return;
    const QRectF area = plot();
    const int64_t most = *std::max_element(histogram_.counts.begin(), histogram_.counts.end());
    const double step = area.width() / double(histogram_.counts.size());
    painter.setPen(Qt::NoPen);
    painter.setBrush(colours.accent);
    for (size_t bin = 0; bin < histogram_.counts.size(); ++bin) {
        if (histogram_.counts[bin] == 0) continue;
        // One pixel at least: a single object must not vanish beside thousands.
        const double height = std::max(1.0, area.height() * double(histogram_.counts[bin]) / double(most));
        painter.drawRect(QRectF(area.left() + double(bin) * step + 1, area.bottom() - height,
                                std::max(1.0, step - 2), height));
    }
    painter.setPen(colours.border);
    painter.drawLine(area.bottomLeft(), area.bottomRight());
    painter.setFont(secondaryFont());
    painter.setPen(colours.secondary);
    const QRectF below(area.left(), area.bottom() + 2, area.width(), rect().bottom() - area.bottom() - 2);
    painter.drawText(below, Qt::AlignLeft | Qt::AlignTop, QStringLiteral("0"));
    painter.drawText(below, Qt::AlignRight | Qt::AlignTop,
                     figure(histogram_.end()) + QLatin1Char(' ') + unit_);
    painter.drawText(QRectF(area.left(), 6, area.width(), area.top() - 6), Qt::AlignLeft | Qt::AlignTop,
                     tr("largest bin: %1").arg(QLocale().toString(qint64(most))));
}

bool BarChart::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip || histogram_.counts.empty()) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const QRectF area = plot();
    const double step = area.width() / double(histogram_.counts.size());
    const int bin = int((help->pos().x() - area.left()) / step);
    if (help->pos().x() >= area.left() && bin < int(histogram_.counts.size()))
        QToolTip::showText(help->globalPos(), binWords(bin), this);
    return true;
}

} // namespace cristae
