// Brush: paints the current class along the path of the cursor.
#include "core/tools/brush_point.h"

namespace cristae {

namespace {
class Brush : public Tool {
public:
    std::string key() const override { return "brush"; }
    std::string title() const override { return "Brush"; }
    std::string hint() const override { return "Drag to paint the current class; [ and ] change the size."; }
    bool usesRadius() const override { return true; }
    void press(const ToolContext& context, ImagePoint point) override { paint(context, point, point); }
    void move(const ToolContext& context, ImagePoint point) override { paint(context, last_, point); }

private:
    void paint(const ToolContext& context, ImagePoint from, ImagePoint to) {
        const double radius = context.settings.radius;
        const BrushDab a = brushDab(from, radius), b = brushDab(to, radius);
        paintCapsule(context.edit, context.slice, a.centre, b.centre, b.radius,
                     {context.settings.label, Origin::human});
        last_ = to;
    }
    ImagePoint last_;
};
} // namespace

std::unique_ptr<Tool> makeBrushTool() {
    return std::make_unique<Brush>();
}

} // namespace cristae
