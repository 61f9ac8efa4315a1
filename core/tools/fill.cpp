// Fill: gives the connected region of one label under the cursor the current class.
#include "core/tools/tool.h"

namespace cristae {

namespace {
class Fill : public Tool {
public:
    std::string key() const override { return "fill"; }
    std::string title() const override { return "Fill"; }
    std::string hint() const override {
        return "Click into an area of one label, or into a hole, to fill it with the current class.";
    }
    void press(const ToolContext& context, ImagePoint point) override {
        floodFill(context.edit, context.slice, point, {context.settings.label, Origin::human});
    }
};
} // namespace

std::unique_ptr<Tool> makeFillTool() {
    return std::make_unique<Fill>();
}

} // namespace cristae
