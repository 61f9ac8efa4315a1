// Finding the damaged parts of a box by halving it.
#include "core/image/readable.h"

#include <algorithm>
#include <cstring>
#include <tuple>

namespace cristae {

namespace {

constexpr int64_t grain = 64; // voxels, also the grid on which boxes are halved

void paste(const Pixels& part, const Box3& at, const Box3& box, Pixels& whole) {
    const size_t size = byteSize(whole.type()), bytes = size_t(at.x1 - at.x0) * size;
    const int64_t rows = box.y1 - box.y0, width = box.x1 - box.x0, partRows = at.y1 - at.y0;
    for (int64_t c = 0; c < whole.channels(); ++c)
        for (int64_t y = 0; y < partRows; ++y)
            std::memcpy(whole.data() +
                            size_t((c * rows + at.y0 - box.y0 + y) * width + at.x0 - box.x0) * size,
                        part.data() + size_t(c * partRows + y) * bytes, bytes);
}

/// A cut between from and to on the grid, near the middle.
int64_t cutBetween(int64_t from, int64_t to) {
    const int64_t cut = (from + to) / 2 / grain * grain;
    return cut > from ? cut : cut + grain;
}

class Reader {
public:
    Reader(const TileSource& source, int level, const Box3& box, const Progress& progress)
        : source_(source), level_(level), box_(box), progress_(progress) {}

    ReadablePart read() {
        visit(box_);
        merge();
        return std::move(result_);
    }

private:
    void visit(const Box3& part) {
        progress_.throwIfCancelled();
        try {
            Pixels pixels = source_.read(level_, part, progress_);
            if (part == box_) {
                result_.pixels = std::move(pixels);
                return;
            }
            if (result_.pixels.empty())
                result_.pixels = Pixels(pixels.type(), pixels.channels(), box_.extent());
            paste(pixels, part, box_, result_.pixels);
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::input) throw;
            if (result_.why.empty()) result_.why = error.what();
            halve(part);
        }
    }

    void halve(const Box3& part) {
        const int64_t rows = part.y1 - part.y0, columns = part.x1 - part.x0;
        Box3 first = part, second = part;
        if (rows >= columns && cutBetween(part.y0, part.y1) < part.y1)
            first.y1 = second.y0 = cutBetween(part.y0, part.y1);
        else if (cutBetween(part.x0, part.x1) < part.x1)
            first.x1 = second.x0 = cutBetween(part.x0, part.x1);
        else if (cutBetween(part.y0, part.y1) < part.y1)
            first.y1 = second.y0 = cutBetween(part.y0, part.y1);
        else {
            result_.unreadable.push_back(part);
            return;
        }
        visit(first);
        visit(second);
    }

    /// Neighbours of equal height, then of equal width, become one.
    void merge() {
        std::vector<Box3>& boxes = result_.unreadable;
        std::sort(boxes.begin(), boxes.end(), [](const Box3& a, const Box3& b) {
            return std::tie(a.y0, a.y1, a.x0) < std::tie(b.y0, b.y1, b.x0);
        });
        join([](Box3& a, const Box3& b) {
            if (a.y0 != b.y0 || a.y1 != b.y1 || a.x1 != b.x0) return false;
            a.x1 = b.x1;
            return true;
        });
        std::sort(boxes.begin(), boxes.end(), [](const Box3& a, const Box3& b) {
            return std::tie(a.x0, a.x1, a.y0) < std::tie(b.x0, b.x1, b.y0);
        });
        join([](Box3& a, const Box3& b) {
            if (a.x0 != b.x0 || a.x1 != b.x1 || a.y1 != b.y0) return false;
            a.y1 = b.y1;
            return true;
        });
    }

    template <class Join> void join(Join&& joined) {
        std::vector<Box3> kept;
        for (const Box3& box : result_.unreadable)
            if (kept.empty() || !joined(kept.back(), box)) kept.push_back(box);
        result_.unreadable = std::move(kept);
    }

    const TileSource& source_;
    int level_;
    Box3 box_;
    const Progress& progress_;
    ReadablePart result_;
};

} // namespace

ReadablePart readReadable(const TileSource& source, int level, const Box3& box, const Progress& progress) {
    if (box.z1 - box.z0 != 1) throw Error(ErrorKind::internal, "One slice at a time can be read in parts.");
    return Reader(source, level, box, progress).read();
}

} // namespace cristae
