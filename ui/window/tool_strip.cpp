// ToolStrip: tools and the class chip.
#include "ui/window/tool_strip.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/window/tool_list.h"
#include "ui/window/workbench.h"

#include <QButtonGroup>
#include <QMenu>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

namespace cristae {

QIcon colourChip(const QColor& colour, int size, const QColor& border) {
    constexpr int scale = 2; // sharp at 200 %
    QPixmap pixmap(size * scale, size * scale);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.scale(scale, scale);
    painter.setPen(QPen(border, 1));
    painter.setBrush(colour);
    painter.drawRoundedRect(QRectF(0.5, 0.5, size - 1, size - 1), size / 5.0, size / 5.0);
    painter.end();
    pixmap.setDevicePixelRatio(scale);
    return QIcon(pixmap);
}

ToolStrip::ToolStrip(Workbench& bench, QWidget* parent) : QWidget(parent), bench_(bench) {
    setObjectName(QStringLiteral("toolStrip"));
    setAttribute(Qt::WA_StyledBackground);
    setFixedWidth(48);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 8, 6, 8);
    layout->setSpacing(2);
    auto* group = new QButtonGroup(this);
    for (const ToolWords& tool : toolList()) {
        auto* button = new QToolButton(this);
        button->setObjectName(QStringLiteral("tool-") + tool.key);
        button->setIcon(icon(tool.icon));
        button->setIconSize({20, 20});
        button->setCheckable(true);
        button->setFixedSize(36, 36);
        button->setFocusPolicy(Qt::TabFocus);
        button->setToolTip(QStringLiteral("<b>%1</b>  %2<br>%3").arg(tool.title, tool.shortcut, tool.hint));
        button->setAccessibleName(tool.title);
        group->addButton(button);
        layout->addWidget(button);
        buttons_[tool.key] = button;
        connect(button, &QToolButton::clicked, this, [this, key = tool.key] {
            bench_.setTool(key);
            Q_EMIT chosen();
        });
    }
    layout->addStretch(1);
    chip_ = new QToolButton(this);
    chip_->setObjectName(QStringLiteral("classChip"));
    chip_->setIconSize({24, 24});
    chip_->setFixedSize(36, 36);
    chip_->setPopupMode(QToolButton::InstantPopup);
    chip_->setFocusPolicy(Qt::TabFocus);
    auto* menu = new QMenu(chip_);
    connect(menu, &QMenu::aboutToShow, this, [this, menu] {
        menu->clear();
        if (!bench_.document() || bench_.document()->classes().empty()) {
            menu->addAction(tr("No classes yet: predict, or start painting"))->setEnabled(false);
            return;
        }
        int number = 1;
        for (const LabelClass& entry : bench_.document()->classes().classes()) {
            const QColor colour(entry.colour.r, entry.colour.g, entry.colour.b);
            const QString key = number <= 9 ? QStringLiteral("\t%1").arg(number) : QString();
            QAction* action = menu->addAction(colourChip(colour, 16, palette().color(QPalette::Mid)),
                                              QString::fromStdString(entry.name).replace('&', "&&") + key);
            connect(action, &QAction::triggered, this, [this, value = entry.value] {
                bench_.setCurrentLabel(value);
                Q_EMIT chosen();
            });
            ++number;
        }
    });
    chip_->setMenu(menu);
    layout->addWidget(chip_);

    connect(&bench_, &Workbench::toolChanged, this, &ToolStrip::showTool);
    connect(&bench_, &Workbench::classesChanged, this, &ToolStrip::showTool);
    connect(&bench_, &Workbench::documentChanged, this, &ToolStrip::showTool);
    showTool();
}

void ToolStrip::showTool() {
    if (const auto found = buttons_.find(bench_.tool()); found != buttons_.end())
        found->second->setChecked(true);
    const LabelClass* entry =
        bench_.document() ? bench_.document()->classes().find(bench_.currentLabel()) : nullptr;
    const QColor colour =
        entry ? QColor(entry->colour.r, entry->colour.g, entry->colour.b) : palette().color(QPalette::Window);
    chip_->setIcon(colourChip(colour, 24, palette().color(QPalette::Mid)));
    const QString words = entry ? tr("Current class: %1 (keys 1–9)").arg(QString::fromStdString(entry->name))
                                : tr("No class yet: predict, or start painting");
    chip_->setToolTip(words);
    chip_->setAccessibleName(words);
}

} // namespace cristae
