// ScaleDialog: what a model finds in the middle of the view at five assumed pixel sizes; a click takes one.
#pragma once
#include "core/session/scale_search.h"
#include "ui/jobs/jobs.h"

#include <QDialog>
#include <QImage>
#include <QPointer>

#include <optional>
#include <vector>

class QLabel;
class QPushButton;
class QToolButton;

namespace cristae {

class Workbench;

/// Open with open(). The pixel size that is taken becomes the document's, undoable. The pictures come one by
/// one from the background; closing cancels the rest. Arrow keys go from one to the next, Enter takes it.
class ScaleDialog : public QDialog {
    Q_OBJECT
public:
    /// Of the request, pixel sizes may be empty.
    ScaleDialog(Workbench& workbench, ScaleRequest request, QWidget* parent = nullptr);
    ~ScaleDialog() override;

    /// All pictures are there.
    bool complete() const;
    /// The likeliest of the shown sizes; nothing before all are there.
    std::optional<double> likeliestNm() const;

public Q_SLOTS:
    void take(double pixelSizeNm);

Q_SIGNALS:
    void pictureShown(int tile);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Tile {
        QToolButton* button = nullptr;
        double nm = 0;
        std::optional<ScaleCandidate> candidate;
    };
    struct Seen;
    void buildLayout();
    void search(double middleNm, double step);
    void start(size_t tile);
    void showSeen(size_t tile, Seen seen);
    void tell();
    void cancelAll();
    size_t focused() const;
    void moveFocus(int by);

    Workbench& workbench_;
    ScaleRequest request_;
    std::vector<Tile> tiles_;
    std::vector<QPointer<Job>> jobs_;
    double step_ = 2, middle_ = 1;
    uint64_t round_ = 0; // tells results of an earlier set of sizes
    QLabel *words_ = nullptr, *complaint_ = nullptr;
    QPushButton *smaller_ = nullptr, *larger_ = nullptr, *finer_ = nullptr;
};

} // namespace cristae
