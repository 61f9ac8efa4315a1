// TrainingFeed and the pictures it makes.
#include "ui/panels/training_feed.h"

#include "core/measure/difference.h"
#include "core/render/compose.h"
#include "ui/panels/parts.h"

#include <utility>

namespace cristae {

QImage greyImage(const Pixels& image) {
    if (image.empty()) return {};
    std::vector<uint32_t> colours;
    greyToRgb(image, autoRange(image), colours);
    const Extent3 e = image.extent();
    return QImage(reinterpret_cast<const uchar*>(colours.data()), int(e.x), int(e.y), int(e.x) * 4,
                  QImage::Format_RGB32)
        .copy();
}

QImage comparisonImage(const Pixels& image, const Pixels& truth, const Pixels& probability) {
    QImage picture = greyImage(image);
    const Extent3 e = image.extent();
    if (picture.isNull() || truth.extent() != e || probability.extent() != e ||
        truth.type() != PixelType::u8 || probability.type() != PixelType::f32)
        return picture;
    const auto labels = truth.plane<uint8_t>(0, 0);
    for (int64_t y = 0; y < e.y; ++y) {
        auto* line = reinterpret_cast<QRgb*>(picture.scanLine(int(y)));
        for (int64_t x = 0; x < e.x; ++x) {
            const size_t i = size_t(y * e.x + x);
            if (labels[i] == 255) continue; // unknown: nothing to compare
            int64_t predicted = 0;
            float most = 0.5f;
            for (int64_t c = 0; c < probability.channels(); ++c)
                if (const float p = probability.plane<float>(c, 0)[i]; p >= most) most = p, predicted = c + 1;
            if (predicted == 0 && labels[i] == 0) continue;
            Agreement agreement = Agreement::truePositive;
            int weight = 110;
            if (predicted != labels[i] && labels[i] != 0) {
                agreement = Agreement::falseNegative;
                weight = (x + y) / 3 % 2 ? 210 : 110;
            } else if (predicted != labels[i]) {
                agreement = Agreement::falsePositive;
                weight = x / 2 % 2 && y / 2 % 2 ? 230 : 110;
            }
            const QRgb tint = toQColor(differenceClasses().find(uint32_t(agreement))->colour).rgb();
            const auto mix = [&](int from, int to) { return (from * (255 - weight) + to * weight) / 255; };
            line[x] = qRgb(mix(qRed(line[x]), qRed(tint)), mix(qGreen(line[x]), qGreen(tint)),
                           mix(qBlue(line[x]), qBlue(tint)));
        }
    }
    return picture;
}

void TrainingFeed::onStep(int64_t step, double loss) {
    step_ = step;
    loss_ = loss;
}

void TrainingFeed::onEpoch(const EpochReport& report) {
    EpochUpdate latest{report, greyImage(report.previewImage),
                       comparisonImage(report.previewImage, report.previewTruth, report.previewProbability)};
    latest.report.previewImage = latest.report.previewTruth = latest.report.previewProbability = {};
    const std::lock_guard lock(mutex_);
    epochs_.push_back(std::move(latest));
}

void TrainingFeed::onRemark(const std::string& sentence) {
    const std::lock_guard lock(mutex_);
    remarks_.push_back(sentence);
}

std::vector<EpochUpdate> TrainingFeed::takeEpochs() {
    const std::lock_guard lock(mutex_);
    return std::exchange(epochs_, {});
}

std::vector<std::string> TrainingFeed::takeRemarks() {
    const std::lock_guard lock(mutex_);
    return std::exchange(remarks_, {});
}

} // namespace cristae
