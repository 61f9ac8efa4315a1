// StudiesPage, what is on it.
#include "ui/jobs/jobs.h"
#include "ui/panels/parts.h"
#include "ui/panels/studies_page.h"
#include "ui/panels/study_view.h"
#include "ui/theme/theme.h"

#include <QButtonGroup>
#include <QComboBox>
#include <QDesktopServices>
#include <QFrame>
#include <QGridLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QProgressBar>
#include <QPushButton>
#include <QTableWidget>
#include <QToolButton>
#include <QUrl>
#include <QVBoxLayout>

namespace cristae {

namespace {

/// A line for a path with a button that chooses one.
QWidget* pathRow(QLineEdit*& line, QPushButton*& choose, const QString& words, QWidget* parent) {
    auto* row = new QWidget(parent);
    auto* layout = new QGridLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setVerticalSpacing(4);
    layout->addWidget(secondaryLabel(words, row), 0, 0, 1, 2);
    line = new QLineEdit(row);
    line->setAccessibleName(words);
    choose = new QPushButton(StudiesPage::tr("Choose…"), row);
    layout->addWidget(line, 1, 0);
    layout->addWidget(choose, 1, 1);
    layout->setColumnStretch(0, 1);
    return row;
}

} // namespace

void StudiesPage::buildLayout() {
    QVBoxLayout* column = scrollingColumn(this);
    column->addWidget(headingLabel(tr("Studies"), this));
    column->addWidget(secondaryLabel(
        tr("Repeats a published experiment: one setting is varied at a time, and the scores are compared."),
        this));
    list_ = new QListWidget(this);
    list_->setObjectName(QStringLiteral("studies"));
    list_->setAccessibleName(tr("Studies"));
    for (const auto& one : allStudies()) {
        auto* item = new QListWidgetItem(text(one->title()), list_);
        item->setToolTip(tr("%1. %2").arg(text(one->title()), text(one->question())));
        item->setData(Qt::UserRole, text(one->key()));
    }
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list_->ensurePolished(); // the style sheet makes the rows higher
    list_->setFixedHeight(list_->sizeHintForRow(0) * list_->count() + 6);
    column->addWidget(list_);
    question_ = secondaryLabel(QString(), this);
    question_->setObjectName(QStringLiteral("studyQuestion"));
    column->addWidget(question_);
    column->addSpacing(8);
    column->addWidget(buildData());
    model_ = new QComboBox(this);
    model_->setObjectName(QStringLiteral("studyModel"));
    model_->setAccessibleName(tr("Model to study"));
    column->addWidget(model_);

    auto* segments = new QFrame(this);
    segments->setObjectName(QStringLiteral("segments"));
    segments->setProperty("narrow", true);
    auto* row = new QHBoxLayout(segments);
    row->setContentsMargins(2, 2, 2, 2);
    row->setSpacing(2);
    size_ = new QButtonGroup(this);
    const std::pair<QString, QString> sizes[] = {{tr("Quick"), tr("Reduced size, for two processor cores.")},
                                                 {tr("Full"), tr("Published size, for a GPU.")}};
    for (int i = 0; i < 2; ++i) {
        auto* button = new QToolButton(segments);
        button->setText(sizes[i].first);
        button->setToolTip(sizes[i].second);
        button->setCheckable(true);
        button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        size_->addButton(button, i);
        row->addWidget(button);
    }
    size_->button(0)->setChecked(true);
    column->addWidget(segments);
    QPushButton* chooseFolder = nullptr;
    column->addWidget(pathRow(folder_, chooseFolder, tr("Output folder"), this));
    folder_->setObjectName(QStringLiteral("studyFolder"));
    folderWords_ = secondaryLabel(QString(), this);
    folderWords_->setObjectName(QStringLiteral("studyFolderWords"));
    column->addWidget(folderWords_);
    column->addWidget(buildResult());
    column->addStretch(1);

    QVBoxLayout* foot = fixedFoot(this);
    run_ = primaryButton(tr("Run the study"), this);
    run_->setObjectName(QStringLiteral("runStudy"));
    foot->addWidget(run_);
    obstacles_ = complaintLabel(this);
    obstacles_->setObjectName(QStringLiteral("studyObstacles"));
    foot->addWidget(obstacles_);

    running_ = new QWidget(this);
    auto* running = new QGridLayout(running_);
    running->setContentsMargins(0, 0, 0, 0);
    bar_ = new QProgressBar(running_);
    bar_->setRange(0, 1000);
    bar_->setTextVisible(false);
    runningWords_ = secondaryLabel(QString(), running_);
    runningWords_->setObjectName(QStringLiteral("studyRunning"));
    cancel_ = new QPushButton(tr("Cancel"), running_);
    cancel_->setObjectName(QStringLiteral("cancelStudy"));
    cancel_->setToolTip(tr("Finished steps are kept; the study continues from them when it is run again."));
    running->addWidget(bar_, 0, 0, 1, 2);
    running->addWidget(runningWords_, 1, 0);
    running->addWidget(cancel_, 1, 1);
    running->setColumnStretch(0, 1);
    foot->addWidget(running_);

    connect(list_, &QListWidget::currentRowChanged, this, &StudiesPage::studyChosen);
    connect(size_, &QButtonGroup::idClicked, this, &StudiesPage::studyChosen);
    connect(chooseFolder, &QPushButton::clicked, this,
            [this] { chooseFile(folder_, tr("Folder of the study"), true); });
    connect(folder_, &QLineEdit::textEdited, this, [this] { folderChosen_ = true; });
    connect(folder_, &QLineEdit::textChanged, this, &StudiesPage::updateState);
    connect(run_, &QPushButton::clicked, this, &StudiesPage::run);
    connect(cancel_, &QPushButton::clicked, this, [this] {
        if (job_) job_->cancel();
    });
}

QWidget* StudiesPage::buildData() {
    dataPart_ = new QWidget(this);
    auto* column = new QVBoxLayout(dataPart_);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    data_ = new QComboBox(dataPart_);
    data_->setObjectName(QStringLiteral("studyData"));
    data_->setAccessibleName(tr("Data of the study"));
    data_->addItem(tr("The data set of the Train page"), int(Data::page));
    data_->addItem(tr("Data closest to the published study"), int(Data::standard));
    data_->addItem(tr("A data list (JSON)"), int(Data::list));
    column->addWidget(data_);
    dataWords_ = secondaryLabel(QString(), dataPart_);
    column->addWidget(dataWords_);
    QPushButton *chooseList = nullptr, *chooseRoot = nullptr;
    listRow_ = pathRow(listFile_, chooseList, tr("Data list"), dataPart_);
    rootRow_ = pathRow(root_, chooseRoot, tr("Base folder of its paths"), dataPart_);
    column->addWidget(listRow_);
    column->addWidget(rootRow_);
    connect(data_, &QComboBox::currentIndexChanged, this, &StudiesPage::updateState);
    for (QLineEdit* line : {listFile_, root_})
        connect(line, &QLineEdit::textChanged, this, &StudiesPage::updateState);
    connect(chooseList, &QPushButton::clicked, this,
            [this] { chooseFile(listFile_, tr("Choose a data list"), false); });
    connect(chooseRoot, &QPushButton::clicked, this,
            [this] { chooseFile(root_, tr("Folder of the data sets"), true); });
    return dataPart_;
}

QWidget* StudiesPage::buildResult() {
    resultPart_ = new QWidget(this);
    auto* column = new QVBoxLayout(resultPart_);
    column->setContentsMargins(0, 12, 0, 0);
    column->setSpacing(8);
    title_ = headingLabel(QString(), resultPart_);
    title_->setWordWrap(true);
    column->addWidget(title_);
    view_ = new StudyView(resultPart_);
    view_->setObjectName(QStringLiteral("studyChart"));
    column->addWidget(view_);
    table_ = new QTableWidget(resultPart_);
    table_->setObjectName(QStringLiteral("studyTable"));
    table_->setAccessibleName(tr("Result of the study"));
    table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table_->setSelectionMode(QAbstractItemView::NoSelection);
    table_->setFocusPolicy(Qt::NoFocus);
    table_->setShowGrid(false);
    table_->verticalHeader()->hide();
    table_->verticalHeader()->setDefaultSectionSize(24);
    table_->horizontalHeader()->setHighlightSections(false);
    column->addWidget(table_);
    notes_ = secondaryLabel(QString(), resultPart_);
    notes_->setObjectName(QStringLiteral("studyNotes"));
    column->addWidget(notes_);
    auto* buttons = new QHBoxLayout;
    auto* enlarge = new QPushButton(tr("Enlarge"), resultPart_);
    auto* folder = new QPushButton(tr("Open folder"), resultPart_);
    folder->setObjectName(QStringLiteral("openStudyFolder"));
    auto* save = new QPushButton(tr("Save…"), resultPart_);
    save->setToolTip(tr("The table as CSV, or the chart as PDF or PNG."));
    for (QPushButton* button : {enlarge, folder, save}) buttons->addWidget(button, 1);
    column->addLayout(buttons);
    connect(enlarge, &QPushButton::clicked, view_, &StudyView::enlarge);
    connect(folder, &QPushButton::clicked, this,
            [this] { QDesktopServices::openUrl(QUrl::fromLocalFile(text(resultFolder_.string()))); });
    connect(save, &QPushButton::clicked, this, &StudiesPage::chooseResultFile);
    return resultPart_;
}

} // namespace cristae
