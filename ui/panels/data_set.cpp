// DataSetModel and its delegate.
#include "ui/panels/data_set.h"

#include "ui/panels/parts.h"
#include "ui/theme/theme.h"

#include <QComboBox>
#include <QPainter>

#include <algorithm>

namespace cristae {

namespace {
constexpr int thumbnailWidth = 48, thumbnailHeight = 36;
constexpr int complaintsRole = Qt::UserRole + 1;
} // namespace

int DataSetModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(rows_.size());
}
int DataSetModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : 2;
}

QString DataSetModel::roleWords(RowRole role) {
    switch (role) {
    case RowRole::train:
        return tr("train");
    case RowRole::validation:
        return tr("validation");
    case RowRole::off:
        return tr("off");
    }
    return {};
}

QString DataSetModel::facts(const DataSetRow& row) const {
    const ImageInfo& info = row.pair.image->info();
    QStringList words;
    if (row.slices > 1) words << tr("%n slices", nullptr, int(row.slices));
    words << tr("%1 × %2").arg(info.extent().x).arg(info.extent().y);
    if (row.pair.region) // unless the name says it
        if (const std::string region = regionText(*row.pair.region, info.extent());
            row.pair.name.find(region) == std::string::npos)
            words << text(region);
    words << (info.voxelSize.xNm ? tr("%1 nm").arg(nmWords(*info.voxelSize.xNm)) : tr("pixel size unknown"));
    if (row.labelledSlices == 0)
        words << tr("no labels");
    else if (row.labelledSlices < row.slices)
        words << tr("labels in %1 of %2").arg(row.labelledSlices).arg(row.slices);
    else
        words << tr("labelled");
    return words.join(QStringLiteral(" · "));
}

QVariant DataSetModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const DataSetRow& row = rows_[size_t(index.row())];
    const QString name = text(row.pair.name);
    if (index.column() == 1) {
        if (role == Qt::DisplayRole) return roleWords(row.role);
        if (role == Qt::EditRole) return int(row.role);
        return {};
    }
    switch (role) {
    case Qt::DisplayRole:
        return name;
    case Qt::DecorationRole:
        return row.thumbnail;
    case Qt::UserRole:
        return facts(row);
    case complaintsRole:
        return row.complaints.join(QLatin1Char(' '));
    case Qt::AccessibleTextRole:
        return tr("%1, %2").arg(name, facts(row));
    case Qt::ToolTipRole: {
        QStringList lines{name, facts(row)};
        if (!row.pair.image->info().path.empty()) lines << text(row.pair.image->info().path.string());
        return (lines + row.complaints).join(QLatin1Char('\n'));
    }
    default:
        return {};
    }
}

bool DataSetModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (role != Qt::EditRole || index.column() != 1 || value.toInt() < 0 || value.toInt() > int(RowRole::off))
        return false;
    rows_[size_t(index.row())].role = RowRole(value.toInt());
    Q_EMIT dataChanged(index, index);
    return true;
}

Qt::ItemFlags DataSetModel::flags(const QModelIndex& index) const {
    const Qt::ItemFlags base = QAbstractTableModel::flags(index);
    return index.column() == 1 ? base | Qt::ItemIsEditable : base;
}

QVariant DataSetModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    return section == 0 ? tr("Image and labels") : tr("Use for");
}

void DataSetModel::add(std::vector<DataSetRow> rows) {
    if (rows.empty()) return;
    const int first = int(rows_.size());
    beginInsertRows({}, first, first + int(rows.size()) - 1);
    std::move(rows.begin(), rows.end(), std::back_inserter(rows_));
    endInsertRows();
}

void DataSetModel::remove(const std::vector<int>& rows) {
    std::vector<int> descending = rows;
    std::sort(descending.rbegin(), descending.rend());
    for (const int row : descending) {
        beginRemoveRows({}, row, row);
        rows_.erase(rows_.begin() + row);
        endRemoveRows();
    }
}

int64_t DataSetModel::slicesFor(RowRole role) const {
    int64_t slices = 0;
    for (const DataSetRow& row : rows_)
        if (row.role == role) slices += row.slices;
    return slices;
}

void DataSetDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                            const QModelIndex& index) const {
    const ThemeColours colours = themeColours(option.palette);
    if (option.state & QStyle::State_Selected) painter->fillRect(option.rect, colours.raised);
    if (index.column() == 1) return; // the combo lies over it
    const QRect area = option.rect.adjusted(4, 4, -4, -4);
    const QRect picture(area.left(), area.top() + 2, thumbnailWidth, thumbnailHeight);
    painter->save();
    painter->setRenderHint(QPainter::SmoothPixmapTransform);
    const QImage thumbnail = index.data(Qt::DecorationRole).value<QImage>();
    if (thumbnail.isNull())
        painter->fillRect(picture, colours.border);
    else
        painter->drawImage(picture, thumbnail);
    const QRect words = area.adjusted(thumbnailWidth + 10, 0, 0, 0);
    const QFontMetrics metrics(option.font), small(secondaryFont());
    painter->setFont(option.font);
    painter->setPen(colours.text);
    painter->drawText(QRect(words.left(), words.top(), words.width(), metrics.height()),
                      Qt::AlignLeft | Qt::AlignVCenter,
                      metrics.elidedText(index.data().toString(), Qt::ElideMiddle, words.width()));
    painter->setFont(secondaryFont());
    painter->setPen(colours.secondary);
    const QRect second(words.left(), words.top() + metrics.height() + 2, words.width(), small.height());
    painter->drawText(second, Qt::AlignLeft | Qt::AlignVCenter,
                      small.elidedText(index.data(Qt::UserRole).toString(), Qt::ElideRight, words.width()));
    if (const QString complaint = index.data(complaintsRole).toString(); !complaint.isEmpty()) {
        painter->setPen(colours.warning);
        const QRect third(words.left(), second.bottom() + 2, words.width(), area.bottom() - second.bottom());
        painter->drawText(third, Qt::AlignLeft | Qt::TextWordWrap, complaint);
    }
    painter->restore();
}

QSize DataSetDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    if (index.column() == 1) return {112, thumbnailHeight + 12};
    const QFontMetrics metrics(option.font), small(secondaryFont());
    int height = std::max(thumbnailHeight + 4, metrics.height() + 2 + small.height()) + 8;
    const QString complaint = index.data(complaintsRole).toString();
    if (!complaint.isEmpty()) {
        const int width = std::max(120, option.rect.width() - thumbnailWidth - 18);
        height = std::max(
            height, metrics.height() + 2 + small.height() + 2 + 8 +
                        small.boundingRect(QRect(0, 0, width, 1000), Qt::TextWordWrap, complaint).height());
    }
    return {200, height};
}

QWidget* DataSetDelegate::createEditor(QWidget* parent, const QStyleOptionViewItem&,
                                       const QModelIndex& index) const {
    auto* combo = new QComboBox(parent);
    for (const RowRole role : {RowRole::train, RowRole::validation, RowRole::off})
        combo->addItem(DataSetModel::roleWords(role), int(role));
    combo->setAccessibleName(tr("Use %1 for").arg(index.siblingAtColumn(0).data().toString()));
    connect(combo, &QComboBox::activated, this,
            [this, combo] { Q_EMIT const_cast<DataSetDelegate*>(this)->commitData(combo); });
    return combo;
}

void DataSetDelegate::setEditorData(QWidget* editor, const QModelIndex& index) const {
    auto* combo = qobject_cast<QComboBox*>(editor);
    combo->setCurrentIndex(combo->findData(index.data(Qt::EditRole)));
}

void DataSetDelegate::setModelData(QWidget* editor, QAbstractItemModel* model,
                                   const QModelIndex& index) const {
    model->setData(index, qobject_cast<QComboBox*>(editor)->currentData(), Qt::EditRole);
}

void DataSetDelegate::updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option,
                                           const QModelIndex&) const {
    const int height = std::min(option.rect.height() - 8, editor->sizeHint().height());
    editor->setGeometry(option.rect.left() + 2, option.rect.top() + (option.rect.height() - height) / 2,
                        option.rect.width() - 4, height);
}

} // namespace cristae
