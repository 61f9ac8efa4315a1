// SliceBar: which slice of the stack is shown, with a strip that marks predicted and hand-corrected slices.
#pragma once
#include "core/base/geometry.h"

#include <QTimer>
#include <QWidget>

#include <cstdint>
#include <set>
#include <vector>

class QLabel;
class QSlider;
class QToolButton;

namespace cristae {

class Workbench;

/// What a slice holds.
struct SliceMark {
    bool predicted = false, byHand = false;
    bool operator==(const SliceMark&) const = default;
};

/// The strip over the slider.
class MarksStrip : public QWidget {
    Q_OBJECT
public:
    explicit MarksStrip(QWidget* parent = nullptr);
    void setMarks(std::vector<SliceMark> marks);
    const std::vector<SliceMark>& marks() const { return marks_; }
    void setSlice(int64_t slice);

Q_SIGNALS:
    void sliceClicked(int64_t slice);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    bool event(QEvent* event) override;

private:
    int64_t sliceAt(double x) const;
    std::vector<SliceMark> marks_;
    int64_t slice_ = 0;
};

class SliceBar : public QWidget {
    Q_OBJECT
public:
    explicit SliceBar(Workbench& bench, QWidget* parent = nullptr);
    MarksStrip* marks() const { return marks_; }

private:
    void showDocument();
    void showSlice();
    void scan();
    Workbench& bench_;
    QToolButton *before_ = nullptr, *after_ = nullptr;
    QSlider* slider_ = nullptr;
    MarksStrip* marks_ = nullptr;
    QLabel *number_ = nullptr, *depth_ = nullptr;
    std::set<int64_t> stale_;
    QTimer later_;
};

} // namespace cristae
