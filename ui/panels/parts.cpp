// Shared parts of the task panel.
#include "ui/panels/parts.h"

#include "core/base/progress.h"
#include "ui/theme/theme.h"

#include <QAbstractSpinBox>
#include <QButtonGroup>
#include <QComboBox>
#include <QCoreApplication>
#include <QFrame>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollArea>
#include <QStackedWidget>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>

namespace cristae {

namespace {
QString tr(const char* words) {
    return QCoreApplication::translate("cristae::Parts", words);
}

bool isSetting(const QObject* object) {
    return qobject_cast<const QComboBox*>(object) || qobject_cast<const QAbstractSpinBox*>(object);
}

class WheelGuard : public QObject {
public:
    using QObject::QObject;
    bool eventFilter(QObject* watched, QEvent* event) override {
        if (event->type() != QEvent::Wheel) return QObject::eventFilter(watched, event);
        event->ignore(); // goes on to what lies under it
        return true;
    }
};

/// Scrolls up and down only, so it asks for the width that its content needs.
class ColumnArea : public QScrollArea {
public:
    using QScrollArea::QScrollArea;
    QSize minimumSizeHint() const override {
        constexpr int barWidth = 10;
        return {widget() ? widget()->minimumSizeHint().width() + barWidth : 0, 120};
    }
    /// It takes what is left: asking for all of its content would push the foot of the page out of sight.
    QSize sizeHint() const override { return minimumSizeHint(); }

protected:
    void showEvent(QShowEvent* event) override {
        QScrollArea::showEvent(event);
        for (QWidget* child : findChildren<QWidget*>())
            if (isSetting(child)) ignoreWheel(child);
    }
};
} // namespace

QColor toQColor(const Colour& colour) {
    return QColor(colour.r, colour.g, colour.b);
}

Colour fromQColor(const QColor& colour) {
    return {uint8_t(colour.red()), uint8_t(colour.green()), uint8_t(colour.blue())};
}

QPixmap swatch(const Colour& colour, double devicePixelRatio, int side) {
    QPixmap pixmap(QSize(side, side) * devicePixelRatio);
    pixmap.setDevicePixelRatio(devicePixelRatio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(toQColor(colour));
    painter.drawRoundedRect(QRectF(0, 0, side, side), 2.5, 2.5);
    return pixmap;
}

QVBoxLayout* scrollingColumn(QWidget* page, int spacing) {
    auto* outer = new QVBoxLayout(page);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    auto* area = new ColumnArea(page);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setFocusPolicy(Qt::NoFocus);
    auto* column = new QWidget;
    auto* layout = new QVBoxLayout(column);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(spacing);
    area->setWidget(column);
    outer->addWidget(area, 1);
    return layout;
}

QVBoxLayout* fixedFoot(QWidget* page) {
    auto* foot = new QWidget(page);
    foot->setObjectName(QStringLiteral("pageFoot"));
    foot->setAttribute(Qt::WA_StyledBackground);
    auto* layout = new QVBoxLayout(foot);
    layout->setContentsMargins(16, 12, 16, 12);
    layout->setSpacing(8);
    page->layout()->addWidget(foot);
    return layout;
}

QPixmap outlinedSwatch(const Colour& colour, double devicePixelRatio, int side) {
    QPixmap pixmap = swatch(colour, devicePixelRatio, side);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(QColor("#80848c"), 1));
    painter.drawRoundedRect(QRectF(0.5, 0.5, side - 1, side - 1), 2.5, 2.5);
    return pixmap;
}

QWidget* segmentedPages(const std::vector<SegmentPage>& pages, QWidget* parent) {
    auto* all = new QWidget(parent);
    auto* column = new QVBoxLayout(all);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* segments = new QFrame(all);
    segments->setObjectName(QStringLiteral("segments"));
    segments->setProperty("narrow", true);
    auto* row = new QHBoxLayout(segments);
    row->setContentsMargins(2, 2, 2, 2);
    row->setSpacing(2);
    auto* buttons = new QButtonGroup(all);
    auto* stack = new QStackedWidget(all);
    for (const SegmentPage& one : pages) {
        auto* button = new QToolButton(segments);
        button->setText(one.title);
        button->setToolTip(one.help);
        button->setCheckable(true);
        button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        button->setMinimumWidth(40);
        buttons->addButton(button, stack->addWidget(one.page));
        row->addWidget(button);
    }
    buttons->button(0)->setChecked(true);
    auto* top = new QVBoxLayout;
    top->setContentsMargins(16, 12, 16, 4);
    top->addWidget(segments);
    column->addLayout(top);
    column->addWidget(stack, 1);
    QObject::connect(buttons, &QButtonGroup::idClicked, stack, &QStackedWidget::setCurrentIndex);
    return all;
}

QPushButton* primaryButton(const QString& words, QWidget* parent) {
    auto* button = new QPushButton(words, parent);
    button->setProperty("primary", true);
    button->setMinimumHeight(38);
    return button;
}

void ignoreWheel(QWidget* setting) {
    const QString name = QStringLiteral("wheelGuard");
    if (setting->findChild<QObject*>(name, Qt::FindDirectChildrenOnly)) return;
    auto* guard = new WheelGuard(setting);
    guard->setObjectName(name);
    setting->installEventFilter(guard);
    setting->setFocusPolicy(Qt::StrongFocus);
}

QPushButton* foldButton(const QString& words, QWidget* folded, QWidget* parent) {
    auto* button = new QPushButton(words + QStringLiteral("  ▸"), parent);
    button->setFlat(true);
    button->setCheckable(true);
    button->setCursor(Qt::PointingHandCursor);
    button->setStyleSheet(
        QStringLiteral("QPushButton { text-align: left; padding: 2px 0; background: transparent; }"));
    folded->hide();
    QObject::connect(button, &QPushButton::toggled, folded, [button, folded, words](bool open) {
        folded->setVisible(open);
        button->setText(words + (open ? QStringLiteral("  ▾") : QStringLiteral("  ▸")));
    });
    return button;
}

QLabel* complaintLabel(QWidget* parent) {
    auto* label = new QLabel(parent);
    label->setProperty("role", QStringLiteral("warning"));
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextBrowserInteraction);
    label->hide();
    return label;
}

void setStyleProperty(QWidget* widget, const char* name, const QVariant& value) {
    if (widget->property(name) == value) return;
    widget->setProperty(name, value);
    widget->style()->unpolish(widget);
    widget->style()->polish(widget);
}

void setSentence(QLabel* label, const QString& sentence) {
    label->setText(sentence);
    label->setVisible(!sentence.isEmpty());
}

QString durationWords(double seconds) {
    const double rounded = std::max(1.0, std::round(seconds));
    if (rounded < 90) return tr("about %1 s").arg(int(rounded < 10 ? rounded : std::round(rounded / 5) * 5));
    const int minutes = int(std::round(seconds / 60));
    if (minutes < 90) return tr("about %1 min").arg(minutes);
    return minutes % 60 ? tr("about %1 h %2 min").arg(minutes / 60).arg(minutes % 60)
                        : tr("about %1 h").arg(minutes / 60);
}

QString leftWords(std::optional<double> seconds) {
    return seconds ? tr("%1 left").arg(text(TimeLeft::text(*seconds))) : QString();
}

QString nmWords(double nm) {
    return QLocale::c().toString(nm, 'g', 3);
}

QString shortName(const QString& title) {
    QString name = title.trimmed().toLower();
    name.replace(QRegularExpression(QStringLiteral("[^a-z0-9_]+")), QStringLiteral("-"));
    name.remove(QRegularExpression(QStringLiteral("^-+|-+$")));
    return name;
}

QString imageName(const ImageInfo& info) {
    return info.path.empty() ? tr("image") : text(info.path.filename().string());
}

} // namespace cristae
