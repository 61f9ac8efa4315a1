// Eraser: turns labels into background along the path of the cursor; background itself stays untouched.
#include "core/tools/brush_point.h"

namespace cristae {

namespace {
class Eraser : public Tool {
public:
    std::string key() const override { return "eraser"; }
    std::string title() const override { return "Eraser"; }
    std::string hint() const override { return "Drag to remove labels; [ and ] change the size."; }
    bool usesRadius() const override { return true; }
    void press(const ToolContext& context, ImagePoint point) override { erase(context, point, point); }
    void move(const ToolContext& context, ImagePoint point) override { erase(context, last_, point); }

private:
    void erase(const ToolContext& context, ImagePoint from, ImagePoint to) {
        const double radius = context.settings.radius;
        const BrushDab a = brushDab(from, radius), b = brushDab(to, radius);
        eraseCapsule(context.edit, context.slice, a.centre, b.centre, b.radius, context.settings.erasable);
        last_ = to;
    }
    ImagePoint last_;
};
} // namespace

std::unique_ptr<Tool> makeEraserTool() {
    return std::make_unique<Eraser>();
}

} // namespace cristae
