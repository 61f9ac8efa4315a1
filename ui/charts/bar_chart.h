// BarChart: a histogram with a few words at its axis and the bin under the mouse in words.
#pragma once
#include "core/measure/size_summary.h"

#include <QString>
#include <QWidget>

namespace cristae {

class BarChart : public QWidget {
    Q_OBJECT
public:
    explicit BarChart(QWidget* parent = nullptr);
    /// `unit` stands behind figures: "µm²".
    void show(const Histogram& histogram, const QString& unit);
    using QWidget::show;
    const Histogram& histogram() const { return histogram_; }
    /// "0.2 to 0.4 µm²: 12 objects"
    QString binWords(int bin) const;

    QSize sizeHint() const override { return {320, 140}; }
    QSize minimumSizeHint() const override { return {160, 100}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    QRectF plot() const;
    Histogram histogram_;
    QString unit_;
};

} // namespace cristae
