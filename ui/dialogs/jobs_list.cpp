// JobsList: one row for each job, kept up to date by the job itself.
#include "ui/dialogs/jobs_list.h"

#include "ui/jobs/jobs.h"
#include "ui/panels/parts.h"
#include "ui/theme/theme.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QPointer>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include <cmath>

namespace cristae {

namespace {

QString stateWords(const Job& job) {
    switch (job.state()) {
    case Job::State::waiting:
        return JobsList::tr("waiting");
    case Job::State::done:
        return JobsList::tr("done");
    case Job::State::failed:
        return job.errorText();
    case Job::State::cancelled:
        return JobsList::tr("cancelled");
    case Job::State::running:
        break;
    }
    QStringList words{job.words().isEmpty() ? JobsList::tr("running") : job.words()};
    if (const QString left = leftWords(job.secondsLeft()); !left.isEmpty()) words << left;
    return words.join(QStringLiteral(" · "));
}

class JobRow : public QFrame {
public:
    JobRow(Job* job, QWidget* parent) : QFrame(parent), job_(job) {
        auto* row = new QHBoxLayout(this);
        row->setContentsMargins(0, 8, 0, 8);
        auto* words = new QVBoxLayout;
        words->setSpacing(4);
        auto* head = new QHBoxLayout;
        head->addWidget(headingLabel(job->title(), this), 1);
        auto* when = secondaryLabel(job->started().toString(QStringLiteral("HH:mm")), this);
        when->setWordWrap(false);
        head->addWidget(when);
        words->addLayout(head);
        words_ = secondaryLabel(QString(), this);
        words_->setTextInteractionFlags(Qt::TextSelectableByMouse);
        words->addWidget(words_);
        bar_ = new QProgressBar(this);
        bar_->setRange(0, 1000);
        bar_->setTextVisible(false);
        words->addWidget(bar_);
        row->addLayout(words, 1);
        cancel_ = new QPushButton(JobsList::tr("Cancel"), this);
        cancel_->setAccessibleName(JobsList::tr("Cancel %1").arg(job->title()));
        row->addWidget(cancel_, 0, Qt::AlignVCenter);
        connect(cancel_, &QPushButton::clicked, job, &Job::cancel);
        connect(job, &Job::changed, this, &JobRow::refresh);
        connect(job, &Job::ended, this, &JobRow::refresh);
        refresh();
    }

private:
    void refresh() {
        if (!job_) return;
        const bool active = job_->state() == Job::State::running || job_->state() == Job::State::waiting;
        words_->setText(stateWords(*job_));
        const QString role =
            job_->state() == Job::State::failed ? QStringLiteral("error") : QStringLiteral("secondary");
        setStyleProperty(words_, "role", role);
        bar_->setValue(int(std::lround(job_->fraction() * 1000)));
        bar_->setVisible(active);
        cancel_->setVisible(active);
    }
    QPointer<Job> job_;
    QLabel* words_ = nullptr;
    QProgressBar* bar_ = nullptr;
    QPushButton* cancel_ = nullptr;
};

} // namespace

JobsList::JobsList(Jobs& jobs, QWidget* parent) : QDialog(parent), jobs_(jobs) {
    setWindowTitle(tr("Jobs"));
    auto* layout = new QVBoxLayout(this);
    auto* area = new QScrollArea(this);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* inside = new QWidget;
    auto* column = new QVBoxLayout(inside);
    column->setContentsMargins(8, 0, 8, 0);
    empty_ =
        secondaryLabel(tr("No jobs yet. Opening, predicting, exporting and training appear here."), inside);
    column->addWidget(empty_);
    rows_ = new QVBoxLayout;
    rows_->setSpacing(0);
    column->addLayout(rows_);
    column->addStretch(1);
    area->setWidget(inside);
    layout->addWidget(area);
    connect(&jobs_, &Jobs::jobsChanged, this, &JobsList::rebuild);
    rebuild();
    resize(460, 420);
}

void JobsList::rebuild() {
    while (QLayoutItem* item = rows_->takeAt(0)) {
        if (item->widget()) item->widget()->deleteLater();
        delete item;
    }
    const std::vector<Job*> jobs = jobs_.jobs();
    for (Job* job : jobs) rows_->addWidget(new JobRow(job, this));
    empty_->setVisible(jobs.empty());
}

} // namespace cristae
