// worstPicture: two panes, a caption and a legend.
#include "ui/report/worst_picture.h"

#include "core/image/memory_source.h"
#include "core/learn/region.h"
#include "core/measure/difference.h"
#include "core/render/compose.h"
#include "ui/report/report_picture.h"

#include <QCoreApplication>
#include <QPainter>

#include <algorithm>

namespace cristae {

namespace {

constexpr int paneWidth = 780, highestPane = 1000, gap = 16, textSize = 17;
constexpr uint32_t notScored = 4; // beside the values of Agreement

QString tr(const char* words) {
    return QCoreApplication::translate("cristae::WorstPicture", words);
}

/// What is labelled with a margin of a tenth, or the whole slice.
Box3 labelledPart(const Pixels& labels) {
    const Extent3& e = labels.extent();
    const KnownPixels known = knownPixels(labels);
    if (known.count == 0) return Box3::ofSlice(e, 0);
    const Region& box = known.box;
    const int64_t marginY = (box.y1 - box.y0) / 10, marginX = (box.x1 - box.x0) / 10;
    return {0, std::max<int64_t>(0, box.y0 - marginY), std::max<int64_t>(0, box.x0 - marginX),
            1, std::min(e.y, box.y1 + marginY),        std::min(e.x, box.x1 + marginX)};
}

ClassTable agreementClasses() {
    ClassTable table = differenceClasses();
    table.set({notScored, "not labelled", {0x99, 0x99, 0x99}});
    return table;
}

/// Agreement of every pixel, and notScored: u32 [1, 1, Y, X].
Pixels agreementOf(const Pixels& found, const Pixels& truth, int64_t label) {
    Pixels result(PixelType::u32, 1, truth.extent());
    const auto says = found.values<uint8_t>(), is = truth.values<uint8_t>();
    const auto out = result.values<uint32_t>();
    for (size_t i = 0; i < out.size(); ++i) {
        const bool one = says[i] == label, other = is[i] == label;
        out[i] = is[i] == 255   ? notScored
                 : one && other ? uint32_t(Agreement::truePositive)
                 : one          ? uint32_t(Agreement::falsePositive)
                 : other        ? uint32_t(Agreement::falseNegative)
                                : uint32_t(Agreement::trueNegative);
    }
    return result;
}

void drawScaleBar(QPainter& painter, const QRect& pane, std::optional<double> nmPerPixel, double scale) {
    if (!nmPerPixel) return;
    const ScaleBar bar = scaleBar(nmPerPixel, scale, pane.width() / 4.0);
    const QString words = QString::fromStdString(bar.text);
    const QFontMetrics font = painter.fontMetrics();
    const int width = std::max(int(bar.screenPixels), font.horizontalAdvance(words));
    const QRect plate(pane.left() + 10, pane.bottom() - font.height() - 26, width + 16, font.height() + 16);
    painter.fillRect(plate, QColor(255, 255, 255, 220));
    painter.fillRect(QRectF(plate.left() + 8, plate.bottom() - 7, bar.screenPixels, 4), Qt::black);
    painter.setPen(Qt::black);
    painter.drawText(plate.left() + 8, plate.top() + font.ascent() + 2, words);
}

void drawLegend(QPainter& painter, int left, int baseline, bool unlabelled) {
    const QFontMetrics font = painter.fontMetrics();
    const ClassTable table = agreementClasses();
    for (const LabelClass& one : table.classes()) {
        if (one.value == notScored && !unlabelled) continue;
        const QString words = tr(one.name.c_str());
        const QRect swatch(left, baseline - font.ascent() + 2, 18, font.ascent() - 2);
        painter.fillRect(swatch, QColor(one.colour.r, one.colour.g, one.colour.b));
        painter.setPen(Qt::black);
        painter.drawRect(swatch);
        painter.drawText(swatch.right() + 8, baseline, words);
        left = swatch.right() + 8 + font.horizontalAdvance(words) + 24;
    }
}

Pixels pixelsOf(const QImage& image) {
    Pixels picture(PixelType::u8, 3, {1, image.height(), image.width()});
    for (int y = 0; y < image.height(); ++y) {
        const auto* line = reinterpret_cast<const QRgb*>(image.constScanLine(y));
        const auto at = size_t(y) * size_t(image.width());
        for (int x = 0; x < image.width(); ++x) {
            picture.plane<uint8_t>(0, 0)[at + size_t(x)] = uint8_t(qRed(line[x]));
            picture.plane<uint8_t>(1, 0)[at + size_t(x)] = uint8_t(qGreen(line[x]));
            picture.plane<uint8_t>(2, 0)[at + size_t(x)] = uint8_t(qBlue(line[x]));
        }
    }
    return picture;
}

} // namespace

Pixels worstPicture(const TrainingSlice& slice, const Pixels& found, int64_t label,
                    const std::string& className, double dice) {
    const Box3 box = labelledPart(slice.labels);
    const auto part = [&](const Pixels& pixels) {
        return MemorySource(pixels).read(0, box, Progress::none());
    };
    const Pixels truth = part(slice.labels);
    const Extent3& e = truth.extent();
    const ReportPictures panes = makeReportPictures(
        MemorySource(part(slice.image)), 0, agreementOf(part(found), truth, label), agreementClasses());
    QSize size(int(e.x), int(e.y));
    size.scale(paneWidth, highestPane, Qt::KeepAspectRatio);
    QFont font;
    font.setPixelSize(textSize);
    const int row = QFontMetrics(font).height() + 4;
    QImage image(2 * size.width() + gap, size.height() + 3 * row + 12, QImage::Format_RGB32);
    image.fill(Qt::white);
    QPainter painter(&image);
    painter.setFont(font);
    const QRect left(QPoint(0, 0), size), right(QPoint(size.width() + gap, 0), size);
    const auto fitted = [&](const QImage& pane) {
        return pane.scaled(size, Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
    };
    painter.drawImage(left.topLeft(), fitted(panes.original));
    painter.drawImage(right.topLeft(), fitted(panes.highlighted));
    drawScaleBar(painter, left, slice.pixelSizeNm, double(size.width()) / double(e.x));
    painter.setPen(Qt::black);
    int baseline = size.height() + row;
    const QFontMetrics metrics = painter.fontMetrics();
    const auto line = [&](const QString& words) {
        painter.drawText(8, baseline, metrics.elidedText(words, Qt::ElideMiddle, image.width() - 16));
        baseline += row;
    };
    line(slice.data.empty() || slice.data == slice.name
             ? QString::fromStdString(slice.name)
             : tr("%1: %2").arg(QString::fromStdString(slice.data), QString::fromStdString(slice.name)));
    line(tr("%1, Dice %2; %3")
             .arg(QString::fromStdString(className), QString::number(dice, 'f', 3),
                  slice.pixelSizeNm ? tr("%1 nm per pixel").arg(QString::number(*slice.pixelSizeNm, 'g', 4))
                                    : tr("pixel size unknown")));
    const auto labels = truth.values<uint8_t>();
    drawLegend(painter, 8, baseline, std::ranges::find(labels, uint8_t(255)) != labels.end());
    painter.end();
    return pixelsOf(image);
}

} // namespace cristae
