// The tools as the window shows them: key, icon, words, shortcut.
#pragma once
#include <QString>

#include <vector>

namespace cristae {

struct ToolWords {
    QString key, icon, title, hint, shortcut;
};

/// In the order of the strip: browse, the tools that paint, pick, measure.
std::vector<ToolWords> toolList();

} // namespace cristae
