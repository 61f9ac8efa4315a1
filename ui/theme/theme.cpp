// Theme: palettes, font and the one style sheet.
#include "ui/theme/theme.h"

#include <QApplication>
#include <QFile>
#include <QFontDatabase>
#include <QLabel>
#include <QPalette>
#include <QPixmapCache>
#include <QSettings>
#include <QStyleFactory>
#include <QToolTip>

// Resources of a static library are only linked in when somebody asks for them; the macro must stand outside
// any namespace.
static void initialiseResources() {
    Q_INIT_RESOURCE(cristae);
}

namespace cristae {

ThemeColours themeColours(ThemeKind kind) {
    ThemeColours c;
    if (kind == ThemeKind::dark) {
        c.window = QColor("#1e1f22");
        c.panel = QColor("#26282c");
        c.surround = QColor("#141416");
        c.field = QColor("#1a1b1e");
        c.raised = QColor("#2f3238");
        c.border = QColor("#3a3d43");
        c.text = QColor("#e6e6e6");
        c.secondary = QColor("#a0a4ab");
        c.accent = QColor("#4aa3df");
        c.onAccent = QColor("#101418");
        c.error = QColor("#f28b82");
        c.warning = QColor("#f0c36d");
        c.good = QColor("#6fcf97");
    } else {
        c.window = QColor("#f5f5f4");
        c.panel = QColor("#ffffff");
        c.surround = QColor("#d9d9d7");
        c.field = QColor("#ffffff");
        c.raised = QColor("#ececea");
        c.border = QColor("#cfcfcc");
        c.text = QColor("#1b1b1b");
        c.secondary = QColor("#5c5f66");
        c.accent = QColor("#1f6fb2");
        c.onAccent = QColor("#ffffff");
        c.error = QColor("#b3261e");
        c.warning = QColor("#8a5a00");
        c.good = QColor("#1b7a43");
    }
    return c;
}

ThemeKind themeKind(const QPalette& palette) {
    return palette.color(QPalette::Window).lightness() < 128 ? ThemeKind::dark : ThemeKind::light;
}

ThemeColours themeColours(const QPalette& palette) {
    return themeColours(themeKind(palette));
}

namespace {

QPalette paletteOf(const ThemeColours& c) {
    QPalette p;
    p.setColor(QPalette::Window, c.window);
    p.setColor(QPalette::WindowText, c.text);
    p.setColor(QPalette::Base, c.field);
    p.setColor(QPalette::AlternateBase, c.panel);
    p.setColor(QPalette::Text, c.text);
    p.setColor(QPalette::PlaceholderText, c.secondary);
    p.setColor(QPalette::Button, c.panel);
    p.setColor(QPalette::ButtonText, c.text);
    p.setColor(QPalette::BrightText, c.error);
    p.setColor(QPalette::Highlight, c.accent);
    p.setColor(QPalette::HighlightedText, c.onAccent);
    p.setColor(QPalette::Link, c.accent);
    p.setColor(QPalette::LinkVisited, c.accent);
    p.setColor(QPalette::ToolTipBase, c.raised);
    p.setColor(QPalette::ToolTipText, c.text);
    p.setColor(QPalette::Light, c.raised);
    p.setColor(QPalette::Midlight, c.raised);
    p.setColor(QPalette::Mid, c.border);
    p.setColor(QPalette::Dark, c.border);
    p.setColor(QPalette::Shadow, c.surround);
    QColor faded = c.secondary;
    faded.setAlphaF(0.6f);
    for (auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        p.setColor(QPalette::Disabled, role, faded);
    p.setColor(QPalette::Disabled, QPalette::Highlight, c.raised);
    p.setColor(QPalette::Disabled, QPalette::HighlightedText, faded);
    return p;
}

QString styleSheetOf(ThemeKind kind) {
    const ThemeColours c = themeColours(kind);
    QFile file(QStringLiteral(":/cristae/style.qss"));
    if (!file.open(QIODevice::ReadOnly)) return {};
    QString sheet = QString::fromUtf8(file.readAll());
    // Longer names first, so that @accent does not eat the head of @accentHover.
    const std::pair<const char*, QColor> names[] = {
        {"@accentHover", c.accent.lighter(110)},
        {"@onAccent", c.onAccent},
        {"@secondary", c.secondary},
        {"@surround", c.surround},
        {"@warning", c.warning},
        {"@accent", c.accent},
        {"@window", c.window},
        {"@raised", c.raised},
        {"@border", c.border},
        {"@panel", c.panel},
        {"@field", c.field},
        {"@error", c.error},
        {"@text", c.text},
    };
    sheet.replace(QLatin1String("@chevron"),
                  kind == ThemeKind::dark ? QLatin1String("dark") : QLatin1String("light"));
    for (const auto& [name, colour] : names) sheet.replace(QLatin1String(name), colour.name());
    return sheet;
}

QFont textFont() {
    QFont font = QFontDatabase::systemFont(QFontDatabase::GeneralFont);
    const QStringList families = QFontDatabase::families();
    for (const char* wanted : {"Inter", "Inter Variable", "Noto Sans", "DejaVu Sans"})
        if (families.contains(QLatin1String(wanted))) {
            font = QFont(QLatin1String(wanted));
            break;
        }
    font.setPixelSize(13);
    return font;
}

} // namespace

void applyTheme(QApplication& application, ThemeKind kind) {
    initialiseResources();
    const ThemeColours colours = themeColours(kind);
    static bool styled = false; // setting the style twice would polish every widget twice for nothing
    if (!styled) {
        application.setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
        application.setFont(textFont());
        styled = true;
    }
    QPixmapCache::clear();
    application.setPalette(paletteOf(colours));
    QToolTip::setPalette(paletteOf(colours));
    application.setStyleSheet(styleSheetOf(kind));
}

ThemeKind rememberedTheme() {
    return QSettings().value(QStringLiteral("theme")).toString() == QLatin1String("light") ? ThemeKind::light
                                                                                           : ThemeKind::dark;
}

void rememberTheme(ThemeKind kind) {
    QSettings().setValue(QStringLiteral("theme"),
                         kind == ThemeKind::light ? QStringLiteral("light") : QStringLiteral("dark"));
}

QFont secondaryFont() {
    QFont font = QApplication::font();
    font.setPixelSize(12);
    return font;
}

QFont strongFont() {
    QFont font = QApplication::font();
    font.setWeight(QFont::DemiBold);
    return font;
}

QFont titleFont() {
    QFont font = QApplication::font();
    font.setPixelSize(26);
    font.setWeight(QFont::DemiBold);
    return font;
}

QLabel* secondaryLabel(const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setProperty("role", QStringLiteral("secondary"));
    label->setWordWrap(true);
    return label;
}

QLabel* headingLabel(const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setProperty("role", QStringLiteral("heading"));
    return label;
}

} // namespace cristae
