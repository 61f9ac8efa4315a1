// TrainPage, the end of a run: scores, saving the model, and another model on the same slices.
#include "core/segment/package_writer.h"
#include "ui/dialogs/chosen_file.h"
#include "ui/panels/model_comparison.h"
#include "ui/panels/model_list.h"
#include "ui/panels/parts.h"
#include "ui/panels/train_page.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QFileDialog>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QPushButton>

namespace cristae {

void TrainPage::finished(FinishedRun finished) {
    const TrainingResult& result = finished.result;
    const auto figure = [](double value) { return QLocale::c().toString(value, 'f', 3); };
    QStringList lines{tr("<b>“%1” is ready.</b>").arg(text(result.package.card.title).toHtmlEscaped())};
    lines << tr("Best Dice on the held-out slices: %1.").arg(figure(result.bestValidationDice));
    QStringList scores;
    for (const ModelScore& score : result.package.card.scores)
        scores << tr("%1 %2").arg(text(score.metric), figure(score.value));
    if (!scores.isEmpty()) lines << scores.join(QStringLiteral(" · "));
    if (!result.ending.empty()) lines << text(result.ending).toHtmlEscaped();
    scores_->setText(lines.join(QStringLiteral("<br>")));
    finished_ = std::move(finished);
    name_->setText(freeTitle(name_->text())); // of the next one
    Q_EMIT trained(text(finished_->result.package.card.name));
}

void TrainPage::clearComparison() {
    comparison_->clear();
    comparison_->hide();
    if (comparing_) comparing_->cancel();
}

void TrainPage::chooseComparison() {
    if (!finished_) return;
    readModels(workbench_, this, [this](const std::vector<ModelPackage>& models) {
        if (!finished_) return;
        auto* menu = new QMenu(this);
        menu->setObjectName(QStringLiteral("compareMenu"));
        menu->setAttribute(Qt::WA_DeleteOnClose);
        for (const ModelPackage& model : models) {
            if (model.file == finished_->result.package.file) continue;
            const QString title = text(model.card.title.empty() ? model.card.name : model.card.title);
            connect(menu->addAction(QString(title).replace('&', QStringLiteral("&&"))), &QAction::triggered,
                    this, [this, model] { compareWith(model); });
        }
        if (menu->isEmpty()) menu->addAction(tr("There is no other model yet"))->setEnabled(false);
        menu->popup(compare_->mapToGlobal(QPoint(0, compare_->height())));
    });
}

void TrainPage::compareWith(const ModelPackage& other) {
    if (!finished_ || comparing_) return;
    Session* session = &workbench_.session();
    const ModelPackage mine = finished_->result.package;
    comparing_ = workbench_.jobs().start<QString>(
        Queue::compute, tr("Comparing with “%1”").arg(text(other.card.title)),
        [session, mine, other, slices = finished_->validation,
         classes = finished_->classNames](const Progress& progress) {
            return comparisonTable(*session, mine, other, slices, classes, progress);
        },
        [self = QPointer(this)](const QString& table) {
            if (!self) return;
            self->comparison_->setText(table);
            self->comparison_->show();
            Q_EMIT self->compared();
        },
        [self = QPointer(this)](const Error& error) {
            if (!self) return;
            self->comparison_->setText(QString::fromUtf8(error.what()).toHtmlEscaped());
            self->comparison_->show();
        });
    connect(comparing_, &Job::ended, this, [this] {
        comparing_ = nullptr;
        updateState();
    });
    updateState();
}

void TrainPage::saveModel() {
    if (!finished_) return;
    auto* dialog = new QFileDialog(this, tr("Save model"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("safetensors"));
    dialog->setNameFilter(tr("Cristae models (*.safetensors)"));
    dialog->selectFile(text(finished_->result.package.file.filename().string()));
    connect(dialog, &QFileDialog::fileSelected, this,
            [this, from = finished_->result.package.file](const QString& path) {
                workbench_.jobs().start<bool>(
                    Queue::writing, tr("Saving the model"),
                    [from, place = chosenFile(workbench_, path).reading(from)](const Progress&) {
                        copyPackage(from, place);
                        return true;
                    },
                    [bench = QPointer(&workbench_), path](bool) {
                        if (bench) bench->showRemark(tr("The model was saved as %1.").arg(path));
                    });
            });
    dialog->open();
}

} // namespace cristae
