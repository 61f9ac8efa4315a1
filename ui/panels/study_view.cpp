// StudyView.
#include "ui/panels/study_view.h"

#include "ui/panels/parts.h"
#include "ui/report/study_chart.h"
#include "ui/theme/theme.h"

#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QTableWidget>
#include <QVBoxLayout>

namespace cristae {

namespace {

QString cellWords(const nlohmann::json& cell) {
    if (cell.is_null()) return {};
    if (cell.is_string()) return text(cell.get<std::string>());
    if (cell.is_number_float()) return QLocale::c().toString(cell.get<double>(), 'g', 4);
    if (cell.is_number()) return QLocale().toString(qint64(cell.get<int64_t>()));
    return text(cell.dump());
}

/// The chart alone, at any size.
class Chart : public QWidget {
public:
    explicit Chart(const StudyResult& result) : result_(result) {
        setMinimumSize(480, 300);
        setAccessibleName(text(result.title));
    }
    QSize sizeHint() const override { return {880, 500}; }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        // The proportions of the figure are those of its file.
        const QSizeF size = QSizeF(16, 10).scaled(QSizeF(this->size()), Qt::KeepAspectRatio);
        painter.fillRect(rect(), Qt::white);
        drawStudyChart(painter, QRectF(QPointF((width() - size.width()) / 2, 0), size), result_);
    }

private:
    StudyResult result_;
};

} // namespace

void fillStudyTable(QTableWidget* table, const StudyResult& result) {
    table->clear();
    table->setColumnCount(int(result.columns.size()));
    table->setRowCount(int(result.rows.size()));
    QStringList headings;
    for (const std::string& column : result.columns) headings << text(column);
    table->setHorizontalHeaderLabels(headings);
    for (size_t r = 0; r < result.rows.size(); ++r)
        for (size_t c = 0; c < result.rows[r].size(); ++c) {
            const nlohmann::json& value = result.rows[r][c];
            auto* item = new QTableWidgetItem(cellWords(value));
            item->setTextAlignment((value.is_string() ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
            item->setToolTip(QStringLiteral("%1: %2").arg(headings[qsizetype(c)], item->text()));
            table->setItem(int(r), int(c), item);
        }
    for (int c = 0; c < table->columnCount(); ++c) {
        table->horizontalHeaderItem(c)->setToolTip(headings[c]);
        const bool words = !result.rows.empty() && result.rows.front()[size_t(c)].is_string();
        table->horizontalHeaderItem(c)->setTextAlignment((words ? Qt::AlignLeft : Qt::AlignRight) |
                                                         Qt::AlignVCenter);
        table->horizontalHeader()->setSectionResizeMode(c, QHeaderView::ResizeToContents);
    }
}

StudyView::StudyView(QWidget* parent) : QWidget(parent) {
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setCursor(Qt::PointingHandCursor);
    setFocusPolicy(Qt::TabFocus);
    setToolTip(tr("Click to enlarge, with its table."));
}

void StudyView::show(const StudyResult& result) {
    result_ = result;
    setAccessibleName(tr("Chart: %1").arg(text(result.title)));
    if (large_) large_->close();
    update();
}

void StudyView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(rect(), Qt::white);
    StudyResult untitled = result_; // the page names it above
    untitled.title.clear();
    drawStudyChart(painter, QRectF(rect()), untitled, 1.5);
    if (!hasFocus()) return;
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(themeColours(palette()).accent, 2));
    painter.drawRect(rect().adjusted(1, 1, -1, -1));
}

void StudyView::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && rect().contains(event->pos())) enlarge();
}

void StudyView::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Space)
        enlarge();
    else
        QWidget::keyPressEvent(event);
}

void StudyView::enlarge() {
    if (result_.columns.empty()) return;
    if (!large_) {
        large_ = new QDialog(this);
        large_->setAttribute(Qt::WA_DeleteOnClose);
        large_->setObjectName(QStringLiteral("largeStudy"));
        large_->setWindowTitle(text(result_.title));
        auto* column = new QVBoxLayout(large_);
        column->addWidget(secondaryLabel(text(result_.question), large_));
        column->addWidget(new Chart(result_), 3);
        auto* table = new QTableWidget(large_);
        table->setObjectName(QStringLiteral("largeStudyTable"));
        table->setEditTriggers(QAbstractItemView::NoEditTriggers);
        table->verticalHeader()->hide();
        table->setShowGrid(false);
        fillStudyTable(table, result_);
        table->setMaximumHeight(table->horizontalHeader()->sizeHint().height() +
                                table->verticalHeader()->defaultSectionSize() * table->rowCount() + 16);
        column->addWidget(table, 2);
        QStringList notes;
        for (const std::string& note : result_.notes) notes << text(note);
        column->addWidget(secondaryLabel(notes.join(QLatin1Char('\n')), large_));
        large_->resize(940, 860);
    }
    large_->show();
    large_->raise();
}

} // namespace cristae
