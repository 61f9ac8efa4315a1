// ExplanationLayer: what made a model see a class at a clicked place, or where its result is doubtful, over
// the canvas, made off the UI thread.
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

    /// What would be predicted now: the models and classes that can be explained.
    void setRequest(std::function<PredictionRequest()> request) { request_ = std::move(request); }
    /// Explains the class of the label at an image point of the slice in view, or else the first class that
    /// would be predicted.
    void explain(ImagePoint place, Explanation method);
    /// Where the result of the request's first slice is doubtful (Session::doubtMap).
    void showDoubts(const PredictionRequest& wanted);
    void clear();
    bool shown() const { return shown_.has_value(); }
    bool running() const { return job_; }
    /// Over the pane; nothing on other slices.
    void draw(QPainter& painter, const PaneGeometry& geometry, double pixelRatio, int64_t slice,
              const QRect& pane) const;
    /// The map as colours with transparency: orange supports the class, blue opposes it;
    /// strongest at `most`, or at the map's own greatest value.
    static QImage colours(const Pixels& map, float most = 0);

Q_SIGNALS:
    void changed();

private:
    struct Explained {
        ExplanationMap map;
        QImage image;
    };
    struct Shown {
        QImage image;
        ExplanationMap map;                               // its pixels are let go
        std::optional<std::pair<int64_t, int64_t>> place; // y and x that were clicked
        QString words;
    };
    Workbench& bench_;
    std::function<PredictionRequest()> request_;
    std::optional<Shown> shown_;
    QPointer<Job> job_;
};

} // namespace cristae
