// DataList: several data sets for one training, as a JSON file.
#pragma once
#include "core/learn/training_files.h"
#include "core/learn/training_set.h"
#include "core/segment/model_card.h"

#include <filesystem>

namespace cristae {

/// {"classes": ["mitochondria"], "name": …, "title": …, "description": …, "licence": …,
///  "marks": "boundaries" (the one class parts cells: models are scored by V-rand and V-info too),
///  "entries": [{"name": "Lucchi++", "images": PATH, "labels": PATH, "role": "train" | "validation" | "test",
///               "slices": "0:18" | "0:250:10" | "0:12,16", "region": "0:768,0:704", "stack": true,
///               "pixelSizeNm": 5, "sliceDistanceNm": 5, "share": 0.3, "weight": 1, "negative": true,
///               "meaning": {"values": [[1]], "background": [2, 3], "unknown": [7] | "rest",
///                           "inverted": true, "boundaries": true}, "terms": …, "cite": …}]}
/// Paths are relative to `root`, those with ./ or ../ in front to the list's own folder; "FILE:/dataset"
/// names a data set inside an HDF5 file. Slices count from 0, end exclusive; in two folders they count the
/// pairs in natural order. "stack": true: the files of each folder are the slices of one stack, so that
/// networks find neighbours. Every key is explained in METHODS.md, "Data lists".
struct LoadedDataList {
    TrainingSet set;
    ModelCard card; // name, title, description, classes, data and licence as far as the list says
};

/// Throws Error{input} with all complaints: about the list itself, or about the data.
LoadedDataList loadDataList(const std::filesystem::path& list, const std::filesystem::path& root,
                            const Progress& progress);

/// The list and the files and folders that it names, as they are on the disk now; of a list that cannot be
/// read only what can.
std::vector<TrainingInput> dataListInputs(const std::filesystem::path& list,
                                          const std::filesystem::path& root);

} // namespace cristae
