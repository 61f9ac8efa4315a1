// Rasterisers of the tools: sweeps of a disc and polygons, row by row. A pixel belongs to a shape if its
// centre lies inside.
#include "core/tools/tool.h"

#include <algorithm>
#include <cmath>

namespace cristae {

namespace {
bool finite(ImagePoint p) {
    return std::isfinite(p.y) && std::isfinite(p.x);
}

// The disc of radius r swept from a to b. Convex, so that it covers one interval of every row.
class Capsule {
public:
    Capsule(ImagePoint a, ImagePoint b, double radius)
        : a_(a), dy_(b.y - a.y), dx_(b.x - a.x), squared_(dy_ * dy_ + dx_ * dx_), radius_(radius) {}

    bool holds(double y, double x) const {
        const double py = y - a_.y, px = x - a_.x;
        const double t = squared_ > 0 ? std::clamp((py * dy_ + px * dx_) / squared_, 0.0, 1.0) : 0.0;
        const double qy = py - t * dy_, qx = px - t * dx_;
        return qy * qy + qx * qx <= radius_ * radius_;
    }
    // The interval of x that row y covers; first > second where it misses.
    std::pair<double, double> interval(double y) const {
        double low = INFINITY, high = -INFINITY;
        const auto disc = [&](double cy, double cx) {
            const double h = radius_ * radius_ - (y - cy) * (y - cy);
            if (h < 0) return;
            low = std::min(low, cx - std::sqrt(h));
            high = std::max(high, cx + std::sqrt(h));
        };
        disc(a_.y, a_.x);
        disc(a_.y + dy_, a_.x + dx_);
        if (squared_ > 0) {
            // Between the ends: 0 ≤ projection ≤ |d|² and |cross product| ≤ radius · |d|, both linear in x.
            const double py = y - a_.y, reach = radius_ * std::sqrt(squared_);
            double from = -INFINITY, to = INFINITY;
            const auto narrow = [&](double slope, double offset, double least, double most) {
                if (slope == 0) {
                    if (offset < least || offset > most) from = INFINITY;
                    return;
                }
                const double p = (least - offset) / slope, q = (most - offset) / slope;
                from = std::max(from, std::min(p, q));
                to = std::min(to, std::max(p, q));
            };
            narrow(dx_, py * dy_, 0, squared_);
            narrow(-dy_, py * dx_, -reach, reach);
            if (from <= to) {
                low = std::min(low, a_.x + from);
                high = std::max(high, a_.x + to);
            }
        }
        return {low, high};
    }

private:
    ImagePoint a_;
    double dy_, dx_, squared_, radius_;
};

// Calls row(y, x0, x1) for the pixels of a capsule inside the extent.
template <class Row>
void forEachRow(const Extent3& extent, ImagePoint a, ImagePoint b, double radius, Row&& row) {
    if (!finite(a) || !finite(b) || !std::isfinite(radius) || radius < 0) return;
    const Capsule capsule(a, b, radius);
    const double yEnd = double(extent.y), xEnd = double(extent.x);
    const auto y0 = int64_t(std::clamp(std::floor(std::min(a.y, b.y) - radius) - 1, 0.0, yEnd));
    const auto y1 = int64_t(std::clamp(std::ceil(std::max(a.y, b.y) + radius) + 1, 0.0, yEnd));
    for (int64_t y = y0; y < y1; ++y) {
        const double centre = double(y) + 0.5;
        const auto [low, high] = capsule.interval(centre);
        if (low > high) continue;
        auto x0 = int64_t(std::clamp(std::ceil(low - 0.5), 0.0, xEnd));
        auto x1 = int64_t(std::clamp(std::floor(high - 0.5) + 1, 0.0, xEnd));
        // Rounding in the square roots may miss a centre that lies on the rim by one; the test itself
        // decides.
        while (x0 < x1 && !capsule.holds(centre, double(x0) + 0.5)) ++x0;
        while (x1 > x0 && !capsule.holds(centre, double(x1) - 0.5)) --x1;
        while (x0 > 0 && capsule.holds(centre, double(x0) - 0.5)) --x0;
        while (x1 < extent.x && capsule.holds(centre, double(x1) + 0.5)) ++x1;
        if (x0 < x1) row(y, x0, x1);
    }
}
} // namespace

void paintDisc(LabelEdit& edit, int64_t z, ImagePoint centre, double radius, Voxel value) {
    paintCapsule(edit, z, centre, centre, radius, value);
}

void paintCapsule(LabelEdit& edit, int64_t z, ImagePoint a, ImagePoint b, double radius, Voxel value) {
    forEachRow(edit.extent(), a, b, radius,
               [&](int64_t y, int64_t x0, int64_t x1) { edit.setRun(z, y, x0, x1, value); });
}

void eraseCapsule(LabelEdit& edit, int64_t z, ImagePoint a, ImagePoint b, double radius,
                  const std::vector<uint32_t>& labels) {
    forEachRow(edit.extent(), a, b, radius,
               [&](int64_t y, int64_t x0, int64_t x1) { edit.eraseRun(z, y, x0, x1, labels); });
}

void fillPolygon(LabelEdit& edit, int64_t z, const std::vector<ImagePoint>& corners, Voxel value) {
    if (corners.size() < 3 || !std::all_of(corners.begin(), corners.end(), finite)) return;
    const Extent3 extent = edit.extent();
    double top = INFINITY, bottom = -INFINITY;
    for (const ImagePoint& p : corners) {
        top = std::min(top, p.y);
        bottom = std::max(bottom, p.y);
    }
    const auto y0 = int64_t(std::clamp(std::floor(top), 0.0, double(extent.y)));
    const auto y1 = int64_t(std::clamp(std::ceil(bottom), 0.0, double(extent.y)));
    if (y1 <= y0) return;
    // Each edge leaves a crossing in every row whose centre line it meets; an end point counts for one of its
    // two edges.
    std::vector<std::vector<double>> crossings(size_t(y1 - y0));
    for (size_t i = 0; i < corners.size(); ++i) {
        const ImagePoint p = corners[i], q = corners[(i + 1) % corners.size()];
        if (p.y == q.y) continue;
        const double low = std::min(p.y, q.y), high = std::max(p.y, q.y);
        const auto begin = int64_t(std::clamp(std::floor(low) - 1, double(y0), double(y1)));
        const auto end = int64_t(std::clamp(std::ceil(high) + 1, double(y0), double(y1)));
        for (int64_t y = begin; y < end; ++y) {
            const double centre = double(y) + 0.5;
            if ((p.y > centre) == (q.y > centre)) continue;
            crossings[size_t(y - y0)].push_back(p.x + (centre - p.y) / (q.y - p.y) * (q.x - p.x));
        }
    }
    for (int64_t y = y0; y < y1; ++y) {
        std::vector<double>& row = crossings[size_t(y - y0)];
        std::sort(row.begin(), row.end());
        for (size_t i = 0; i + 1 < row.size(); i += 2)
            edit.setRun(z, y, int64_t(std::clamp(std::ceil(row[i] - 0.5), 0.0, double(extent.x))),
                        int64_t(std::clamp(std::ceil(row[i + 1] - 0.5), 0.0, double(extent.x))), value);
    }
}

} // namespace cristae
