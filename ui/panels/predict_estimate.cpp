// PredictPage, how long it will take.
#include "ui/panels/parts.h"
#include "ui/panels/predict_page.h"
#include "ui/panels/sized_source.h"
#include "ui/window/workbench.h"

#include <QTimer>

#include <fmt/format.h>

namespace cristae {

/// Everything that an estimate depends on.
std::string PredictPage::requestKey() const {
    if (!workbench_.document()) return {};
    const PredictionRequest wanted = request();
    const PredictionSettings& settings = wanted.settings;
    const ImageInfo& info = workbench_.document()->info();
    const VoxelSize& size = workbench_.document()->voxelSize();
    std::string key =
        fmt::format("{} {} {}×{} {} {} {} {} {}", info.path.string(), info.dataset, info.extent().y,
                    info.extent().x, size.yNm.value_or(0), size.xNm.value_or(0),
                    settings.endSlice < 0 ? settings.endSlice : settings.endSlice - settings.firstSlice,
                    int(settings.averaging), wanted.device);
    if (settings.region)
        key += fmt::format(" {}×{}", settings.region->y1 - settings.region->y0,
                           settings.region->x1 - settings.region->x0);
    for (const ModelRequest& model : wanted.models)
        key += "\n" + model.package.file.string() + (model.invert ? " inverted" : "");
    return key;
}

void PredictPage::askEstimate() {
    if (running() || !obstacle().isEmpty() || workbench_.jobs().busy(Queue::compute)) return;
    Session* session = &workbench_.session();
    const PredictionRequest wanted = request();
    workbench_.jobs().start<std::optional<double>>(
        Queue::compute, tr("Estimating the time"),
        [session, wanted, image = imageForJobs(*workbench_.document())](const Progress&) {
            session->prepare(wanted);
            return session->estimateSeconds(image->info(), wanted);
        },
        [self = QPointer(this), key = requestKey()](std::optional<double> seconds) {
            if (!self || self->running() || !self->obstacle().isEmpty()) return;
            if (key != self->requestKey()) return self->estimateTimer_->start(); // asked about something else
            self->estimatedKey_ = key;
            self->estimatedSeconds_ = seconds;
            setSentence(self->estimate_,
                        seconds
                            ? tr("%1 on this computer (%2)").arg(durationWords(*seconds), self->deviceWords())
                            : QString());
            self->askLook();
        },
        [](const Error&) {}, {}, false); // a broken model says so when it is used
}

} // namespace cristae
