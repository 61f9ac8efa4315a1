// DatasetDialog: a list of datasets with shape and type, and the axes of the selected one.
#include "ui/dialogs/dataset_dialog.h"

#include "ui/dialogs/axes_form.h"
#include "ui/panels/parts.h"
#include "ui/theme/theme.h"

#include <QDialogButtonBox>
#include <QFileInfo>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

namespace cristae {

DatasetDialog::DatasetDialog(Workbench& bench, const QString& path, std::vector<SceneInfo> datasets,
                             QWidget* parent)
    : QDialog(parent), path_(path), datasets_(std::move(datasets)) {
    const bool one = datasets_.size() == 1;
    setWindowTitle(one ? tr("Axes") : tr("Choose an image"));
    setAttribute(Qt::WA_DeleteOnClose);
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(12);
    const QString file = QFileInfo(path).fileName();
    layout->addWidget(secondaryLabel(
        one ? tr("How the dimensions of %1 in %2 are read.").arg(text(datasets_.front().name), file)
            : tr("%1 holds %n images; choose the one to open.", nullptr, int(datasets_.size())).arg(file),
        this));
    table_ = new QTableWidget(int(datasets_.size()), 4, this);
    table_->setObjectName(QStringLiteral("datasets"));
    table_->setHorizontalHeaderLabels({tr("Image"), tr("Size"), tr("Type"), tr("Axes")});
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
        const SceneInfo& each = datasets_[size_t(row)];
        QStringList shape;
        for (const int64_t length : each.shape) shape << QString::number(length);
        const QString name = each.looksLikeLabels ? tr("%1 (labels)").arg(text(each.name))
                             : each.reduced       ? tr("%1 (reduced)").arg(text(each.name))
                                                  : text(each.name);
        const QString cells[] = {name, shape.join(QStringLiteral(" × ")), text(each.type), text(each.axes)};
        for (int c = 0; c < 4; ++c) table_->setItem(row, c, new QTableWidgetItem(cells[c]));
    }
    const auto lesser = [&](int row) {
        return datasets_[size_t(row)].looksLikeLabels || datasets_[size_t(row)].reduced;
    };
    while (first < int(datasets_.size()) && lesser(first)) ++first;
    if (first == int(datasets_.size())) first = 0;
    layout->addWidget(table_, 1);
    table_->setVisible(!one);
    axes_ = new AxesForm(bench, this);
    layout->addWidget(axes_);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Open | QDialogButtonBox::Cancel, this);
    open_ = buttons->button(QDialogButtonBox::Open);
    setStyleProperty(open_, "primary", true);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &DatasetDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(axes_, &AxesForm::changed, this, [this] { open_->setEnabled(!axes_->axes().isEmpty()); });
    connect(table_, &QTableWidget::itemSelectionChanged, this, &DatasetDialog::selectionChanged);
    connect(table_, &QTableWidget::itemDoubleClicked, this, &DatasetDialog::accept);
    if (!datasets_.empty()) table_->selectRow(first);
    resize(720, one ? 320 : 560);
}

void DatasetDialog::preferLabels() {
    for (int row = 0; row < int(datasets_.size()); ++row)
        if (datasets_[size_t(row)].looksLikeLabels) return table_->selectRow(row);
}

void DatasetDialog::selectionChanged() {
    const int row = table_->currentRow();
    if (row >= 0) axes_->setArray(path_, datasets_[size_t(row)]);
}

void DatasetDialog::accept() {
    const int row = table_->currentRow();
    if (row < 0 || axes_->axes().isEmpty()) return;
    const SceneInfo& one = datasets_[size_t(row)];
    const QString axes = axes_->axes();
    Q_EMIT chosen(path_, text(one.name), axes == text(one.axes) ? QString() : axes);
    QDialog::accept();
}

} // namespace cristae
