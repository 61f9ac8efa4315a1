// AxesForm: a box for each dimension; two boxes exchange their letters, so that each letter stands once.
#include "ui/dialogs/axes_form.h"

#include "core/base/text.h"
#include "core/io/hdf5_axes.h"
#include "core/render/compose.h"
#include "ui/jobs/jobs.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QImage>
#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>

namespace cristae {

struct AxesForm::Preview {
    QImage picture;
    QString words;
};

namespace {

constexpr int side = 220; // of the preview, in logical pixels

QString axisName(QChar letter) {
    switch (letter.toLatin1()) {
    case 't':
        return AxesForm::tr("t  time point");
    case 'c':
        return AxesForm::tr("c  channel");
    case 'z':
        return AxesForm::tr("z  slice");
    case 'y':
        return AxesForm::tr("y  row");
    default:
        return AxesForm::tr("x  column");
    }
}

/// The middle of the middle slice, at most 1024 pixels a side, in the grey values it holds.
QImage middleSlice(const TileSource& image, const Progress& progress) {
    constexpr int64_t most = 1024;
    const Extent3 extent = image.info().extent();
    const int64_t height = std::min(extent.y, most), width = std::min(extent.x, most);
    const int64_t y0 = (extent.y - height) / 2, x0 = (extent.x - width) / 2, z = extent.z / 2;
    const Pixels pixels = image.read(0, {z, y0, x0, z + 1, y0 + height, x0 + width}, progress);
    std::vector<uint32_t> colours;
    greyToRgb(pixels, autoRange(pixels), colours);
    return QImage(reinterpret_cast<const uchar*>(colours.data()), int(width), int(height), int(width) * 4,
                  QImage::Format_RGB32)
        .copy();
}

} // namespace

AxesForm::AxesForm(Workbench& bench, QWidget* parent) : QWidget(parent), bench_(bench) {
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(16);
    auto* left = new QVBoxLayout;
    left->setSpacing(8);
    layout->addLayout(left, 1);
    left->addWidget(secondaryLabel(tr("Axes, in the order in which the file stores them"), this));
    row_ = new QHBoxLayout;
    row_->setSpacing(8);
    left->addLayout(row_);
    words_ = new QLabel(this);
    words_->setObjectName(QStringLiteral("axesWords"));
    words_->setWordWrap(true);
    words_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    left->addWidget(words_, 1);
    picture_ = new QLabel(this);
    picture_->setObjectName(QStringLiteral("axesPreview"));
    picture_->setFixedSize(side, side);
    picture_->setAlignment(Qt::AlignCenter);
    picture_->setFrameShape(QFrame::StyledPanel);
    picture_->setAccessibleName(tr("Preview of the middle slice"));
    layout->addWidget(picture_, 0, Qt::AlignTop);
    wait_.setSingleShot(true);
    wait_.setInterval(120);
    connect(&wait_, &QTimer::timeout, this, &AxesForm::read);
}

AxesForm::~AxesForm() {
    if (reading_) reading_->cancel();
}

void AxesForm::setArray(const QString& path, const SceneInfo& scene) {
    path_ = path;
    scene_ = scene;
    for (QComboBox* box : boxes_) box->parentWidget()->deleteLater();
    boxes_.clear();
    while (QLayoutItem* item = row_->takeAt(0)) delete item;
    const QString stored = QString::fromStdString(scene.axes);
    for (int d = 0; d < int(scene.shape.size()); ++d) {
        auto* field = new QWidget(this);
        auto* column = new QVBoxLayout(field);
        column->setContentsMargins(0, 0, 0, 0);
        column->setSpacing(4);
        auto* length = new QLabel(tr("%1. length %2").arg(d + 1).arg(scene.shape[size_t(d)]), field);
        auto* box = new QComboBox(field);
        box->setObjectName(QStringLiteral("axis%1").arg(d));
        for (const QChar letter : QStringLiteral("tczyx")) box->addItem(axisName(letter), letter);
        box->setCurrentIndex(box->findData(d < stored.size() ? stored[d] : QChar('z')));
        length->setBuddy(box);
        box->setAccessibleName(length->text());
        column->addWidget(length);
        column->addWidget(box);
        row_->addWidget(field);
        boxes_.push_back(box);
        connect(box, &QComboBox::currentIndexChanged, this, [this, d] { exchange(d); });
    }
    row_->addStretch(1);
    before_ = letters();
    describe();
}

QString AxesForm::letters() const {
    QString all;
    for (const QComboBox* box : boxes_) all += box->currentData().toChar();
    return all;
}

QString AxesForm::axes() const {
    const QString all = letters();
    return areAxes(all.toStdString(), boxes_.size()) ? all : QString();
}

void AxesForm::exchange(int dimension) {
    const QChar chosen = boxes_[size_t(dimension)]->currentData().toChar();
    if (const auto other = before_.indexOf(chosen); other >= 0 && other != dimension) {
        const QSignalBlocker quiet(boxes_[size_t(other)]);
        boxes_[size_t(other)]->setCurrentIndex(boxes_[size_t(other)]->findData(before_[dimension]));
    }
    before_ = letters();
    describe();
}

void AxesForm::describe() {
    if (reading_) reading_->cancel();
    picture_->clear();
    if (axes().isEmpty()) {
        wait_.stop();
        words_->setText(tr("An image needs rows (y) and columns (x)."));
    } else {
        words_->setText(tr("Reading a slice …"));
        wait_.start();
    }
    Q_EMIT changed();
}

void AxesForm::read() {
    OpenOptions options;
    options.scene = scene_.name;
    options.axes = axes().toStdString();
    const auto work = [file = std::filesystem::path(path_.toStdString()), options](const Progress& progress) {
        const TileSourcePtr image = openImage(file, options);
        const ImageInfo& info = image->info();
        const std::string slices = countText(info.extent().z, "slice", "slices");
        QString words = tr("%1 of %2 × %3 pixels (width × height)")
                            .arg(QString::fromStdString(slices))
                            .arg(info.extent().x)
                            .arg(info.extent().y);
        if (info.channels > 1) words += tr(", %1 channels").arg(info.channels);
        return Preview{middleSlice(*image, progress), words + tr(". The preview is the middle slice.")};
    };
    reading_ = bench_.jobs().start<Preview>(
        Queue::background, tr("Preview"), work,
        [this, alive = std::weak_ptr(alive_)](const Preview& preview) {
            if (!alive.expired()) show(preview);
        },
        [this, alive = std::weak_ptr(alive_)](const Error& error) {
            if (!alive.expired()) words_->setText(QString::fromStdString(error.what()));
        },
        {}, false, std::chrono::seconds(20));
}

void AxesForm::show(const Preview& preview) {
    words_->setText(preview.words);
    const QSize room = picture_->contentsRect().size() * devicePixelRatioF();
    QPixmap picture = QPixmap::fromImage(preview.picture)
                          .scaled(room, Qt::KeepAspectRatio,
                                  preview.picture.width() < room.width() ? Qt::FastTransformation
                                                                         : Qt::SmoothTransformation);
    picture.setDevicePixelRatio(devicePixelRatioF());
    picture_->setPixmap(picture);
}

} // namespace cristae
