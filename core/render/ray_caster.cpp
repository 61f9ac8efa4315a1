// Rays in steps of half a voxel, over empty blocks in one.
#include "core/render/ray_caster.h"

#include <algorithm>
#include <numbers>

namespace cristae {

namespace {

constexpr int64_t side = 8;         // of a block, in voxels
constexpr double surfaceAt = 127.5; // density

} // namespace

RayVector RayVector::unit() const {
    const double length = std::sqrt(dot(*this));
    return length > 0 ? *this * (1 / length) : *this;
}

ViewFrame::ViewFrame(const VolumeCamera& camera) {
    const double turn = camera.turn * std::numbers::pi / 180, tilt = camera.tilt * std::numbers::pi / 180;
    const double ct = std::cos(turn), st = std::sin(turn), cl = std::cos(tilt), sl = std::sin(tilt);
    right = {ct, 0, st};
    down = {sl * st, cl, -sl * ct};
    away = {-cl * st, sl, cl * ct};
}

RayCaster::RayCaster(const VolumeScene& scene, const VolumeCamera& camera) : scene_(scene), frame_(camera) {
    const Extent3& e = scene.extent;
    half_ = RayVector{double(e.x) * scene.step[2], double(e.y) * scene.step[1], double(e.z) * scene.step[0]} *
            0.5;
    blocks_ = {(e.z + side - 1) / side, (e.y + side - 1) / side, (e.x + side - 1) / side};
    filled_.resize(size_t(blocks_.count()));
    const auto block = [](int64_t at, int64_t count) { return std::clamp<int64_t>(at, 0, count - 1) / side; };
    for (int64_t z = 0; z < e.z; ++z)
        for (int64_t y = 0; y < e.y; ++y)
            for (int64_t x = 0; x < e.x; ++x) {
                // Densities between voxels reach the surface only beside one that does.
                if (scene.density[size_t((z * e.y + y) * e.x + x)] < surfaceAt) continue;
                for (int64_t bz = block(z - 1, e.z); bz <= block(z + 1, e.z); ++bz)
                    for (int64_t by = block(y - 1, e.y); by <= block(y + 1, e.y); ++by)
                        for (int64_t bx = block(x - 1, e.x); bx <= block(x + 1, e.x); ++bx)
                            filled_[size_t((bz * blocks_.y + by) * blocks_.x + bx)] = 1;
            }
}

RayVector RayCaster::voxelOf(const RayVector& point) const {
    return {(point.x + half_.x) / scene_.step[2] - 0.5, (point.y + half_.y) / scene_.step[1] - 0.5,
            (point.z + half_.z) / scene_.step[0] - 0.5};
}

RaySpan RayCaster::throughBox(const RayVector& origin) const {
    RaySpan span;
    const double start[3]{origin.x, origin.y, origin.z}, way[3]{frame_.away.x, frame_.away.y, frame_.away.z},
        half[3]{half_.x, half_.y, half_.z};
    for (int axis = 0; axis < 3; ++axis) {
        if (std::abs(way[axis]) < 1e-12) {
            if (std::abs(start[axis]) > half[axis]) return {0, 0};
            continue;
        }
        double in = (-half[axis] - start[axis]) / way[axis], out = (half[axis] - start[axis]) / way[axis];
        if (in > out) std::swap(in, out);
        if (in > span.from) {
            span.from = in;
            span.faceIn = axis;
        }
        if (out < span.to) {
            span.to = out;
            span.faceOut = axis;
        }
    }
    return span;
}

std::optional<double> RayCaster::surface(const RayVector& origin, const RaySpan& span) const {
    constexpr double stride = 0.5;
    const auto at = [&](double t) { return voxelOf(origin + frame_.away * t); };
    // At the side of the box the outermost voxels count as they are.
    if (scene_.density[nearest(at(span.from))] >= surfaceAt) return span.from;
    double before = span.from;
    for (double t = span.from; t < span.to;) {
        const RayVector voxel = at(t);
        if (!filled(voxel)) {
            t = before = leavesBlock(voxel, t);
            continue;
        }
        if (density(voxel) >= surfaceAt) {
            for (int i = 0; i < 6; ++i) {
                const double middle = (before + t) / 2;
                (density(at(middle)) >= surfaceAt ? t : before) = middle;
            }
            return t;
        }
        before = t;
        t += stride;
    }
    return {};
}

RayVector RayCaster::normalAt(const RayVector& v) const {
    const auto fall = [&](const RayVector& d) { return density(v - d) - density(v + d); };
    return RayVector{fall({1, 0, 0}) / scene_.step[2], fall({0, 1, 0}) / scene_.step[1],
                     fall({0, 0, 1}) / scene_.step[0]}
        .unit();
}

size_t RayCaster::nearest(const RayVector& v) const {
    const Extent3& e = scene_.extent;
    const auto x = std::clamp<int64_t>(std::llround(v.x), 0, e.x - 1),
               y = std::clamp<int64_t>(std::llround(v.y), 0, e.y - 1),
               z = std::clamp<int64_t>(std::llround(v.z), 0, e.z - 1);
    return size_t((z * e.y + y) * e.x + x);
}

uint8_t RayCaster::labelAt(const RayVector& v) const {
    if (const uint8_t label = scene_.label[nearest(v)]) return label;
    uint8_t found = 0;
    double shortest = INFINITY;
    for (int dz = -1; dz <= 1; ++dz)
        for (int dy = -1; dy <= 1; ++dy)
            for (int dx = -1; dx <= 1; ++dx) {
                const RayVector there{std::round(v.x) + dx, std::round(v.y) + dy, std::round(v.z) + dz};
                const RayVector way = there - v;
                const uint8_t label = scene_.label[nearest(there)];
                if (!label || way.dot(way) >= shortest) continue;
                shortest = way.dot(way);
                found = label;
            }
    return found;
}

bool RayCaster::filled(const RayVector& v) const {
    const auto block = [](double at, int64_t count) {
        return std::clamp<int64_t>(int64_t(std::floor((at + 0.5) / double(side))), 0, count - 1);
    };
    return filled_[size_t((block(v.z, blocks_.z) * blocks_.y + block(v.y, blocks_.y)) * blocks_.x +
                          block(v.x, blocks_.x))] != 0;
}

/// Where the ray that is at voxel `v` at `t` comes out of its block.
double RayCaster::leavesBlock(const RayVector& v, double t) const {
    const double at[3]{v.x + 0.5, v.y + 0.5, v.z + 0.5},
        way[3]{frame_.away.x / scene_.step[2], frame_.away.y / scene_.step[1],
               frame_.away.z / scene_.step[0]};
    double nearest = INFINITY;
    for (int axis = 0; axis < 3; ++axis) {
        if (std::abs(way[axis]) < 1e-12) continue;
        const double low = std::floor(at[axis] / double(side)) * double(side);
        const double wall = way[axis] > 0 ? low + double(side) : low;
        nearest = std::min(nearest, (wall - at[axis]) / way[axis]);
    }
    return t + std::max(0.0, nearest) + 1e-3;
}

/// Between the eight voxels around; beyond the box nothing is labelled.
double RayCaster::density(const RayVector& v) const {
    const Extent3& e = scene_.extent;
    const double fx = std::floor(v.x), fy = std::floor(v.y), fz = std::floor(v.z);
    const double ax = v.x - fx, ay = v.y - fy, az = v.z - fz;
    double sum = 0;
    for (int corner = 0; corner < 8; ++corner) {
        const int64_t x = int64_t(fx) + (corner & 1), y = int64_t(fy) + (corner >> 1 & 1),
                      z = int64_t(fz) + (corner >> 2);
        if (x < 0 || y < 0 || z < 0 || x >= e.x || y >= e.y || z >= e.z) continue;
        sum += (corner & 1 ? ax : 1 - ax) * (corner >> 1 & 1 ? ay : 1 - ay) * (corner >> 2 ? az : 1 - az) *
               scene_.density[size_t((z * e.y + y) * e.x + x)];
    }
    return sum;
}

} // namespace cristae
