// MessageBar.
#include "ui/window/message_bar.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStyle>
#include <QSysInfo>
#include <QToolButton>

#include <algorithm>

namespace cristae {

MessageBar::MessageBar(QWidget* parent) : QFrame(parent) {
    setObjectName(QStringLiteral("messageBar"));
    setAttribute(Qt::WA_StyledBackground);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 8, 8, 8);
    layout->setSpacing(8);
    icon_ = new QLabel(this);
    icon_->setFixedSize(18, 18);
    words_ = new QLabel(this);
    words_->setObjectName(QStringLiteral("message"));
    words_->setWordWrap(true);
    words_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    details_ = new QPushButton(tr("Copy details"), this);
    details_->setToolTip(tr("Copies the whole message, for a colleague or a report"));
    close_ = new QToolButton(this);
    close_->setIcon(icon(QStringLiteral("close")));
    close_->setIconSize({16, 16});
    close_->setToolTip(tr("Close this message"));
    close_->setAccessibleName(close_->toolTip());
    layout->addWidget(icon_, 0, Qt::AlignTop);
    layout->addWidget(words_, 1);
    layout->addWidget(details_, 0, Qt::AlignTop);
    layout->addWidget(close_, 0, Qt::AlignTop);
    connect(close_, &QToolButton::clicked, this, [this] {
        error_ = false;
        hide();
    });
    connect(details_, &QPushButton::clicked, this, [this] {
        QApplication::clipboard()->setText(copied_);
        details_->setText(tr("Copied"));
    });
    fade_.setSingleShot(true);
    connect(&fade_, &QTimer::timeout, this, [this] {
        if (!error_) hide();
    });
    hide();
}

void MessageBar::setKind(const QString& kind) {
    setProperty("kind", kind);
    style()->unpolish(this);
    style()->polish(this);
    const ThemeColours colours = themeColours(palette());
    const bool error = kind == QLatin1String("error");
    icon_->setPixmap(iconPixmap(error ? QStringLiteral("warning") : QStringLiteral("info"),
                                error ? colours.error : colours.accent, 18, devicePixelRatioF()));
    details_->setVisible(error);
    details_->setText(tr("Copy details"));
}

void MessageBar::showError(const QString& title, const QString& message) {
    fade_.stop();
    error_ = true;
    setKind(QStringLiteral("error"));
    words_->setText(QStringLiteral("<b>%1</b><br>%2").arg(title.toHtmlEscaped(), message.toHtmlEscaped()));
    copied_ = QStringLiteral("%1\n%2\n\nCristae %3, %4")
                  .arg(title, message, QStringLiteral(CRISTAE_VERSION), QSysInfo::prettyProductName());
    show();
}

void MessageBar::showRemark(const QString& message) {
    if (error_ && isVisible()) return;
    setKind(QStringLiteral("remark"));
    words_->setText(message.toHtmlEscaped());
    show();
    fade_.start(std::clamp<int>(4000 + 40 * int(message.size()), 4000, 15000)); // time enough to read it
}

QString MessageBar::text() const {
    return isVisible() || !isHidden() ? words_->text() : QString();
}

} // namespace cristae
