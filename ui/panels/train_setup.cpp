// TrainPage, before a run: how long a recipe takes here, a free name, and the data set of the last training.
#include "ui/panels/data_set.h"
#include "ui/panels/data_set_memory.h"
#include "ui/panels/parts.h"
#include "ui/panels/train_page.h"
#include "ui/window/workbench.h"

#include <QRegularExpression>
#include <QTimer>

#include <cmath>

namespace cristae {

/// Times some steps of the recipe, once the engine is there.
void TrainPage::askEstimate() {
    if (!isVisible() || running()) return; // shown or free again, it asks anew
    Session* session = &workbench_.session();
    if (!session->engineLoaded()) return estimateTimer_->start();
    TrainingPlan plan;
    plan.recipe = recipe_;
    if (!dataSet_->rows().empty()) {
        const DataSetRow& row = dataSet_->rows().front();
        plan.set.classNames = row.classNames;
        plan.card.channelsIn = row.pair.image->info().channels == 3 ? 3 : 1;
    }
    workbench_.jobs().start<std::optional<double>>(
        Queue::fitting, tr("Timing the recipe"), // predictions do not wait for it
        [session, plan = std::move(plan)](const Progress& progress) {
            return session->engine().trainer->secondsPerStep(plan, progress);
        },
        [self = QPointer(this), recipe = recipe_](std::optional<double> seconds) {
            if (!self || recipe != self->recipe_) return;
            self->secondsPerStep_ = seconds;
            self->updateState();
        },
        [](const Error&) {}, {}, false);
}

/// " On this computer: about 4 min." once the recipe was timed: its steps, and a forward pass over the
/// validation slices after each epoch, which takes about a third of a step for as many pixels.
QString TrainPage::timeWords() const {
    if (!secondsPerStep_) return {};
    const double steps = recipe_.at("steps"), side = recipe_.at("patch"), batch = recipe_.at("batch"),
                 perEpoch = recipe_.at("stepsPerEpoch");
    double pixels = 0;
    for (const DataSetRow& row : dataSet_->rows())
        if (row.role == RowRole::validation) {
            const Extent3 e = row.pair.image->info().extent();
            pixels += double(row.slices * e.y * e.x);
        }
    const double validation = *secondsPerStep_ / 3 * pixels / (batch * side * side);
    return tr(" On this computer: %1.")
        .arg(durationWords(steps * *secondsPerStep_ + std::ceil(steps / perEpoch) * validation));
}

/// The title itself, or with the first number that no model has yet.
QString TrainPage::freeTitle(const QString& title) const {
    const auto taken = [&](const QString& wanted) {
        std::error_code ignored;
        return std::filesystem::exists(workbench_.session().paths().userModels /
                                           (shortName(wanted).toStdString() + ".safetensors"),
                                       ignored);
    };
    if (!taken(title)) return title;
    static const QRegularExpression number(QStringLiteral(" \\d+$"));
    const QString base = QString(title).remove(number);
    for (int i = 2;; ++i)
        if (const QString next = QStringLiteral("%1 %2").arg(base).arg(i); !taken(next)) return next;
}

void TrainPage::addRemembered() {
    if (reading_) return;
    problem_.clear();
    reading_ = workbench_.jobs().start<RememberedRows>(
        Queue::files, tr("Reading the data set of the last training"),
        [](const Progress& progress) { return readRememberedRows(progress); },
        [self = QPointer(this)](RememberedRows found) {
            if (!self) return;
            self->reading_ = nullptr;
            self->problem_ = found.missing.join(QLatin1Char('\n'));
            self->takeRows(std::move(found.rows));
            self->updateState();
        },
        {}, {}, false);
    updateState();
}

} // namespace cristae
