// Document: what is open (an image, its labels and classes), how it changes, and who is told.
#pragma once
#include "core/document/undo_stack.h"
#include "core/image/tile_source.h"
#include "core/labels/class_table.h"
#include "core/labels/label_layer.h"

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace cristae {

/// Lives on one thread (the window's). Long work reads snapshots and comes back through applyLabels().
class Document {
public:
    explicit Document(TileSourcePtr image);

    const TileSourcePtr& image() const { return image_; }
    const ImageInfo& info() const { return image_->info(); }
    /// The file's voxel size unless the user has entered another.
    const VoxelSize& voxelSize() const { return voxelSize_; }
    void setVoxelSize(const VoxelSize& size); // undoable

    const LabelLayer& labels() const { return labels_; }
    const ClassTable& classes() const { return classes_; }
    void setClasses(const ClassTable& classes, const std::string& words); // undoable

    /// Parts of slices of which a person says that every voxel is labelled rightly, background included: one
    /// slice each. What a model is fitted to.
    const std::vector<Box3>& completeParts() const { return complete_; }
    void setCompleteParts(std::vector<Box3> parts, const std::string& words); // undoable

    /// One undoable step. An empty delta is ignored. A delta made from an older state of the layer is merged
    /// into what is there now: undo restores exactly what was there, and voxels that were set by hand in the
    /// meantime stay. A running stroke is closed first as a step of its own.
    void applyLabels(LabelDelta delta, const std::string& words);
    /// The same for a large result, quickly: `after` is a copy of labels() to which `delta` has been applied
    /// elsewhere, so that this thread only takes it over. If the labels have changed since the copy was
    /// taken, the delta is applied here instead.
    void applyLabels(LabelDelta delta, LabelLayer after, const std::string& words);
    /// True for a change whose writing would be felt as a pause: better applied to a copy elsewhere.
    static bool isLarge(const LabelDelta& delta);
    /// The change of labels that the next undo (or redo) makes, if it is a large one; else null. To be
    /// applied to a copy of labels() elsewhere and handed to undoWith() or redoWith().
    std::shared_ptr<const LabelDelta> largeUndo() const;
    std::shared_ptr<const LabelDelta> largeRedo() const;
    /// The next undo (redo), quickly: `after` is a copy of labels() from which `change` was taken back (to
    /// which it was applied). False, and nothing happens, if labels or steps are others by now.
    bool undoWith(const std::shared_ptr<const LabelDelta>& change, LabelLayer after);
    bool redoWith(const std::shared_ptr<const LabelDelta>& change, LabelLayer after);
    /// Parts of a running stroke: shown at once, become one step with endStroke(words); cancelStroke() takes
    /// them back.
    void strokePart(const LabelDelta& part);
    void endStroke(const std::string& words);
    void cancelStroke();
    bool strokeRunning() const { return !strokeParts_.empty(); }

    UndoStack& undoStack() { return undo_; }
    const UndoStack& undoStack() const { return undo_; }
    bool modified() const { return !undo_.atSaved(); }
    void markSaved() {
        undo_.markSaved();
        changed(Change::state, {});
    }

    /// Models and settings of the predictions in this document, newest last: provenance for exports.
    const std::vector<nlohmann::json>& history() const { return history_; }
    void addHistory(nlohmann::json entry, const std::string& words = {}); // undoable
    /// What `work` changes becomes one undoable step: a result with its classes and its history.
    void asOneStep(const std::string& words, const std::function<void()>& work);

    enum class Change { labels, classes, voxelSize, complete, state };
    /// Told after every change; the box says which voxels of labels.
    using Listener = std::function<void(Change, const Box3&)>;
    int addListener(Listener listener);
    void removeListener(int id);

private:
    friend class LabelStep;
    friend class ClassesStep;
    friend class VoxelSizeStep;
    friend class CompleteStep;
    friend class HistoryStep;
    void changed(Change change, const Box3& box);
    void pushLabels(LabelDelta delta, const std::string& words);
    bool stepWith(bool redo, const std::shared_ptr<const LabelDelta>& change, LabelLayer after);
    TileSourcePtr image_;
    VoxelSize voxelSize_;
    LabelLayer labels_;
    std::optional<LabelLayer> prepared_; // what the step that is being taken makes of labels_
    ClassTable classes_;
    std::vector<Box3> complete_;
    UndoStack undo_;
    std::vector<LabelDelta> strokeParts_;
    std::vector<nlohmann::json> history_;
    std::vector<std::pair<int, Listener>> listeners_;
    int nextListener_ = 1;
};

} // namespace cristae
