// Words of a report page.
#include "ui/report/report_words.h"

#include <QCoreApplication>
#include <QDate>
#include <QLocale>

#include <cmath>

namespace cristae {

namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(cristae::Report)
};

/// Three significant digits without an exponent.
QString digits(double value) {
    if (value <= 0) return QStringLiteral("0");
    const int before = int(std::floor(std::log10(value))) + 1;
    return QLocale::c().toString(value, 'f', std::max(0, 3 - before));
}

QString amountText(int64_t voxels, const VoxelSize& size, bool asVolume) {
    if (size.knownInPlane() && !asVolume) {
        const double nm2 = double(voxels) * *size.yNm * *size.xNm;
        return nm2 >= 1e4 ? Words::tr("%1 µm²").arg(digits(nm2 / 1e6)) : Words::tr("%1 nm²").arg(digits(nm2));
    }
    if (size.knownInPlane() && size.zNm && asVolume) {
        const double nm3 = double(voxels) * *size.zNm * *size.yNm * *size.xNm;
        return nm3 >= 1e5 ? Words::tr("%1 µm³").arg(digits(nm3 / 1e9)) : Words::tr("%1 nm³").arg(digits(nm3));
    }
    QString number = QLocale::c().toString(qlonglong(voxels));
    number.replace(QLatin1Char(','), QChar(0x2009));
    return asVolume ? Words::tr("%1 voxels").arg(number) : Words::tr("%1 px").arg(number);
}

QString textOf(const nlohmann::json& object, const char* key) {
    const auto it = object.find(key);
    return it != object.end() && it->is_string() ? QString::fromStdString(it->get<std::string>()) : QString();
}

void addPrediction(const nlohmann::json& entry, std::vector<ReportFact>& facts) {
    QStringList devices, thresholds;
    for (const auto& model : entry.value("models", nlohmann::json::array())) {
        QString line = textOf(model, "name");
        if (const QString hash = textOf(model, "sha256"); !hash.isEmpty())
            line += Words::tr(" (SHA-256 %1)").arg(hash.left(12));
        facts.push_back({Words::tr("Model"), line});
        for (const auto& wanted : model.value("classes", nlohmann::json::array()))
            if (wanted.contains("threshold") && wanted["threshold"].is_number())
                thresholds << Words::tr("%1 from %2")
                                  .arg(textOf(wanted, "name"),
                                       QLocale::c().toString(wanted["threshold"].get<double>(), 'g', 3));
        QStringList device;
        for (const char* key : {"device", "precision"})
            if (const QString word = textOf(model, key); !word.isEmpty()) device << word;
        if (!device.isEmpty() && !devices.contains(device.join(QStringLiteral(", "))))
            devices << device.join(QStringLiteral(", "));
    }
    if (!thresholds.isEmpty())
        facts.push_back({Words::tr("Threshold"), thresholds.join(QStringLiteral(", "))});
    QStringList settings;
    if (const QString averaging = textOf(entry, "averaging"); !averaging.isEmpty())
        settings << Words::tr("averaging: %1").arg(averaging);
    if (const auto it = entry.find("slices"); it != entry.end() && it->is_array() && it->size() == 2 &&
                                              (*it)[0].is_number() && (*it)[1].is_number())
        settings
            << Words::tr("slices %1 to %2").arg((*it)[0].get<int64_t>() + 1).arg((*it)[1].get<int64_t>());
    if (const auto it = entry.find("region"); it != entry.end() && it->is_array() && it->size() == 4)
        settings << Words::tr("region y %1–%2, x %3–%4")
                        .arg((*it)[0].get<int64_t>())
                        .arg((*it)[2].get<int64_t>())
                        .arg((*it)[1].get<int64_t>())
                        .arg((*it)[3].get<int64_t>());
    settings << devices;
    if (const auto threads = entry.find("threads"); threads != entry.end() && threads->is_number())
        settings << Words::tr("%1 threads").arg(threads->get<int>());
    if (const QString engine = textOf(entry, "engine"); !engine.isEmpty()) settings << engine;
    if (!settings.isEmpty()) facts.push_back({Words::tr("Settings"), settings.join(QStringLiteral(" · "))});
}

} // namespace

std::vector<ReportRow> reportRows(const ExportDescription& description,
                                  const std::map<uint32_t, int64_t>& counts, int64_t total, bool asVolume) {
    std::vector<ReportRow> rows;
    for (const LabelClass& known : description.classes) {
        const auto it = counts.find(known.value);
        const int64_t voxels = it == counts.end() ? 0 : it->second;
        const double percent = total > 0 ? 100.0 * double(voxels) / double(total) : 0;
        rows.push_back({known.colour, QString::fromStdString(known.name),
                        amountText(voxels, description.info.voxelSize, asVolume),
                        Words::tr("%1 %").arg(QLocale::c().toString(percent, 'f', 1))});
    }
    return rows;
}

std::vector<ReportFact> reportFacts(const ExportDescription& description) {
    std::vector<ReportFact> facts;
    bool corrected = false;
    if (const auto history = description.provenance.find("history");
        history != description.provenance.end() && history->is_array())
        for (const auto& entry : *history) {
            const QString verb = textOf(entry, "verb");
            if (verb == QLatin1String("predict")) addPrediction(entry, facts);
            if (verb == QLatin1String("correct")) corrected = true;
        }
    if (facts.empty()) facts.push_back({Words::tr("Model"), Words::tr("none; labelled by hand or loaded")});
    if (corrected) facts.push_back({Words::tr("Corrected"), Words::tr("by hand")});
    if (const QString hash = textOf(description.provenance, "image_sha256"); !hash.isEmpty())
        facts.push_back({Words::tr("Image"), Words::tr("SHA-256 %1").arg(hash.left(12))});
    if (const auto remarks = description.provenance.find("remarks");
        remarks != description.provenance.end() && remarks->is_array())
        for (const auto& remark : *remarks)
            if (remark.is_string())
                facts.push_back({Words::tr("Remark"), QString::fromStdString(remark.get<std::string>())});
    if (description.probabilities)
        facts.push_back(
            {Words::tr("Shown"), Words::tr("the most probable class where its probability is at least 0.5")});
    return facts;
}

QString reportMaker(const ExportDescription& description) {
    const QString program = textOf(description.provenance, "program");
    return QStringLiteral("%1 · %2").arg(program.isEmpty() ? QStringLiteral("Cristae " CRISTAE_VERSION)
                                                           : program,
                                         QDate::currentDate().toString(Qt::ISODate));
}

QString reportSubtitle(const ExportDescription& description) {
    const ImageInfo& image = description.original->info();
    const VoxelSize& size = description.info.voxelSize;
    QStringList parts;
    if (!image.dataset.empty()) parts << QString::fromStdString(image.dataset);
    parts << Words::tr("%1 × %2 px").arg(image.extent().x).arg(image.extent().y);
    const auto nm = [](double value) { return QLocale::c().toString(value, 'g', 4); };
    if (size.knownInPlane()) {
        QString text = Words::tr("pixel %1 × %2 nm").arg(nm(*size.xNm), nm(*size.yNm));
        if (size.zNm && description.info.extent().z > 1)
            text += Words::tr(", slices %1 nm apart").arg(nm(*size.zNm));
        if (!size.source.empty()) text += QStringLiteral(" (%1)").arg(QString::fromStdString(size.source));
        parts << text;
    } else {
        parts << Words::tr("pixel size unknown");
    }
    return parts.join(QStringLiteral(" · "));
}

} // namespace cristae
