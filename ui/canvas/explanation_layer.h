// ExplanationLayer: what made a model see a class at a clicked place, over the canvas, made off the UI
// thread.
#pragma once
#include "core/session/session.h"
#include "core/tools/tool.h"
#include "ui/canvas/view_maths.h"
#include "ui/jobs/jobs.h"

#include <QImage>
#include <QPointer>

#include <functional>
#include <optional>

class QPainter;

namespace cristae {

/// One a window, on the UI thread.
class ExplanationLayer : public QObject {
    Q_OBJECT
public:
    explicit ExplanationLayer(Workbench& bench);
    ~ExplanationLayer() override;

    /// What a prediction would ask for now: the models and classes that are asked why.
    void setRequest(std::function<PredictionRequest()> request) { request_ = std::move(request); }
    /// Asks why the class of the label there, or else the first class to be found, is seen at an image point
    /// of the slice in view.
    void ask(ImagePoint place, Explanation method);
    void clear();
    bool shown() const { return shown_.has_value(); }
    bool running() const { return job_; }
    /// Over the pane; nothing on other slices.
    void draw(QPainter& painter, const PaneGeometry& geometry, double pixelRatio, int64_t slice,
              const QRect& pane) const;
    /// The map as colours with transparency: orange speaks for the class, blue against it.
    static QImage colours(const Pixels& map);

Q_SIGNALS:
    void changed();

private:
    struct Shown {
        QImage image;
        ExplanationMap map; // its pixels are let go
        int64_t y = 0, x = 0;
        QString words;
    };
    Workbench& bench_;
    std::function<PredictionRequest()> request_;
    std::optional<Shown> shown_;
    QPointer<Job> job_;
};

} // namespace cristae
