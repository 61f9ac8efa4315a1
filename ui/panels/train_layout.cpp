// TrainPage, what is on it.
#include "core/learn/recipe.h"
#include "ui/charts/line_chart.h"
#include "ui/panels/data_set.h"
#include "ui/panels/parts.h"
#include "ui/panels/split_line.h"
#include "ui/panels/studies_page.h"
#include "ui/panels/train_page.h"
#include "ui/panels/training_preview.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"

#include <QButtonGroup>
#include <QComboBox>
#include <QFrame>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

namespace cristae {

void TrainPage::buildLayout() {
    auto* training = new QWidget(this);
    studies_ = new StudiesPage(workbench_, *dataSet_, this);
    auto* whole = new QVBoxLayout(this);
    whole->setContentsMargins(0, 0, 0, 0);
    whole->setSpacing(0);
    whole->addWidget(
        segmentedPages({{tr("Training"), tr("Train a model from labelled slices."), training},
                        {tr("Studies"), tr("Reproduce published experiments on your data."), studies_}},
                       this));
    buildTraining(training);
}

void TrainPage::buildTraining(QWidget* page) {
    QVBoxLayout* column = scrollingColumn(page);

    auto* head = new QHBoxLayout;
    head->addWidget(headingLabel(tr("Data set"), this));
    dataSetWords_ = secondaryLabel(QString(), this);
    head->addWidget(dataSetWords_, 1);
    column->addLayout(head);

    table_ = new QTableView(this);
    table_->setObjectName(QStringLiteral("dataSet"));
    table_->setAccessibleName(tr("Data set"));
    table_->setModel(dataSet_.get());
    auto* delegate = new DataSetDelegate(table_);
    table_->setItemDelegate(delegate);
    table_->horizontalHeader()->hide();
    table_->verticalHeader()->hide();
    table_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    table_->horizontalHeader()->setSectionResizeMode(1, QHeaderView::Fixed);
    table_->horizontalHeader()->resizeSection(1, 108);
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->setShowGrid(false);
    table_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    table_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    column->addWidget(table_);

    auto* buttons = new QHBoxLayout;
    addThis_ = new QPushButton(tr("Add this image"), this);
    addThis_->setObjectName(QStringLiteral("addThis"));
    addFiles_ = new QPushButton(tr("Add files…"), this);
    addFiles_->setObjectName(QStringLiteral("addFiles"));
    addFiles_->setToolTip(tr("Images and label images, as folders or stacks, paired by name."));
    remove_ = new QPushButton(this);
    remove_->setIcon(icon(QStringLiteral("trash")));
    remove_->setAccessibleName(tr("Remove"));
    remove_->setToolTip(tr("Removes the selected rows from the data set; no file is changed."));
    for (QPushButton* button : {addThis_, addFiles_, remove_}) buttons->addWidget(button);
    buttons->addStretch(1);
    column->addLayout(buttons);
    split_ = new SplitLine(workbench_, *dataSet_, this);
    column->addWidget(split_);
    addRemembered_ = new QPushButton(this);
    addRemembered_->setObjectName(QStringLiteral("addRemembered"));
    addRemembered_->setToolTip(tr("The image and label files of the last training, for the same purposes."));
    column->addWidget(addRemembered_);
    column->addSpacing(8);

    column->addWidget(secondaryLabel(tr("Recipe"), this));
    auto* segments = new QFrame(this);
    segments->setObjectName(QStringLiteral("segments"));
    segments->setProperty("narrow", true);
    auto* row = new QHBoxLayout(segments);
    row->setContentsMargins(2, 2, 2, 2);
    row->setSpacing(2);
    recipes_ = new QButtonGroup(this);
    int index = 0;
    const auto addSegment = [&](const QString& words, const QString& help) {
        auto* button = new QToolButton(segments);
        button->setText(words);
        button->setToolTip(help);
        button->setCheckable(true);
        button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        button->setMinimumWidth(40);
        recipes_->addButton(button, index++);
        row->addWidget(button);
    };
    for (const NamedRecipe& recipe : namedRecipes()) addSegment(text(recipe.title), text(recipe.description));
    addSegment(tr("Customise…"), tr("Opens the form of all settings."));
    column->addWidget(segments);
    recipeWords_ = secondaryLabel(QString(), this);
    column->addWidget(recipeWords_);
    column->addSpacing(8);

    column->addWidget(secondaryLabel(tr("Name of the model"), this));
    name_ = new QLineEdit(this);
    name_->setObjectName(QStringLiteral("modelName"));
    name_->setAccessibleName(tr("Name of the model"));
    name_->setPlaceholderText(tr("for example mitochondria, my data"));
    column->addWidget(name_);
    column->addWidget(buildUnfinished());
    column->addWidget(buildRun());
    column->addStretch(1);

    QVBoxLayout* foot = fixedFoot(page);
    start_ = primaryButton(tr("Start training"), this);
    start_->setObjectName(QStringLiteral("start"));
    foot->addWidget(start_);
    obstacles_ = complaintLabel(this);
    obstacles_->setObjectName(QStringLiteral("obstacles"));
    foot->addWidget(obstacles_);
    foot->addWidget(buildRunning());

    connect(addThis_, &QPushButton::clicked, this, &TrainPage::addThisImage);
    connect(addFiles_, &QPushButton::clicked, this, &TrainPage::addFiles);
    connect(addRemembered_, &QPushButton::clicked, this, &TrainPage::addRemembered);
    connect(remove_, &QPushButton::clicked, this, [this] {
        std::vector<int> rows;
        for (const QModelIndex& chosen : table_->selectionModel()->selectedRows())
            rows.push_back(chosen.row());
        dataSet_->remove(rows);
    });
    connect(recipes_, &QButtonGroup::idClicked, this, &TrainPage::chooseRecipe);
    connect(name_, &QLineEdit::textChanged, this, &TrainPage::updateState);
    connect(start_, &QPushButton::clicked, this, &TrainPage::start);
}

/// A run that was ended before its time: how far it was, and the way on.
QWidget* TrainPage::buildUnfinished() {
    unfinishedPart_ = new QWidget(this);
    auto* column = new QVBoxLayout(unfinishedPart_);
    column->setContentsMargins(0, 8, 0, 0);
    unfinishedBox_ = new QComboBox(unfinishedPart_);
    unfinishedBox_->setObjectName(QStringLiteral("unfinished"));
    unfinishedBox_->setAccessibleName(tr("Runs that can be resumed"));
    unfinishedBox_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    unfinishedBox_->setMinimumContentsLength(12);
    column->addWidget(unfinishedBox_);
    unfinishedWords_ = secondaryLabel(QString(), unfinishedPart_);
    unfinishedWords_->setObjectName(QStringLiteral("unfinishedWords"));
    column->addWidget(unfinishedWords_);
    auto* buttons = new QHBoxLayout;
    auto* resume = new QPushButton(tr("Resume"), unfinishedPart_);
    resume->setObjectName(QStringLiteral("resume"));
    resume->setToolTip(tr("Continues the run from where it ended, with its own data and recipe."));
    auto* discard = new QPushButton(tr("Discard…"), unfinishedPart_);
    discard->setObjectName(QStringLiteral("discardRun"));
    discard->setToolTip(tr("Removes the run from this list; its log and recipe stay on the disk."));
    buttons->addWidget(resume, 2);
    buttons->addWidget(discard, 1);
    column->addLayout(buttons);
    unfinishedPart_->hide();
    connect(resume, &QPushButton::clicked, this, &TrainPage::resumeRun);
    connect(discard, &QPushButton::clicked, this, &TrainPage::discardRun);
    connect(unfinishedBox_, &QComboBox::currentIndexChanged, this, &TrainPage::updateState);
    return unfinishedPart_;
}

/// How far a run is, with its buttons; hidden until there is one.
QWidget* TrainPage::buildRunning() {
    runBox_ = new QWidget(this);
    auto* running = new QVBoxLayout(runBox_);
    running->setContentsMargins(0, 0, 0, 0);
    bar_ = new QProgressBar(runBox_);
    bar_->setRange(0, 1000);
    bar_->setTextVisible(false);
    running->addWidget(bar_);
    runWords_ = secondaryLabel(QString(), runBox_);
    runWords_->setObjectName(QStringLiteral("runWords"));
    running->addWidget(runWords_);
    auto* buttons = new QHBoxLayout;
    pause_ = new QPushButton(tr("Pause"), runBox_);
    pause_->setObjectName(QStringLiteral("pause"));
    stop_ = new QPushButton(tr("Stop and keep best"), runBox_);
    stop_->setObjectName(QStringLiteral("stop"));
    stop_->setToolTip(tr("Ends the run now; the best network so far becomes the model."));
    cancel_ = new QPushButton(tr("Cancel"), runBox_);
    cancel_->setObjectName(QStringLiteral("cancelTraining"));
    cancel_->setToolTip(tr("Ends the run without a model; it can be resumed later."));
    buttons->addWidget(pause_, 1);
    buttons->addWidget(stop_, 2);
    running->addLayout(buttons);
    running->addWidget(cancel_);
    runBox_->hide();
    connect(pause_, &QPushButton::clicked, this, &TrainPage::pauseOrResume);
    connect(stop_, &QPushButton::clicked, this, &TrainPage::stopAndKeep);
    connect(cancel_, &QPushButton::clicked, this, &TrainPage::cancel);
    return runBox_;
}

/// The end of a run, its curves and preview; hidden until there is something to see.
QWidget* TrainPage::buildRun() {
    auto* all = new QWidget(this);
    auto* column = new QVBoxLayout(all);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);

    endBox_ = new QWidget(all);
    auto* end = new QVBoxLayout(endBox_);
    end->setContentsMargins(0, 0, 0, 0);
    scores_ = new QLabel(endBox_);
    scores_->setObjectName(QStringLiteral("scores"));
    scores_->setWordWrap(true);
    scores_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    end->addWidget(scores_);
    auto* endButtons = new QHBoxLayout;
    use_ = primaryButton(tr("Use this model"), endBox_);
    use_->setObjectName(QStringLiteral("useModel"));
    use_->setToolTip(tr("Opens the Predict page with this model chosen."));
    save_ = new QPushButton(tr("Save model…"), endBox_);
    save_->setMinimumHeight(38);
    save_->setToolTip(tr("Saves a copy of the model file."));
    endButtons->addWidget(use_, 1);
    endButtons->addWidget(save_, 1);
    end->addLayout(endButtons);
    compare_ = new QPushButton(tr("Compare with…"), endBox_);
    compare_->setObjectName(QStringLiteral("compareModels"));
    end->addWidget(compare_);
    comparison_ = new QLabel(endBox_);
    comparison_->setObjectName(QStringLiteral("modelComparison"));
    comparison_->setWordWrap(true);
    comparison_->setTextFormat(Qt::RichText);
    comparison_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    comparison_->hide();
    end->addWidget(comparison_);
    column->addWidget(endBox_);

    curves_ = new QWidget(all);
    auto* curves = new QVBoxLayout(curves_);
    curves->setContentsMargins(0, 8, 0, 0);
    curves->setSpacing(12);
    diceChart_ = new LineChart(tr("Dice"), curves_);
    lossChart_ = new LineChart(tr("Loss"), curves_);
    for (LineChart* chart : {diceChart_, lossChart_}) {
        chart->addSeries(tr("training"));
        chart->addSeries(tr("validation"));
        chart->setXAxis(tr("epoch"));
        curves->addWidget(chart);
    }
    diceChart_->setYRange(0.0, 1.0);
    preview_ = new TrainingPreview(curves_);
    curves->addWidget(preview_);
    column->addWidget(curves_);
    for (QWidget* part : {endBox_, curves_}) part->hide();

    connect(compare_, &QPushButton::clicked, this, &TrainPage::chooseComparison);
    connect(save_, &QPushButton::clicked, this, &TrainPage::saveModel);
    connect(use_, &QPushButton::clicked, this, [this] {
        if (finished_) Q_EMIT useModel(text(finished_->result.package.card.name));
    });
    return all;
}

} // namespace cristae
