// LayersPanel: the classes with colour, name, share, visibility and lock; and how strongly labels cover the
// image.
#pragma once
#include "core/labels/class_table.h"

#include <QTimer>
#include <QWidget>

#include <cstdint>
#include <functional>
#include <map>

class QLabel;
class QSlider;
class QToolButton;
class QVBoxLayout;

namespace cristae {

class Workbench;

class LayersPanel : public QWidget {
    Q_OBJECT
public:
    explicit LayersPanel(Workbench& bench, QWidget* parent = nullptr);

public Q_SLOTS:
    /// Adds "class N" and lets the user type its name.
    void addClass();

private:
    void rebuild();
    QWidget* makeRow(const LabelClass& entry, int number);
    void showCurrent();
    void showStyle();
    void count();
    void change(uint32_t value, const QString& words, const std::function<void(LabelClass&)>& edit);
    void rename(uint32_t value);
    void chooseColour(uint32_t value);
    void removeClass(uint32_t value);
    void rowMenu(uint32_t value, QPoint where);
    bool eventFilter(QObject* watched, QEvent* event) override;

    Workbench& bench_;
    QVBoxLayout* rows_ = nullptr;
    QLabel *empty_ = nullptr, *opacityText_ = nullptr;
    QSlider* opacity_ = nullptr;
    QToolButton* add_ = nullptr;
    std::map<uint32_t, QWidget*> rowOf_;
    std::map<uint32_t, QLabel*> shareOf_;
    QTimer countLater_;
};

} // namespace cristae
