// ObjectModel: the measured objects as rows that can be sorted by any column.
#pragma once
#include "core/measure/class_statistics.h"

#include <QAbstractTableModel>

#include <optional>

namespace cristae {

/// How the sizes of objects are shown: in what is known of the voxel size.
struct SizeUnit {
    double perVoxel = 1; // in the unit
    QString name;        // "px", "voxels", "µm²", "µm³"
    QString title;       // "Area", "Volume", "Size"
};
/// Of objects on one slice (area) or through a stack (volume).
SizeUnit sizeUnit(const VoxelSize& voxelSize, bool volume);

class ObjectModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { number, className, size, slices, border, columns };
    using QAbstractTableModel::QAbstractTableModel;
    /// `label`: only objects of this one; empty: all.
    void show(std::vector<LabelObject> objects, ClassTable names, SizeUnit unit,
              std::optional<uint32_t> label = {});
    const LabelObject& object(int row) const { return objects_[rows_[size_t(row)]]; }
    /// Sizes of the rows, in the unit.
    std::vector<double> sizes() const;
    const SizeUnit& unit() const { return unit_; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    void sort(int column, Qt::SortOrder order) override;

private:
    QString nameOf(uint32_t label) const;
    void order();
    std::vector<LabelObject> objects_;
    std::vector<uint32_t> rows_; // indices into objects_
    ClassTable names_;
    SizeUnit unit_;
    int column_ = number;
    Qt::SortOrder order_ = Qt::AscendingOrder;
};

} // namespace cristae
