// CorrectPage.
#include "ui/window/correct_page.h"
#include "core/tools/slice_edits.h"
#include "ui/panels/fit_panel.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/window/tool_list.h"
#include "ui/window/workbench.h"

#include <QComboBox>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace cristae {

CorrectPage::CorrectPage(Workbench& bench, QWidget* parent) : QWidget(parent), bench_(bench) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(8);
    layout->addWidget(secondaryLabel(tr("Painting"), this));
    class_ = headingLabel({}, this);
    class_->setWordWrap(true);
    layout->addWidget(class_);
    layout->addSpacing(8);
    layout->addWidget(secondaryLabel(tr("Tool"), this));
    tool_ = new QComboBox(this);
    tool_->setAccessibleName(tr("Tool"));
    for (const ToolWords& tool : toolList())
        tool_->addItem(icon(tool.icon), tr("%1  (%2)").arg(tool.title, tool.shortcut), tool.key);
    layout->addWidget(tool_);
    hint_ = secondaryLabel({}, this);
    layout->addWidget(hint_);
    layout->addSpacing(8);
    fit_ = new FitPanel(bench_, this); // high up, to be in sight on small screens
    layout->addWidget(fit_);
    layout->addSpacing(8);

    layout->addWidget(secondaryLabel(tr("History"), this));
    steps_ = new QLabel(this);
    steps_->setWordWrap(true);
    layout->addWidget(steps_);
    auto* grid = new QGridLayout;
    grid->setSpacing(8);
    undo_ = new QPushButton(icon(QStringLiteral("undo")), tr("Undo"), this);
    redo_ = new QPushButton(icon(QStringLiteral("redo")), tr("Redo"), this);
    grid->addWidget(undo_, 0, 0);
    grid->addWidget(redo_, 0, 1);
    layout->addLayout(grid);
    layout->addSpacing(8);

    layout->addWidget(secondaryLabel(tr("This slice"), this));
    auto* slice = new QGridLayout;
    slice->setSpacing(8);
    before_ = new QPushButton(tr("Copy from previous slice"), this);
    after_ = new QPushButton(tr("Copy from next slice"), this);
    clear_ = new QPushButton(tr("Clear this slice"), this);
    before_->setObjectName(QStringLiteral("copyBefore"));
    after_->setObjectName(QStringLiteral("copyAfter"));
    clear_->setObjectName(QStringLiteral("clearSlice"));
    before_->setToolTip(tr("Copy the current class from the previous slice; locked classes are kept"));
    after_->setToolTip(tr("Copy the current class from the next slice; locked classes are kept"));
    slice->addWidget(before_, 0, 0, 1, 2);
    slice->addWidget(after_, 1, 0, 1, 2);
    slice->addWidget(clear_, 2, 0, 1, 2);
    layout->addLayout(slice);
    layout->addStretch(1);

    connect(tool_, &QComboBox::activated, this, [this](int index) {
        bench_.setTool(tool_->itemData(index).toString());
        Q_EMIT toolChosen();
    });
    connect(undo_, &QPushButton::clicked, this, &CorrectPage::undoWanted);
    connect(redo_, &QPushButton::clicked, this, &CorrectPage::redoWanted);
    connect(clear_, &QPushButton::clicked, this, &CorrectPage::clearSlice);
    connect(before_, &QPushButton::clicked, this, [this] { copyFromNeighbour(-1); });
    connect(after_, &QPushButton::clicked, this, [this] { copyFromNeighbour(1); });
    for (auto signal : {&Workbench::documentChanged, &Workbench::stateChanged, &Workbench::toolChanged,
                        &Workbench::classesChanged, &Workbench::viewChanged})
        connect(&bench_, signal, this, &CorrectPage::showState);
    showState();
}

void CorrectPage::showState() {
    const Document* document = bench_.document();
    const LabelClass* entry = document ? document->classes().find(bench_.currentLabel()) : nullptr;
    class_->setText(entry
                        ? QString::fromStdString(entry->name) + (entry->locked ? tr(" (locked)") : QString())
                        : tr("No class yet: predict, or start painting"));
    const QSignalBlocker block(tool_);
    tool_->setCurrentIndex(tool_->findData(bench_.tool()));
    for (const ToolWords& tool : toolList())
        if (tool.key == bench_.tool()) hint_->setText(tool.hint);
    const bool canUndo = document && document->undoStack().canUndo();
    const bool canRedo = document && document->undoStack().canRedo();
    steps_->setText(canUndo ? tr("Last: %1").arg(QString::fromStdString(document->undoStack().undoWords()))
                            : tr("Nothing has been changed yet."));
    undo_->setEnabled(canUndo);
    undo_->setToolTip(canUndo ? tr("Undo: %1").arg(QString::fromStdString(document->undoStack().undoWords()))
                              : tr("There is nothing to undo"));
    redo_->setEnabled(canRedo);
    redo_->setToolTip(canRedo ? tr("Redo: %1").arg(QString::fromStdString(document->undoStack().redoWords()))
                              : tr("There is nothing to redo"));
    const int64_t slices = document ? document->info().extent().z : 0;
    const int64_t slice = bench_.view().slice;
    auto offer = [&](QPushButton* button, int64_t other) {
        const bool possible = document && entry && other >= 0 && other < slices &&
                              !document->labels().snapshot().sliceEmpty(other);
        button->setVisible(slices > 1);
        button->setEnabled(possible);
        button->setToolTip(possible ? tr("Copy class “%1” from slice %2; locked classes are kept")
                                          .arg(QString::fromStdString(entry->name))
                                          .arg(other + 1)
                                    : tr("The neighbouring slice has no labels to copy"));
    };
    offer(before_, slice - 1);
    offer(after_, slice + 1);
    const bool something = document && !document->labels().snapshot().sliceEmpty(slice);
    clear_->setEnabled(something);
    clear_->setToolTip(something ? tr("Removes all labels of this slice except locked classes")
                                 : tr("This slice has no labels"));
}

void CorrectPage::clearSlice() {
    if (!bench_.document()) return;
    WriteRule rule = bench_.strokeRule();
    rule.onlyOver.reset();
    const int64_t slice = bench_.view().slice;
    Workbench::LabelWork work;
    work.words = tr("Clear slice %1").arg(slice + 1);
    work.make = [rule, slice](const LabelSnapshot& labels, const Progress& progress) {
        return clearedSlice(labels, rule, slice, progress);
    };
    bench_.changeLabels(std::move(work));
}

void CorrectPage::copyFromNeighbour(int step) {
    const Document* document = bench_.document();
    if (!document) return;
    const int64_t slice = bench_.view().slice, other = slice + step;
    if (other < 0 || other >= document->info().extent().z) return;
    Workbench::LabelWork work;
    work.words = tr("Copy from slice %1").arg(other + 1);
    work.make = [rule = bench_.strokeRule(), slice, other,
                 value = bench_.currentLabel()](const LabelSnapshot& labels, const Progress& progress) {
        return copiedSlice(labels, rule, other, slice, value, progress);
    };
    work.done = [bench = &bench_, other](bool changed) {
        if (!changed)
            bench->showRemark(tr("The current class of slice %1 adds no pixel here: they have it already, or "
                                 "their classes are locked.")
                                  .arg(other + 1));
    };
    bench_.changeLabels(std::move(work));
}

} // namespace cristae
