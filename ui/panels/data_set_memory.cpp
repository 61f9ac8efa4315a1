// Rows to settings and back.
#include "ui/panels/data_set_memory.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/io/format.h"
#include "core/io/label_image.h"
#include "ui/panels/parts.h"

#include <QSettings>

namespace cristae {

namespace {

const QString keptIn = QStringLiteral("train/dataSet");

nlohmann::json placeOf(const TileSource& source) {
    return {{"file", source.info().path.string()}, {"dataset", source.info().dataset}};
}

nlohmann::json rowJson(const DataSetRow& row) {
    const TrainingPair& pair = row.pair;
    return {{"name", pair.name},
            {"images", placeOf(*pair.image)},
            {"labels", placeOf(*pair.labels)},
            {"first", pair.firstSlice},
            {"end", pair.endSlice},
            {"every", pair.everySlice},
            {"weight", pair.weight},
            {"region", row.pair.region ? nlohmann::json{row.pair.region->y0, row.pair.region->y1,
                                                        row.pair.region->x0, row.pair.region->x1}
                                       : nlohmann::json()},
            {"role", int(row.role)},
            {"values", row.meaning.valuesOfClass},
            {"inverted", row.meaning.inverted},
            {"unknown", row.meaning.unknownValues},
            {"boundaries", row.meaning.boundariesOfIds},
            {"classes", row.classNames}};
}

nlohmann::json keptRows() {
    const nlohmann::json kept = parseJson(QSettings().value(keptIn).toString().toStdString());
    return kept.is_array() ? kept : nlohmann::json::array();
}

OpenOptions optionsOf(const nlohmann::json& place) {
    OpenOptions options;
    options.scene = place.at("dataset").get<std::string>();
    return options;
}

DataSetRow readRow(const nlohmann::json& kept, const Progress& progress) {
    TrainingPair pair;
    pair.name = kept.at("name");
    pair.image = openImage(kept.at("images").at("file").get<std::string>(), optionsOf(kept["images"]));
    pair.labels = openLabels(kept.at("labels").at("file").get<std::string>(), optionsOf(kept["labels"]));
    pair.firstSlice = kept.at("first");
    pair.endSlice = kept.at("end");
    pair.everySlice = kept.at("every");
    pair.weight = kept.at("weight");
    if (const auto region = kept.find("region"); region != kept.end() && region->is_array())
        pair.region = Region{region->at(0), region->at(1), region->at(2), region->at(3)};
    const int role = kept.at("role");
    pair.role = role == int(RowRole::validation) ? Role::validation : Role::train;
    LabelMeaning meaning;
    meaning.valuesOfClass = kept.at("values").get<std::vector<std::vector<int64_t>>>();
    meaning.inverted = kept.at("inverted");
    meaning.unknownValues = kept.at("unknown").get<std::vector<int64_t>>();
    meaning.boundariesOfIds = kept.at("boundaries");
    DataSetRow row = describeRow(std::move(pair), std::move(meaning),
                                 kept.at("classes").get<std::vector<std::string>>(), progress);
    if (role == int(RowRole::off)) row.role = RowRole::off;
    return row;
}

} // namespace

void rememberRows(const std::vector<DataSetRow>& rows) {
    nlohmann::json kept = nlohmann::json::array();
    for (const DataSetRow& row : rows)
        if (row.pair.image && row.pair.labels && !row.pair.image->info().path.empty() &&
            !row.pair.labels->info().path.empty())
            kept.push_back(rowJson(row));
    if (kept.empty()) return;
    QSettings().setValue(keptIn, text(kept.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace)));
}

int rememberedRowCount() {
    return int(keptRows().size());
}

RememberedRows readRememberedRows(const Progress& progress) {
    RememberedRows found;
    const nlohmann::json kept = keptRows();
    for (size_t i = 0; i < kept.size(); ++i) {
        const double count = double(kept.size());
        const PartProgress part(progress, double(i) / count, double(i + 1) / count);
        try {
            found.rows.push_back(readRow(kept[i], part));
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::cancelled) throw;
            found.missing << QString::fromUtf8(error.what());
        } catch (const nlohmann::json::exception&) { // of another version
        }
    }
    return found;
}

} // namespace cristae
