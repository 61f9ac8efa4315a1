// VoxelSizeDialog: the edge lengths of a voxel in nm, where they come from, and a way to enter them;
// undoable.
#pragma once
#include <QDialog>

class QDoubleSpinBox;
class QLabel;

namespace cristae {

class Workbench;

/// Open with open().
class VoxelSizeDialog : public QDialog {
    Q_OBJECT
public:
    explicit VoxelSizeDialog(Workbench& workbench, QWidget* parent = nullptr);

private:
    void accept() override;
    Workbench& workbench_;
    QDoubleSpinBox *z_ = nullptr, *y_ = nullptr, *x_ = nullptr;
};

} // namespace cristae
