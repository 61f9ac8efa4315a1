// FitPanel, what is on it.
#include "ui/panels/before_after.h"
#include "ui/panels/fit_panel.h"
#include "ui/panels/parts.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

namespace cristae {

void FitPanel::buildLayout() {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    column->addWidget(secondaryLabel(tr("Improve the model"), this));

    setup_ = new QWidget(this);
    auto* setup = new QVBoxLayout(setup_);
    setup->setContentsMargins(0, 0, 0, 0);
    setup->setSpacing(8);
    auto* parts = new QHBoxLayout;
    complete_ = new QCheckBox(setup_);
    complete_->setObjectName(QStringLiteral("sliceComplete"));
    complete_->setToolTip(tr("Every pixel of the slice is labelled rightly, background included. Elsewhere "
                             "only what you painted or erased by hand counts."));
    parts->addWidget(complete_, 1);
    rectangle_ = new QPushButton(tr("Part…"), setup_);
    rectangle_->setObjectName(QStringLiteral("completePart"));
    rectangle_->setToolTip(
        tr("Draw a rectangle in which every pixel is labelled rightly, background included (K)."));
    parts->addWidget(rectangle_);
    setup->addLayout(parts);
    known_ = secondaryLabel({}, setup_);
    known_->setObjectName(QStringLiteral("fitKnown"));
    setup->addWidget(known_);
    background_ = new QPushButton(tr("Paint background strokes"), setup_);
    background_->setObjectName(QStringLiteral("backgroundStrokes"));
    background_->setToolTip(tr("Takes the brush and the class “background”: what certainly is no object."));
    setup->addWidget(background_);
    auto* row = new QHBoxLayout;
    name_ = new QLineEdit(setup_);
    name_->setObjectName(QStringLiteral("fitName"));
    name_->setAccessibleName(tr("Name of the fitted model"));
    row->addWidget(name_, 1);
    minutes_ = new QDoubleSpinBox(setup_);
    minutes_->setObjectName(QStringLiteral("fitMinutes"));
    minutes_->setAccessibleName(tr("At most so many minutes"));
    minutes_->setRange(0.5, 240);
    minutes_->setDecimals(0);
    minutes_->setValue(10);
    minutes_->setSuffix(tr(" min"));
    minutes_->setToolTip(tr("The longest the fit may take on this computer; it often needs less."));
    row->addWidget(minutes_);
    setup->addLayout(row);
    start_ = primaryButton({}, setup_);
    start_->setObjectName(QStringLiteral("startFit"));
    setup->addWidget(start_);
    explanation_ = secondaryLabel({}, setup_);
    setup->addWidget(explanation_);
    column->addWidget(setup_);
    complaint_ = complaintLabel(this);
    complaint_->setObjectName(QStringLiteral("fitProblem"));
    column->addWidget(complaint_);

    pictures_ = new BeforeAfter(this);
    column->addWidget(pictures_);

    runBox_ = new QWidget(this);
    auto* run = new QVBoxLayout(runBox_);
    run->setContentsMargins(0, 0, 0, 0);
    bar_ = new QProgressBar(runBox_);
    bar_->setRange(0, 1000);
    bar_->setTextVisible(false);
    run->addWidget(bar_);
    words_ = secondaryLabel({}, runBox_);
    words_->setObjectName(QStringLiteral("fitWords"));
    run->addWidget(words_);
    auto* buttons = new QHBoxLayout;
    stop_ = new QPushButton(tr("Stop and keep"), runBox_);
    stop_->setObjectName(QStringLiteral("stopFit"));
    cancel_ = new QPushButton(tr("Cancel"), runBox_);
    cancel_->setObjectName(QStringLiteral("cancelFit"));
    cancel_->setToolTip(tr("Ends the run without a model; the Train page offers to resume it."));
    buttons->addWidget(stop_, 1);
    buttons->addWidget(cancel_, 1);
    run->addLayout(buttons);
    column->addWidget(runBox_);

    endBox_ = new QWidget(this);
    auto* end = new QVBoxLayout(endBox_);
    end->setContentsMargins(0, 0, 0, 0);
    end_ = new QLabel(endBox_);
    end_->setObjectName(QStringLiteral("fitEnd"));
    end_->setWordWrap(true);
    end->addWidget(end_);
    auto* choice = new QHBoxLayout;
    use_ = primaryButton(tr("Use it"), endBox_);
    use_->setObjectName(QStringLiteral("useFit"));
    use_->setToolTip(tr("The fitted model becomes the chosen one on the Predict page."));
    back_ = new QPushButton(tr("Back"), endBox_);
    back_->setObjectName(QStringLiteral("backFit"));
    back_->setMinimumHeight(38);
    back_->setToolTip(tr("Keeps the model that was in use and deletes the fitted one."));
    choice->addWidget(use_, 1);
    choice->addWidget(back_, 1);
    end->addLayout(choice);
    column->addWidget(endBox_);

    connect(complete_, &QCheckBox::clicked, this,
            [this](bool on) { workbench_.setSliceComplete(workbench_.view().slice, on); });
    connect(rectangle_, &QPushButton::clicked, this,
            [this] { workbench_.setTool(QStringLiteral("complete")); });
    connect(background_, &QPushButton::clicked, this, &FitPanel::strokeBackground);
    connect(start_, &QPushButton::clicked, this, &FitPanel::start);
    connect(stop_, &QPushButton::clicked, this, &FitPanel::stopAndKeep);
    connect(cancel_, &QPushButton::clicked, this, &FitPanel::cancel);
    connect(use_, &QPushButton::clicked, this, &FitPanel::useIt);
    connect(back_, &QPushButton::clicked, this, &FitPanel::goBack);
}

} // namespace cristae
