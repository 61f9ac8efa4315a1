// The tools as the window shows them.
#include "ui/window/tool_list.h"

#include <QCoreApplication>

namespace cristae {

std::vector<ToolWords> toolList() {
    auto tr = [](const char* words) { return QCoreApplication::translate("ToolList", words); };
    return {
        {"browse", "browse", tr("Browse"),
         tr("Drag to move the image; the wheel changes the slice, Ctrl+wheel the zoom."), "V"},
        {"brush", "brush", tr("Brush"), tr("Drag to paint the current class."), "B"},
        {"eraser", "eraser", tr("Eraser"), tr("Drag to remove labels."), "E"},
        {"fill", "fill", tr("Fill"), tr("Click an area to fill it with the current class."), "F"},
        {"polygon", "polygon", tr("Polygon"),
         tr("Click corner after corner; Return or a double click closes, Esc cancels."), "P"},
        {"lasso", "lasso", tr("Lasso"), tr("Draw round an area; letting go fills it with the current class."),
         "L"},
        {"wand", "wand", tr("Wand"),
         tr("Click to give the current class to the connected area of similar grey values."), "W"},
        {"pick", "pick", tr("Pick"),
         tr("Click a label to make its class the current one; Alt+click does the same with every tool."),
         "I"},
        {"complete", "complete", tr("Complete part"),
         tr("Drag a rectangle in which every pixel is labelled rightly, background included; a model is "
            "fitted to it."),
         "K"},
        {"explain", "explain", tr("Explain"),
         tr("Explain: click for the class activation map, Shift+click for the occlusion map; Esc hides it."),
         "Y"},
        {"measure", "measure", tr("Measure"), tr("Drag a line to read its length; Esc removes it."), "R"},
    };
}

} // namespace cristae
