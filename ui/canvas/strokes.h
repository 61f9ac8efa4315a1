// Strokes: feeds mouse points to the current tool and its changes to the document, as one undoable step a
// stroke.
#pragma once
#include "core/labels/label_layer.h"
#include "core/tools/tool.h"
#include "ui/window/workbench.h"

#include <memory>
#include <optional>
#include <vector>

namespace cristae {

class Strokes {
public:
    explicit Strokes(Workbench& bench);
    ~Strokes();

    const std::vector<std::unique_ptr<Tool>>& tools() const { return tools_; }
    /// The tool in hand, or null for browse and pick.
    Tool* tool() const;
    /// The button is down, or a shape is begun that finish() closes.
    bool running() const { return running_; }
    void press(ImagePoint point, int64_t slice);
    void move(ImagePoint point);
    void release(ImagePoint point);
    /// Closes the shape of a tool that takes several clicks.
    void finish();
    /// Takes back what the running stroke has done.
    void cancel();
    /// The document of the running stroke is gone: nothing is taken back.
    void forget();
    int64_t slice() const { return slice_; }
    /// Corners of the shape so far, in image coordinates.
    std::vector<ImagePoint> outline() const;

private:
    ToolSettings settings() const;
    void show();
    QString words(const Tool& tool, int64_t slice) const;
    void pressInBackground(const Tool& tool, ImagePoint point, int64_t slice);
    void end();

    Workbench& bench_;
    std::vector<std::unique_ptr<Tool>> tools_;
    Tool* running_ = nullptr;
    int64_t slice_ = 0;
    ToolSettings settings_;
    std::unique_ptr<LabelEdit> edit_;
};

} // namespace cristae
