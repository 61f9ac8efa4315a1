// Words and digits of an evaluation.
#include "ui/report/evaluation_words.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>
#include <map>

namespace cristae {

namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(cristae::Evaluation)
};

const std::map<std::string, const char*>& titles() {
    static const std::map<std::string, const char*> words{
        {"dice", QT_TRANSLATE_NOOP("cristae::Evaluation", "Dice (F1)")},
        {"iou", QT_TRANSLATE_NOOP("cristae::Evaluation", "IoU")},
        {"precision", QT_TRANSLATE_NOOP("cristae::Evaluation", "Precision")},
        {"recall", QT_TRANSLATE_NOOP("cristae::Evaluation", "Recall")},
        {"accuracy", QT_TRANSLATE_NOOP("cristae::Evaluation", "Accuracy")},
        {"objects_found", QT_TRANSLATE_NOOP("cristae::Evaluation", "Objects found")},
        {"objects_total", QT_TRANSLATE_NOOP("cristae::Evaluation", "Objects in the ground truth")},
        {"objects_predicted", QT_TRANSLATE_NOOP("cristae::Evaluation", "Objects predicted")},
        {"object_f1", QT_TRANSLATE_NOOP("cristae::Evaluation", "Object F1, IoU ≥ 0.5")},
        {"object_precision", QT_TRANSLATE_NOOP("cristae::Evaluation", "Object precision")},
        {"object_recall", QT_TRANSLATE_NOOP("cristae::Evaluation", "Object recall")},
        {"object_f1_75", QT_TRANSLATE_NOOP("cristae::Evaluation", "Object F1, IoU ≥ 0.75")},
        {"object_f1_mean", QT_TRANSLATE_NOOP("cristae::Evaluation", "Object F1, mean 0.5…0.95")},
        {"object_f1_glas", QT_TRANSLATE_NOOP("cristae::Evaluation", "Object F1, GlaS")},
        {"object_dice", QT_TRANSLATE_NOOP("cristae::Evaluation", "Object Dice")},
        {"object_hausdorff", QT_TRANSLATE_NOOP("cristae::Evaluation", "Object Hausdorff, px")},
        {"object_hausdorff_nm", QT_TRANSLATE_NOOP("cristae::Evaluation", "Object Hausdorff, nm")},
        {"hausdorff", QT_TRANSLATE_NOOP("cristae::Evaluation", "Hausdorff, px")},
        {"hd95", QT_TRANSLATE_NOOP("cristae::Evaluation", "Hausdorff 95 %, px")},
        {"mean_surface_distance", QT_TRANSLATE_NOOP("cristae::Evaluation", "Mean surface distance, px")},
        {"hausdorff_nm", QT_TRANSLATE_NOOP("cristae::Evaluation", "Hausdorff, nm")},
        {"hd95_nm", QT_TRANSLATE_NOOP("cristae::Evaluation", "Hausdorff 95 %, nm")},
        {"mean_surface_distance_nm", QT_TRANSLATE_NOOP("cristae::Evaluation", "Mean surface distance, nm")},
        {"v_rand", QT_TRANSLATE_NOOP("cristae::Evaluation", "V-rand")},
        {"v_info", QT_TRANSLATE_NOOP("cristae::Evaluation", "V-info")},
        {"adapted_rand_error", QT_TRANSLATE_NOOP("cristae::Evaluation", "Adapted Rand error")},
        {"voi_split", QT_TRANSLATE_NOOP("cristae::Evaluation", "VOI, split")},
        {"voi_merge", QT_TRANSLATE_NOOP("cristae::Evaluation", "VOI, merge")},
        {"variation_of_information", QT_TRANSLATE_NOOP("cristae::Evaluation", "Variation of information")},
        {"average_precision", QT_TRANSLATE_NOOP("cristae::Evaluation", "Average precision")},
        {"calibration_error", QT_TRANSLATE_NOOP("cristae::Evaluation", "Calibration error")},
        {"best_threshold", QT_TRANSLATE_NOOP("cristae::Evaluation", "Best threshold")},
        {"best_dice", QT_TRANSLATE_NOOP("cristae::Evaluation", "Dice at the best threshold")},
        {"best_v_rand", QT_TRANSLATE_NOOP("cristae::Evaluation", "V-rand at its best threshold")},
        {"best_v_info", QT_TRANSLATE_NOOP("cristae::Evaluation", "V-info at its best threshold")}};
    return words;
}

} // namespace

QString metricTitle(const std::string& name) {
    const auto found = titles().find(name);
    return found == titles().end() ? QString::fromStdString(name) : Words::tr(found->second);
}

QString metricValue(const Metric& metric) {
    if (std::isnan(metric.value)) return Words::tr("not defined");
    const std::string& name = metric.name;
    if (name.starts_with("objects_")) return QLocale().toString(qint64(std::llround(metric.value)));
    const bool distance = name.find("hausdorff") != std::string::npos || name.starts_with("hd95") ||
                          name.find("distance") != std::string::npos;
    return QLocale::c().toString(metric.value, 'f', distance ? 2 : name == "best_threshold" ? 2 : 4);
}

QString metricGroupTitle(const std::string& group) {
    static const std::map<std::string, const char*> words{
        {"pixels", QT_TRANSLATE_NOOP("cristae::Evaluation", "Pixels")},
        {"objects", QT_TRANSLATE_NOOP("cristae::Evaluation", "Objects")},
        {"surfaces", QT_TRANSLATE_NOOP("cristae::Evaluation", "Surfaces")},
        {"partitions", QT_TRANSLATE_NOOP("cristae::Evaluation", "Partitions")},
        {"curves", QT_TRANSLATE_NOOP("cristae::Evaluation", "Probabilities")}};
    const auto found = words.find(group);
    return found == words.end() ? QString::fromStdString(group) : Words::tr(found->second);
}

std::string metricGroupOf(const std::string& metric) {
    for (const MetricGroup& group : metricGroups())
        if (std::ranges::count(group.metrics, metric)) return group.name;
    return {};
}

QString percentWords(int64_t part, int64_t whole) {
    if (whole == 0) return QStringLiteral("–");
    return Words::tr("%1 %").arg(QLocale::c().toString(100.0 * double(part) / double(whole), 'f', 1));
}

} // namespace cristae
