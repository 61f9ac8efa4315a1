// StartPage.
#include "ui/window/start_page.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/io/format.h"
#include "core/render/compose.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QAbstractButton>
#include <QEvent>
#include <QFileInfo>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QImage>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QPainterPath>
#include <QPointer>
#include <QPushButton>
#include <QSettings>
#include <QVBoxLayout>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace cristae {

namespace {

constexpr int recentKept = 12, recentShown = 4;
constexpr std::chrono::seconds thumbnailSilence(5);

/// The dashed frame of the drop target.
class DropFrame : public QWidget {
public:
    using QWidget::QWidget;
    bool lit = false;

protected:
    void paintEvent(QPaintEvent*) override {
        const ThemeColours colours = themeColours(palette());
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        QColor frame = lit ? colours.accent : colours.secondary;
        if (!lit) frame.setAlphaF(0.6f);
        painter.setPen(QPen(frame, lit ? 2 : 1, Qt::DashLine));
        if (lit) {
            QColor wash = colours.accent;
            wash.setAlphaF(0.08f);
            painter.setBrush(wash);
        }
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 10, 10);
    }
};

/// A whole card that can be clicked and reached by Tab; its contents are labels in a layout.
class Card : public QAbstractButton {
public:
    Card(bool framed, QWidget* parent) : QAbstractButton(parent), framed_(framed) {
        setCursor(Qt::PointingHandCursor);
        setFocusPolicy(Qt::StrongFocus);
        setAttribute(Qt::WA_Hover);
    }
    QSize sizeHint() const override { return layout() ? layout()->sizeHint() : QAbstractButton::sizeHint(); }

protected:
    void paintEvent(QPaintEvent*) override {
        const ThemeColours colours = themeColours(palette());
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const bool hot = underMouse() || hasFocus();
        painter.setPen(hasFocus()       ? QPen(colours.accent, 1.5)
                       : framed_ || hot ? QPen(colours.border, 1)
                                        : QPen(Qt::NoPen));
        painter.setBrush(hot       ? QBrush(colours.raised)
                         : framed_ ? QBrush(colours.panel)
                                   : QBrush(Qt::NoBrush));
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.75, 0.75, -0.75, -0.75), 8, 8);
    }

private:
    bool framed_;
};

struct Thumbnail {
    QImage image;
    QString words; // "32 slices · 512 × 512 · 10 nm"
};

QString wordsOf(const ImageInfo& info) {
    QStringList words;
    const Extent3& extent = info.extent();
    if (extent.z > 1) words << QString::fromStdString(countText(extent.z, "slice", "slices"));
    words << QStringLiteral("%1 × %2").arg(extent.x).arg(extent.y);
    if (info.voxelSize.xNm) words << QString::fromStdString(lengthText(*info.voxelSize.xNm));
    return words.join(QStringLiteral(" · "));
}

/// The middle of the middle slice at a quarter of a megapixel at most; quick for every size of image.
Thumbnail makeThumbnail(const std::filesystem::path& path, QSize size, const Progress& progress) {
    const ImageOrScenes found = openOrList(path);
    TileSourcePtr source = found.image;
    if (!source) {
        const auto image = std::ranges::find_if(
            found.scenes, [](const SceneInfo& one) { return !one.looksLikeLabels && !one.reduced; });
        source =
            openImage(path, {.scene = (image == found.scenes.end() ? found.scenes.front() : *image).name});
    }
    const Extent3 extent = source->info().extent();
    // Twice the logical size is sharp at 200 %; the crop shows structure instead of a grey haze.
    const int64_t height = std::min<int64_t>(extent.y, 2 * size.height()),
                  width = std::min<int64_t>(extent.x, 2 * size.width());
    const int64_t y0 = (extent.y - height) / 2, x0 = (extent.x - width) / 2, z = extent.z / 2;
    const Pixels pixels = source->read(0, {z, y0, x0, z + 1, y0 + height, x0 + width}, progress);
    std::vector<uint32_t> colours;
    greyToRgb(pixels, pixels.type() == PixelType::u8 ? fullRange(pixels) : autoRange(pixels), colours);
    const QImage view(reinterpret_cast<const uchar*>(colours.data()), int(width), int(height), int(width) * 4,
                      QImage::Format_RGB32);
    QImage scaled = view.scaled(size * 2, Qt::KeepAspectRatioByExpanding, Qt::SmoothTransformation);
    scaled = scaled.copy((scaled.width() - size.width() * 2) / 2, (scaled.height() - size.height() * 2) / 2,
                         size.width() * 2, size.height() * 2);
    return {scaled, wordsOf(source->info())};
}

QPixmap rounded(const QImage& image, double radius) {
    QPixmap result(image.size());
    result.fill(Qt::transparent);
    QPainter painter(&result);
    painter.setRenderHint(QPainter::Antialiasing);
    QPainterPath path;
    path.addRoundedRect(QRectF(QPointF(0, 0), QSizeF(image.size())), 2 * radius, 2 * radius);
    painter.setClipPath(path);
    painter.drawImage(0, 0, image);
    painter.end();
    result.setDevicePixelRatio(2);
    return result;
}

} // namespace

StartPage::StartPage(Workbench& bench, QWidget* parent) : QWidget(parent), bench_(bench) {
    setObjectName(QStringLiteral("startPage"));
    setAttribute(Qt::WA_StyledBackground);
    setFocusPolicy(Qt::ClickFocus); // the first focus is here: no button is lit before a key was pressed
    auto* outer = new QHBoxLayout(this);
    outer->addStretch(1);
    auto* page = new QWidget(this);
    page->setMaximumWidth(1008);
    page->setMinimumWidth(640);
    outer->addWidget(page, 20);
    outer->addStretch(1);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(24, 16, 24, 16);
    layout->setSpacing(8);
    layout->addStretch(2);
    mark_ = new QLabel(page);
    mark_->setFixedSize(88, 56);
    layout->addWidget(mark_);
    layout->addSpacing(8);
    auto* title = new QLabel(tr("Open an electron micrograph"), page);
    title->setFont(titleFont());
    title->setStyleSheet(QStringLiteral("font-size: 26px; font-weight: 600;"));
    layout->addWidget(title);
    auto* words = secondaryLabel(
        tr("Find membranes and mitochondria, correct them by hand, measure them in nanometres."), page);
    words->setStyleSheet(QStringLiteral("font-size: 15px;"));
    layout->addWidget(words);
    layout->addSpacing(8);

    drop_ = new DropFrame(page);
    drop_->setMinimumHeight(120);
    drop_->setMaximumHeight(152);
    auto* dropLayout = new QHBoxLayout(drop_);
    dropLayout->setSpacing(16);
    dropLayout->addStretch(1);
    auto* dropWords = secondaryLabel(tr("Drop an image, a stack or a folder here"), drop_);
    dropWords->setWordWrap(false);
    dropWords->setStyleSheet(QStringLiteral("font-size: 15px;"));
    dropLayout->addWidget(dropWords);
    auto* open = new QPushButton(icon(QStringLiteral("folder"), IconTone::onAccent), tr("Open…"), drop_);
    open->setObjectName(QStringLiteral("startOpen"));
    open->setProperty("primary", true);
    open->setIconSize({18, 18});
    connect(open, &QPushButton::clicked, this, &StartPage::openWanted);
    dropLayout->addWidget(open);
    dropLayout->addStretch(1);
    layout->addWidget(drop_, 3);
    layout->addSpacing(16);

    auto* columns = new QHBoxLayout;
    columns->setSpacing(40);
    auto* samples = new QVBoxLayout;
    samples->setSpacing(8);
    buildSamples(samples);
    samples->addStretch(1);
    columns->addLayout(samples);
    recentBox_ = new QWidget(page);
    recent_ = new QVBoxLayout(recentBox_);
    recent_->setContentsMargins(0, 0, 0, 0);
    recent_->setSpacing(4);
    recentBox_->hide(); // until it is known which of the files are there
    columns->addWidget(recentBox_, 1);
    columns->addStretch(0);
    layout->addLayout(columns);
    layout->addStretch(2);
    drawMark();
    refresh();
}

void StartPage::drawMark() {
    const ThemeColours colours = themeColours(palette());
    const QPixmap whole = iconPixmap(QStringLiteral("mark"), colours.accent, 88, devicePixelRatioF());
    const double ratio = whole.devicePixelRatio();
    QPixmap part = whole.copy(0, int(18 * ratio), int(88 * ratio), int(52 * ratio));
    part.setDevicePixelRatio(ratio);
    mark_->setPixmap(part);
}

void StartPage::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && mark_) drawMark();
    QWidget::changeEvent(event);
}

void StartPage::setDropHint(bool on) {
    static_cast<DropFrame*>(drop_)->lit = on;
    drop_->update();
}

void StartPage::thumbnail(const QString& path, QLabel* target, QSize size) {
    QPointer<QLabel> label(target);
    QPointer<QLabel> words(target->parentWidget()->findChild<QLabel*>(QStringLiteral("cardWords")));
    bench_.jobs().start<Thumbnail>(
        Queue::background, tr("Thumbnail"),
        [file = std::filesystem::path(path.toStdString()), size,
         guard = &bench_.session().startGuard()](const Progress& progress) {
            const auto attempt = guard->attempt(file);
            if (!attempt) return Thumbnail{{}, tr("left out: reading it did not finish")};
            return makeThumbnail(file, size, progress);
        },
        [label, words](const Thumbnail& thumbnail) {
            if (label && !thumbnail.image.isNull()) label->setPixmap(rounded(thumbnail.image, 4));
            if (words) words->setText(thumbnail.words);
        },
        [words](const Error&) {
            if (words) words->setText(tr("cannot be read at the moment"));
        },
        {}, false, thumbnailSilence);
}

void StartPage::buildSamples(QVBoxLayout* column) {
    const std::filesystem::path folder = bench_.session().paths().samples;
    nlohmann::json list;
    try {
        list = readJsonFile(folder / "index.json");
    } catch (const std::exception&) {
        return; // without samples the page simply has none
    }
    if (!list.is_array() || list.empty()) return;
    column->addWidget(headingLabel(tr("Try a sample"), this));
    auto* row = new QHBoxLayout;
    row->setSpacing(16);
    for (const auto& entry : list) {
        if (!entry.is_object()) continue;
        const QString path = QString::fromStdString((folder / entry.value("file", std::string())).string());
        const QString title = QString::fromStdString(entry.value("title", std::string()));
        if (!QFileInfo::exists(path) || title.isEmpty()) continue;
        auto* card = new Card(true, this);
        card->setObjectName(QStringLiteral("sample-") + QFileInfo(path).completeBaseName());
        card->setAccessibleName(tr("Open the sample %1").arg(title));
        card->setToolTip(QString::fromStdString(entry.value("description", std::string())));
        card->setFixedWidth(232);
        auto* layout = new QVBoxLayout(card);
        layout->setContentsMargins(2, 2, 2, 10);
        layout->setSpacing(2);
        auto* picture = new QLabel(card);
        picture->setFixedSize(228, 136);
        auto* name = headingLabel(title, card);
        name->setContentsMargins(10, 8, 10, 0);
        auto* words = secondaryLabel({}, card);
        words->setObjectName(QStringLiteral("cardWords"));
        words->setWordWrap(false);
        words->setContentsMargins(10, 0, 10, 0);
        for (QLabel* label : {picture, name, words}) {
            label->setAttribute(Qt::WA_TransparentForMouseEvents);
            layout->addWidget(label);
        }
        connect(card, &Card::clicked, this, [this, path] { Q_EMIT fileChosen(path); });
        thumbnail(path, picture, {228, 136});
        row->addWidget(card);
    }
    column->addLayout(row);
}

QStringList StartPage::recentFiles() {
    return QSettings().value(QStringLiteral("recent")).toStringList();
}

void StartPage::rememberRecent(const QString& path) {
    QStringList files = recentFiles();
    files.removeAll(path);
    files.prepend(path);
    QSettings().setValue(QStringLiteral("recent"), files.mid(0, recentKept));
}

void StartPage::refresh() {
    const QStringList files = recentFiles();
    if (files.isEmpty()) return showRecent({});
    // Even the question whether a file is there can wait for a server that is gone.
    bench_.jobs().start<QStringList>(
        Queue::background, tr("Recent files"),
        [files](const Progress& progress) {
            QStringList there;
            for (const QString& path : files) {
                progress.throwIfCancelled();
                if (QFileInfo::exists(path)) there << path;
            }
            return there;
        },
        [self = QPointer(this)](const QStringList& there) {
            if (self) self->showRecent(there);
        },
        [self = QPointer(this), files](const Error&) {
            if (self) self->showRecent(files);
        },
        {}, false, thumbnailSilence);
}

void StartPage::showRecent(const QStringList& there) {
    while (QLayoutItem* item = recent_->takeAt(0)) {
        if (item->widget()) item->widget()->deleteLater();
        delete item;
    }
    const QStringList files = there.mid(0, recentShown);
    recentBox_->setVisible(!files.isEmpty());
    if (files.isEmpty()) return;
    recent_->addWidget(headingLabel(tr("Recent"), this));
    for (const QString& path : files) {
        const QFileInfo file(path);
        auto* card = new Card(false, this);
        card->setAccessibleName(tr("Open %1").arg(file.fileName()));
        card->setToolTip(path);
        auto* layout = new QHBoxLayout(card);
        layout->setContentsMargins(6, 4, 6, 4);
        layout->setSpacing(12);
        auto* picture = new QLabel(card);
        picture->setFixedSize(56, 40);
        auto* text = new QVBoxLayout;
        text->setSpacing(0);
        auto* name = new QLabel(file.fileName(), card);
        name->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
        auto* words = secondaryLabel({}, card);
        words->setObjectName(QStringLiteral("cardWords"));
        words->setWordWrap(false);
        text->addWidget(name);
        text->addWidget(words);
        layout->addWidget(picture);
        layout->addLayout(text, 1);
        for (QLabel* label : {picture, name, words}) label->setAttribute(Qt::WA_TransparentForMouseEvents);
        connect(card, &Card::clicked, this, [this, path] { Q_EMIT fileChosen(path); });
        thumbnail(path, picture, {56, 40});
        recent_->addWidget(card);
    }
    recent_->addStretch(1);
}

} // namespace cristae
