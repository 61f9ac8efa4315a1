// DifferenceLayer: where a prediction differs from a truth on the slice in view, made off the UI thread.
#pragma once
#include "core/labels/label_layer.h"
#include "core/measure/difference.h"
#include "ui/jobs/jobs.h"

#include <QImage>
#include <QPointer>
#include <QTimer>

#include <optional>

class QPainter;

namespace cristae {

class Workbench;

/// One a window, on the UI thread. Follows the slice and, unless a prediction is given, the labels as they
/// are painted.
class DifferenceLayer : public QObject {
    Q_OBJECT
public:
    explicit DifferenceLayer(Workbench& bench);
    ~DifferenceLayer() override;

    struct Request {
        QString name; // of the truth
        TileSourcePtr truth;
        TileSourcePtr prediction; // null: the labels of the document
        EvaluationOptions options;
        std::optional<int64_t> slice; // the only one that the truth has; else it has all of the image
    };
    /// What to compare; nothing takes the layer away. It is shown only when setShown() says so.
    void compare(std::optional<Request> request);
    bool available() const { return request_.has_value(); }
    bool shown() const { return shown_ && request_; }
    void setShown(bool shown);
    const QString& name() const { return request_->name; }
    /// The values of Agreement in a slice; null while they are not there yet.
    const LabelSnapshot* codes(int64_t slice) const;

    /// A chip with the colours and their words, its lower left corner at `corner`.
    static void drawLegend(QPainter& painter, QPoint corner);
    /// The words of the colours in the window, by Agreement.
    static QString words(Agreement agreement);

Q_SIGNALS:
    void changed();

private:
    void make();
    Workbench& bench_;
    std::optional<Request> request_;
    bool shown_ = false;
    std::optional<LabelSnapshot> codes_;
    int64_t codesOf_ = -1; // the slice of codes_
    QPointer<Job> making_;
    QTimer strokes_; // gathers the parts of a stroke
};

} // namespace cristae
