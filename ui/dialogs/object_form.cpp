// ObjectForm: four fields.
#include "ui/dialogs/object_form.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QSpinBox>

namespace cristae {

ObjectForm::ObjectForm(bool volume, QWidget* parent)
    : QWidget(parent), splitting_(new QComboBox(this)), within_(new QComboBox(this)),
      depth_(new QDoubleSpinBox(this)), smallest_(new QSpinBox(this)) {
    auto* form = new QFormLayout(this);
    form->setContentsMargins(0, 0, 0, 0);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    splitting_->setObjectName(QStringLiteral("splitting"));
    splitting_->addItem(tr("Connected components"), int(Splitting::none));
    splitting_->addItem(tr("Split touching objects (distance-transform watershed)"),
                        int(Splitting::distance));
    splitting_->addItem(tr("Cells between boundaries (watershed)"), int(Splitting::boundary));
    form->addRow(tr("Objects"), splitting_);
    depth_->setObjectName(QStringLiteral("depth"));
    depth_->setRange(0, 1000);
    depth_->setDecimals(1);
    depth_->setValue(ObjectRule{}.depth);
    depth_->setSuffix(tr(" px"));
    depth_->setToolTip(tr("Minimum basin depth of the distance transform: larger values split less."));
    form->addRow(tr("Minimum basin depth"), depth_);
    within_->setObjectName(QStringLiteral("within"));
    within_->addItem(tr("3D, through the slices"), int(Connectivity::volume));
    within_->addItem(tr("2D, in each slice"), int(Connectivity::slices));
    if (volume)
        form->addRow(tr("Connectivity"), within_);
    else
        within_->hide();
    smallest_->setObjectName(QStringLiteral("smallest"));
    smallest_->setRange(0, 1000000000);
    smallest_->setSuffix(volume ? tr(" voxels") : tr(" px"));
    smallest_->setSpecialValueText(tr("keep all"));
    form->addRow(tr("Minimum size"), smallest_);
    const auto showDepth = [this] { depth_->setEnabled(splitting_->currentIndex() > 0); };
    connect(splitting_, &QComboBox::currentIndexChanged, this, showDepth);
    showDepth();
}

ObjectRule ObjectForm::rule() const {
    return {Connectivity(within_->currentData().toInt()), Splitting(splitting_->currentData().toInt()),
            depth_->value(), smallest_->value()};
}

} // namespace cristae
