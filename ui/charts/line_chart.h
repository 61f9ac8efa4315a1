// LineChart: a few curves over a common axis, with grid, legend and the values under the mouse.
#pragma once
#include <QColor>
#include <QPointF>
#include <QString>
#include <QWidget>

#include <optional>
#include <vector>

namespace cristae {

/// Series differ in line style as well as colour.
class LineChart : public QWidget {
    Q_OBJECT
public:
    struct Interval {
        double low = 0, high = 0;
    };
    struct Series {
        QString name;
        std::vector<QPointF> points; // ascending x; points that are not finite are left out when added
        std::vector<Interval> intervals = {}; // around each point, drawn as a band; or none
    };
    explicit LineChart(const QString& title, QWidget* parent = nullptr);

    int addSeries(const QString& name);
    void addPoint(int series, double x, double y);
    void setPoints(int series, std::vector<QPointF> points);
    /// As many as the series has points.
    void setIntervals(int series, std::vector<Interval> intervals);
    void clearPoints();
    /// Takes the series away.
    void clear();
    /// The names of the series stand in rows under the curves, whole and without their last value: for many
    /// or long names. Else they stand in one line with the title.
    void setLegendBelow(bool below);
    const std::vector<Series>& series() const { return series_; }
    void setXAxis(const QString& words, std::optional<double> maximum = {});
    /// The axis begins at the first value instead of 0.
    void setXFromData(bool fromData);
    /// Without a fixed range the values decide.
    void setYRange(std::optional<double> low, std::optional<double> high);
    /// What stands under the mouse now, as shown; empty elsewhere.
    QString hoverWords() const;

    QSize sizeHint() const override { return {320, 190 + legendHeight()}; }
    QSize minimumSizeHint() const override { return {200, 150 + legendHeight()}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    struct Frame;
    Frame frame() const;
    QColor seriesColour(int index) const;
    QPen seriesPen(int index) const;
    int legendHeight() const;
    void drawLegend(QPainter& painter) const;
    void drawLegendRows(QPainter& painter) const;
    void drawGrid(QPainter& painter, const Frame& f) const;
    void drawBands(QPainter& painter, const Frame& f) const;
    void drawCurves(QPainter& painter, const Frame& f) const;
    void drawHover(QPainter& painter, const Frame& f) const;
    std::optional<double> hoverX() const;
    void describe();

    QString title_, xWords_;
    std::vector<Series> series_;
    bool legendBelow_ = false, xFromData_ = false;
    std::optional<double> xMaximum_, yLow_, yHigh_;
    std::optional<QPointF> mouse_;
};

} // namespace cristae
