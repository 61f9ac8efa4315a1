// StudyView: the chart of a study as on paper; a click shows it large with its table.
#pragma once
#include "core/session/study.h"

#include <QDialog>
#include <QPointer>
#include <QWidget>

class QTableWidget;

namespace cristae {

class StudyView : public QWidget {
    Q_OBJECT
public:
    explicit StudyView(QWidget* parent = nullptr);
    void show(const StudyResult& result);
    using QWidget::show;
    /// Opens chart, table and notes in a window of their own.
    void enlarge();
    QDialog* large() const { return large_; }

    QSize sizeHint() const override { return {320, 220}; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override { return width * 7 / 10; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    StudyResult result_;
    QPointer<QDialog> large_;
};

/// Fills a table with a study's rows: numbers to the right, what is unknown empty.
void fillStudyTable(QTableWidget* table, const StudyResult& result);

} // namespace cristae
