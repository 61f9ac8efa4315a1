// FitFeed and the pictures it makes.
#include "ui/panels/fit_feed.h"

#include "ui/panels/parts.h"

#include <utility>

namespace cristae {

QImage predictedImage(const Pixels& image, const Pixels& probability, const std::vector<Colour>& colours,
                      const std::vector<double>& thresholds) {
    QImage picture = greyImage(image);
    const Extent3 e = image.extent();
    if (picture.isNull() || probability.extent() != e || probability.type() != PixelType::f32) return picture;
    const int64_t classes = std::min<int64_t>(probability.channels(), int64_t(colours.size()));
    for (int64_t c = 0; c < classes; ++c) {
        const auto values = probability.plane<float>(c, 0);
        const double threshold = size_t(c) < thresholds.size() ? thresholds[size_t(c)] : 0.5;
        const auto inside = [&](int64_t y, int64_t x) {
            return double(values[size_t(y * e.x + x)]) >= threshold;
        };
        const QRgb tint = toQColor(colours[size_t(c)]).rgb();
        for (int64_t y = 0; y < e.y; ++y) {
            auto* line = reinterpret_cast<QRgb*>(picture.scanLine(int(y)));
            for (int64_t x = 0; x < e.x; ++x) {
                if (!inside(y, x)) continue;
                const bool edge = y == 0 || x == 0 || y + 1 == e.y || x + 1 == e.x || !inside(y - 1, x) ||
                                  !inside(y + 1, x) || !inside(y, x - 1) || !inside(y, x + 1);
                const int weight = edge ? 255 : 90; // 35 %, as on the canvas
                const auto mix = [&](int from, int to) {
                    return (from * (255 - weight) + to * weight) / 255;
                };
                line[x] = qRgb(mix(qRed(line[x]), qRed(tint)), mix(qGreen(line[x]), qGreen(tint)),
                               mix(qBlue(line[x]), qBlue(tint)));
            }
        }
    }
    constexpr int widest = 1024;
    return picture.width() > widest ? picture.scaledToWidth(widest, Qt::SmoothTransformation) : picture;
}

void FitFeed::showBefore(const QImage& image, int64_t slice) {
    const std::lock_guard lock(pictureMutex_);
    pictures_.push_back({true, image, 0, slice});
}

void FitFeed::onEpoch(const EpochReport& report) {
    if (!report.previewImage.empty()) {
        QImage image = predictedImage(report.previewImage, report.previewProbability, colours_, {});
        const std::lock_guard lock(pictureMutex_);
        pictures_.push_back({false, std::move(image), report.step, 0});
    }
    EpochReport rest = report;
    rest.previewImage = rest.previewTruth = rest.previewProbability = {};
    TrainingFeed::onEpoch(rest);
}

std::vector<FitPicture> FitFeed::takePictures() {
    const std::lock_guard lock(pictureMutex_);
    return std::exchange(pictures_, {});
}

} // namespace cristae
