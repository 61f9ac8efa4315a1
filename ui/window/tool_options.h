// ToolOptions: one line above the canvas with the options of the tool in hand.
#pragma once
#include <QWidget>

class QComboBox;
class QLabel;
class QSlider;

namespace cristae {

class Workbench;

class ToolOptions : public QWidget {
    Q_OBJECT
public:
    explicit ToolOptions(Workbench& bench, QWidget* parent = nullptr);

private:
    void showTool();
    void fillOver();
    Workbench& bench_;
    QLabel *title_ = nullptr, *sizeWord_ = nullptr, *sizeText_ = nullptr, *overWord_ = nullptr,
           *hint_ = nullptr;
    QSlider* size_ = nullptr;
    QComboBox* over_ = nullptr;
};

} // namespace cristae
