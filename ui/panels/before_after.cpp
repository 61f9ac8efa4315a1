// BeforeAfter: painting, and the large view.
#include "ui/panels/before_after.h"

#include "ui/theme/theme.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

namespace cristae {

namespace {
constexpr int gap = 6;
}

BeforeAfter::BeforeAfter(QWidget* parent) : QWidget(parent) {
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setCursor(Qt::PointingHandCursor);
    setFocusPolicy(Qt::TabFocus);
    setToolTip(tr("Click to enlarge."));
    setAccessibleName(tr("Prediction before and after fitting"));
}

void BeforeAfter::take(int side, const QImage& image, const QString& title) {
    sides_[side] = {image, title};
    updateGeometry();
    update();
    if (!large_) return;
    auto* copy = large_->findChild<BeforeAfter*>();
    if (copy) copy->take(side, image, title);
}

void BeforeAfter::showBefore(const QImage& image, const QString& title) {
    take(0, image, title);
}

void BeforeAfter::showAfter(const QImage& image, const QString& title) {
    take(1, image, title);
}

void BeforeAfter::clear() {
    for (int side : {0, 1}) take(side, {}, {});
}

int BeforeAfter::heightForWidth(int width) const {
    const int words = QFontMetrics(secondaryFont()).height() + 4;
    const QImage& known = sides_[0].image.isNull() ? sides_[1].image : sides_[0].image;
    const int half = (width - gap) / 2;
    if (known.isNull()) return words + half;
    return words + int(qint64(known.height()) * half / std::max(1, known.width()));
}

void BeforeAfter::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    const ThemeColours colours = themeColours(palette());
    const QFontMetrics small(secondaryFont());
    painter.setFont(secondaryFont());
    const int half = (width() - gap) / 2, top = small.height() + 4;
    for (int side : {0, 1}) {
        const QRect cell(side * (half + gap), top, half, height() - top);
        painter.setPen(colours.secondary);
        painter.drawText(QRect(cell.left(), 0, half, small.height()), Qt::AlignLeft | Qt::AlignVCenter,
                         small.elidedText(sides_[side].title, Qt::ElideRight, half));
        const QImage& image = sides_[side].image;
        if (image.isNull()) {
            painter.fillRect(cell, colours.raised);
            continue;
        }
        const QSize size = image.size().scaled(cell.size(), Qt::KeepAspectRatio);
        painter.drawImage(QRect(cell.topLeft(), size), image);
    }
    if (hasFocus()) {
        painter.setPen(colours.accent);
        painter.drawRect(QRect(0, top, width() - 1, height() - top - 1));
    }
}

void BeforeAfter::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && rect().contains(event->pos())) enlarge();
}

void BeforeAfter::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Space)
        enlarge();
    else
        QWidget::keyPressEvent(event);
}

void BeforeAfter::enlarge() {
    if (sides_[0].image.isNull() && sides_[1].image.isNull()) return;
    if (qobject_cast<QDialog*>(window()) && window()->objectName() == QLatin1String("beforeAfterLarge"))
        return; // is the large one
    if (!large_) {
        large_ = new QDialog(this);
        large_->setObjectName(QStringLiteral("beforeAfterLarge"));
        large_->setAttribute(Qt::WA_DeleteOnClose);
        large_->setWindowTitle(tr("Before and after fitting"));
        auto* copy = new BeforeAfter(large_);
        copy->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
        copy->setToolTip({});
        copy->setCursor(Qt::ArrowCursor);
        for (int side : {0, 1}) copy->sides_[side] = sides_[side];
        auto* layout = new QHBoxLayout(large_);
        layout->addWidget(copy);
        large_->resize(1040, 580);
    }
    large_->show();
    large_->raise();
}

} // namespace cristae
