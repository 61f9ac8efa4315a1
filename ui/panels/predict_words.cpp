// PredictPage, what it says: about the chosen models and the device.
#include "ui/panels/parts.h"
#include "ui/panels/predict_page.h"
#include "ui/panels/predict_rows.h"
#include "ui/window/workbench.h"

#include <QLabel>

#include <algorithm>

namespace cristae {

QString PredictPage::modelHelp(const ModelPackage& package) const {
    const ModelCard& card = package.card;
    QString sentence;
    const Document* document = workbench_.document();
    if (card.pixelSizeNm && document && !document->voxelSize().knownInPlane())
        sentence = tr("The pixel size of this image is not known, so it is used as it is. "
                      "<a href=\"scale\">Find the scale…</a> · <a href=\"size\">Enter it…</a>");
    if (!card.scores.empty()) {
        const ModelScore& score = card.scores.front();
        if (!sentence.isEmpty()) sentence += QStringLiteral("<br>");
        QString value = QString::number(score.value, 'f', 2);
        if (score.interval)
            value = tr("%1 (95 %: %2–%3)")
                        .arg(value, QString::number(score.interval->low, 'f', 2),
                             QString::number(score.interval->high, 'f', 2));
        sentence += tr("%1 %2 on %3.").arg(text(score.metric), value, text(score.data).toHtmlEscaped());
    }
    return sentence;
}

void PredictPage::updateHelp() {
    std::vector<size_t> chosen;
    for (const auto& row : rows_)
        if (row->wanted() && std::find(chosen.begin(), chosen.end(), row->chosen()) == chosen.end())
            chosen.push_back(row->chosen());
    QStringList sentences;
    for (const size_t index : chosen) {
        const QString sentence = modelHelp(models_[index]);
        const ModelCard& card = models_[index].card;
        sentences << (chosen.size() > 1
                          ? tr("<b>%1</b>: %2")
                                .arg(text(card.title.empty() ? card.name : card.title).toHtmlEscaped(),
                                     sentence)
                          : sentence);
    }
    setSentence(help_, sentences.join(QStringLiteral("<br>")));
}

QString PredictPage::deviceWords() const {
    if (devices_.empty()) return {};
    const QString wanted = device_->currentData().toString();
    for (const DeviceInfo& device : devices_)
        if (text(device.id) == wanted) return text(device.label);
    return text(devices_.front().label);
}

} // namespace cristae
