// Workbench: what all parts of the window share: session, jobs, the open document and the view on it.
#pragma once
#include "core/document/document.h"
#include "core/render/compose.h"
#include "core/session/session.h"
#include "core/tools/tool.h"
#include "ui/jobs/jobs.h"

#include <QObject>
#include <QPointer>
#include <QString>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace cristae {

class DifferenceLayer;
struct LoadedLabels;
class ExplanationLayer;

/// Which part of the volume is shown; one object for all panes, so that they are linked.
struct ViewState {
    int64_t slice = 0;
    double centreY = 0, centreX = 0; // image point in the middle of a pane
    double zoom = 1;                 // screen pixels (logical) per image pixel
};

/// swipe: one pane, labels only right of a divider; planes: the slice, and cuts through the stack.
enum class ViewMode { sideBySide, overlay, swipe, planes };

class Workbench : public QObject {
    Q_OBJECT
public:
    Workbench(Session& session, QObject* parent = nullptr);
    ~Workbench() override;

    Session& session() { return session_; }
    Jobs& jobs() { return *jobs_; }
    /// Null on the start page.
    Document* document() const { return document_.get(); }

    /// Opens in the background (files queue) and replaces the document; the window has asked about unsaved
    /// labels before. An HDF5 file with several candidates ends in datasetChoiceNeeded(). Gives up what is
    /// being opened already, and by itself when the file does not answer. `opened` runs when the image is
    /// here.
    void open(const QString& path, const OpenOptions& options = {}, std::function<void()> opened = {});
    /// Shows an image that is open already; replaces the document.
    void showImage(const TileSourcePtr& image, const DisplayRange& range = {});
    void closeDocument();
    /// Loads a label image (any format) into the document as one undoable step. An HDF5 file with several
    /// candidates ends in labelsChoiceNeeded(). `loaded` runs when they are in the document.
    void loadLabels(const QString& path, const OpenOptions& options = {}, std::function<void()> loaded = {});
    /// Saves the labels as a label TIFF or HDF5 with class names; marks the document saved when done. Ends in
    /// labelsSaved() or saveFailed().
    void saveLabels(const QString& path);
    /// The labels as they are now are being written at the moment.
    bool savingPresentLabels() const;
    /// Labels as a file holds them, classes, history and all. There must be a document.
    LabelExport labelsForFile() const;
    /// How the image of the document was opened.
    const OpenOptions& openedWith() const { return openedWith_; }
    QString labelsPath() const { return labelsPath_; }

    const ViewState& view() const { return view_; }
    void setView(const ViewState& view);
    void setSlice(int64_t slice);
    ViewMode viewMode() const { return viewMode_; }
    void setViewMode(ViewMode mode);
    /// The place of the slice where the planes meet, in image pixels.
    ImagePoint cross() const { return cross_; }
    void setCross(ImagePoint cross);
    /// Where the divider of the swipe stands, as a share of the pane's width.
    double swipe() const { return swipe_; }
    void setSwipe(double share);

    /// The image with coarser levels, made for the screen; null on the start page.
    const TileSourcePtr& screenSource() const { return screenSource_; }
    /// Grey values shown as black and white, and how labels lie over them. Display only.
    const DisplayRange& displayRange() const { return displayRange_; }
    void setDisplayRange(const DisplayRange& range);
    /// ImageJ's "Auto" over the slice in view; each further press is stronger, as there.
    void autoContrast();
    const OverlayStyle& overlayStyle() const { return overlayStyle_; }
    void setOverlayStyle(const OverlayStyle& style);
    /// Where the labels differ from a truth; shown in place of the labels when a person wants it.
    DifferenceLayer& difference() const { return *difference_; }
    ExplanationLayer& explanation() const { return *explanation_; }
    bool labelsShown() const { return labelsShown_; }
    void setLabelsShown(bool shown);

    /// The current tool ("browse" = none of them), class and radius.
    QString tool() const { return tool_; }
    void setTool(const QString& key);
    uint32_t currentLabel() const { return currentLabel_; }
    void setCurrentLabel(uint32_t value);
    /// A document without classes gets its first one, so that there is something to paint with.
    void ensureCurrentClass();
    /// What was set of a tool's schema; what was not is as declared there.
    nlohmann::json toolOptions(const QString& key) const;
    void setToolOption(const QString& tool, const std::string& option, const nlohmann::json& value);
    double brushRadius() const { return brushRadius_; }
    void setBrushRadius(double px);
    /// The rule strokes obey now: locked classes, and "paint only over".
    WriteRule strokeRule() const;
    void setOnlyOver(std::optional<uint32_t> label);
    std::optional<uint32_t> onlyOver() const { return onlyOver_; }

    /// Says of a part of one slice that all its voxels are labelled rightly (or of the whole slice `z`, or
    /// that no part of it is): one undoable step, shown as an outline.
    void addCompletePart(const Box3& part);
    void setSliceComplete(int64_t z, bool complete);

    /// The line of the measure tool, on its slice; never an edit.
    struct MeasureLine {
        int64_t slice = 0;
        ImagePoint from, to;
    };
    const std::optional<MeasureLine>& measureLine() const { return measureLine_; }
    void setMeasureLine(const std::optional<MeasureLine>& line);
    /// Its length in words: "512 nm", or "103 px" while the pixel size is not known.
    QString measureWords() const;

    /// A large step is taken in the background, without holding up the window; what is asked for meanwhile
    /// follows in order.
    void undo();
    void redo();
    /// Undo or redo is under way: strokes wait.
    bool stepping() const { return !steps_.empty(); }
    /// The document holds, or is about to get, labels that stand in no file.
    bool unsaved() const { return document_ && (document_->modified() || changing()); }
    /// A change of labels is under way.
    bool changing() const { return stepping() || entering_ > 0; }
    /// A change of labels of any size that becomes one undoable step without holding up the window.
    struct LabelWork {
        QString words; // of the step and of the job
        Queue queue = Queue::view;
        /// Off the UI thread. Throws Error.
        std::function<LabelDelta(const LabelSnapshot&, const Progress&)> make;
        /// UI thread, within the step: calls `labels` where the labels are to change. Empty: nothing else
        /// belongs to the step.
        std::function<void(const std::function<void()>& labels)> enter;
        /// UI thread, afterwards: whether any label changed.
        std::function<void(bool changed)> done;
        /// UI thread; empty: the error is shown in the window.
        std::function<void(const Error&)> failed;
    };
    Job* changeLabels(LabelWork work);
    /// Enters a change that is made already; `after`, if given, is a copy of the labels with it. Strokes made
    /// since then stay. Of `work` only words, enter and done count.
    void enterLabels(LabelDelta delta, std::optional<LabelLayer> after, LabelWork work);
    /// Takes over labels that are not needed any more; freeing them can take long.
    void release(std::shared_ptr<const void> tiles);
    /// Shows a sentence in the bar above the canvas. Errors stay until closed, remarks fade.
    void showError(const QString& title, const QString& message);
    void showRemark(const QString& message);

Q_SIGNALS:
    void documentChanged(); // opened, replaced or closed
    void labelsChanged(const cristae::Box3& box);
    void classesChanged();
    void voxelSizeChanged();
    void completeChanged(); // parts said to be labelled completely
    void stateChanged();    // undo words, modified
    void viewChanged();
    void viewModeChanged();
    void crossChanged();
    void displayChanged(); // contrast, label opacity and visibility
    void measureLineChanged();
    void toolChanged(); // tool, class, radius, rule
    void datasetChoiceNeeded(const QString& path, const std::vector<cristae::SceneInfo>& datasets);
    void labelsChoiceNeeded(const QString& path, const std::vector<cristae::SceneInfo>& datasets);
    void labelsSaved(); // the file is written whole
    void saveFailed();  // it is not: an error, shown already, or cancelled
    void errorShown(const QString& title, const QString& message);
    void remarkShown(const QString& message);

private:
    std::optional<VoxelSize> sizeFromLabels(LoadedLabels& loaded) const;
    struct Opened;
    struct Made;
    void setDocument(std::unique_ptr<Document> document);
    void askStep(bool redo);
    void takeSteps();
    void enter(Made made, LabelWork work);
    Session& session_;
    std::unique_ptr<Document> document_;
    std::unique_ptr<Jobs> jobs_;
    std::unique_ptr<DifferenceLayer> difference_;
    std::unique_ptr<ExplanationLayer> explanation_;
    ViewState view_;
    ViewMode viewMode_ = ViewMode::sideBySide;
    double swipe_ = 0.5;
    ImagePoint cross_;
    QString tool_ = QStringLiteral("browse");
    uint32_t currentLabel_ = 1;
    double brushRadius_ = 12;
    std::map<QString, nlohmann::json> toolOptions_;
    std::optional<MeasureLine> measureLine_;
    std::optional<uint32_t> onlyOver_;
    QString labelsPath_;
    QPointer<Job> opening_, saving_;
    uint64_t savingGeneration_ = 0; // of the labels that are being written
    ClassTable savingClasses_;
    OpenOptions openedWith_;
    TileSourcePtr screenSource_;
    DisplayRange displayRange_;
    OverlayStyle overlayStyle_;
    bool labelsShown_ = true;
    int contrastPress_ = 0;
    std::deque<bool> steps_;      // undo (false) and redo (true) asked for, the first one under way
    int entering_ = 0;            // changes of labels that are made but not in the document yet
    uint64_t documentNumber_ = 0; // tells a finished job whether its document is still the open one
};

} // namespace cristae
