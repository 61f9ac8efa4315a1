// ObjectForm: how a class becomes numbered objects.
#pragma once
#include "core/measure/instances.h"

#include <QWidget>

class QComboBox;
class QDoubleSpinBox;
class QSpinBox;

namespace cristae {

class ObjectForm : public QWidget {
    Q_OBJECT
public:
    /// Of a single slice there is nothing to say about the volume.
    explicit ObjectForm(bool volume, QWidget* parent = nullptr);
    ObjectRule rule() const;

private:
    QComboBox *splitting_, *within_;
    QDoubleSpinBox* depth_;
    QSpinBox* smallest_;
};

} // namespace cristae
