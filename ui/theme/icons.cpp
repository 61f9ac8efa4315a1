// Icons: SVG files with currentColor, coloured when they are drawn.
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"

#include <QFile>
#include <QGuiApplication>
#include <QIconEngine>
#include <QPainter>
#include <QPalette>
#include <QPixmapCache>
#include <QSvgRenderer>

namespace cristae {

namespace {

class LineIconEngine : public QIconEngine {
public:
    LineIconEngine(QString name, IconTone tone) : name_(std::move(name)), tone_(tone) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override {
        const double ratio = painter->device() ? painter->device()->devicePixelRatioF() : 1.0;
        const int side = std::min(rect.width(), rect.height());
        QRect place(0, 0, side, side);
        place.moveCenter(rect.center());
        painter->drawPixmap(place, iconPixmap(name_, colour(mode, state), side, ratio));
    }
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
        return scaledPixmap(size, mode, state, 1.0);
    }
    // Qt hands the size over in device pixels.
    QPixmap scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State state, qreal) override {
        return iconPixmap(name_, colour(mode, state), std::min(size.width(), size.height()), 1.0);
    }
    QIconEngine* clone() const override { return new LineIconEngine(name_, tone_); }
    QString key() const override { return QStringLiteral("cristae"); }

private:
    QColor colour(QIcon::Mode mode, QIcon::State state) const {
        const ThemeColours colours = themeColours(QGuiApplication::palette());
        QColor result = colours.text;
        if (tone_ == IconTone::secondary) result = colours.secondary;
        if (tone_ == IconTone::accent || (tone_ == IconTone::text && state == QIcon::On))
            result = colours.accent;
        if (tone_ == IconTone::onAccent) result = colours.onAccent;
        if (mode == QIcon::Disabled) {
            result = tone_ == IconTone::onAccent ? colours.onAccent : colours.secondary;
            result.setAlphaF(0.5f);
        }
        return result;
    }
    QString name_;
    IconTone tone_;
};

} // namespace

QPixmap iconPixmap(const QString& name, const QColor& colour, int size, double devicePixelRatio) {
    const QString key = QStringLiteral("cristae-icon/%1/%2/%3/%4")
                            .arg(name, colour.name(QColor::HexArgb))
                            .arg(size)
                            .arg(devicePixelRatio);
    QPixmap pixmap;
    if (QPixmapCache::find(key, &pixmap)) return pixmap;
    QFile file(QStringLiteral(":/cristae/icons/%1.svg").arg(name));
    [[maybe_unused]] const bool found = file.open(QIODevice::ReadOnly);
    Q_ASSERT_X(found, "iconPixmap", qPrintable(name));
    QByteArray svg = file.readAll();
    svg.replace("currentColor", colour.name(QColor::HexRgb).toLatin1());
    QSvgRenderer renderer(svg);
    const int deviceSize = std::max(1, qRound(size * devicePixelRatio));
    pixmap = QPixmap(deviceSize, deviceSize);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setOpacity(colour.alphaF());
    renderer.render(&painter, QRectF(0, 0, deviceSize, deviceSize));
    painter.end();
    pixmap.setDevicePixelRatio(devicePixelRatio);
    QPixmapCache::insert(key, pixmap);
    return pixmap;
}

QIcon icon(const QString& name, IconTone tone) {
    return QIcon(new LineIconEngine(name, tone));
}

QIcon applicationIcon() {
    QIcon result;
    for (int size : {16, 24, 32, 48, 64, 128, 256})
        result.addPixmap(iconPixmap(QStringLiteral("cristae"), Qt::white, size, 1.0));
    return result;
}

} // namespace cristae
