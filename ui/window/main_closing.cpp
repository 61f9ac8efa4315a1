// MainWindow: its end, asked for or forced, and what an earlier end left: unsaved labels, files that were
// left out.
#include "ui/canvas/canvas_view.h"
#include "ui/canvas/difference_layer.h"
#include "ui/panels/measure_page.h"
#include "ui/panels/predict_page.h"
#include "ui/panels/train_page.h"
#include "ui/window/correct_page.h"
#include "ui/window/forced_end.h"
#include "ui/window/layers_panel.h"
#include "ui/window/main_window.h"
#include "ui/window/message_bar.h"
#include "ui/window/offer_bar.h"
#include "ui/window/recovery.h"
#include "ui/window/start_page.h"
#include "ui/window/status_line.h"
#include "ui/window/top_bar.h"

#include <QCloseEvent>
#include <QLocale>
#include <QMessageBox>
#include <QPushButton>
#include <QStyle>
#include <QVBoxLayout>

#include <algorithm>

namespace cristae {

namespace {

QPushButton* addButton(QMessageBox& box, const QString& words, QMessageBox::ButtonRole role,
                       const char* objectName) {
    auto* button = box.addButton(words, role);
    button->setObjectName(QString::fromLatin1(objectName));
    return button;
}

void makePrimary(QMessageBox& box, QPushButton* button) {
    button->setProperty("primary", true);
    button->style()->unpolish(button);
    button->style()->polish(button);
    box.setDefaultButton(button);
}

QString fileName(const std::filesystem::path& path) {
    return QString::fromStdString(path.filename().string());
}

} // namespace

MainWindow::~MainWindow() {
    // The parts go one after the other. What a job or one of them says meanwhile must not reach the others,
    // nor this object, whose members still point at those that are gone.
    bench_.jobs().stop();
    bench_.disconnect(this);
    bench_.difference().disconnect(this);
    for (QObject* part : std::initializer_list<QObject*>{canvas_, messages_, start_, status_, topBar_,
                                                         layers_, predict_, correct_, measure_, train_})
        part->disconnect(this);
}

void MainWindow::whenLabelsAreSafe(const QString& question, std::function<void()> then) {
    if (!bench_.unsaved()) {
        then();
        return;
    }
    if (bench_.savingPresentLabels()) {
        messages_->showRemark(tr("Waiting until the labels are saved."));
        afterSaving_ = std::move(then);
        return;
    }
    auto* box = new QMessageBox(QMessageBox::NoIcon, tr("Unsaved labels"),
                                tr("The labels of “%1” have changed since they were last saved.")
                                    .arg(fileName(bench_.document()->info().path)),
                                QMessageBox::NoButton, this);
    box->setObjectName(QStringLiteral("unsavedQuestion"));
    box->setInformativeText(question + QLatin1Char(' ') + tr("Unsaved changes would be lost."));
    box->setAttribute(Qt::WA_DeleteOnClose);
    auto* save = addButton(*box, tr("Save labels"), QMessageBox::AcceptRole, "saveLabels");
    auto* discard = addButton(*box, tr("Discard"), QMessageBox::DestructiveRole, "discardLabels");
    box->addButton(QMessageBox::Cancel);
    makePrimary(*box, save);
    connect(box, &QMessageBox::buttonClicked, this, [this, save, discard, then](QAbstractButton* button) {
        if (button == discard)
            then();
        else if (button == save) {
            afterSaving_ = then;
            saveLabels();
        }
    });
    box->open();
}

void MainWindow::whenWorkMayEnd(std::function<void()> then) {
    QStringList titles;
    for (const Job* job : bench_.jobs().unfinishedWork())
        if (job->queue() != Queue::saving)
            titles << job->title(); // saving is waited for, see whenLabelsAreSafe()
    if (titles.isEmpty()) {
        then();
        return;
    }
    auto* box =
        new QMessageBox(QMessageBox::NoIcon, tr("Work in progress"),
                        tr("Still running: %1").arg(titles.join(tr(", "))), QMessageBox::NoButton, this);
    box->setObjectName(QStringLiteral("workQuestion"));
    box->setInformativeText(tr("Results that are not finished are lost; a training can be resumed later."));
    box->setAttribute(Qt::WA_DeleteOnClose);
    auto* wait = addButton(*box, tr("Close when finished"), QMessageBox::AcceptRole, "closeLater");
    auto* stop = addButton(*box, tr("Stop and close"), QMessageBox::DestructiveRole, "stopWork");
    box->addButton(QMessageBox::Cancel);
    makePrimary(*box, wait);
    connect(box, &QMessageBox::buttonClicked, this, [this, wait, stop, then](QAbstractButton* button) {
        if (button == stop) {
            for (const Queue queue : {Queue::compute, Queue::writing}) bench_.jobs().cancelQueue(queue);
            then();
        } else if (button == wait)
            closeWhenFinished();
    });
    box->open();
}

void MainWindow::closeWhenFinished() {
    closesLater_ = true;
    messages_->showRemark(tr("Cristae closes when its work is finished."));
    closeIfFinished(); // it may have ended while the question stood
}

void MainWindow::closeIfFinished() {
    if (!closesLater_ || !bench_.jobs().unfinishedWork().empty() || bench_.changing()) return;
    closesLater_ = false;
    close();
}

void MainWindow::closeEvent(QCloseEvent* event) {
    const auto work = bench_.jobs().unfinishedWork();
    if (!mayClose_ && (bench_.unsaved() || !work.empty())) {
        event->ignore();
        askBeforeClosing();
        return;
    }
    recovery_->forget(); // the labels are saved, or may go
    rememberLayout();
    event->accept();
}

void MainWindow::askBeforeClosing() {
    for (const char* name : {"workQuestion", "unsavedQuestion"})
        if (auto* asked = findChild<QMessageBox*>(QString::fromLatin1(name));
            asked && !asked->clickedButton()) { // one that was answered goes a little later
            asked->raise();
            return;
        }
    closesLater_ = false; // asked again: decided anew
    whenWorkMayEnd([this] {
        whenLabelsAreSafe(tr("Close Cristae?"), [this] {
            mayClose_ = true;
            if (bench_.jobs().busy(Queue::saving))
                closeWhenFinished(); // labels as they were before the latest changes
            else
                close();
        });
    });
}

void MainWindow::forceEnd(std::function<void()> end) {
    rememberLayout();
    forcedEnd_->begin(std::move(end));
}

void MainWindow::keepLabelsNow(std::chrono::milliseconds limit) {
    recovery_->keepNow(limit);
}

void MainWindow::addOffer(OfferBar* offer) {
    offers_->addWidget(offer);
}

void MainWindow::offerRecovered() {
    const std::filesystem::path folder = bench_.session().paths().recovered;
    if (folder.empty()) return;
    bench_.jobs().start<std::vector<RecoveredLabels>>(
        Queue::background, tr("Looking for labels that were not saved"),
        [folder](const Progress&) { return readRecovered(folder); },
        [this](const std::vector<RecoveredLabels>& found) {
            for (const RecoveredLabels& one : found) offerLabels(one);
        },
        [](const Error&) {}, {}, false, std::chrono::seconds(5));
}

void MainWindow::offerLabels(const RecoveredLabels& labels) {
    const QString when = QLocale().toString(labels.written, QLocale::ShortFormat);
    auto* offer =
        new OfferBar(labels.image.empty()
                         ? tr("Cristae had to end before labels were saved (%1). They are kept in %2.")
                               .arg(when, QString::fromStdString(labels.labels().string()))
                         : tr("Cristae had to end before the labels of “%1” were saved (%2). They are kept.")
                               .arg(fileName(labels.image), when));
    if (!labels.image.empty())
        offer->addChoice(tr("Open with its labels"), QStringLiteral("restoreLabels"), [this, labels] {
            whenLabelsAreSafe(tr("Open another image?"), [this, labels] { recovery_->restore(labels); });
        });
    offer->addChoice(tr("Discard"), QStringLiteral("discardRecovered"),
                     [this, labels] { recovery_->discard(labels); });
    addOffer(offer);
}

void MainWindow::offerLeftOut() {
    QStringList names;
    for (const std::filesystem::path& file : bench_.session().startGuard().leftOut())
        names << tr("“%1”").arg(QString::fromStdString(file.string()));
    if (leftOut_) leftOut_->deleteLater();
    if (names.isEmpty()) return;
    constexpr int most = 3;
    QString words = names.mid(0, most).join(tr(", "));
    if (names.size() > most) words += tr(" and %n more", nullptr, int(names.size()) - most);
    leftOut_ = new OfferBar(tr("Left out, because reading it did not finish: %1.").arg(words));
    leftOut_->addChoice(tr("Try again"), QStringLiteral("tryLeftOut"), [this] {
        bench_.session().startGuard().tryAgain();
        start_->refresh();
        predict_->refreshModels();
        train_->refreshRuns();
    });
    addOffer(leftOut_);
}

} // namespace cristae
