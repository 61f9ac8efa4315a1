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
         tr("Click corner after corner; Return or a double click closes, Esc gives up."), "P"},
        {"lasso", "lasso", tr("Lasso"), tr("Draw round an area; letting go fills it with the current class."),
         "L"},
        {"pick", "pick", tr("Pick"),
         tr("Click a label to make its class the current one; Alt+click does the same with every tool."),
         "I"},
    };
}

} // namespace cristae
