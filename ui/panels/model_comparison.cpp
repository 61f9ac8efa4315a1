// Two models on the same slices.
#include "ui/panels/model_comparison.h"

#include "ui/panels/parts.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <map>

namespace cristae {

namespace {

QString tr(const char* words) {
    return QCoreApplication::translate("cristae::ModelComparison", words);
}

QString joined(const std::vector<std::string>& names) {
    QStringList words;
    for (const std::string& name : names) words << text(name);
    return words.join(QStringLiteral(", "));
}

std::vector<std::string> namesOf(const ModelCard& card) {
    std::vector<std::string> names;
    for (const ModelClass& one : card.classes) names.push_back(one.name);
    return names;
}

/// (class, metric) → value, for the classes that the truth knows.
using Scores = std::map<std::pair<std::string, std::string>, double>;

Scores scoresOf(Session& session, const ModelPackage& model, const std::vector<TrainingSlice>& slices,
                const std::vector<std::string>& classes, std::vector<std::string>& metrics,
                const Progress& progress) {
    const std::string data = "slices";
    std::vector<TrainingSlice> mine = slicesFor(model.card, slices, classes);
    for (TrainingSlice& slice : mine) {
        slice.role = Role::test;
        slice.data = data;
    }
    Scores scores;
    const bool single = model.card.classes.size() == 1;
    for (const ModelScore& score : session.score(model, mine, Averaging::none, "auto", 0, progress)) {
        std::string name = single ? model.card.classes[0].name : score.data.substr(data.size() + 2);
        if (single && classes.size() == 1) name = classes[0];
        if (std::find(classes.begin(), classes.end(), name) == classes.end()) continue;
        scores[{name, score.metric}] = score.value;
        if (std::find(metrics.begin(), metrics.end(), score.metric) == metrics.end())
            metrics.push_back(score.metric);
    }
    return scores;
}

} // namespace

std::vector<TrainingSlice> slicesFor(const ModelCard& card, std::vector<TrainingSlice> slices,
                                     const std::vector<std::string>& classes) {
    const std::vector<std::string> names = namesOf(card);
    std::vector<uint8_t> valueOf(256, 0);
    valueOf[255] = 255; // unknown
    bool any = false;
    for (size_t c = 0; c < classes.size(); ++c) {
        const auto found = std::find(names.begin(), names.end(), classes[c]);
        if (found != names.end())
            valueOf[c + 1] = uint8_t(found - names.begin() + 1);
        else if (classes.size() == 1 && names.size() == 1)
            valueOf[c + 1] = 1;
        any = any || valueOf[c + 1];
    }
    if (!any)
        throw Error(
            ErrorKind::input,
            tr("“%1” finds %2, but the held-out slices show %3; choose a model that finds the same.")
                .arg(text(card.title.empty() ? card.name : card.title), joined(names), joined(classes))
                .toStdString());
    for (TrainingSlice& slice : slices) {
        Pixels labels(PixelType::u8, 1, slice.labels.extent());
        std::ranges::transform(slice.labels.values<uint8_t>(), labels.values<uint8_t>().begin(),
                               [&](uint8_t value) { return valueOf[value]; });
        slice.labels = std::move(labels);
    }
    return slices;
}

QString comparisonTable(Session& session, const ModelPackage& mine, const ModelPackage& other,
                        const std::vector<TrainingSlice>& slices, const std::vector<std::string>& classes,
                        const Progress& progress) {
    std::vector<std::string> metrics;
    const Scores left = scoresOf(session, mine, slices, classes, metrics, PartProgress(progress, 0, 0.5));
    const Scores right = scoresOf(session, other, slices, classes, metrics, PartProgress(progress, 0.5, 1));
    const auto cell = [](const Scores& scores, const Scores& rivals, const auto& key) {
        const auto own = scores.find(key), rival = rivals.find(key);
        if (own == scores.end()) return tr("–");
        const QString figure = QLocale::c().toString(own->second, 'f', 3);
        const bool better = rival != rivals.end() && own->second > rival->second;
        return better ? QStringLiteral("<b>%1</b>").arg(figure) : figure;
    };
    const auto title = [](const ModelCard& card) {
        return text(card.title.empty() ? card.name : card.title).toHtmlEscaped();
    };
    QString table = tr("On the held-out slices:") +
                    QStringLiteral("<table cellspacing=0 cellpadding=4><tr><td></td><td><b>%1</b></td>"
                                   "<td><b>%2</b></td></tr>")
                        .arg(title(mine.card), title(other.card));
    for (const std::string& name : classes)
        for (const std::string& metric : metrics) {
            const std::pair key{name, metric};
            const QString words =
                classes.size() > 1 ? tr("%1, %2").arg(text(name), text(metric)) : text(metric);
            table += QStringLiteral("<tr><td>%1</td><td align=right>%2</td><td align=right>%3</td></tr>")
                         .arg(words.toHtmlEscaped(), cell(left, right, key), cell(right, left, key));
        }
    return table + QStringLiteral("</table>");
}

} // namespace cristae
