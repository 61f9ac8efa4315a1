// UndoStack: two rows of steps and a sum of their bytes.
#include "core/document/undo_stack.h"

namespace cristae {

namespace {
constexpr size_t alwaysKept = 10;

/// Several steps under one name.
class GroupStep : public UndoStep {
public:
    GroupStep(std::string words, std::vector<std::unique_ptr<UndoStep>> parts)
        : words_(std::move(words)), parts_(std::move(parts)) {}
    std::string words() const override { return words_; }
    void undo() override {
        for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) (*part)->undo();
    }
    void redo() override {
        for (const auto& part : parts_) part->redo();
    }
    size_t bytes() const override {
        size_t sum = sizeof *this + words_.capacity();
        for (const auto& part : parts_) sum += part->bytes();
        return sum;
    }
    std::vector<const UndoStep*> parts() const override {
        std::vector<const UndoStep*> all;
        for (const auto& part : parts_)
            for (const UndoStep* inner : part->parts()) all.push_back(inner);
        return all;
    }

private:
    std::string words_;
    std::vector<std::unique_ptr<UndoStep>> parts_;
};
} // namespace

void UndoStack::asOneStep(const std::string& words, const std::function<void()>& work) {
    if (group_) return work(); // inside another group: part of that one
    std::vector<std::unique_ptr<UndoStep>> parts;
    group_ = &parts;
    try {
        work();
    } catch (...) {
        group_ = nullptr;
        for (auto part = parts.rbegin(); part != parts.rend(); ++part) (*part)->undo();
        throw;
    }
    group_ = nullptr;
    if (!parts.empty()) push(std::make_unique<GroupStep>(words, std::move(parts)));
}

void UndoStack::keepWithinBudget() {
    while (bytes_ > budget_ && done_.size() > alwaysKept) {
        bytes_ -= done_.front()->bytes();
        done_.pop_front();
    }
}

void UndoStack::push(std::unique_ptr<UndoStep> step) {
    if (group_) {
        group_->push_back(std::move(step));
        return;
    }
    for (const auto& dropped : undone_) bytes_ -= dropped->bytes();
    undone_.clear();
    if (savedPosition_ > position_) savedPosition_ = -1;
    bytes_ += step->bytes();
    done_.push_back(std::move(step));
    ++position_;
    keepWithinBudget();
}

std::string UndoStack::undoWords() const {
    return done_.empty() ? std::string() : done_.back()->words();
}

std::string UndoStack::redoWords() const {
    return undone_.empty() ? std::string() : undone_.back()->words();
}

void UndoStack::undo() {
    if (done_.empty()) return;
    // Moved first: a step tells listeners, and what they read of the stack must already be true.
    undone_.push_back(std::move(done_.back()));
    done_.pop_back();
    --position_;
    undone_.back()->undo();
}

void UndoStack::redo() {
    if (undone_.empty()) return;
    done_.push_back(std::move(undone_.back()));
    undone_.pop_back();
    ++position_;
    done_.back()->redo();
}

void UndoStack::clear() {
    done_.clear();
    undone_.clear();
    bytes_ = 0;
    if (savedPosition_ != position_) savedPosition_ = -1;
}

} // namespace cristae
