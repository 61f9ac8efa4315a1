// AugmentPreview: the pictures come from the sampler that the training itself uses.
#include "ui/dialogs/augment_preview.h"

#include "core/learn/augment.h"
#include "core/learn/recipe.h"
#include "core/render/compose.h"
#include "ui/panels/parts.h"
#include "ui/theme/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace cristae {

namespace {

constexpr int shownSide = 200;

/// Slice z of a patch in grey with labelled pixels tinted.
QImage pictureOf(const Patch& patch, const DisplayRange& range, int64_t z, bool tinted) {
    const Extent3 e = patch.image.extent();
    const bool colour = patch.image.channels() == 3;
    Pixels slice(PixelType::f32, colour ? 3 : 1, {1, e.y, e.x});
    for (int64_t c = 0; c < slice.channels(); ++c)
        std::ranges::copy(patch.image.plane<float>(c, z), slice.plane<float>(c, 0).begin());
    std::vector<uint32_t> colours;
    greyToRgb(slice, range, colours);
    const auto labels = patch.labels.plane<uint8_t>(0, patch.labels.extent().z / 2);
    for (size_t i = 0; i < labels.size(); ++i) {
        if (!tinted || labels[i] == 0 || labels[i] == 255) continue;
        const QRgb c = colours[i];
        colours[i] = qRgb((qRed(c) * 7 + 0xe6 * 3) / 10, (qGreen(c) * 7 + 0x9f * 3) / 10, qBlue(c) * 7 / 10);
    }
    return QImage(reinterpret_cast<const uchar*>(colours.data()), int(e.x), int(e.y), int(e.x) * 4,
                  QImage::Format_RGB32)
        .copy();
}

struct Pictures {
    std::shared_ptr<const TrainingSlice> sample;
    QImage original, changed;
};

/// The same place twice: the sampler draws the place first, then what happens to it.
Pictures makePictures(std::shared_ptr<const TrainingSlice> sample, const nlohmann::json& recipe,
                      const std::string& key, uint64_t draw) {
    const int64_t channels = sample->image.channels() == 3 ? 3 : 1;
    // The order of slices is seen at the first of three, which becomes the last; all else in the middle.
    const bool order = key == "reverseZ" && sample->source;
    TrainingSlice training = *sample;
    training.role = Role::train;
    const std::vector<PreparedSlice> slices = prepareSlices(
        {training}, channels, recipe, order ? SlicesSeen{1, 1, false} : SlicesSeen{}, Progress::none());
    const uint64_t seed = recipe.value("seed", uint64_t(1));
    const Patch original = PatchSampler(slices, withOnly(recipe, "none")).patch(seed, draw);
    const Patch changed = PatchSampler(slices, withOnly(recipe, key)).patch(seed, draw);
    const DisplayRange range = autoRange(original.image);
    const int64_t z = order ? 0 : original.image.extent().z / 2;
    return {std::move(sample), pictureOf(original, range, z, !order), pictureOf(changed, range, z, !order)};
}

} // namespace

std::vector<std::string> augmentationKeys() {
    std::vector<std::string> keys;
    for (const Option& option : recipeSchema().options())
        if (option.group == "Augmentation" && option.type == Option::Type::real && option.unit.empty() &&
            option.minimum == 0.0 && option.maximum == 1.0)
            keys.push_back(option.key);
    return keys;
}

nlohmann::json withOnly(const nlohmann::json& recipe, const std::string& key) {
    if (key.empty()) return recipe;
    nlohmann::json only = recipe;
    for (const std::string& other : augmentationKeys()) only[other] = other == key ? 1.0 : 0.0;
    return only;
}

AugmentPreview::AugmentPreview(Jobs& jobs, SampleReader read, QWidget* parent)
    : QWidget(parent), jobs_(jobs), read_(std::move(read)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 0, 0, 0);
    column->setSpacing(8);
    column->addWidget(headingLabel(tr("Effect on this image"), this));
    which_ = new QComboBox(this);
    which_->setObjectName(QStringLiteral("augmentation"));
    which_->setAccessibleName(tr("Augmentation to show"));
    which_->addItem(tr("All, as in training"), QString());
    for (const Option& option : recipeSchema().options())
        for (const std::string& key : augmentationKeys())
            if (option.key == key) which_->addItem(tr("Only: %1").arg(text(option.label)), text(key));
    column->addWidget(which_);
    const auto picture = [&](const QString& caption, const QString& name) {
        column->addWidget(secondaryLabel(caption, this));
        auto* label = new QLabel(this);
        label->setObjectName(name);
        label->setAccessibleName(caption);
        label->setFixedSize(shownSide, shownSide);
        label->setAlignment(Qt::AlignCenter);
        column->addWidget(label);
        return label;
    };
    before_ = picture(tr("as it is"), QStringLiteral("patchBefore"));
    after_ = picture(tr("augmented"), QStringLiteral("patchAfter"));
    words_ = complaintLabel(this);
    column->addWidget(words_);
    auto* row = new QHBoxLayout;
    live_ = new QCheckBox(tr("Update every second"), this);
    live_->setObjectName(QStringLiteral("live"));
    live_->setChecked(true);
    row->addWidget(live_, 1);
    column->addLayout(row);
    auto* again = new QPushButton(tr("Draw another sample"), this);
    again->setObjectName(QStringLiteral("drawAgain"));
    column->addWidget(again);
    column->addStretch(1);
    setMaximumWidth(shownSide + 16);

    timer_.setInterval(1000);
    connect(&timer_, &QTimer::timeout, this, [this] {
        if (live_->isChecked()) drawAgain();
    });
    connect(again, &QPushButton::clicked, this, &AugmentPreview::drawAgain);
    connect(which_, &QComboBox::currentIndexChanged, this, &AugmentPreview::refresh);
}

AugmentPreview::~AugmentPreview() {
    if (job_) job_->cancel();
}

void AugmentPreview::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    timer_.start();
    refresh();
}

void AugmentPreview::hideEvent(QHideEvent* event) {
    QWidget::hideEvent(event);
    timer_.stop();
}

void AugmentPreview::setRecipe(const nlohmann::json& recipe) {
    if (recipe == recipe_) return;
    recipe_ = recipe;
    refresh();
}

void AugmentPreview::choose(const std::string& key) {
    which_->setCurrentIndex(std::max(0, which_->findData(text(key))));
}

void AugmentPreview::drawAgain() {
    ++draw_;
    refresh();
}

void AugmentPreview::refresh() {
    if (recipe_.is_null() || !isVisible()) return;
    if (job_) { // one at a time; the newest request is what follows
        stale_ = true;
        return;
    }
    stale_ = false;
    job_ = jobs_.start<Pictures>(
        Queue::view, tr("Preview of augmentations"),
        [sample = sample_, read = read_, recipe = recipe_,
         key = which_->currentData().toString().toStdString(), draw = draw_](const Progress& progress) {
            return makePictures(sample ? sample : std::make_shared<const TrainingSlice>(read(progress)),
                                recipe, key, draw);
        },
        [self = QPointer(this)](Pictures pictures) {
            if (!self) return;
            self->sample_ = std::move(pictures.sample);
            self->original_ = pictures.original;
            self->changed_ = pictures.changed;
            setSentence(self->words_, {});
            self->showPictures();
            Q_EMIT self->drawn();
        },
        [self = QPointer(this)](const Error& error) {
            if (self) setSentence(self->words_, QString::fromUtf8(error.what()));
        },
        {}, false);
    connect(job_, &Job::ended, this, [this] {
        job_ = nullptr;
        if (stale_) refresh();
    });
}

void AugmentPreview::showPictures() {
    const double ratio = devicePixelRatioF();
    const auto show = [&](QLabel* label, const QImage& image) {
        const int side = int(shownSide * ratio);
        QImage scaled = image.scaled(side, side, Qt::KeepAspectRatio, Qt::SmoothTransformation);
        scaled.setDevicePixelRatio(ratio);
        label->setPixmap(QPixmap::fromImage(scaled));
    };
    show(before_, original_);
    show(after_, changed_);
}

} // namespace cristae
