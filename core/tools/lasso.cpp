// Lasso: a shape drawn freehand, filled when the button is released.
#include "core/tools/tool.h"

namespace cristae {

namespace {
class Lasso : public Tool {
public:
    std::string key() const override { return "lasso"; }
    std::string title() const override { return "Lasso"; }
    std::string hint() const override {
        return "Draw round an area; releasing the button fills it with the current class.";
    }
    void press(const ToolContext&, ImagePoint point) override { path_ = {point}; }
    void move(const ToolContext&, ImagePoint point) override { path_.push_back(point); }
    void release(const ToolContext& context, ImagePoint point) override {
        path_.push_back(point);
        fillPolygon(context.edit, context.slice, path_, {context.settings.label, Origin::human});
        path_.clear();
    }
    void cancel() override { path_.clear(); }
    std::vector<ImagePoint> outline() const override { return path_; }

private:
    std::vector<ImagePoint> path_;
};
} // namespace

std::unique_ptr<Tool> makeLassoTool() {
    return std::make_unique<Lasso>();
}

} // namespace cristae
