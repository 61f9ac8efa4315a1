// Object scores: how many objects were found, and how well each is covered.
#pragma once
#include "core/measure/distances.h"
#include "core/measure/overlaps.h"

namespace cristae {

struct ObjectCounts {
    int64_t found = 0; // true positives
    int64_t predicted = 0, truth = 0;
    /// 2·found/(predicted + truth); 1 when there are no objects at all.
    double f1() const;
    double precision() const; // 1 when nothing was predicted and nothing is there, 0 when only nothing was
    double recall() const;
};

/// One-to-one matches of objects whose IoU is at least `threshold` (0.5 or more), the best first.
ObjectCounts matchedObjects(const OverlapTable& table, double threshold);
/// The rule of the GlaS challenge (Sirinukunwattana et al. 2017, doi:10.1016/j.media.2016.08.008): a
/// predicted object is found when it covers at least half of the truth object that it overlaps most; a truth
/// object counts once.
ObjectCounts matchedObjectsGlas(const OverlapTable& table);
/// Object-level Dice of the GlaS challenge: the mean over predicted objects of the Dice with the truth object
/// overlapped most, and likewise over truth objects, each weighted by its size, and the mean of both. 1 when
/// there are no objects, 0 when only one side has some.
double objectDice(const OverlapTable& table);
/// Object-level Hausdorff distance of the GlaS challenge, weighted as objectDice(); an object that overlaps
/// nothing is measured against the nearest object of the other side. 0 when there are no objects, NaN when
/// only one side has some. Distances from all voxels of an object to the other object.
double objectHausdorff(const LabelVolume& truth, const LabelVolume& prediction, const OverlapTable& table,
                       const Spacing& spacing, const Progress& progress);

} // namespace cristae
