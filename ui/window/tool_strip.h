// ToolStrip: the column of tools at the left, with the current class at its foot.
#pragma once
#include <QWidget>

#include <map>

class QToolButton;

namespace cristae {

class Workbench;

class ToolStrip : public QWidget {
    Q_OBJECT
public:
    explicit ToolStrip(Workbench& bench, QWidget* parent = nullptr);

Q_SIGNALS:
    /// A tool was clicked: the canvas should have the keys now.
    void chosen();

private:
    void showTool();
    Workbench& bench_;
    std::map<QString, QToolButton*> buttons_;
    QToolButton* chip_ = nullptr;
};

/// A rounded square of a class's colour with a hairline, for chips and rows.
QIcon colourChip(const QColor& colour, int size, const QColor& border);

} // namespace cristae
