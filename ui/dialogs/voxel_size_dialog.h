// VoxelSizeDialog: the edge lengths of a voxel in nm, where they come from, and a way to enter them;
// undoable.
#pragma once
#include <QDialog>

class QLabel;

namespace cristae {

class NumberBox;
class Workbench;

/// Open with open().
class VoxelSizeDialog : public QDialog {
    Q_OBJECT
public:
    explicit VoxelSizeDialog(Workbench& workbench, QWidget* parent = nullptr);

private:
    void accept() override;
    Workbench& workbench_;
    NumberBox *z_ = nullptr, *y_ = nullptr, *x_ = nullptr;
    QLabel* complaint_ = nullptr; // why a number cannot be taken
};

} // namespace cristae
