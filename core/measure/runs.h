// Runs of equal voxels in rows, and the union-find that joins them to objects (after Wu, Otoo and Suzuki
// 2009).
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

namespace cristae {

/// Parts of objects by number; united parts share a root, the earliest of them.
class UnionFind {
public:
    uint32_t add() {
        parents_.push_back(uint32_t(parents_.size()));
        return parents_.back();
    }
    uint32_t root(uint32_t part) {
        while (parents_[part] != part) part = parents_[part] = parents_[parents_[part]];
        return part;
    }
    uint32_t unite(uint32_t a, uint32_t b) {
        a = root(a);
        b = root(b);
        return parents_[std::max(a, b)] = std::min(a, b);
    }
    uint32_t size() const { return uint32_t(parents_.size()); }
    /// Per part the number of its root, from 1 on in the order of the roots.
    std::vector<uint32_t> numbers() {
        std::vector<uint32_t> result(parents_.size());
        uint32_t next = 0;
        for (uint32_t i = 0; i < size(); ++i) {
            const uint32_t of = root(i);
            result[i] = of == i ? ++next : result[of];
        }
        return result;
    }

private:
    std::vector<uint32_t> parents_;
};

/// Calls unite(run, other) for the runs [x0, x1) of a row that touch those of a neighbouring row, both in
/// ascending order; `slack` 1 lets corners touch.
template <class Run, class Unite>
void joinRows(Run* a, Run* aEnd, const Run* b, const Run* bEnd, int64_t slack, Unite&& unite) {
    for (; a != aEnd; ++a) {
        while (b != bEnd && b->x1 + slack <= a->x0) ++b;
        for (const Run* other = b; other != bEnd && other->x0 < a->x1 + slack; ++other) unite(*a, *other);
    }
}

} // namespace cristae
