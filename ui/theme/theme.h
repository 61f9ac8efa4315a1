// Theme: the colours, the text font and the style sheet of the window, dark and light.
#pragma once
#include <QColor>
#include <QFont>
#include <QString>

class QApplication;
class QLabel;
class QPalette;

namespace cristae {

enum class ThemeKind { dark, light };

struct ThemeColours {
    QColor window, panel, surround; // frame of the window, panels, background around the image
    QColor field, raised, border;   // text fields, chosen parts of a segmented control, hairlines
    QColor text, secondary, accent, onAccent;
    QColor error, warning, good;
};

ThemeColours themeColours(ThemeKind kind);
/// The colours that belong to the palette in use (told apart by the lightness of its window colour).
ThemeColours themeColours(const QPalette& palette);
ThemeKind themeKind(const QPalette& palette);

/// Fusion, palette, font and style sheet of the whole program. May be called again to switch.
void applyTheme(QApplication& application, ThemeKind kind);
/// The theme the user chose last; dark if none.
ThemeKind rememberedTheme();
void rememberTheme(ThemeKind kind);

/// Three sizes: text (the application's font), secondary text, titles.
QFont secondaryFont();
QFont strongFont();
QFont titleFont();
/// A label in secondary colour and size that wraps; the style sheet knows it by its property "role".
QLabel* secondaryLabel(const QString& text, QWidget* parent = nullptr);
/// A heading inside a panel.
QLabel* headingLabel(const QString& text, QWidget* parent = nullptr);

} // namespace cristae
