// ToolOptions: one line above the canvas with the options of the tool in hand.
#pragma once
#include "core/tools/tool.h"

#include <QWidget>

#include <memory>
#include <vector>

class QComboBox;
class QHBoxLayout;
class QLabel;
class QSlider;

namespace cristae {

class Workbench;

class ToolOptions : public QWidget {
    Q_OBJECT
public:
    explicit ToolOptions(Workbench& bench, QWidget* parent = nullptr);
    ~ToolOptions() override;

private:
    void showTool();
    void fillOver();
    void buildOptions();
    void showOptions();
    Workbench& bench_;
    QLabel *title_ = nullptr, *sizeWord_ = nullptr, *sizeText_ = nullptr, *overWord_ = nullptr,
           *hint_ = nullptr;
    QSlider* size_ = nullptr;
    QComboBox* over_ = nullptr;
    QHBoxLayout* row_ = nullptr;
    std::vector<std::unique_ptr<Tool>> tools_;
    struct OptionField;
    std::vector<OptionField> fields_;
};

} // namespace cristae
