// EvaluationPanel, results: figures, classes and slices on the page.
#include "ui/charts/line_chart.h"
#include "ui/panels/evaluation_panel.h"
#include "ui/panels/parts.h"
#include "ui/report/evaluation_words.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QSignalBlocker>
#include <QTableWidget>

#include <algorithm>
#include <set>

namespace cristae {

namespace {

const Metric* metricOf(const Comparison& comparison, const std::string& name) {
    const auto found = std::ranges::find(comparison.metrics, name, &Metric::name);
    return found == comparison.metrics.end() ? nullptr : &*found;
}

QTableWidgetItem* cell(const QString& words, Qt::Alignment alignment, const QString& help = {}) {
    auto* item = new QTableWidgetItem(words);
    item->setTextAlignment(alignment | Qt::AlignVCenter);
    item->setToolTip(help);
    return item;
}

/// As high as its rows.
void fitHeight(QTableWidget* table) {
    int height = table->horizontalHeader()->isHidden() ? 0 : table->horizontalHeader()->sizeHint().height();
    for (int row = 0; row < table->rowCount(); ++row) height += table->rowHeight(row);
    table->setFixedHeight(height + 4 +
                          (table->horizontalScrollBarPolicy() == Qt::ScrollBarAlwaysOff ? 0 : 10));
}

} // namespace

void EvaluationPanel::showResult() {
    {
        const QSignalBlocker block(which_);
        const int before = which_->currentIndex();
        which_->clear();
        for (const Comparison& one : record_.predictions) which_->addItem(text(one.prediction.name));
        which_->setCurrentIndex(std::clamp(before, 0, std::max(0, which_->count() - 1)));
    }
    ofWhich_->setVisible(which_->count() > 1);
    if (!record_.predictions.empty()) {
        const Comparison& first = record_.predictions.front();
        const Metric *found = metricOf(first, "objects_found"), *total = metricOf(first, "objects_total"),
                     *dice = metricOf(first, "dice");
        found_->setVisible(found && total);
        foundWords_->setVisible(found && total);
        if (found && total) {
            found_->setText(tr("%1 of %2").arg(metricValue(*found), metricValue(*total)));
            foundWords_->setText(tr("objects found"));
            found_->setToolTip(text(found->convention));
        }
        if (dice) {
            dice_->setText(QLocale::c().toString(dice->value, 'f', 3));
            dice_->setToolTip(text(dice->convention));
        }
        QString words = text(record_.truth.name);
        if (slice_) words = tr("%1, slice %2").arg(words).arg(*slice_ + 1);
        comparedWords_->setText(record_.structure.empty()
                                    ? tr("Compared with %1").arg(words)
                                    : tr("%1, compared with %2").arg(text(record_.structure), words));
    }
    showFigures();
    showClasses();
    showSlices();
    showCurves();
    requestDifference();
    updateState();
}

void EvaluationPanel::showFigures() {
    const auto& predictions = record_.predictions;
    figures_->clear();
    figures_->setRowCount(0);
    figures_->setColumnCount(int(predictions.size()) + 1);
    QStringList headings{QString()};
    for (const Comparison& one : predictions) headings << text(one.prediction.name);
    figures_->setHorizontalHeaderLabels(headings);
    figures_->horizontalHeader()->setVisible(predictions.size() > 1);
    for (int column = 0; column < figures_->columnCount(); ++column) {
        figures_->horizontalHeaderItem(column)->setToolTip(headings[column]);
        figures_->horizontalHeaderItem(column)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
        figures_->horizontalHeader()->setSectionResizeMode(column, column ? QHeaderView::Interactive
                                                                          : QHeaderView::Stretch);
        if (column) figures_->setColumnWidth(column, predictions.size() > 1 ? 76 : 92);
    }
    figures_->horizontalHeader()->setMinimumSectionSize(60);
    QStringList conventions;
    for (const MetricGroup& group : metricGroups()) {
        bool headed = false;
        for (const std::string& name : group.metrics) {
            const auto with = std::ranges::find_if(
                predictions, [&](const Comparison& one) { return metricOf(one, name) != nullptr; });
            if (with == predictions.end()) continue;
            if (!headed) {
                const int row = figures_->rowCount();
                figures_->insertRow(row);
                auto* heading = cell(metricGroupTitle(group.name), Qt::AlignLeft);
                heading->setForeground(themeColours(palette()).secondary);
                figures_->setItem(row, 0, heading);
                figures_->setSpan(row, 0, 1, figures_->columnCount());
                headed = true;
            }
            const QString convention = text(metricOf(*with, name)->convention);
            const int row = figures_->rowCount();
            figures_->insertRow(row);
            figures_->setItem(row, 0, cell(metricTitle(name), Qt::AlignLeft, convention));
            for (size_t i = 0; i < predictions.size(); ++i)
                if (const Metric* metric = metricOf(predictions[i], name))
                    figures_->setItem(row, int(i) + 1,
                                      cell(metricValue(*metric), Qt::AlignRight, text(metric->convention)));
            conventions << tr("%1: %2").arg(metricTitle(name), convention);
        }
    }
    figures_->setHorizontalScrollBarPolicy(predictions.size() > 2 ? Qt::ScrollBarAsNeeded
                                                                  : Qt::ScrollBarAlwaysOff);
    fitHeight(figures_);
    conventions_->setText(conventions.join(QLatin1Char('\n')));
}

void EvaluationPanel::showClasses() {
    classes_->clear();
    classes_->setRowCount(0);
    classes_->setColumnCount(0);
    const size_t index = size_t(std::max(0, which_->currentIndex()));
    if (index >= record_.predictions.size()) return;
    const Comparison& one = record_.predictions[index];
    const ConfusionTable& table = one.classes;
    classes_->setRowCount(int(table.truthValues.size()));
    classes_->setColumnCount(int(table.predictionValues.size()));
    QStringList rows, columns;
    for (const int64_t value : table.truthValues)
        rows << text(confusionName(value, table.truthMerged, record_.truthNames));
    for (const int64_t value : table.predictionValues)
        columns << text(confusionName(value, table.predictionMerged, one.classNames));
    classes_->setVerticalHeaderLabels(rows);
    classes_->setHorizontalHeaderLabels(columns);
    for (int column = 0; column < int(columns.size()); ++column)
        classes_->horizontalHeaderItem(column)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    for (size_t t = 0; t < table.truthValues.size(); ++t)
        for (size_t p = 0; p < table.predictionValues.size(); ++p)
            classes_->setItem(
                int(t), int(p),
                cell(tr("%1\n%2").arg(QLocale().toString(qint64(table.count(t, p))),
                                      percentWords(table.count(t, p), table.rowSum(t))),
                     Qt::AlignRight,
                     tr("Ground truth %1, prediction %2").arg(rows[qsizetype(t)], columns[qsizetype(p)])));
    classes_->setHorizontalScrollBarPolicy(columns.size() > 3 ? Qt::ScrollBarAsNeeded
                                                              : Qt::ScrollBarAlwaysOff);
    classes_->horizontalHeader()->setSectionResizeMode(columns.size() > 3 ? QHeaderView::ResizeToContents
                                                                          : QHeaderView::Stretch);
    fitHeight(classes_);
}

void EvaluationPanel::showSlices() {
    chart_->clear();
    const auto& predictions = record_.predictions;
    const bool several =
        std::ranges::any_of(predictions, [](const Comparison& one) { return one.slices.size() > 1; });
    slices_->setVisible(several);
    if (!several) return;
    const std::string metric = metric_->currentData().toString().toStdString();
    chart_->setXAxis(tr("slice"));
    chart_->setYRange({}, 1.0);
    for (const Comparison& one : predictions) {
        const int series = chart_->addSeries(text(one.prediction.name));
        std::vector<QPointF> points;
        for (size_t z = 0; z < one.slices.size(); ++z)
            points.emplace_back(double(z + 1), pixelMetric(one.slices[z], metric));
        chart_->setPoints(series, std::move(points));
    }
}

void EvaluationPanel::showCurves() {
    for (LineChart* chart : {precisionRecall_, calibration_}) chart->clear();
    bool any = false;
    for (const Comparison& one : record_.predictions) {
        if (one.precisionRecall.empty()) continue;
        any = true;
        std::vector<QPointF> points, shares;
        for (const CurvePoint& point : one.precisionRecall)
            points.emplace_back(point.recall, point.precision);
        std::ranges::sort(points, {}, [](const QPointF& point) { return point.x(); });
        for (const CalibrationBin& bin : one.calibration) shares.emplace_back(bin.meanProbability, bin.share);
        precisionRecall_->setPoints(precisionRecall_->addSeries(text(one.prediction.name)), points);
        calibration_->setPoints(calibration_->addSeries(text(one.prediction.name)), shares);
    }
    if (any)
        calibration_->setPoints(calibration_->addSeries(tr("as predicted")), {QPointF(0, 0), QPointF(1, 1)});
    curves_->setVisible(any);
}

} // namespace cristae
