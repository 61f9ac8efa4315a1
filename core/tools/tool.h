// Tool: one way to change labels by hand; fed with press, move and release in image coordinates.
#pragma once
#include "core/base/progress.h"
#include "core/base/schema.h"
#include "core/image/tile_source.h"
#include "core/labels/label_layer.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cristae {

/// A point of the slice in image pixels; (0, 0) is the outer corner of the first pixel, its centre is (0.5,
/// 0.5).
struct ImagePoint {
    double y = 0, x = 0;
};

struct ToolSettings {
    uint32_t label = 1; // what is painted; 0 erases
    double radius = 12; // px, brush and eraser
    WriteRule rule;
    std::vector<uint32_t> erasable;                    // eraser: empty = every label
    nlohmann::json options = nlohmann::json::object(); // of the tool's schema; missing ones are as declared
    double greyRange = 255; // between what is shown as black and as white, in grey values of the image
};

/// What a tool works on while the button is down.
struct ToolContext {
    LabelEdit& edit;
    int64_t slice;
    const ToolSettings& settings;
    const TileSource* image = nullptr; // for tools that read it
    const Progress& progress = Progress::none();
};

class Tool {
public:
    virtual ~Tool() = default;
    virtual std::string key() const = 0;   // "brush"
    virtual std::string title() const = 0; // "Brush"
    virtual std::string hint() const = 0;  // one sentence on how to use it
    virtual bool usesRadius() const { return false; }
    /// True if the tool looks at grey values: its whole work is a press, which takes as long as reading does
    /// and belongs off the UI thread. Such a tool keeps nothing between calls.
    virtual bool readsImage() const { return false; }
    /// What can be set besides class, radius and rule.
    virtual const Schema& options() const {
        static const Schema none;
        return none;
    }
    /// True if several presses make one stroke (polygon: ends with finish()).
    virtual bool multiClick() const { return false; }
    virtual void press(const ToolContext& context, ImagePoint point) = 0;
    virtual void move(const ToolContext&, ImagePoint) {}
    virtual void release(const ToolContext&, ImagePoint) {}
    /// Multi-click tools: close the shape and write it. Resets the tool.
    virtual void finish(const ToolContext&) {}
    virtual void cancel() {}
    /// Lines to draw while the tool is at work (polygon corners so far), image coordinates.
    virtual std::vector<ImagePoint> outline() const { return {}; }
};

/// brush, eraser, fill, polygon, lasso, wand. Picking a label writes nothing, so it is no Tool: the window
/// reads the label under the cursor from the layer.
std::vector<std::unique_ptr<Tool>> allTools();

/// Rasterisers, shared by tools, importers and tests. A pixel belongs to a shape if its centre lies inside.
/// Non-finite points and radii paint nothing; what lies outside the slice is cut off.
void paintDisc(LabelEdit& edit, int64_t z, ImagePoint centre, double radius, Voxel value);
/// The sweep of a disc from a to b.
void paintCapsule(LabelEdit& edit, int64_t z, ImagePoint a, ImagePoint b, double radius, Voxel value);
/// Even-odd rule.
void fillPolygon(LabelEdit& edit, int64_t z, const std::vector<ImagePoint>& corners, Voxel value);
/// The sweep of a disc from a to b takes labels away (see LabelEdit::eraseRun).
void eraseCapsule(LabelEdit& edit, int64_t z, ImagePoint a, ImagePoint b, double radius,
                  const std::vector<uint32_t>& labels = {});
/// 4-connected region of equal label around the point; of it, the voxels that the rule of the edit lets
/// through are written.
void floodFill(LabelEdit& edit, int64_t z, ImagePoint seed, Voxel value);

} // namespace cristae
