// TrainingPreview: painting, and the large view.
#include "ui/panels/training_preview.h"

#include "ui/canvas/difference_layer.h"
#include "ui/panels/parts.h"
#include "ui/theme/theme.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

namespace cristae {

namespace {

/// Both pictures side by side, as large as the window allows.
class PairView : public QWidget {
public:
    using QWidget::QWidget;
    QImage image, comparison;
    QSize sizeHint() const override { return {1000, 520}; }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.setRenderHint(QPainter::SmoothPixmapTransform);
        const int half = (width() - 8) / 2;
        const QImage pictures[] = {image, comparison};
        const QString titles[] = {TrainingPreview::tr("validation image"),
                                  TrainingPreview::tr("prediction and ground truth")};
        const int top = fontMetrics().height() + 8;
        for (int i = 0; i < 2; ++i) {
            const QRect cell(i * (half + 8), top, half, height() - top);
            painter.setPen(palette().color(QPalette::WindowText));
            painter.drawText(QRect(cell.left(), 0, half, top), Qt::AlignLeft | Qt::AlignVCenter, titles[i]);
            QSize size = pictures[i].size().scaled(cell.size(), Qt::KeepAspectRatio);
            painter.drawImage(QRect(cell.topLeft(), size), pictures[i]);
        }
    }
};

struct LegendEntry {
    Agreement agreement;
    Qt::BrushStyle pattern;
};

} // namespace

TrainingPreview::TrainingPreview(QWidget* parent) : QWidget(parent) {
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setCursor(Qt::PointingHandCursor);
    setFocusPolicy(Qt::TabFocus);
    setToolTip(tr("Click to enlarge, beside the image."));
    setAccessibleName(tr("Prediction and ground truth of the validation image"));
}

void TrainingPreview::show(const QImage& image, const QImage& comparison, const QString& caption) {
    const bool sizeChanged = comparison.size() != comparison_.size();
    image_ = image;
    comparison_ = comparison;
    caption_ = caption;
    if (sizeChanged) updateGeometry();
    if (large_) {
        auto* pair = static_cast<PairView*>(large_->findChild<QWidget*>(QStringLiteral("pair")));
        pair->image = image_;
        pair->comparison = comparison_;
        pair->update();
        large_->setWindowTitle(caption_);
    }
    update();
}

void TrainingPreview::clear() {
    show({}, {}, {});
}

int TrainingPreview::heightForWidth(int width) const {
    const int words = QFontMetrics(secondaryFont()).height() * 2 + 14;
    if (comparison_.isNull()) return words;
    return words + int(qint64(comparison_.height()) * width / comparison_.width());
}

void TrainingPreview::paintEvent(QPaintEvent*) {
    if (comparison_.isNull()) return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    const ThemeColours colours = themeColours(palette());
    const QFontMetrics small(secondaryFont());
    painter.setFont(secondaryFont());
    painter.setPen(colours.secondary);
    painter.drawText(QRect(0, 0, width(), small.height() + 2), Qt::AlignLeft | Qt::AlignVCenter,
                     small.elidedText(caption_, Qt::ElideRight, width()));
    const int top = small.height() + 6;
    const int legendTop = height() - small.height() - 2;
    const QRect cell(0, top, width(), legendTop - 4 - top);
    const QSize size = comparison_.size().scaled(cell.size(), Qt::KeepAspectRatio);
    painter.drawImage(QRect(cell.topLeft(), size), comparison_);
    if (hasFocus()) {
        painter.setPen(colours.accent);
        painter.drawRect(QRect(cell.topLeft(), size).adjusted(0, 0, -1, -1));
    }
    int x = 0;
    const LegendEntry entries[] = {{Agreement::truePositive, Qt::SolidPattern},
                                   {Agreement::falseNegative, Qt::BDiagPattern},
                                   {Agreement::falsePositive, Qt::Dense4Pattern}};
    for (const LegendEntry& entry : entries) {
        const QRect box(x, legendTop + (small.height() - 10) / 2, 10, 10);
        const QColor colour = toQColor(differenceClasses().find(uint32_t(entry.agreement))->colour);
        painter.fillRect(box, QBrush(colour, entry.pattern));
        painter.setPen(colours.secondary); // yellow is hardly seen on white
        painter.drawRect(box.adjusted(0, 0, -1, -1));
        painter.setPen(colours.text);
        const QString words = DifferenceLayer::words(entry.agreement);
        painter.drawText(QPoint(x + 15, legendTop + small.ascent()), words);
        x += 15 + small.horizontalAdvance(words) + 16;
    }
}

void TrainingPreview::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && rect().contains(event->pos())) enlarge();
}

void TrainingPreview::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Space)
        enlarge();
    else
        QWidget::keyPressEvent(event);
}

void TrainingPreview::enlarge() {
    if (comparison_.isNull()) return;
    if (!large_) {
        large_ = new QDialog(this);
        large_->setAttribute(Qt::WA_DeleteOnClose);
        auto* pair = new PairView(large_);
        pair->setObjectName(QStringLiteral("pair"));
        auto* layout = new QHBoxLayout(large_);
        layout->addWidget(pair);
        pair->image = image_;
        pair->comparison = comparison_;
        large_->setWindowTitle(caption_);
        large_->resize(1040, 560);
    }
    large_->show();
    large_->raise();
}

} // namespace cristae
