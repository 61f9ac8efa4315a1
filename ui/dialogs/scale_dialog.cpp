// ScaleDialog: a job for each size, a tile for each answer.
#include "ui/dialogs/scale_dialog.h"

#include "core/render/compose.h"
#include "core/segment/preparation.h"
#include "ui/panels/parts.h"
#include "ui/panels/sized_source.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace cristae {

namespace {

constexpr int pictureSide = 204;

/// The region in grey with what was found: fill and outline in the colours of the classes.
QImage pictureOf(const Pixels& grey, const DisplayRange& range, const Pixels& labels,
                 const std::vector<ModelClass>& classes) {
    std::vector<uint32_t> colours;
    greyToRgb(grey, range, colours);
    const int64_t height = labels.extent().y, width = labels.extent().x;
    const auto values = labels.plane<uint8_t>(0, 0);
    for (int64_t y = 0; y < height; ++y)
        for (int64_t x = 0; x < width; ++x) {
            const size_t i = size_t(y * width + x);
            const uint8_t label = values[i];
            if (label == 0 || label > classes.size()) continue;
            const Colour& colour = classes[label - 1].colour;
            const auto differs = [&](int64_t dy, int64_t dx) {
                const int64_t ny = y + dy, nx = x + dx;
                return ny >= 0 && nx >= 0 && ny < height && nx < width &&
                       values[size_t(ny * width + nx)] != label;
            };
            const bool edge = differs(-1, 0) || differs(1, 0) || differs(0, -1) || differs(0, 1);
            const int share = edge ? 10 : 4;
            const auto mixed = [&](int under, uint8_t over) {
                return (under * (10 - share) + int(over) * share) / 10;
            };
            const QRgb c = colours[i];
            colours[i] =
                qRgb(mixed(qRed(c), colour.r), mixed(qGreen(c), colour.g), mixed(qBlue(c), colour.b));
        }
    return QImage(reinterpret_cast<const uchar*>(colours.data()), int(width), int(height), int(width) * 4,
                  QImage::Format_RGB32)
        .copy();
}

} // namespace

/// What a job brings.
struct ScaleDialog::Seen {
    ScaleCandidate candidate;
    QImage picture;
};

ScaleDialog::ScaleDialog(Workbench& workbench, ScaleRequest request, QWidget* parent)
    : QDialog(parent), workbench_(workbench), request_(std::move(request)) {
    setObjectName(QStringLiteral("scaleDialog"));
    setWindowTitle(tr("Find the scale"));
    setAttribute(Qt::WA_DeleteOnClose);
    buildLayout();
    connect(&workbench_, &Workbench::documentChanged, this, &QDialog::reject);
    connect(this, &QDialog::finished, this, &ScaleDialog::cancelAll);
    if (workbench_.document() && request_.model.package.card.pixelSizeNm)
        search(*request_.model.package.card.pixelSizeNm, 2);
}

ScaleDialog::~ScaleDialog() {
    cancelAll();
}

void ScaleDialog::buildLayout() {
    auto* column = new QVBoxLayout(this);
    column->setSpacing(12);
    const ModelCard& card = request_.model.package.card;
    column->addWidget(secondaryLabel(
        tr("What “%1” finds in the middle of the view for five assumed pixel sizes. Click the picture in "
           "which the right structures are outlined.")
            .arg(text(card.title.empty() ? card.name : card.title)),
        this));
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    for (int i = 0; i < 5; ++i) {
        auto* button = new QToolButton(this);
        button->setObjectName(QStringLiteral("scale%1").arg(i));
        button->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
        button->setIconSize(QSize(pictureSide, pictureSide));
        button->setFixedSize(pictureSide + 16, pictureSide + 56);
        button->setFocusPolicy(Qt::StrongFocus);
        button->installEventFilter(this);
        connect(button, &QToolButton::clicked, this, [this, i] {
            if (tiles_[size_t(i)].candidate) take(tiles_[size_t(i)].nm);
        });
        row->addWidget(button);
        tiles_.push_back({button, 0, {}});
    }
    column->addLayout(row);
    words_ = secondaryLabel(QString(), this);
    words_->setObjectName(QStringLiteral("scaleWords"));
    column->addWidget(words_);
    complaint_ = complaintLabel(this);
    column->addWidget(complaint_);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    const auto add = [&](const QString& title, const char* name, const QString& help) {
        auto* button = buttons->addButton(title, QDialogButtonBox::ActionRole);
        button->setObjectName(QLatin1String(name));
        button->setToolTip(help);
        button->setAutoDefault(false);
        return button;
    };
    smaller_ = add(tr("Smaller sizes"), "smaller", tr("Two steps towards smaller pixels"));
    finer_ = add(tr("Finer steps"), "finer", tr("Half the steps, around the selected size"));
    larger_ = add(tr("Larger sizes"), "larger", tr("Two steps towards larger pixels"));
    column->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    const auto moved = [this](int by) { search(middle_ * std::pow(step_, by), step_); };
    connect(smaller_, &QPushButton::clicked, this, [moved] { moved(-2); });
    connect(larger_, &QPushButton::clicked, this, [moved] { moved(2); });
    connect(finer_, &QPushButton::clicked, this, [this] { search(tiles_[focused()].nm, std::sqrt(step_)); });
}

void ScaleDialog::search(double middleNm, double step) {
    cancelAll();
    ++round_;
    middle_ = middleNm;
    step_ = step;
    const std::vector<double> sizes = assumedPixelSizes(middleNm, step);
    for (size_t i = 0; i < tiles_.size(); ++i) {
        Tile& tile = tiles_[i];
        tile.nm = sizes[i];
        tile.candidate.reset();
        tile.button->setIcon({});
        tile.button->setText(tr("%1 nm\n…").arg(nmWords(tile.nm)));
        tile.button->setAccessibleName(tr("Pixel size %1 nm").arg(nmWords(tile.nm)));
        setStyleProperty(tile.button, "likeliest", false);
    }
    tiles_[2].button->setFocus();
    setSentence(complaint_, {});
    tell();
    for (size_t i = 0; i < tiles_.size(); ++i) start(i); // the small sizes are the quick ones
}

void ScaleDialog::start(size_t index) {
    const Document* document = workbench_.document();
    if (!document) return;
    ScaleRequest request = request_;
    request.pixelSizesNm = {tiles_[index].nm};
    Session* session = &workbench_.session();
    jobs_.emplace_back(workbench_.jobs().start<Seen>(
        Queue::compute, tr("Find the scale: %1 nm").arg(nmWords(tiles_[index].nm)),
        [session, request, image = document->image(),
         range = workbench_.displayRange()](const Progress& progress) {
            Seen seen{session->scaleCandidates(image, request, {}, progress).front(), {}};
            Pixels grey = image->read(0, seen.candidate.box, progress);
            if (grey.channels() != 3) grey = withChannels(grey, 1);
            seen.picture = pictureOf(grey, range, seen.candidate.labels, request.model.package.card.classes);
            return seen;
        },
        [self = QPointer(this), index, round = round_](Seen seen) {
            if (self && self->round_ == round) self->showSeen(index, std::move(seen));
        },
        [self = QPointer(this), round = round_](const Error& error) {
            if (!self || self->round_ != round) return;
            self->cancelAll();
            setSentence(self->complaint_, QString::fromUtf8(error.what()));
        }));
}

void ScaleDialog::showSeen(size_t index, Seen seen) {
    Tile& tile = tiles_[index];
    const double ratio = devicePixelRatioF();
    const int side = int(pictureSide * ratio);
    QImage picture = seen.picture.scaled(side, side, Qt::KeepAspectRatio, Qt::SmoothTransformation);
    picture.setDevicePixelRatio(ratio);
    tile.button->setIcon(QIcon(QPixmap::fromImage(picture)));
    tile.candidate = std::move(seen.candidate);
    tile.button->setText(tr("%1 nm\n%2 % found")
                             .arg(nmWords(tile.nm))
                             .arg(100 * tile.candidate->likeness.confidence.found, 0, 'f', 0));
    if (complete()) tell();
    Q_EMIT pictureShown(int(index));
}

bool ScaleDialog::complete() const {
    return std::ranges::all_of(tiles_, [](const Tile& tile) { return tile.candidate.has_value(); });
}

std::optional<double> ScaleDialog::likeliestNm() const {
    if (!complete()) return std::nullopt;
    std::vector<ScaleCandidate> candidates;
    for (const Tile& tile : tiles_) candidates.push_back(*tile.candidate);
    const auto likeliest = likeliestScale(candidates);
    return likeliest ? std::optional(tiles_[*likeliest].nm) : std::nullopt;
}

void ScaleDialog::tell() {
    if (!complete()) return words_->setText(tr("Predicting at five pixel sizes; larger ones take longer…"));
    const std::optional<double> nm = likeliestNm();
    if (!nm)
        return words_->setText(tr("The model finds nothing at any of these sizes. Try smaller or larger "
                                  "ones, or another model."));
    const bool wasMoved = focused() != 2;
    for (Tile& tile : tiles_) {
        if (tile.nm != *nm) continue;
        tile.button->setText(tr("%1 nm\nlikeliest").arg(nmWords(tile.nm)));
        setStyleProperty(tile.button, "likeliest", true);
        if (!wasMoved) tile.button->setFocus();
    }
    words_->setText(
        tr("The program's guess is %1 nm. Compare before you choose: it can be wrong.").arg(nmWords(*nm)));
}

void ScaleDialog::cancelAll() {
    for (const QPointer<Job>& job : jobs_)
        if (job) job->cancel();
    jobs_.clear();
}

size_t ScaleDialog::focused() const {
    for (size_t i = 0; i < tiles_.size(); ++i)
        if (tiles_[i].button->hasFocus()) return i;
    return tiles_.size() / 2;
}

void ScaleDialog::moveFocus(int by) {
    const int to = std::clamp(int(focused()) + by, 0, int(tiles_.size()) - 1);
    tiles_[size_t(to)].button->setFocus();
}

bool ScaleDialog::eventFilter(QObject* watched, QEvent* event) {
    // Here: a tool button would take the arrows for itself.
    if (event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Left || key == Qt::Key_Right) {
            moveFocus(key == Qt::Key_Left ? -1 : 1);
            return true;
        }
        if (key == Qt::Key_Return || key == Qt::Key_Enter) {
            static_cast<QToolButton*>(watched)->click();
            return true;
        }
    }
    return QDialog::eventFilter(watched, event);
}

void ScaleDialog::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Left || event->key() == Qt::Key_Right)
        return moveFocus(event->key() == Qt::Key_Left ? -1 : 1);
    QDialog::keyPressEvent(event);
}

void ScaleDialog::take(double pixelSizeNm) {
    Document* document = workbench_.document();
    if (!document) return reject();
    VoxelSize size = document->voxelSize();
    size.yNm = size.xNm = pixelSizeNm;
    size.source = tr("chosen by eye").toStdString();
    accept();
    document->setVoxelSize(size);
}

} // namespace cristae
