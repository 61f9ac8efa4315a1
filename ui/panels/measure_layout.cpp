// MeasurePage, what is on it.
#include "ui/charts/bar_chart.h"
#include "ui/panels/evaluation_panel.h"
#include "ui/panels/exploration_panel.h"
#include "ui/panels/measure_page.h"
#include "ui/panels/object_model.h"
#include "ui/panels/parts.h"
#include "ui/theme/theme.h"

#include <QComboBox>
#include <QGridLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QTableView>
#include <QTableWidget>
#include <QVBoxLayout>

namespace cristae {

void MeasurePage::buildLayout() {
    auto* whole = new QVBoxLayout(this);
    whole->setContentsMargins(0, 0, 0, 0);
    whole->setSpacing(0);
    auto* objects = new QWidget(this);
    evaluation_ = new EvaluationPanel(workbench_, this);
    exploration_ = new ExplorationPanel(workbench_, this);
    whole->addWidget(segmentedPages(
        {{tr("Objects"), tr("Number, size and position of the labelled objects."), objects},
         {tr("Evaluation"), tr("Agreement of the labels with a ground truth."), evaluation_},
         {tr("Statistics"), tr("Grey values inside and outside the objects, and correlation between slices."),
          exploration_}},
        this));
    connect(evaluation_, &EvaluationPanel::compared, this, &MeasurePage::compared);
    buildObjects(objects);
}

/// The page of objects.
void MeasurePage::buildObjects(QWidget* page) {
    QVBoxLayout* column = scrollingColumn(page);
    where_ = new QComboBox(this);
    where_->setObjectName(QStringLiteral("measureWhere"));
    where_->setAccessibleName(tr("Where to measure"));
    where_->addItem(tr("This slice"), false);
    where_->addItem(tr("The whole stack"), true);
    column->addWidget(where_);
    table_ = new QTableWidget(0, 4, this);
    table_->setObjectName(QStringLiteral("measures"));
    table_->setAccessibleName(tr("Measurements of each class"));
    table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table_->setSelectionMode(QAbstractItemView::NoSelection);
    table_->setFocusPolicy(Qt::NoFocus);
    table_->setShowGrid(false);
    table_->verticalHeader()->hide();
    table_->verticalHeader()->setDefaultSectionSize(26);
    table_->setIconSize(QSize(12, 12));
    table_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    for (int c = 0; c < 4; ++c)
        table_->horizontalHeader()->setSectionResizeMode(c, c == 0 ? QHeaderView::Stretch
                                                                   : QHeaderView::ResizeToContents);
    figures_ = new QWidget(this);
    auto* figures = new QGridLayout(figures_);
    figures->setContentsMargins(0, 8, 0, 8);
    figures->setHorizontalSpacing(16);
    figures->setVerticalSpacing(0);
    int place = 0;
    const auto addFigure = [&](QLabel*& number, QLabel*& words, const char* name) {
        number = new QLabel(figures_);
        number->setObjectName(QString::fromLatin1(name));
        number->setProperty("role", QStringLiteral("number"));
        words = secondaryLabel(QString(), figures_);
        words->setWordWrap(false);
        figures->addWidget(number, 0, place);
        figures->addWidget(words, 1, place++);
    };
    addFigure(count_, countWords_, "objectCount");
    addFigure(mean_, meanWords_, "meanSize");
    addFigure(share_, shareWords_, "share");
    figures->setColumnStretch(place, 1);
    column->addWidget(figures_);
    column->addWidget(table_);

    objectsHead_ = new QWidget(this);
    auto* head = new QHBoxLayout(objectsHead_);
    head->setContentsMargins(0, 8, 0, 0);
    head->addWidget(headingLabel(tr("Objects of"), objectsHead_));
    which_ = new QComboBox(objectsHead_);
    which_->setObjectName(QStringLiteral("objectsOf"));
    which_->setAccessibleName(tr("Objects of which class"));
    head->addWidget(which_, 1);
    column->addWidget(objectsHead_);
    sizeRow_ = new QWidget(this);
    auto* sizes = new QHBoxLayout(sizeRow_);
    sizes->setContentsMargins(0, 0, 0, 0);
    sizes->addWidget(secondaryLabel(tr("Minimum size"), sizeRow_), 1);
    smallest_ = new QSpinBox(sizeRow_);
    smallest_->setObjectName(QStringLiteral("smallestObject"));
    smallest_->setAccessibleName(tr("Minimum object size in voxels"));
    smallest_->setRange(0, 99999999);
    smallest_->setSuffix(tr(" px"));
    smallest_->setSpecialValueText(tr("any"));
    smallest_->setToolTip(
        tr("Objects of fewer pixels (in a stack: voxels) are left out, here and in the table."));
    sizes->addWidget(smallest_);
    column->addWidget(sizeRow_);
    objects_ = new ObjectModel(this);
    view_ = new QTableView(this);
    view_->setObjectName(QStringLiteral("objects"));
    view_->setAccessibleName(tr("Measured objects"));
    view_->setModel(objects_);
    view_->setSortingEnabled(true);
    view_->sortByColumn(ObjectModel::number, Qt::AscendingOrder);
    view_->setSelectionBehavior(QAbstractItemView::SelectRows);
    view_->setSelectionMode(QAbstractItemView::SingleSelection);
    view_->setShowGrid(false);
    view_->setIconSize(QSize(12, 12));
    view_->verticalHeader()->hide();
    view_->verticalHeader()->setDefaultSectionSize(24);
    view_->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    view_->horizontalHeader()->setHighlightSections(false);
    view_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    for (int c = 0; c < ObjectModel::columns; ++c)
        view_->horizontalHeader()->setSectionResizeMode(
            c, c == ObjectModel::className ? QHeaderView::Stretch : QHeaderView::Interactive);
    const std::pair<int, int> widths[] = {{ObjectModel::number, 52},
                                          {ObjectModel::size, 92},
                                          {ObjectModel::slices, 60},
                                          {ObjectModel::border, 44}};
    for (const auto& [section, width] : widths) view_->horizontalHeader()->resizeSection(section, width);
    column->addWidget(view_);
    histogram_ = new BarChart(this);
    histogram_->setObjectName(QStringLiteral("sizeHistogram"));
    column->addWidget(histogram_);
    obstacle_ = secondaryLabel(QString(), this);
    obstacle_->setObjectName(QStringLiteral("measureObstacle"));
    column->addWidget(obstacle_);
    sizeWords_ = secondaryLabel(QString(), this);
    sizeWords_->setTextInteractionFlags(Qt::TextBrowserInteraction);
    column->addWidget(sizeWords_);
    save_ = new QPushButton(tr("Save table…"), this);
    save_->setToolTip(tr("A row for each object, or for each class, as CSV."));
    column->addWidget(save_);

    column->addStretch(1);

    connect(where_, &QComboBox::currentIndexChanged, this, &MeasurePage::refresh);
    connect(which_, &QComboBox::currentIndexChanged, this, &MeasurePage::showObjects);
    connect(which_, &QComboBox::activated, this, [this](int index) { allChosen_ = index == 0; });
    connect(smallest_, &QSpinBox::valueChanged, this, &MeasurePage::later);
    const auto go = [this](const QModelIndex& row) {
        if (row.isValid()) goTo(objects_->object(row.row()));
    };
    connect(view_, &QTableView::clicked, this, go);
    connect(view_, &QTableView::activated, this, go);
    connect(save_, &QPushButton::clicked, this, &MeasurePage::chooseTableFile);
    connect(sizeWords_, &QLabel::linkActivated, this, &MeasurePage::voxelSizeWanted);
}

} // namespace cristae
