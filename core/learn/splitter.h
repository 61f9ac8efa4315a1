// Splitter: parts the slices of a training set by volume, by slice or by column; the inside of planSplit().
#pragma once
#include "core/learn/slice_places.h"
#include "core/learn/split_distance.h"

#include <set>

namespace cristae {

/// Of volumes and slices, what validation gets, and the scores.
inline constexpr double heldOutShare = 0.2;

class Splitter {
public:
    Splitter(const TrainingSet& set, bool test, double share, const Progress& progress);

    const std::vector<Members>& volumes() const { return volumes_; }
    /// Whether every volume is one image alone.
    bool onlySingleImages() const;

    void byVolume();

    /// By slices where the stack is long enough, else by columns or rows. False: not far enough apart.
    bool within(const Members& volume);

    Split take();

private:
    static const char* wordOf(Role role);
    std::string nameOf(const Members& volume) const;
    static std::string listOf(const std::vector<std::string>& names);
    void say(const Members& volume, const std::string& what);

    double areaOf(const Members& volume) const;
    std::set<uint8_t> classesOf(const Members& volume) const;

    /// Takes whole volumes from training, the last first, until there are enough; all classes stay trained.
    void takeVolumes(std::vector<Role>& roles, Role role);
    static size_t trainingVolumes(const std::vector<Role>& roles);

    // ---- by slices
    struct Block {
        int64_t first = 0, last = 0; // z, both inside
        Role role = Role::train;
    };

    bool bySlices(const Members& volume);

    /// train | gap | validation (| gap | test) in the order of z, or turned round; empty if too little is
    /// left to train on.
    std::vector<Block> blocksOf(std::vector<int64_t> z, int64_t held, int64_t apart, bool atEnd) const;

    bool hasClasses(const Members& volume, const std::vector<Block>& blocks) const;

    void takeBlocks(const Members& volume, std::vector<Block> blocks, int64_t apart);

    // ---- by columns or rows
    struct Cut {
        bool columns = true, atEnd = true;
        int64_t length = 0, gap = 0, held = 0;
    };

    Cut cutOf(const TrainingSlice& slice, bool columns, bool atEnd) const;
    /// The part of a slice that has a role; of validation and test each a half of the held-out strip, with
    /// the gap between them where there is room for it.
    Region partOf(const TrainingSlice& slice, const Cut& cut, Role role) const;
    std::vector<Role> roles() const;

    /// How many of the roles hold an object, and training all classes.
    size_t rolesWithClasses(const Members& volume, bool columns, bool atEnd) const;

    bool byColumns(const Members& volume);

    void sayCut(const Members& volume, bool columns, bool atEnd, bool apart);

    const TrainingSet& set_;
    const bool test_;
    const double share_;
    const Progress& progress_;
    std::vector<SlicePlace> places_;
    std::vector<std::set<uint8_t>> classes_; // of each slice
    std::vector<Members> volumes_;
    Split split_;
};

} // namespace cristae
