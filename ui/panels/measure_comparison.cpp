// MeasurePage, the comparison of labels with a ground truth.
#include "core/io/format.h"
#include "core/labels/label_source.h"
#include "ui/panels/measure_page.h"
#include "ui/panels/parts.h"
#include "ui/panels/sized_source.h"
#include "ui/window/workbench.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QLocale>

namespace cristae {

TileSourcePtr labelsToMeasure(const LabelSnapshot& labels, const VoxelSize& voxelSize,
                              std::optional<int64_t> slice) {
    const TileSourcePtr all = makeLabelSource(labels, voxelSize);
    return slice ? partOf(all, Box3::ofSlice(labels.extent(), *slice)) : all;
}

void MeasurePage::chooseTruth() {
    auto* dialog = new QFileDialog(this, tr("Choose the ground truth"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &MeasurePage::compareWith);
    dialog->open();
}

void MeasurePage::compareWith(const QString& truthPath) {
    const Document* document = workbench_.document();
    if (!document) return;
    if (comparing_) comparing_->cancel();
    EvaluationOptions options;
    const uint32_t value = truthClass_->currentData().toUInt();
    if (value) options.predictionLabel = value;
    options.truthInverted = inverted_->isChecked();
    struct Compared {
        std::vector<Metric> metrics;
        bool oneSlice = false;
    };
    const auto work = [path = truthPath.toStdString(), labels = document->labels().snapshot(),
                       size = document->voxelSize(), slice = workbench_.view().slice,
                       options](const Progress& progress) {
        const TileSourcePtr truth = openImage(path);
        // A single truth image belongs to the slice that is shown.
        const bool oneSlice = truth->info().extent().z == 1 && labels.extent().z > 1;
        const TileSourcePtr mine =
            labelsToMeasure(labels, size, oneSlice ? std::optional(slice) : std::nullopt);
        return Compared{evaluate(*mine, *truth, options, progress), oneSlice};
    };
    const QString name = QFileInfo(truthPath).fileName();
    const int64_t slice = workbench_.view().slice;
    comparing_ = workbench_.jobs().start<Compared>(
        Lane::files, tr("Comparing with %1").arg(name), work,
        [self = QPointer(this), name, slice](Compared result) {
            if (!self) return;
            self->showMetrics(result.metrics,
                              result.oneSlice ? tr("%1, slice %2").arg(name).arg(slice + 1) : name);
        });
}

void MeasurePage::showMetrics(const std::vector<Metric>& metrics, const QString& words) {
    QString rows;
    QStringList conventions;
    for (const Metric& metric : metrics) {
        const QString name = text(metric.name);
        rows += QStringLiteral("<tr><td>%1</td><td align=right>&nbsp;&nbsp;%2</td></tr>")
                    .arg(name == QLatin1String("iou") ? QStringLiteral("IoU")
                                                      : name.left(1).toUpper() + name.mid(1),
                         QLocale::c().toString(metric.value, 'f', 4));
        conventions << tr("%1: %2").arg(name, text(metric.convention));
    }
    setSentence(comparison_, tr("Compared with %1").arg(words.toHtmlEscaped()) +
                                 QStringLiteral("<table>%1</table>").arg(rows));
    comparison_->setToolTip(conventions.join(QLatin1Char('\n')));
    Q_EMIT compared(metrics);
}

} // namespace cristae
