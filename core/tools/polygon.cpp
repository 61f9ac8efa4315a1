// Polygon: corner after corner by clicks, filled when it is closed.
#include "core/tools/tool.h"

namespace cristae {

namespace {
class Polygon : public Tool {
public:
    std::string key() const override { return "polygon"; }
    std::string title() const override { return "Polygon"; }
    std::string hint() const override {
        return "Click corner after corner; double-click or Return closes and fills, Escape cancels.";
    }
    bool multiClick() const override { return true; }
    void press(const ToolContext&, ImagePoint point) override {
        // A double-click comes as two presses at one place; the second is no corner.
        if (corners_.empty() || corners_.back().y != point.y || corners_.back().x != point.x)
            corners_.push_back(point);
    }
    void finish(const ToolContext& context) override {
        fillPolygon(context.edit, context.slice, corners_, {context.settings.label, Origin::human});
        corners_.clear();
    }
    void cancel() override { corners_.clear(); }
    std::vector<ImagePoint> outline() const override { return corners_; }

private:
    std::vector<ImagePoint> corners_;
};
} // namespace

std::unique_ptr<Tool> makePolygonTool() {
    return std::make_unique<Polygon>();
}

} // namespace cristae
