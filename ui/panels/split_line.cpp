// SplitLine: looking and splitting in the background.
#include "ui/panels/split_line.h"

#include "ui/panels/parts.h"
#include "ui/panels/split_rows.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QTimer>
#include <QVBoxLayout>

#include <numeric>

namespace cristae {

SplitLine::SplitLine(Workbench& workbench, DataSetModel& dataSet, QWidget* parent)
    : QWidget(parent), workbench_(workbench), dataSet_(dataSet) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    warning_ = complaintLabel(this);
    warning_->setObjectName(QStringLiteral("leaks"));
    column->addWidget(warning_);
    words_ = secondaryLabel(QString(), this);
    words_->setObjectName(QStringLiteral("splitWords"));
    words_->setWordWrap(true);
    column->addWidget(words_);
    auto* row = new QHBoxLayout;
    button_ = new QPushButton(this);
    button_->setObjectName(QStringLiteral("splitByDistance"));
    row->addWidget(button_);
    row->addStretch(1);
    column->addLayout(row);
    soon_ = new QTimer(this); // several changes are looked at once
    soon_->setSingleShot(true);
    soon_->setInterval(0);
    connect(soon_, &QTimer::timeout, this, &SplitLine::look);
    connect(button_, &QPushButton::clicked, this, &SplitLine::splitOrUndo);
    for (auto signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
        connect(&dataSet_, signal, this, &SplitLine::rowsChanged);
    connect(&dataSet_, &QAbstractItemModel::dataChanged, this, &SplitLine::rowsChanged);
    showState();
}

SplitLine::~SplitLine() {
    for (Job* job : {looking_.data(), splitting_.data()})
        if (job) job->cancel();
}

void SplitLine::rowsChanged() {
    if (putting_) return;
    before_.clear(); // changed by hand: the split is not there any more
    done_.clear();
    soon_->start();
    showState();
}

void SplitLine::look() {
    if (looking_) looking_->cancel();
    leaks_.clear();
    showState();
    if (dataSet_.slicesFor(RowRole::train) == 0 || dataSet_.slicesFor(RowRole::validation) == 0) return;
    looking_ = workbench_.jobs().start<QStringList>(
        Queue::background, tr("Comparing training and validation data"),
        [rows = dataSet_.rows()](const Progress& progress) { return leaksOf(rows, progress); },
        [self = QPointer(this)](const QStringList& sentences) {
            if (!self) return;
            self->leaks_ = sentences;
            self->showState();
        },
        [](const Error&) {}, // what cannot be read is said by its row
        {}, false);
}

void SplitLine::splitOrUndo() {
    if (splitting_) return;
    if (!before_.empty()) {
        done_.clear();
        put(std::exchange(before_, {}));
        return;
    }
    splitting_ = workbench_.jobs().start<SplitRows>(
        Queue::background, tr("Splitting the data set"),
        [rows = dataSet_.rows()](const Progress& progress) { return splitRows(rows, progress); },
        [self = QPointer(this)](SplitRows split) {
            if (!self) return;
            self->splitting_ = nullptr;
            std::vector<DataSetRow> before = self->dataSet_.rows();
            self->done_ = split.sentences;
            self->put(std::move(split.rows));
            self->before_ = std::move(before);
            self->showState();
        },
        {},
        [self = QPointer(this)] {
            if (self) self->showState();
        });
    connect(splitting_, &Job::ended, this, [this] {
        splitting_ = nullptr;
        showState();
    });
    showState();
}

void SplitLine::put(std::vector<DataSetRow> rows) {
    putting_ = true;
    std::vector<int> all(dataSet_.rows().size());
    std::iota(all.begin(), all.end(), 0);
    dataSet_.remove(all);
    dataSet_.add(std::move(rows));
    putting_ = false;
    soon_->start();
    showState();
}

void SplitLine::showState() {
    const bool any = dataSet_.slicesFor(RowRole::train) + dataSet_.slicesFor(RowRole::validation) > 0;
    setVisible(any);
    setSentence(warning_, leaks_.join(QLatin1Char('\n')));
    words_->setText(done_.join(QLatin1Char('\n')));
    words_->setVisible(!done_.isEmpty());
    button_->setText(splitting_         ? tr("Splitting…")
                     : !before_.empty() ? tr("Undo the split")
                                        : tr("Split by distance"));
    button_->setToolTip(before_.empty()
                            ? tr("Validation data at least 250 nm (or 10 slices) from training data: whole "
                                 "volumes, slices, or columns of each slice.")
                            : tr("Takes the rows back as they were."));
    button_->setEnabled(!splitting_);
}

} // namespace cristae
