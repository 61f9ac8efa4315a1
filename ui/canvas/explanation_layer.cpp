// Explaining a prediction at a place, and drawing the map.
#include "ui/canvas/explanation_layer.h"

#include "core/image/with_voxel_size.h"
#include "ui/panels/parts.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QFontMetrics>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace cristae {

namespace {

/// The model that knows the class, and the class: that of the label at the place where one of the models
/// finds it, else the first that would be predicted.
std::optional<ExplanationRequest> requestAt(const PredictionRequest& wanted, const std::string& labelled) {
    for (const bool exact : {true, false})
        for (const ModelRequest& model : wanted.models) {
            std::vector<std::string> names = model.classes;
            if (names.empty())
                for (const ModelClass& known : model.package.card.classes) names.push_back(known.name);
            for (const std::string& name : names) {
                if (exact && name != labelled) continue;
                ExplanationRequest request;
                request.model = model;
                request.className = name;
                request.device = wanted.device;
                request.threads = wanted.threads;
                return request;
            }
        }
    return std::nullopt;
}

} // namespace

ExplanationLayer::ExplanationLayer(Workbench& bench) : bench_(bench) {
    connect(&bench_, &Workbench::documentChanged, this, &ExplanationLayer::clear);
}

ExplanationLayer::~ExplanationLayer() {
    if (job_) job_->cancel();
}

void ExplanationLayer::explain(ImagePoint place, Explanation method) {
    const Document* document = bench_.document();
    if (!document) return;
    const Extent3 extent = document->info().extent();
    const auto y = int64_t(std::floor(place.y)), x = int64_t(std::floor(place.x));
    if (y < 0 || x < 0 || y >= extent.y || x >= extent.x) return;
    const int64_t z = bench_.view().slice;
    const LabelClass* labelled = document->classes().find(document->labels().at(z, y, x).label);
    auto request =
        requestAt(request_ ? request_() : PredictionRequest{}, labelled ? labelled->name : std::string());
    if (!request)
        return bench_.showRemark(tr("Choose a class on the Predict page first; its model is explained."));
    request->z = z;
    request->y = y;
    request->x = x;
    request->method = method;
    if (job_) job_->cancel();
    const QString name = QString::fromStdString(request->className);
    job_ = bench_.jobs().start<Explained>(
        Queue::compute, tr("Explain %1").arg(name),
        [&session = bench_.session(), image = withVoxelSize(document->image(), document->voxelSize()),
         request = *request](const Progress& progress) {
            Explained explained{session.explain(*image, request, progress), {}};
            explained.image = colours(explained.map.map);
            explained.map.map = {};
            return explained;
        },
        [self = QPointer(this), name, method, y, x](Explained explained) {
            if (!self) return;
            const QString how =
                method == Explanation::activation ? tr("class activation map") : tr("occlusion map");
            const double probability = explained.map.probability;
            self->shown_ = Shown{std::move(explained.image), std::move(explained.map), std::pair(y, x),
                                 tr("%1, %2: probability %3").arg(name, how).arg(probability, 0, 'f', 2)};
            Q_EMIT self->changed();
        },
        [self = QPointer(this)](const Error& error) {
            if (self)
                self->bench_.showError(tr("The prediction could not be explained"),
                                       QString::fromUtf8(error.what()));
        });
}

void ExplanationLayer::showDoubts(const PredictionRequest& wanted) {
    const Document* document = bench_.document();
    if (!document || wanted.models.empty()) return;
    if (job_) job_->cancel();
    job_ = bench_.jobs().start<Explained>(
        Queue::compute, tr("Find doubtful regions"),
        [&session = bench_.session(), image = withVoxelSize(document->image(), document->voxelSize()),
         wanted](const Progress& progress) {
            Explained doubts{session.doubtMap(*image, wanted, progress), {}};
            for (float& value : doubts.map.map.values<float>()) value *= value; // what is usual stays clear
            doubts.image = colours(doubts.map.map, 1);
            doubts.map.map = {};
            return doubts;
        },
        [self = QPointer(this)](Explained doubts) {
            if (!self) return;
            self->shown_ = Shown{std::move(doubts.image), std::move(doubts.map), std::nullopt,
                                 tr("doubtful regions: orange · Esc removes them")};
            Q_EMIT self->changed();
        },
        [self = QPointer(this)](const Error& error) {
            if (self)
                self->bench_.showError(tr("Doubtful regions could not be found"),
                                       QString::fromUtf8(error.what()));
        });
}

void ExplanationLayer::clear() {
    if (job_) job_->cancel();
    if (!shown_) return;
    shown_.reset();
    Q_EMIT changed();
}

QImage ExplanationLayer::colours(const Pixels& map, float most) {
    const Extent3 extent = map.extent();
    QImage image(int(extent.x), int(extent.y), QImage::Format_ARGB32);
    const auto values = map.values<float>();
    if (most <= 0)
        for (const float value : values) most = std::max(most, std::abs(value));
    for (int y = 0; y < image.height(); ++y) {
        auto* row = reinterpret_cast<QRgb*>(image.scanLine(y));
        for (int x = 0; x < image.width(); ++x) {
            const float value = values[size_t(y) * size_t(extent.x) + size_t(x)];
            const int alpha = most > 0 ? int(190 * std::min(1.f, std::abs(value) / most)) : 0;
            row[x] = value >= 0 ? qRgba(255, 106, 0, alpha) : qRgba(38, 120, 255, alpha);
        }
    }
    return image;
}

void ExplanationLayer::draw(QPainter& painter, const PaneGeometry& geometry, double pixelRatio, int64_t slice,
                            const QRect& pane) const {
    if (!shown_ || shown_->map.box.z0 != slice) return;
    const Box3& box = shown_->map.box;
    const auto at = [&](double y, double x) { return geometry.deviceFromImage({y, x}) / pixelRatio; };
    const QRectF place(at(double(box.y0), double(box.x0)), at(double(box.y1), double(box.x1)));
    painter.save();
    painter.setRenderHint(QPainter::SmoothPixmapTransform, geometry.zoom < 1);
    painter.drawImage(place, shown_->image);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(QColor(255, 255, 255, 150), 1, Qt::DashLine));
    painter.drawRect(place); // what the model was shown
    if (shown_->place) {
        const QPointF centre = at(double(shown_->place->first) + 0.5, double(shown_->place->second) + 0.5);
        for (const auto& [colour, width] :
             {std::pair(QColor(0, 0, 0, 180), 4.0), std::pair(QColor(Qt::white), 1.6)}) {
            painter.setPen(QPen(colour, width));
            painter.drawEllipse(centre, 6, 6);
        }
    }
    const QFontMetrics metrics(secondaryFont());
    const QRect chip(pane.left() + 8, pane.bottom() - 31, metrics.horizontalAdvance(shown_->words) + 16, 24);
    painter.setFont(secondaryFont());
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(20, 20, 22, 215));
    painter.drawRoundedRect(chip, 4, 4);
    painter.setPen(QColor("#e6e6e6"));
    painter.drawText(chip, Qt::AlignCenter, shown_->words);
    painter.restore();
}

} // namespace cristae
