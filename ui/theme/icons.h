// Icons: Cristae's own line icons, drawn in the colour that the place and the theme ask for.
#pragma once
#include <QColor>
#include <QIcon>
#include <QPixmap>
#include <QString>

namespace cristae {

/// Which colour of the theme an icon is drawn in; follows a change of theme by itself.
enum class IconTone { text, secondary, accent, onAccent };

/// An icon of resources/icons by name ("brush"). Throws nothing; an unknown name is a programming error and
/// asserts.
QIcon icon(const QString& name, IconTone tone = IconTone::text);
/// The same as a pixmap of `size` logical pixels.
QPixmap iconPixmap(const QString& name, const QColor& colour, int size, double devicePixelRatio);
/// The program's own icon for task bars.
QIcon applicationIcon();

} // namespace cristae
