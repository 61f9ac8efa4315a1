// ObjectModel.
#include "ui/panels/object_model.h"

#include "ui/panels/parts.h"

#include <QLocale>
#include <QPixmap>

#include <algorithm>

namespace cristae {

SizeUnit sizeUnit(const VoxelSize& voxelSize, bool volume) {
    const auto tr = [](const char* words) { return ObjectModel::tr(words); };
    if (voxelSize.knownInPlane() && volume && voxelSize.zNm)
        return {*voxelSize.yNm * *voxelSize.xNm * *voxelSize.zNm / 1e9, tr("µm³"), tr("Volume")};
    if (voxelSize.knownInPlane() && !volume)
        return {*voxelSize.yNm * *voxelSize.xNm / 1e6, tr("µm²"), tr("Area")};
    return {1, volume ? tr("voxels") : tr("px"), tr("Size")};
}

void ObjectModel::show(std::vector<LabelObject> objects, ClassTable names, SizeUnit unit,
                       std::optional<uint32_t> label) {
    beginResetModel();
    objects_ = std::move(objects);
    names_ = std::move(names);
    unit_ = std::move(unit);
    rows_.clear();
    for (size_t i = 0; i < objects_.size(); ++i)
        if (!label || objects_[i].label == *label) rows_.push_back(uint32_t(i));
    order();
    endResetModel();
}

std::vector<double> ObjectModel::sizes() const {
    std::vector<double> sizes;
    sizes.reserve(rows_.size());
    for (const uint32_t row : rows_) sizes.push_back(double(objects_[row].voxels) * unit_.perVoxel);
    return sizes;
}

int ObjectModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(rows_.size());
}

int ObjectModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : columns;
}

QString ObjectModel::nameOf(uint32_t label) const {
    const LabelClass* entry = names_.find(label);
    return entry ? text(entry->name) : tr("label %1").arg(label);
}

QVariant ObjectModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const LabelObject& one = object(index.row());
    const int column = index.column();
    if (role == Qt::TextAlignmentRole)
        return int((column == size || column == slices ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role == Qt::DecorationRole && column == className) {
        const LabelClass* entry = names_.find(one.label);
        return swatch(entry ? entry->colour : standardColour("", one.label), 2);
    }
    if (role == Qt::ToolTipRole)
        return tr("%1 voxels, centre at x %2, y %3; click to go there")
            .arg(QLocale().toString(qint64(one.voxels)))
            .arg(one.centroidX, 0, 'f', 1)
            .arg(one.centroidY, 0, 'f', 1);
    if (role != Qt::DisplayRole) return {};
    switch (column) {
    case number:
        return qlonglong(one.number);
    case className:
        return nameOf(one.label);
    case size:
        return unit_.perVoxel == 1 ? QLocale().toString(qint64(one.voxels))
                                   : QLocale::c().toString(double(one.voxels) * unit_.perVoxel, 'g', 3);
    case slices:
        return one.box.z1 - one.box.z0 == 1 ? QString::number(one.box.z0 + 1)
                                            : tr("%1–%2").arg(one.box.z0 + 1).arg(one.box.z1);
    case border:
        return one.touchesBorder ? tr("cut") : QString();
    default:
        return {};
    }
}

QVariant ObjectModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return int((section == size || section == slices ? Qt::AlignRight : Qt::AlignLeft) |
                   Qt::AlignVCenter);
    if (role == Qt::ToolTipRole && section == border)
        return tr("The object reaches the edge of the image, so its true size is not known");
    if (role != Qt::DisplayRole) return {};
    switch (section) {
    case number:
        return tr("No.");
    case className:
        return tr("Class");
    case size:
        return tr("%1 %2").arg(unit_.title, unit_.name);
    case slices:
        return tr("Slices");
    case border:
        return tr("Edge");
    default:
        return {};
    }
}

void ObjectModel::sort(int column, Qt::SortOrder order) {
    Q_EMIT layoutAboutToBeChanged();
    column_ = column;
    order_ = order;
    this->order();
    changePersistentIndexList(persistentIndexList(), QModelIndexList(persistentIndexList().size()));
    Q_EMIT layoutChanged();
}

void ObjectModel::order() {
    const auto key = [&](uint32_t row) -> int64_t {
        const LabelObject& one = objects_[row];
        switch (column_) {
        case className:
            return one.label;
        case size:
            return one.voxels;
        case slices:
            return one.box.z0;
        case border:
            return one.touchesBorder;
        default:
            return one.number;
        }
    };
    std::stable_sort(rows_.begin(), rows_.end(), [&](uint32_t a, uint32_t b) {
        return order_ == Qt::AscendingOrder ? key(a) < key(b) : key(b) < key(a);
    });
}

} // namespace cristae
