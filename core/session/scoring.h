// Scores of a model on labelled slices: over all pixels of a data set, image by image, with intervals.
#pragma once
#include "core/measure/metrics.h"
#include "core/segment/predictor.h"

#include <optional>
#include <string>
#include <vector>

namespace cristae {

struct ScoreRequest {
    Averaging averaging = Averaging::none;
    std::string device = "auto";
    int threads = 0;
    bool boundaries = false;         // the one class parts cells: V-rand and V-info too
    std::optional<double> threshold; // of every class, instead of the card's
    bool sweep = false;              // also at 0.1, 0.2 … 0.9
    std::string command;             // that asked for it; empty: the one that trained the model
};

/// One image and one class.
struct ImageScore {
    size_t slice = 0; // index among the slices that were given
    size_t classIndex = 0;
    std::string data; // as the scores name it, with the class where there are several
    ConfusionCounts counts;
};

/// What another threshold would give, over all images of a data set.
struct SweepRow {
    std::string data;
    double threshold = 0;
    double dice = 0;
    std::optional<double> vRand, vInfo; // of boundaries
};

struct ScoreReport {
    std::vector<ModelScore> scores;
    std::vector<ImageScore> images; // in the order of the slices, class by class
    std::vector<SweepRow> sweep;
    std::optional<size_t> worst; // among `images`: the lowest Dice, the first of equal ones
    Pixels worstLabels;          // what the model found there: u8 [1, 1, Y, X]
};

/// Puts scores into a card, in place of those there, with what a data list says: title, description and
/// licence where it has them, and the data that were scored in place of those scored before.
void replaceScores(ModelCard& card, std::vector<ModelScore> scores, const ModelCard& words);

} // namespace cristae
