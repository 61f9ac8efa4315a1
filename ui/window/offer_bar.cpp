// OfferBar.
#include "ui/window/offer_bar.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>

namespace cristae {

OfferBar::OfferBar(const QString& sentence, QWidget* parent) : QFrame(parent) {
    setObjectName(QStringLiteral("offerBar"));
    setAttribute(Qt::WA_StyledBackground);
    layout_ = new QHBoxLayout(this);
    layout_->setContentsMargins(16, 8, 8, 8);
    layout_->setSpacing(8);
    auto* picture = new QLabel(this);
    picture->setFixedSize(18, 18);
    picture->setPixmap(
        iconPixmap(QStringLiteral("info"), themeColours(palette()).accent, 18, devicePixelRatioF()));
    auto* words = new QLabel(sentence, this);
    words->setObjectName(QStringLiteral("offer"));
    words->setTextFormat(Qt::PlainText);
    words->setWordWrap(true);
    auto* close = new QToolButton(this);
    close->setIcon(icon(QStringLiteral("close")));
    close->setIconSize({16, 16});
    close->setToolTip(tr("Close this message; it comes again at the next start"));
    close->setAccessibleName(tr("Close this message"));
    connect(close, &QToolButton::clicked, this, &QObject::deleteLater);
    layout_->addWidget(picture);
    layout_->addWidget(words, 1);
    layout_->addWidget(close);
}

void OfferBar::addChoice(const QString& words, const QString& objectName, std::function<void()> chosen) {
    auto* button = new QPushButton(words, this);
    button->setObjectName(objectName);
    connect(button, &QPushButton::clicked, this, [this, chosen = std::move(chosen)] {
        deleteLater();
        hide();
        chosen();
    });
    layout_->insertWidget(layout_->count() - 1, button);
}

} // namespace cristae
