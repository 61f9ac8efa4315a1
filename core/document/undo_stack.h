// UndoStack: order and budget of undoable steps; it does not know how a step works.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cristae {

class UndoStep {
public:
    virtual ~UndoStep() = default;
    virtual std::string words() const = 0; // "Brush on slice 12"
    virtual void undo() = 0;
    virtual void redo() = 0;
    virtual size_t bytes() const = 0;
    /// The steps this one consists of, in the order of redo(); most are one step: themselves.
    virtual std::vector<const UndoStep*> parts() const { return {this}; }
};

/// Oldest steps are dropped when the byte budget is exceeded, but the newest ten always stay.
class UndoStack {
public:
    explicit UndoStack(size_t byteBudget = size_t(256) << 20) : budget_(byteBudget) {}
    /// Takes a step that has already been done; drops what could be redone.
    void push(std::unique_ptr<UndoStep> step);
    /// Everything that `work` pushes becomes one step with these words. If `work` throws, what it pushed is
    /// undone.
    void asOneStep(const std::string& words, const std::function<void()>& work);
    bool canUndo() const { return !done_.empty(); }
    bool canRedo() const { return !undone_.empty(); }
    /// Words of the next step to undo or redo; empty if there is none.
    std::string undoWords() const;
    std::string redoWords() const;
    /// The step that undo() or redo() would take; null if there is none.
    const UndoStep* nextUndo() const { return done_.empty() ? nullptr : done_.back().get(); }
    const UndoStep* nextRedo() const { return undone_.empty() ? nullptr : undone_.back().get(); }
    void undo();
    void redo();
    void clear();
    size_t bytes() const { return bytes_; }
    /// True if the state is the one of the last markSaved().
    bool atSaved() const { return savedPosition_ == position_; }
    void markSaved() { savedPosition_ = position_; }

private:
    void keepWithinBudget();
    size_t budget_, bytes_ = 0;
    int64_t position_ = 0, savedPosition_ = 0; // savedPosition_ < 0: that state cannot be reached any more
    std::deque<std::unique_ptr<UndoStep>> done_, undone_;
    std::vector<std::unique_ptr<UndoStep>>* group_ =
        nullptr; // where push() goes while asOneStep() is at work
};

} // namespace cristae
