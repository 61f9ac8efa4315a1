// LineChart: painting and the value under the mouse.
#include "ui/charts/line_chart.h"

#include "ui/charts/axis.h"
#include "ui/theme/theme.h"

#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>
#include <limits>

namespace cristae {

/// Where the curves lie in the widget and which numbers stand at its edges.
struct LineChart::Frame {
    QRectF plot;
    AxisTicks x, y;
    QPointF at(const QPointF& p) const {
        return {plot.left() + (p.x() - x.low) / (x.high - x.low) * plot.width(),
                plot.bottom() - (p.y() - y.low) / (y.high - y.low) * plot.height()};
    }
};

LineChart::LineChart(const QString& title, QWidget* parent) : QWidget(parent), title_(title) {
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    describe();
}

int LineChart::addSeries(const QString& name) {
    series_.push_back({name, {}});
    return int(series_.size()) - 1;
}

void LineChart::addPoint(int series, double x, double y) {
    if (!std::isfinite(x) || !std::isfinite(y)) return;
    series_[size_t(series)].points.emplace_back(x, y);
    describe();
    update();
}

void LineChart::setPoints(int series, std::vector<QPointF> points) {
    std::erase_if(points, [](const QPointF& p) { return !std::isfinite(p.x()) || !std::isfinite(p.y()); });
    series_[size_t(series)].points = std::move(points);
    describe();
    updateGeometry();
    update();
}

void LineChart::setIntervals(int series, std::vector<Interval> intervals) {
    series_[size_t(series)].intervals = std::move(intervals);
    update();
}

void LineChart::setXFromData(bool fromData) {
    xFromData_ = fromData;
    update();
}

void LineChart::clear() {
    series_.clear();
    describe();
    updateGeometry();
    update();
}

void LineChart::setLegendBelow(bool below) {
    legendBelow_ = below;
    updateGeometry();
    update();
}

int LineChart::legendHeight() const {
    return legendBelow_ ? int(series_.size()) * (QFontMetrics(secondaryFont()).height() + 2) + 4 : 0;
}

void LineChart::clearPoints() {
    for (Series& s : series_) s.points.clear();
    describe();
    update();
}

void LineChart::setXAxis(const QString& words, std::optional<double> maximum) {
    xWords_ = words;
    xMaximum_ = maximum;
    update();
}

void LineChart::setYRange(std::optional<double> low, std::optional<double> high) {
    yLow_ = low;
    yHigh_ = high;
    update();
}

/// What a screen reader says of the chart.
void LineChart::describe() {
    QStringList words;
    for (const Series& s : series_)
        if (!s.points.empty())
            words << tr("%1 %2").arg(s.name, QLocale::c().toString(s.points.back().y(), 'f', 3));
    setAccessibleName(words.isEmpty() ? tr("%1, no values yet").arg(title_)
                                      : tr("%1: %2").arg(title_, words.join(QStringLiteral(", "))));
}

QColor LineChart::seriesColour(int index) const {
    const bool dark = themeKind(palette()) == ThemeKind::dark;
    // At least 3 : 1 against the panel in both themes, and told apart by people who see few colours.
    static const QColor onDark[] = {QColor("#4aa3df"), QColor("#e69f00"), QColor("#6fcf97"),
                                    QColor("#cc79a7"), QColor("#f0e442"), QColor("#e6e6e6")};
    static const QColor onLight[] = {QColor("#1f6fb2"), QColor("#b06f00"), QColor("#1b7a43"),
                                     QColor("#9c4a78"), QColor("#7d6b00"), QColor("#333333")};
    return dark ? onDark[index % 6] : onLight[index % 6];
}

QPen LineChart::seriesPen(int index) const {
    static const Qt::PenStyle styles[] = {Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine};
    return QPen(seriesColour(index), 2, styles[index % 4], Qt::RoundCap, Qt::RoundJoin);
}

LineChart::Frame LineChart::frame() const {
    double xLow = std::numeric_limits<double>::infinity(), xHigh = -xLow, yLow = xLow, yHigh = -xLow;
    for (const Series& s : series_)
        for (const QPointF& p : s.points) {
            xLow = std::min(xLow, p.x());
            xHigh = std::max(xHigh, p.x());
            yLow = std::min(yLow, p.y());
            yHigh = std::max(yHigh, p.y());
        }
    for (const Series& s : series_)
        for (const Interval& interval : s.intervals) {
            yLow = std::min(yLow, interval.low);
            yHigh = std::max(yHigh, interval.high);
        }
    if (!(xLow <= xHigh)) xLow = 0, xHigh = 1, yLow = 0, yHigh = 1;
    if (xMaximum_) xHigh = std::max(xHigh, *xMaximum_);
    Frame f;
    f.y = niceTicks(yLow_.value_or(yLow), yHigh_.value_or(yHigh), 4);
    f.x = niceTicks(xFromData_ ? xLow : std::min(xLow, 0.0), xHigh, 5);
    if (xFromData_) f.x.low = xLow;
    f.x.high = std::max(xHigh, f.x.low + 1e-9); // no empty stretch at the end
    std::erase_if(f.x.values, [&](double v) { return v > f.x.high + 1e-9 || v < f.x.low - 1e-9; });
    const QFontMetricsF metrics(secondaryFont());
    double labelWidth = 0;
    for (const double v : f.y.values)
        labelWidth = std::max(labelWidth, metrics.horizontalAdvance(f.y.label(v)));
    const double above = title_.isEmpty() && legendBelow_ ? 6 : metrics.height() + 12;
    f.plot = QRectF(rect()).adjusted(labelWidth + 8, above, -8, -(metrics.height() + 6 + legendHeight()));
    return f;
}

void LineChart::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Frame f = frame();
    drawLegend(painter);
    drawGrid(painter, f);
    drawBands(painter, f);
    drawCurves(painter, f);
    drawHover(painter, f);
}

void LineChart::drawLegend(QPainter& painter) const {
    const ThemeColours colours = themeColours(palette());
    const QFontMetricsF metrics(secondaryFont());
    painter.setFont(strongFont());
    painter.setPen(colours.text);
    painter.drawText(QRectF(0, 0, width(), metrics.height() + 4), Qt::AlignLeft | Qt::AlignVCenter, title_);
    painter.setFont(secondaryFont());
    if (legendBelow_) return drawLegendRows(painter);
    double right = width() - 8;
    for (int i = int(series_.size()) - 1; i >= 0; --i) {
        const Series& s = series_[size_t(i)];
        QString words = s.name;
        if (!s.points.empty()) words += QLatin1Char(' ') + QLocale::c().toString(s.points.back().y(), 'f', 2);
        const double textWidth = metrics.horizontalAdvance(words);
        painter.setPen(colours.text);
        painter.drawText(QPointF(right - textWidth, metrics.ascent() + 2), words);
        painter.setPen(seriesPen(i));
        const double y = metrics.height() / 2 + 2;
        painter.drawLine(QPointF(right - textWidth - 24, y), QPointF(right - textWidth - 6, y));
        right -= textWidth + 36;
    }
}

void LineChart::drawLegendRows(QPainter& painter) const {
    const ThemeColours colours = themeColours(palette());
    const QFontMetricsF metrics(secondaryFont());
    double top = height() - legendHeight() + 4;
    for (int i = 0; i < int(series_.size()); ++i, top += std::round(metrics.height()) + 2) {
        painter.setPen(seriesPen(i));
        painter.drawLine(QPointF(2, top + metrics.height() / 2), QPointF(26, top + metrics.height() / 2));
        painter.setPen(colours.text);
        painter.drawText(QPointF(34, top + metrics.ascent()),
                         metrics.elidedText(series_[size_t(i)].name, Qt::ElideMiddle, width() - 38));
    }
}

void LineChart::drawGrid(QPainter& painter, const Frame& f) const {
    const ThemeColours colours = themeColours(palette());
    painter.setFont(secondaryFont());
    const QFontMetricsF metrics(secondaryFont());
    painter.fillRect(f.plot, colours.field);
    for (const double v : f.y.values) {
        const double y = std::round(f.at({f.x.low, v}).y()) + 0.5;
        painter.setPen(QPen(colours.border, 1));
        painter.drawLine(QPointF(f.plot.left(), y), QPointF(f.plot.right(), y));
        painter.setPen(colours.secondary);
        painter.drawText(QRectF(0, y - metrics.height() / 2, f.plot.left() - 6, metrics.height()),
                         Qt::AlignRight | Qt::AlignVCenter, f.y.label(v));
    }
    painter.setPen(colours.secondary);
    double lastRight = -1e9;
    const double wordsWidth = metrics.horizontalAdvance(xWords_);
    for (const double v : f.x.values) {
        const QString words = f.x.label(v);
        const double w = metrics.horizontalAdvance(words);
        const double left = std::clamp(f.at({v, f.y.low}).x() - w / 2, f.plot.left(), f.plot.right() - w);
        if (left < lastRight + 8 || left + w > f.plot.right() - wordsWidth - 10) continue;
        painter.drawText(QPointF(left, f.plot.bottom() + metrics.ascent() + 4), words);
        lastRight = left + w;
    }
    painter.drawText(QPointF(f.plot.right() - wordsWidth, f.plot.bottom() + metrics.ascent() + 4), xWords_);
}

void LineChart::drawBands(QPainter& painter, const Frame& f) const {
    painter.save();
    painter.setClipRect(f.plot);
    for (size_t i = 0; i < series_.size(); ++i) {
        const Series& s = series_[i];
        if (s.intervals.size() != s.points.size() || s.points.size() < 2) continue;
        QPolygonF band;
        for (size_t k = 0; k < s.points.size(); ++k) band << f.at({s.points[k].x(), s.intervals[k].high});
        for (size_t k = s.points.size(); k-- > 0;) band << f.at({s.points[k].x(), s.intervals[k].low});
        QColor colour = seriesColour(int(i));
        colour.setAlpha(70);
        painter.setPen(Qt::NoPen);
        painter.setBrush(colour);
        painter.drawPolygon(band);
    }
    painter.restore();
}

void LineChart::drawCurves(QPainter& painter, const Frame& f) const {
    painter.save();
    painter.setClipRect(f.plot.adjusted(-1, -1, 1, 1));
    for (size_t i = 0; i < series_.size(); ++i) {
        const std::vector<QPointF>& points = series_[i].points;
        if (points.empty()) continue;
        const QColor colour = seriesColour(int(i));
        if (points.size() == 1) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(colour);
            painter.drawEllipse(f.at(points[0]), 3, 3);
            continue;
        }
        QPainterPath path(f.at(points[0]));
        for (size_t k = 1; k < points.size(); ++k) path.lineTo(f.at(points[k]));
        painter.setBrush(Qt::NoBrush);
        painter.setPen(seriesPen(int(i)));
        painter.drawPath(path);
    }
    painter.restore();
}

/// The x of the point next to the mouse.
std::optional<double> LineChart::hoverX() const {
    if (!mouse_) return {};
    const Frame f = frame();
    if (!f.plot.contains(*mouse_)) return {};
    std::optional<double> best;
    double distance = std::numeric_limits<double>::infinity();
    for (const Series& s : series_)
        for (const QPointF& p : s.points)
            if (const double d = std::abs(f.at(p).x() - mouse_->x()); d < distance) {
                distance = d;
                best = p.x();
            }
    return best;
}

QString LineChart::hoverWords() const {
    const std::optional<double> x = hoverX();
    if (!x) return {};
    QStringList words{tr("%1 %2").arg(xWords_, QLocale::c().toString(*x, 'g', 6)).trimmed()};
    for (const Series& s : series_)
        for (const QPointF& p : s.points)
            if (p.x() == *x) words << tr("%1 %2").arg(s.name, QLocale::c().toString(p.y(), 'f', 3));
    return words.join(QStringLiteral(" · "));
}

void LineChart::drawHover(QPainter& painter, const Frame& f) const {
    const std::optional<double> x = hoverX();
    if (!x) return;
    const ThemeColours colours = themeColours(palette());
    const double at = f.at({*x, 0}).x();
    painter.setPen(QPen(colours.secondary, 1, Qt::DotLine));
    painter.drawLine(QPointF(at, f.plot.top()), QPointF(at, f.plot.bottom()));
    for (size_t i = 0; i < series_.size(); ++i)
        for (const QPointF& p : series_[i].points)
            if (p.x() == *x) {
                painter.setPen(Qt::NoPen);
                painter.setBrush(seriesColour(int(i)));
                painter.drawEllipse(f.at(p), 3.5, 3.5);
            }
    const QString words = hoverWords();
    painter.setFont(secondaryFont());
    const QFontMetricsF metrics(secondaryFont());
    QRectF box(0, 0, metrics.horizontalAdvance(words) + 16, metrics.height() + 8);
    box.moveTopLeft(
        {std::clamp(at - box.width() / 2, 0.0, std::max(0.0, width() - box.width())), f.plot.top() + 4});
    painter.setPen(QPen(colours.border, 1));
    painter.setBrush(colours.raised);
    painter.drawRoundedRect(box, 4, 4);
    painter.setPen(colours.text);
    painter.drawText(box, Qt::AlignCenter, words);
}

void LineChart::mouseMoveEvent(QMouseEvent* event) {
    mouse_ = event->position();
    update();
}

void LineChart::leaveEvent(QEvent*) {
    mouse_.reset();
    update();
}

} // namespace cristae
