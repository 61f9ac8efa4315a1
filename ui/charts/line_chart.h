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
    struct Series {
        QString name;
        std::vector<QPointF> points; // ascending x; points that are not finite are left out when added
    };
    explicit LineChart(const QString& title, QWidget* parent = nullptr);

    int addSeries(const QString& name);
    void addPoint(int series, double x, double y);
    void clearPoints();
    const std::vector<Series>& series() const { return series_; }
    void setXAxis(const QString& words, std::optional<double> maximum = {});
    /// Without a fixed range the values decide.
    void setYRange(std::optional<double> low, std::optional<double> high);
    /// What stands under the mouse now, as shown; empty elsewhere.
    QString hoverWords() const;

    QSize sizeHint() const override { return {320, 190}; }
    QSize minimumSizeHint() const override { return {200, 150}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    struct Frame;
    Frame frame() const;
    QColor seriesColour(int index) const;
    void drawLegend(QPainter& painter) const;
    void drawGrid(QPainter& painter, const Frame& f) const;
    void drawCurves(QPainter& painter, const Frame& f) const;
    void drawHover(QPainter& painter, const Frame& f) const;
    std::optional<double> hoverX() const;
    void describe();

    QString title_, xWords_;
    std::vector<Series> series_;
    std::optional<double> xMaximum_, yLow_, yHigh_;
    std::optional<QPointF> mouse_;
};

} // namespace cristae
