// Parts that several pages of the task panel share: scrolling column, swatches, numbers in words.
#pragma once
#include "core/document/document.h"
#include "core/labels/class_table.h"

#include <QPixmap>
#include <QString>

#include <string>
#include <vector>

class QLabel;
class QPushButton;
class QVBoxLayout;
class QWidget;

namespace cristae {

inline QString text(const std::string& s) {
    return QString::fromStdString(s);
}
QColor toQColor(const Colour& colour);
Colour fromQColor(const QColor& colour);
/// A small rounded square of a class colour.
QPixmap swatch(const Colour& colour, double devicePixelRatio, int side = 12);
/// The same with an outline that is seen on dark and light: for fixed colours such as a legend's.
QPixmap outlinedSwatch(const Colour& colour, double devicePixelRatio, int side = 12);
/// Makes `page` a scrolling column with the panel's margins and gives the layout to fill; wide content is
/// never cut off silently.
QVBoxLayout* scrollingColumn(QWidget* page, int spacing = 8);
/// The foot of a page made by scrollingColumn(): stays in sight under what scrolls, for the main button and
/// what it says.
QVBoxLayout* fixedFoot(QWidget* page);
/// Pages behind a row of buttons, the first one shown.
struct SegmentPage {
    QString title, help;
    QWidget* page = nullptr;
};
QWidget* segmentedPages(const std::vector<SegmentPage>& pages, QWidget* parent);
/// The big button of a page.
QPushButton* primaryButton(const QString& words, QWidget* parent);
/// The wheel over a list or a number scrolls what lies around it instead of changing the setting.
void ignoreWheel(QWidget* setting);
/// A row that opens and closes what stands under it.
QPushButton* foldButton(const QString& words, QWidget* folded, QWidget* parent);
/// A sentence in the colour of warnings, hidden while empty.
QLabel* complaintLabel(QWidget* parent);
/// Sets a property that the style sheet looks at.
void setStyleProperty(QWidget* widget, const char* name, const QVariant& value);
void setSentence(QLabel* label, const QString& sentence);
/// "about 4 s", "about 3 min", "about 1 h 20 min".
QString durationWords(double seconds);
/// "0:31 left" or nothing.
QString leftWords(std::optional<double> seconds);
/// "5", "4.6": a length in nm without digits that mean nothing.
QString nmWords(double nm);
/// "Mitochondria, my data" → "mitochondria-my-data": what a model is called on the command line and on the
/// disk.
QString shortName(const QString& title);
/// The name a person knows an image by: the file's name without folders.
QString imageName(const ImageInfo& info);

} // namespace cristae
