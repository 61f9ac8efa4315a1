// Strokes: press, move and release become parts of one step.
#include "ui/canvas/strokes.h"

#include <QCoreApplication>

namespace cristae {

Strokes::Strokes(Workbench& bench) : bench_(bench), tools_(allTools()) {}

Strokes::~Strokes() = default;

Tool* Strokes::tool() const {
    const std::string key = bench_.tool().toStdString();
    for (const auto& tool : tools_)
        if (tool->key() == key) return tool.get();
    return nullptr;
}

ToolSettings Strokes::settings() const {
    ToolSettings settings;
    settings.label = bench_.currentLabel();
    settings.radius = bench_.brushRadius();
    settings.rule = bench_.strokeRule();
    settings.options = bench_.toolOptions(bench_.tool());
    settings.greyRange = bench_.displayRange().high - bench_.displayRange().low;
    return settings;
}

QString Strokes::words(const Tool& tool, int64_t slice) const {
    const QString title = QString::fromStdString(tool.title());
    if (bench_.document()->info().extent().z == 1) return title;
    return QCoreApplication::translate("Strokes", "%1 on slice %2").arg(title).arg(slice + 1);
}

void Strokes::press(ImagePoint point, int64_t slice) {
    Tool* tool = this->tool();
    Document* document = bench_.document();
    if (!tool || !document) return;
    if (bench_.stepping()) {
        bench_.showRemark(
            QCoreApplication::translate("Strokes", "A large step is being undone; paint when it is done."));
        return;
    }
    if (tool->readsImage()) return pressInBackground(*tool, point, slice);
    if (running_ && (running_ != tool || slice != slice_)) cancel();
    if (!running_) {
        bench_.ensureCurrentClass();
        running_ = tool;
        slice_ = slice;
        settings_ = settings();
        edit_ = std::make_unique<LabelEdit>(document->labels().snapshot(), settings_.rule);
    }
    tool->press({*edit_, slice_, settings_}, point);
    if (!tool->multiClick()) show();
}

void Strokes::pressInBackground(const Tool& tool, ImagePoint point, int64_t slice) {
    if (running_) cancel();
    bench_.ensureCurrentClass();
    Workbench::LabelWork work;
    work.words = words(tool, slice);
    work.make = [key = tool.key(), settings = settings(), point, slice,
                 image = bench_.document()->image()](const LabelSnapshot& labels, const Progress& progress) {
        LabelEdit edit(labels, settings.rule);
        for (const auto& own : allTools())
            if (own->key() == key) own->press({edit, slice, settings, image.get(), progress}, point);
        return edit.delta();
    };
    work.done = [bench = &bench_](bool changed) {
        if (!changed)
            bench->showRemark(QCoreApplication::translate(
                "Strokes", "No pixel was painted: this area has the current class already, or is protected "
                           "by a locked class or by “Paints over”."));
    };
    bench_.changeLabels(std::move(work));
}

void Strokes::move(ImagePoint point) {
    if (!running_) return;
    running_->move({*edit_, slice_, settings_}, point);
    if (!running_->multiClick()) show();
}

void Strokes::release(ImagePoint point) {
    if (!running_) return;
    running_->release({*edit_, slice_, settings_}, point);
    if (running_->multiClick()) return;
    show();
    end();
}

void Strokes::finish() {
    if (!running_ || !running_->multiClick()) return;
    // Between the clicks the labels may have changed (undo, a prediction): the shape is written on what is
    // there now.
    edit_ = std::make_unique<LabelEdit>(bench_.document()->labels().snapshot(), settings_.rule);
    running_->finish({*edit_, slice_, settings_});
    show();
    end();
}

void Strokes::cancel() {
    if (!running_) return;
    running_->cancel();
    running_ = nullptr;
    edit_.reset();
    if (bench_.document()) bench_.document()->cancelStroke();
}

void Strokes::forget() {
    if (running_) running_->cancel();
    running_ = nullptr;
    edit_.reset();
}

void Strokes::show() {
    const LabelDelta part = edit_->takeIncrement();
    if (!part.empty()) bench_.document()->strokePart(part);
}

void Strokes::end() {
    bench_.document()->endStroke(words(*running_, slice_).toStdString());
    running_ = nullptr;
    edit_.reset();
}

std::vector<ImagePoint> Strokes::outline() const {
    return running_ ? running_->outline() : std::vector<ImagePoint>{};
}

} // namespace cristae
