// Rows to a training set, a split of it, and back to rows.
#include "ui/panels/split_rows.h"

#include "core/learn/leak_guard.h"
#include "core/learn/split_distance.h"
#include "ui/panels/parts.h"

#include <QCoreApplication>

#include <algorithm>

namespace cristae {

namespace {

QString tr(const char* words) {
    return QCoreApplication::translate("cristae::SplitRows", words);
}

/// The slices of the rows that are used, and the row of each.
struct RowSlices {
    TrainingSet set;
    std::vector<size_t> row;
};

RowSlices slicesOf(const std::vector<DataSetRow>& rows, const Progress& progress) {
    RowSlices all;
    for (size_t i = 0; i < rows.size(); ++i) {
        const DataSetRow& row = rows[i];
        if (row.role == RowRole::off || !row.complaints.isEmpty()) continue;
        TrainingPair pair = row.pair;
        pair.role = row.role == RowRole::validation ? Role::validation : Role::train;
        TrainingSet part = loadTrainingSet({pair}, row.meaning, row.classNames, progress);
        for (TrainingSlice& slice : part.slices) {
            all.set.slices.push_back(std::move(slice));
            all.row.push_back(i);
        }
        all.set.classNames = row.classNames;
    }
    return all;
}

QString nameOf(const DataSetRow& row, const TrainingPair& part) {
    const ImageInfo& info = part.image->info();
    QString name = info.path.empty() ? text(row.pair.name) : imageName(info);
    if (info.extent().z > 1)
        name += part.endSlice == part.firstSlice + 1
                    ? tr(", slice %1").arg(part.firstSlice + 1)
                    : tr(", slices %1–%2").arg(part.firstSlice + 1).arg(part.endSlice);
    if (part.region) {
        const QString region = text(regionText(*part.region, info.extent()));
        if (!region.isEmpty()) name += QStringLiteral(", ") + region;
    }
    return name;
}

/// A run of slices of one row with one role and region.
struct Run {
    size_t row = 0;
    Role role = Role::train;
    std::optional<Region> region;
    int64_t first = 0, last = 0;
};

/// Shares become runs; a slice continues the run that the row's slice before it is in.
std::vector<Run> runsOf(const RowSlices& all, const Split& split, const std::vector<DataSetRow>& rows) {
    std::vector<Run> runs;
    for (const SplitShare& share : split.shares) {
        const size_t row = all.row[share.slice];
        const int64_t z = all.set.slices[share.slice].z, every = rows[row].pair.everySlice;
        const auto known = std::ranges::find_if(runs, [&](const Run& run) {
            return run.row == row && run.role == share.role && run.region == share.region &&
                   run.last + every == z;
        });
        if (known == runs.end())
            runs.push_back({row, share.role, share.region, z, z});
        else
            known->last = z;
    }
    return runs;
}

} // namespace

SplitRows splitRows(const std::vector<DataSetRow>& rows, const Progress& progress) {
    SplitRows result;
    const PartProgress reading(progress, 0, 0.5), describing(progress, 0.5, 1);
    const RowSlices all = slicesOf(rows, reading);
    const Split split = planSplit(all.set, SplitBy::distance, false, progress);
    for (const Run& run : runsOf(all, split, rows)) {
        const DataSetRow& row = rows[run.row];
        TrainingPair pair = row.pair;
        pair.role = run.role;
        pair.firstSlice = run.first;
        pair.endSlice = run.last + 1;
        pair.region = run.region ? run.region : row.pair.region;
        pair.name = nameOf(row, pair).toStdString();
        result.rows.push_back(describeRow(std::move(pair), row.meaning, row.classNames, describing));
    }
    for (const DataSetRow& row : rows)
        if (row.role == RowRole::off || !row.complaints.isEmpty()) result.rows.push_back(row);
    for (const std::string& sentence : split.sentences) result.sentences << text(sentence);
    result.apart = split.apart && !split.shares.empty();
    return result;
}

QStringList leaksOf(const std::vector<DataSetRow>& rows, const Progress& progress) {
    const RowSlices all = slicesOf(rows, progress);
    QStringList sentences;
    for (const std::string& sentence : findLeaks(all.set, progress).sentences) sentences << text(sentence);
    return sentences;
}

} // namespace cristae
