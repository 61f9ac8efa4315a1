// Document: the one gate through which labels, classes and the voxel size change.
#include "core/document/document.h"

#include <algorithm>

namespace cristae {

class LabelStep : public UndoStep {
public:
    LabelStep(Document& document, LabelDelta delta, std::string words)
        : document_(document), delta_(std::make_shared<const LabelDelta>(std::move(delta))),
          words_(std::move(words)) {}
    std::string words() const override { return words_; }
    void undo() override { apply(true); }
    void redo() override { apply(false); }
    size_t bytes() const override { return sizeof *this + delta_->bytes() + words_.capacity(); }
    const std::shared_ptr<const LabelDelta>& delta() const { return delta_; }

private:
    void apply(bool undo) {
        document_.cancelStroke(); // the step was made without what the running stroke has shown so far
        if (document_.prepared_)
            document_.labels_ = *std::exchange(document_.prepared_, std::nullopt);
        else
            document_.labels_.apply(*delta_, undo);
        document_.changed(Document::Change::labels, delta_->touched());
        document_.changed(Document::Change::state, {});
    }
    Document& document_;
    std::shared_ptr<const LabelDelta> delta_; // shared with a job that applies it elsewhere
    std::string words_;
};

class ClassesStep : public UndoStep {
public:
    ClassesStep(Document& document, ClassTable other, std::string words)
        : document_(document), other_(std::move(other)), words_(std::move(words)) {}
    std::string words() const override { return words_; }
    void undo() override { swap(); }
    void redo() override { swap(); }
    size_t bytes() const override {
        size_t sum = sizeof *this + words_.capacity() + other_.classes().capacity() * sizeof(LabelClass);
        for (const LabelClass& entry : other_.classes()) sum += entry.name.capacity();
        return sum;
    }

private:
    void swap() {
        std::swap(document_.classes_, other_);
        document_.changed(Document::Change::classes, {});
        document_.changed(Document::Change::state, {});
    }
    Document& document_;
    ClassTable other_; // the classes after the next undo or redo
    std::string words_;
};

class VoxelSizeStep : public UndoStep {
public:
    VoxelSizeStep(Document& document, VoxelSize other) : document_(document), other_(std::move(other)) {}
    std::string words() const override { return "Pixel size"; }
    void undo() override { swap(); }
    void redo() override { swap(); }
    size_t bytes() const override { return sizeof *this + other_.source.capacity(); }

private:
    void swap() {
        std::swap(document_.voxelSize_, other_);
        document_.changed(Document::Change::voxelSize, {});
        document_.changed(Document::Change::state, {});
    }
    Document& document_;
    VoxelSize other_;
};

class CompleteStep : public UndoStep {
public:
    CompleteStep(Document& document, std::vector<Box3> other, std::string words)
        : document_(document), other_(std::move(other)), words_(std::move(words)) {}
    std::string words() const override { return words_; }
    void undo() override { swap(); }
    void redo() override { swap(); }
    size_t bytes() const override {
        return sizeof *this + words_.capacity() + other_.capacity() * sizeof(Box3);
    }

private:
    void swap() {
        std::swap(document_.complete_, other_);
        document_.changed(Document::Change::complete, {});
        document_.changed(Document::Change::state, {});
    }
    Document& document_;
    std::vector<Box3> other_; // the parts after the next undo or redo
    std::string words_;
};

class HistoryStep : public UndoStep {
public:
    HistoryStep(Document& document, nlohmann::json entry, std::string words)
        : document_(document), entry_(std::move(entry)), words_(std::move(words)) {}
    std::string words() const override { return words_; }
    void undo() override { document_.history_.pop_back(); }
    void redo() override { document_.history_.push_back(entry_); }
    size_t bytes() const override { return sizeof *this + words_.capacity() + entry_.dump().size(); }

private:
    Document& document_;
    nlohmann::json entry_;
    std::string words_;
};

Document::Document(TileSourcePtr image)
    : image_(std::move(image)), voxelSize_(image_->info().voxelSize), labels_(image_->info().extent()) {}

void Document::setVoxelSize(const VoxelSize& size) {
    if (size == voxelSize_) return;
    undo_.push(std::make_unique<VoxelSizeStep>(*this, std::exchange(voxelSize_, size)));
    changed(Change::voxelSize, {});
    changed(Change::state, {});
}

void Document::setClasses(const ClassTable& classes, const std::string& words) {
    if (classes == classes_) return;
    undo_.push(std::make_unique<ClassesStep>(*this, std::exchange(classes_, classes), words));
    changed(Change::classes, {});
    changed(Change::state, {});
}

void Document::setCompleteParts(std::vector<Box3> parts, const std::string& words) {
    if (parts == complete_) return;
    undo_.push(std::make_unique<CompleteStep>(*this, std::exchange(complete_, std::move(parts)), words));
    changed(Change::complete, {});
    changed(Change::state, {});
}

void Document::pushLabels(LabelDelta delta, const std::string& words) {
    undo_.push(std::make_unique<LabelStep>(*this, std::move(delta), words));
}

void Document::applyLabels(LabelDelta delta, const std::string& words) {
    if (!strokeParts_.empty()) endStroke("Stroke");
    delta = rebased(delta, labels_.snapshot());
    if (delta.empty()) return;
    const Box3 box = delta.touched();
    labels_.apply(delta);
    pushLabels(std::move(delta), words);
    changed(Change::labels, box);
    changed(Change::state, {});
}

void Document::applyLabels(LabelDelta delta, LabelLayer after, const std::string& words) {
    const bool unchanged = strokeParts_.empty() && after.generation() == labels_.generation() + 1;
    if (!unchanged || delta.empty()) return applyLabels(std::move(delta), words);
    const Box3 box = delta.touched();
    labels_ = std::move(after);
    pushLabels(std::move(delta), words);
    changed(Change::labels, box);
    changed(Change::state, {});
}

bool Document::isLarge(const LabelDelta& delta) {
    constexpr size_t mostTiles = 128, mostBytes = size_t(2)
                                                  << 20; // a few milliseconds of copying and writing
    return delta.tiles.size() > mostTiles || delta.bytes() > mostBytes;
}

namespace {
// A step with several changes of labels would need the layer between them; it is taken the slow way.
std::shared_ptr<const LabelDelta> largeChange(const UndoStep* step) {
    std::shared_ptr<const LabelDelta> found;
    if (!step) return found;
    for (const UndoStep* part : step->parts())
        if (const auto* labels = dynamic_cast<const LabelStep*>(part)) {
            if (found) return nullptr;
            found = labels->delta();
        }
    return found && Document::isLarge(*found) ? found : nullptr;
}
} // namespace

std::shared_ptr<const LabelDelta> Document::largeUndo() const {
    return largeChange(undo_.nextUndo());
}

std::shared_ptr<const LabelDelta> Document::largeRedo() const {
    return largeChange(undo_.nextRedo());
}

bool Document::undoWith(const std::shared_ptr<const LabelDelta>& change, LabelLayer after) {
    return stepWith(false, change, std::move(after));
}

bool Document::redoWith(const std::shared_ptr<const LabelDelta>& change, LabelLayer after) {
    return stepWith(true, change, std::move(after));
}

bool Document::stepWith(bool redo, const std::shared_ptr<const LabelDelta>& change, LabelLayer after) {
    const bool same = change && change == (redo ? largeRedo() : largeUndo()) && !strokeRunning() &&
                      after.generation() == labels_.generation() + 1;
    if (!same) return false;
    prepared_ = std::move(after);
    if (redo)
        undo_.redo();
    else
        undo_.undo();
    return true;
}

void Document::strokePart(const LabelDelta& part) {
    LabelDelta exact = rebased(part, labels_.snapshot(), false);
    if (exact.empty()) return;
    labels_.apply(exact);
    const Box3 box = exact.touched();
    strokeParts_.push_back(std::move(exact));
    changed(Change::labels, box);
}

void Document::endStroke(const std::string& words) {
    LabelDelta whole = merged(std::exchange(strokeParts_, {}));
    if (whole.empty()) return;
    pushLabels(std::move(whole), words);
    changed(Change::state, {});
}

void Document::cancelStroke() {
    const std::vector<LabelDelta> parts = std::exchange(strokeParts_, {});
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
        labels_.apply(*part, true);
        changed(Change::labels, part->touched());
    }
}

void Document::addHistory(nlohmann::json entry, const std::string& words) {
    history_.push_back(entry);
    undo_.push(std::make_unique<HistoryStep>(*this, std::move(entry), words));
}

void Document::asOneStep(const std::string& words, const std::function<void()>& work) {
    undo_.asOneStep(words, work);
    changed(Change::state, {});
}

int Document::addListener(Listener listener) {
    listeners_.emplace_back(nextListener_, std::move(listener));
    return nextListener_++;
}

void Document::removeListener(int id) {
    std::erase_if(listeners_, [&](const auto& entry) { return entry.first == id; });
}

void Document::changed(Change change, const Box3& box) {
    // A listener may add or remove listeners while it is told; one that is gone by its turn is left out.
    const auto told = listeners_;
    for (const auto& [id, listener] : told) {
        const bool still = std::any_of(listeners_.begin(), listeners_.end(),
                                       [id = id](const auto& entry) { return entry.first == id; });
        if (still) listener(change, box);
    }
}

} // namespace cristae
