// DatasetDialog: a list of datasets with shape, type and axes.
#include "ui/dialogs/dataset_dialog.h"

#include "ui/panels/parts.h"
#include "ui/theme/theme.h"

#include <QDialogButtonBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace cristae {

DatasetDialog::DatasetDialog(const QString& path, std::vector<SceneInfo> datasets, QWidget* parent)
    : QDialog(parent), path_(path), datasets_(std::move(datasets)) {
    setWindowTitle(tr("Choose a dataset"));
    setAttribute(Qt::WA_DeleteOnClose);
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(12);
    layout->addWidget(
        secondaryLabel(tr("%1 holds %n images; choose the one to open.", nullptr, int(datasets_.size()))
                           .arg(QFileInfo(path).fileName()),
                       this));
    table_ = new QTableWidget(int(datasets_.size()), 4, this);
    table_->setObjectName(QStringLiteral("datasets"));
    table_->setHorizontalHeaderLabels({tr("Dataset"), tr("Size"), tr("Type"), tr("Axes")});
    table_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    for (int c = 1; c < 4; ++c)
        table_->horizontalHeader()->setSectionResizeMode(c, QHeaderView::ResizeToContents);
    table_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table_->verticalHeader()->hide();
    table_->setShowGrid(false);
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->setSelectionMode(QAbstractItemView::SingleSelection);
    table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    int first = 0;
    for (int row = 0; row < int(datasets_.size()); ++row) {
        const SceneInfo& one = datasets_[size_t(row)];
        QStringList shape;
        for (const int64_t length : one.shape) shape << QString::number(length);
        const QString name = one.looksLikeLabels ? tr("%1 (labels)").arg(text(one.name)) : text(one.name);
        const QString cells[] = {name, shape.join(QStringLiteral(" × ")), text(one.type), text(one.axes)};
        for (int c = 0; c < 4; ++c) table_->setItem(row, c, new QTableWidgetItem(cells[c]));
    }
    while (first + 1 < int(datasets_.size()) && datasets_[size_t(first)].looksLikeLabels) ++first;
    layout->addWidget(table_, 1);
    auto* form = new QFormLayout;
    axes_ = new QLineEdit(this);
    axes_->setObjectName(QStringLiteral("axes"));
    axes_->setMaxLength(5);
    axes_->setToolTip(
        tr("One letter for each dimension, in order: t time, c channel, z slice, y row, x column."));
    form->addRow(tr("Axes"), axes_);
    layout->addLayout(form);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Open | QDialogButtonBox::Cancel, this);
    setStyleProperty(buttons->button(QDialogButtonBox::Open), "primary", true);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &DatasetDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(table_, &QTableWidget::itemSelectionChanged, this, &DatasetDialog::selectionChanged);
    connect(table_, &QTableWidget::itemDoubleClicked, this, &DatasetDialog::accept);
    if (!datasets_.empty()) table_->selectRow(std::min(first, int(datasets_.size()) - 1));
    resize(560, 360);
}

void DatasetDialog::preferLabels() {
    for (int row = 0; row < int(datasets_.size()); ++row)
        if (datasets_[size_t(row)].looksLikeLabels) return table_->selectRow(row);
}

void DatasetDialog::selectionChanged() {
    const int row = table_->currentRow();
    if (row >= 0) axes_->setText(text(datasets_[size_t(row)].axes));
}

void DatasetDialog::accept() {
    const int row = table_->currentRow();
    if (row < 0) return;
    const SceneInfo& one = datasets_[size_t(row)];
    const QString axes = axes_->text().trimmed().toLower();
    Q_EMIT chosen(path_, text(one.name), axes == text(one.axes) ? QString() : axes);
    QDialog::accept();
}

} // namespace cristae
