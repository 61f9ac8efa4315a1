// ForcedEnd.
#include "ui/window/forced_end.h"
#include "ui/window/recovery.h"
#include "ui/window/workbench.h"

#include <QTimer>

#include <utility>

namespace cristae {

namespace {
constexpr int longestMs = 8000, savingMs = 3000;
}

ForcedEnd::ForcedEnd(Workbench& bench, Recovery& recovery, QObject* parent)
    : QObject(parent), bench_(bench), recovery_(recovery) {}

void ForcedEnd::begin(std::function<void()> end) {
    if (std::exchange(begun_, true)) return;
    end_ = std::move(end);
    for (const Queue queue : {Queue::compute, Queue::files, Queue::writing}) bench_.jobs().cancelQueue(queue);
    QTimer::singleShot(longestMs, this, &ForcedEnd::finish);
    recovery_.keep([self = QPointer(this)] {
        if (self) self->letSavingEnd();
    });
}

void ForcedEnd::letSavingEnd() {
    if (!bench_.document() || !bench_.savingPresentLabels()) return finish();
    connect(&bench_, &Workbench::labelsSaved, this, &ForcedEnd::finish);
    connect(&bench_, &Workbench::saveFailed, this, &ForcedEnd::finish);
    QTimer::singleShot(savingMs, this, &ForcedEnd::finish);
}

void ForcedEnd::finish() {
    if (const auto end = std::exchange(end_, {})) end();
}

} // namespace cristae
