// Workbench: changes of labels of any size, and undo and redo, without holding up the window.
#include "ui/window/workbench.h"

#include <QTimer>

#include <utility>

namespace cristae {

/// A change and what it makes of the labels.
struct Workbench::Made {
    LabelDelta delta;
    std::optional<LabelLayer> after;
};

Job* Workbench::changeLabels(LabelWork work) {
    if (!document_) return nullptr;
    auto job = [make = work.make, now = document_->labels()](const Progress& progress) {
        Made made{make(now.snapshot(), progress), now};
        made.after->apply(made.delta);
        return made;
    };
    auto failed = [this, work](const Error& error) {
        if (work.failed)
            work.failed(error);
        else
            showError(work.words, QString::fromStdString(error.what()));
    };
    return jobs_->start<Made>(
        work.queue, work.words, std::move(job),
        [this, work, number = documentNumber_](Made made) {
            if (number == documentNumber_) enter(std::move(made), work);
        },
        failed, {}, work.queue != Queue::view);
}

void Workbench::enterLabels(LabelDelta delta, std::optional<LabelLayer> after, LabelWork work) {
    if (document_) enter({std::move(delta), std::move(after)}, std::move(work));
}

void Workbench::enter(Made made, LabelWork work) {
    const LabelLayer& now = document_->labels();
    const bool fits = made.after && made.after->generation() == now.generation() + 1;
    const bool large = Document::isLarge(made.delta);
    if (stepping() || (large && document_->strokeRunning())) {
        // Entering it would end the stroke, or change what the undo works on; both are over soon.
        auto later = [this, number = documentNumber_, made = std::make_shared<Made>(std::move(made)), work] {
            if (number != documentNumber_) return;
            --entering_;
            enter(std::move(*made), work);
        };
        ++entering_;
        QTimer::singleShot(30, this, std::move(later));
        return;
    }
    if (large && !fits) {
        auto again = [delta = std::move(made.delta), outdated = std::move(made.after),
                      now](const Progress& progress) mutable {
            outdated.reset(); // here, since it may be large
            Made moved{rebased(delta, now.snapshot()), now};
            progress.throwIfCancelled();
            moved.after->apply(moved.delta);
            return moved;
        };
        ++entering_;
        const auto ended = [this, number = documentNumber_] {
            if (number == documentNumber_) --entering_;
        };
        jobs_->start<Made>(
            Queue::view, work.words, std::move(again),
            [this, ended, work, number = documentNumber_](Made moved) {
                ended();
                if (number == documentNumber_) enter(std::move(moved), work);
            },
            [this, ended, words = work.words](const Error& error) {
                ended();
                showError(words, QString::fromStdString(error.what()));
            },
            ended, false);
        return;
    }
    const bool changed = !made.delta.empty();
    auto before = large ? std::make_shared<LabelSnapshot>(now.snapshot()) : nullptr;
    const std::string words = work.words.toStdString();
    const auto labels = [&] {
        if (fits && changed)
            document_->applyLabels(std::move(made.delta), std::move(*made.after), words);
        else
            document_->applyLabels(std::move(made.delta), words);
    };
    if (work.enter)
        document_->asOneStep(words, [&] { work.enter(labels); });
    else
        labels();
    if (before) release(std::move(before));
    if (work.done) work.done(changed);
}

/// Tiles that nobody else holds any more are given back in the background: there may be gigabytes. The only
/// owner is the job, so that it is not the UI thread that frees them after all.
void Workbench::release(std::shared_ptr<const void> tiles) {
    jobs_->start<bool>(
        Queue::view, tr("Free memory"),
        [tiles = std::move(tiles)](const Progress&) mutable { return tiles.reset(), true; }, [](bool) {}, {},
        {}, false);
}

void Workbench::undo() {
    askStep(false);
}

void Workbench::redo() {
    askStep(true);
}

void Workbench::askStep(bool redo) {
    if (!document_) return;
    steps_.push_back(redo);
    if (steps_.size() == 1) takeSteps();
}

void Workbench::takeSteps() {
    while (!steps_.empty()) {
        const bool redo = steps_.front();
        UndoStack& stack = document_->undoStack();
        if (redo ? !stack.canRedo() : !stack.canUndo()) {
            steps_.pop_front();
            continue;
        }
        const auto change = redo ? document_->largeRedo() : document_->largeUndo();
        if (!change) {
            // Off the list first: listeners may ask for the next step.
            steps_.pop_front();
            redo ? stack.redo() : stack.undo();
            Q_EMIT stateChanged();
            continue;
        }
        const QString words = QString::fromStdString(redo ? stack.redoWords() : stack.undoWords());
        const QString title = redo ? tr("Redo: %1").arg(words) : tr("Undo: %1").arg(words);
        auto giveUp = [this, number = documentNumber_] {
            if (number == documentNumber_) steps_.clear();
        };
        jobs_->start<LabelLayer>(
            Queue::view, title,
            [after = document_->labels(), change, redo](const Progress&) mutable {
                after.apply(*change, !redo);
                return std::move(after);
            },
            [this, change, redo, title, number = documentNumber_](LabelLayer after) {
                if (number != documentNumber_) return;
                auto before = std::make_shared<LabelSnapshot>(document_->labels().snapshot());
                if (redo ? document_->redoWith(change, std::move(after))
                         : document_->undoWith(change, std::move(after))) {
                    release(std::move(before));
                    steps_.pop_front();
                    Q_EMIT stateChanged();
                    takeSteps();
                } else {
                    steps_.clear();
                    showRemark(tr("“%1” was cancelled: the labels changed in the meantime.").arg(title));
                }
            },
            [this, giveUp, title](const Error& error) {
                giveUp();
                showError(title, QString::fromStdString(error.what()));
            },
            giveUp);
        return;
    }
}

} // namespace cristae
