// The data set of the Train page: one row for each image with labels, with what the user should know of it.
#pragma once
#include "core/document/document.h"
#include "core/learn/training_set.h"

#include <QAbstractTableModel>
#include <QImage>
#include <QStringList>
#include <QStyledItemDelegate>

namespace cristae {

enum class RowRole { train, validation, off };

/// A plain value; made in the background by describeRow().
struct DataSetRow {
    TrainingPair pair;
    LabelMeaning meaning;
    std::vector<std::string> classNames;
    RowRole role = RowRole::train;
    QImage thumbnail;
    int64_t slices = 0, labelledSlices = 0;
    QStringList complaints;
};

/// Reads what the row shows: a thumbnail with its labels, the labelled slices, complaints. Takes as long as
/// reading all of it.
DataSetRow describeRow(TrainingPair pair, LabelMeaning meaning, std::vector<std::string> classNames,
                       const Progress& progress);

/// The labelled slices of a document as pairs, the last fifth of them for validation; a single one trains
/// until splitRows() parts it. Empty if nothing is labelled.
struct DocumentPairs {
    std::vector<TrainingPair> pairs;
    LabelMeaning meaning;
    std::vector<std::string> classNames;
};
DocumentPairs pairsOfDocument(const TileSourcePtr& image, const LabelSnapshot& labels,
                              const ClassTable& classes, const VoxelSize& voxelSize);

/// Column 0: thumbnail, name, facts, complaints; column 1: role, editable.
class DataSetModel : public QAbstractTableModel {
    Q_OBJECT
public:
    using QAbstractTableModel::QAbstractTableModel;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    const std::vector<DataSetRow>& rows() const { return rows_; }
    void add(std::vector<DataSetRow> rows);
    void remove(const std::vector<int>& rows);
    int64_t slicesFor(RowRole role) const;
    static QString roleWords(RowRole role);
    QString facts(const DataSetRow& row) const;

private:
    std::vector<DataSetRow> rows_;
};

/// Paints a row as on the sketch: picture, name, facts below; the role is a combo that is always there.
class DataSetDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const override;
    void setEditorData(QWidget* editor, const QModelIndex& index) const override;
    void setModelData(QWidget* editor, QAbstractItemModel* model, const QModelIndex& index) const override;
    void updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option,
                              const QModelIndex& index) const override;
};

} // namespace cristae
