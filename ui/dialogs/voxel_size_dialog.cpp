// VoxelSizeDialog: three lengths; an empty field stays unknown.
#include "ui/dialogs/voxel_size_dialog.h"

#include "core/image/with_voxel_size.h"
#include "ui/dialogs/number_box.h"
#include "ui/panels/parts.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <cmath>

namespace cristae {

namespace {

/// What the field shows of a length, and the length that this stands for.
double shown(const std::optional<double>& nm) {
    return nm ? std::round(*nm * 1e4) / 1e4 : 0;
}

} // namespace

VoxelSizeDialog::VoxelSizeDialog(Workbench& workbench, QWidget* parent)
    : QDialog(parent), workbench_(workbench) {
    setWindowTitle(tr("Voxel size"));
    setAttribute(Qt::WA_DeleteOnClose);
    const VoxelSize size = workbench_.document() ? workbench_.document()->voxelSize() : VoxelSize();
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(12);
    auto* source = secondaryLabel(size.source.empty() ? tr("The file does not state its voxel size.")
                                                      : tr("Source: %1.").arg(text(size.source)),
                                  this);
    source->setObjectName(QStringLiteral("source"));
    layout->addWidget(source);
    auto* form = new QFormLayout;
    const auto field = [&](const QString& words, const char* name, const std::optional<double>& value) {
        auto* box = new NumberBox(this, 4);
        box->setObjectName(QLatin1String(name));
        box->setRange(0, 1e5);
        box->setSuffix(tr(" nm"));
        box->setSpecialValueText(tr("unknown"));
        box->setValue(shown(value));
        box->setMinimumWidth(160);
        form->addRow(words, box);
        return box;
    };
    x_ = field(tr("Width (x)"), "x", size.xNm);
    y_ = field(tr("Height (y)"), "y", size.yNm);
    z_ = field(tr("Slice spacing (z)"), "z", size.zNm);
    layout->addLayout(form);
    layout->addWidget(secondaryLabel(tr("Models resample the image by it; the scale bar and all measurements "
                                        "use it. The file is not changed."),
                                     this));
    complaint_ = complaintLabel(this);
    complaint_->setObjectName(QStringLiteral("complaint"));
    layout->addWidget(complaint_);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    buttons->button(QDialogButtonBox::Ok)->setText(tr("Use this size"));
    setStyleProperty(buttons->button(QDialogButtonBox::Ok), "primary", true);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &VoxelSizeDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    // Pixels are square in nearly every file: the height follows the width while it was equal to it.
    connect(x_, &QDoubleSpinBox::valueChanged, this, [this, last = x_->value()](double value) mutable {
        if (y_->value() == last) y_->setValue(value);
        last = value;
    });
    setMinimumWidth(360);
}

void VoxelSizeDialog::accept() {
    for (NumberBox* box : {x_, y_, z_})
        if (!box->isAcceptable()) {
            setSentence(complaint_,
                        tr("“%1” is no size that can be taken. Write one number from 0.01 to 100000 "
                           "nm, such as 4.5, or 0 for unknown.")
                            .arg(box->text()));
            box->setFocus();
            return;
        }
    if (Document* document = workbench_.document()) {
        const VoxelSize& old = document->voxelSize();
        VoxelSize size = old;
        const auto take = [](NumberBox* box, std::optional<double>& nm) {
            if (box->value() == shown(nm)) return false; // keeps the digits that the field does not show
            nm = box->value() > 0 ? std::optional(box->value()) : std::nullopt;
            return true;
        };
        const bool changedX = take(x_, size.xNm), changedY = take(y_, size.yNm),
                   changedZ = take(z_, size.zNm);
        try {
            checkedVoxelSize(size, tr("Voxel size").toStdString());
        } catch (const Error& error) {
            setSentence(complaint_, text(error.what()));
            return;
        }
        if (changedX || changedY || changedZ) {
            size.source =
                size.xNm || size.yNm || size.zNm ? tr("entered by hand").toStdString() : std::string();
            document->setVoxelSize(size);
        }
    }
    QDialog::accept();
}

} // namespace cristae
