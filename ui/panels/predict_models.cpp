// PredictPage, which models there are: the rows of classes, what fits the image, and what is ticked.
#include "ui/dialogs/scale_dialog.h"
#include "ui/panels/parts.h"
#include "ui/panels/predict_rows.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include "core/segment/model_fit.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>

namespace cristae {

namespace {

ModelFit fitOf(const ModelCard& card, const Document* document) {
    return modelFit(card, document ? document->voxelSize() : VoxelSize());
}

} // namespace

QString PredictPage::fitWords(const ModelCard& card, bool withKind) const {
    const Document* document = workbench_.document();
    QStringList words;
    if (const std::string kinds = madeFor(card); withKind && !kinds.empty()) words << text(kinds);
    const ModelFit fit = fitOf(card, document);
    if (fit.fit == Fit::anySize) {
        words << tr("any pixel size");
    } else {
        words << tr("trained at %1 nm").arg(nmWords(*card.pixelSizeNm));
        if (document && fit.fit == Fit::unknown) words << tr("image: not known");
    }
    QString line = words.join(QStringLiteral(" · "));
    if (fit.fit == Fit::anySize || fit.fit == Fit::unknown) return line;
    const QString verdict =
        fit.fit == Fit::fits      ? tr("fits")
        : fit.fit == Fit::coarser ? tr("coarser than it was trained for")
        : fit.fit == Fit::farTooFine
            ? tr("reduced to 1/%1, does not fit").arg(QString::number(1 / fit.ratio, 'g', 2))
            : tr("enlarged %1 times, does not fit").arg(QString::number(fit.ratio, 'g', 2));
    return tr("%1 · image %2 nm: %3").arg(line, nmWords(*document->voxelSize().xNm), verdict);
}

void PredictPage::gatherRows() {
    rows_.clear();
    for (size_t m = 0; m < models_.size(); ++m)
        for (const ModelClass& found : models_[m].card.classes) {
            const auto same =
                std::ranges::find_if(rows_, [&](const auto& row) { return row->name == found.name; });
            if (same != rows_.end()) {
                (*same)->candidates.push_back(m);
                continue;
            }
            auto row = std::make_unique<ClassRow>();
            row->name = found.name;
            row->colour = found.colour;
            row->candidates = {m};
            rows_.push_back(std::move(row));
        }
    // What fits comes first; among equals the plain name before the one that adds to it.
    const auto kind = [this](size_t m) { return fitOf(models_[m].card, workbench_.document()).fit; };
    for (const auto& row : rows_) std::ranges::stable_sort(row->candidates, {}, kind);
    std::ranges::stable_sort(rows_, {}, [&](const auto& row) {
        const ModelFit fit = fitOf(models_[row->candidates.front()].card, workbench_.document());
        return std::pair(fit.fit, fit.distance);
    });
}

void PredictPage::rebuildRows() {
    struct Before {
        std::string name, model;
        bool wanted = false;
    };
    std::vector<Before> before;
    for (const auto& row : rows_) {
        before.push_back({row->name, row->model->currentData().toString().toStdString(), row->wanted()});
        row->widget->hide();
        row->widget->setParent(nullptr); // at once, so that nobody finds it by name
        row->widget->deleteLater();
    }
    gatherRows();
    for (const auto& row : rows_) {
        buildRow(*row);
        const auto was = std::ranges::find(before, row->name, &Before::name);
        if (was != before.end() && chosenByHand_) {
            row->check->setChecked(was->wanted);
            row->model->setCurrentIndex(std::max(0, row->model->findData(text(was->model))));
        }
    }
    useWanted();
    tickLikely();
    // Lists of models stand below each other.
    int widest = 0;
    for (const auto& row : rows_)
        if (row->candidates.size() > 1) widest = std::max(widest, row->check->sizeHint().width());
    for (const auto& row : rows_)
        if (row->candidates.size() > 1) row->check->setMinimumWidth(widest);
}

/// After "Use this model": its classes are ticked and nothing else.
void PredictPage::useWanted() {
    if (wantedModel_.isEmpty()) return;
    const auto finds = [this](const auto& row) { return row->model->findData(wantedModel_) >= 0; };
    if (std::ranges::any_of(rows_, finds)) {
        for (const auto& row : rows_) {
            row->check->setChecked(finds(row));
            if (finds(row)) row->model->setCurrentIndex(row->model->findData(wantedModel_));
        }
        chosenByHand_ = true;
    }
    wantedModel_.clear();
}

void PredictPage::buildRow(ClassRow& row) {
    row.widget = new QWidget(this);
    auto* lines = new QVBoxLayout(row.widget);
    lines->setContentsMargins(0, 0, 0, 0);
    lines->setSpacing(2);
    auto* line = new QHBoxLayout;
    line->setSpacing(8);
    row.check = new QCheckBox(text(row.name), row.widget);
    row.check->setObjectName(QStringLiteral("find ") + text(row.name));
    row.check->setIcon(QIcon(swatch(row.colour, devicePixelRatioF())));
    row.check->setIconSize(QSize(12, 12));
    line->addWidget(row.check);
    row.model = new QComboBox(row.widget);
    row.model->setAccessibleName(tr("Model for %1").arg(text(row.name)));
    row.model->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    row.model->setMinimumContentsLength(8);
    for (const size_t candidate : row.candidates) {
        const ModelCard& card = models_[candidate].card;
        row.model->addItem(text(card.title.empty() ? card.name : card.title), text(card.name));
        row.model->setItemData(row.model->count() - 1, fitWords(card, true), Qt::ToolTipRole);
    }
    row.model->setVisible(row.candidates.size() > 1);
    line->addStretch(0);
    line->addWidget(row.model, 1);
    if (row.candidates.size() == 1) line->addStretch(1);
    lines->addLayout(line);
    row.fit = secondaryLabel(QString(), row.widget);
    row.fit->setObjectName(QStringLiteral("fit ") + text(row.name));
    row.fit->setIndent(row.check->iconSize().width() + 12);
    lines->addWidget(row.fit);
    rowsLayout_->addWidget(row.widget);
    connect(row.check, &QCheckBox::toggled, this, &PredictPage::updateState);
    connect(row.check, &QCheckBox::clicked, this, [this] { chosenByHand_ = true; });
    connect(row.model, &QComboBox::activated, this, [this] { chosenByHand_ = true; });
    // Titles are longer than the panel is wide.
    const auto tell = [this, &row] {
        row.model->setToolTip(row.model->currentText());
        row.fit->setText(fitWords(models_[row.chosen()].card, row.candidates.size() == 1));
    };
    connect(row.model, &QComboBox::currentIndexChanged, row.widget, tell);
    connect(row.model, &QComboBox::currentIndexChanged, this, &PredictPage::updateState);
    tell();
}

/// Ticks what was made for images like this one, and nothing else; of unknown size, the finest. What fits
/// badly is never ticked by itself, and nothing is once a person has chosen.
void PredictPage::tickLikely() {
    if (chosenByHand_) return;
    const Document* document = workbench_.document();
    const auto rank = [&](const std::unique_ptr<ClassRow>& row) {
        const ModelCard& card = models_[row->candidates.front()].card;
        const ModelFit fit = fitOf(card, document);
        const bool unknown = fit.fit == Fit::unknown;
        return std::pair(fit.fit == Fit::anySize ? Fit::fits : fit.fit,
                         unknown ? *card.pixelSizeNm : fit.distance);
    };
    const auto likely = std::ranges::min_element(rows_, {}, rank);
    for (const auto& row : rows_) row->check->setChecked(row == *likely && rank(row).first < Fit::farTooFine);
}

void PredictPage::findScale() {
    const Document* document = workbench_.document();
    const PredictionRequest wanted = request();
    const auto model = std::ranges::find_if(
        wanted.models, [](const ModelRequest& m) { return m.package.card.pixelSizeNm.has_value(); });
    if (!document || model == wanted.models.end())
        return workbench_.showRemark(
            tr("Choose a class to find first; its model is tried at several sizes."));
    ScaleRequest search;
    search.model = *model;
    search.model.classes.clear(); // all of them tell about the scale
    search.z = workbench_.view().slice;
    search.region = visibleRegion();
    const auto middle = [](int64_t& from, int64_t& to) {
        const int64_t side = std::min(to - from, scaleSide);
        from += (to - from - side) / 2;
        to = from + side;
    };
    middle(search.region.y0, search.region.y1);
    middle(search.region.x0, search.region.x1);
    search.device = wanted.device;
    (new ScaleDialog(workbench_, search, window()))->open();
}

} // namespace cristae
