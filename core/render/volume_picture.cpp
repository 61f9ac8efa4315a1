// Colours of what rays meet, light, and the edges of the box over them.
#include "core/render/volume_picture.h"

#include "core/base/parallel.h"
#include "core/render/ray_caster.h"

#include <algorithm>
#include <cmath>

namespace cristae {

namespace {

using Rgb = std::array<double, 3>;
Rgb rgb(const Colour& c) {
    return {double(c.r), double(c.g), double(c.b)};
}
Rgb mixed(const Rgb& a, const Rgb& b, double share) {
    return {a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share};
}
Rgb scaled(const Rgb& c, double f) {
    return {std::min(255.0, c[0] * f), std::min(255.0, c[1] * f), std::min(255.0, c[2] * f)};
}

class Painter {
public:
    Painter(const VolumeScene& scene, const VolumeCamera& camera, VolumeRendering rendering, int64_t width,
            int64_t height, Colour background)
        : scene_(scene), caster_(scene, camera), rendering_(rendering), width_(width), height_(height),
          background_(rgb(background)) {
        const double diagonal = 2 * std::sqrt(caster_.half().dot(caster_.half()));
        perPixel_ = 1.04 * diagonal / (camera.zoom * double(std::min(width, height)));
        picture_.stepsPerPixel = perPixel_;
        picture_.colours = Pixels(PixelType::u8, 3, {1, height, width});
        depth_.assign(size_t(width * height), INFINITY);
    }

    VolumePicture paint(const Progress& progress) {
        parallelFor(height_, [&](int64_t y) {
            progress.throwIfCancelled();
            for (int64_t x = 0; x < width_; ++x) put(x, y, colourAt(x, y));
        });
        drawEdges();
        return std::move(picture_);
    }

private:
    RayVector originOf(double x, double y) const {
        const ViewFrame& f = caster_.frame();
        return f.right * ((x + 0.5 - double(width_) / 2) * perPixel_) +
               f.down * ((y + 0.5 - double(height_) / 2) * perPixel_);
    }

    Rgb colourAt(int64_t x, int64_t y) {
        const RayVector origin = originOf(double(x), double(y));
        const RaySpan span = caster_.throughBox(origin);
        if (span.empty()) return background_;
        double& depth = depth_[size_t(y * width_ + x)];
        if (rendering_ == VolumeRendering::outside) {
            depth = span.from;
            return wall(origin + caster_.frame().away * span.from, span.faceIn, true);
        }
        if (const auto t = caster_.surface(origin, span)) {
            depth = *t;
            return surface(origin + caster_.frame().away * *t, *t == span.from, span.faceIn);
        }
        depth = span.to;
        return mixed(background_, wall(origin + caster_.frame().away * span.to, span.faceOut, false), 0.45);
    }

    static RayVector axis(int face) { return {double(face == 0), double(face == 1), double(face == 2)}; }

    /// Grey values on a side of the box; sides that are seen at a slant are a little darker.
    Rgb wall(const RayVector& point, int face, bool withLabels) const {
        const RayVector voxel = caster_.voxelOf(point);
        const size_t i = caster_.nearest(voxel);
        const double grey = scene_.grey[i];
        Rgb colour{grey, grey, grey};
        if (const uint8_t label = scene_.label[i]; label && withLabels && scene_.density[i] >= 128)
            colour = mixed(colour, rgb(scene_.colours[label - 1u]), 0.35);
        return scaled(colour, 0.72 + 0.28 * std::abs(caster_.frame().away.dot(axis(face))));
    }

    Rgb surface(const RayVector& point, bool cut, int face) const {
        const RayVector voxel = caster_.voxelOf(point);
        const ViewFrame& f = caster_.frame();
        const uint8_t label = caster_.labelAt(voxel);
        const Rgb colour = label ? rgb(scene_.colours[label - 1u]) : Rgb{200, 200, 200};
        // Where an object leaves the stack it is cut flat: its inside shows the side of the box.
        RayVector normal = cut ? axis(face) : caster_.normalAt(voxel);
        if (normal.dot(f.away) > 0) normal = normal * -1;
        const RayVector light = (f.away * -1 + f.right * -0.3 + f.down * -0.5).unit();
        const double diffuse = std::max(0.0, normal.dot(light));
        const RayVector between = (light - f.away).unit();
        const double shine = std::pow(std::max(0.0, normal.dot(between)), 40.0);
        return mixed(scaled(colour, 0.4 + 0.6 * diffuse), {255, 255, 255}, 0.25 * shine);
    }

    void put(int64_t x, int64_t y, const Rgb& colour) {
        for (int64_t c = 0; c < 3; ++c)
            picture_.colours.values<uint8_t>()[size_t((c * height_ + y) * width_ + x)] =
                uint8_t(std::lround(std::clamp(colour[size_t(c)], 0.0, 255.0)));
    }
    Rgb at(int64_t x, int64_t y) const {
        Rgb colour;
        for (int64_t c = 0; c < 3; ++c)
            colour[size_t(c)] =
                std::as_const(picture_.colours).values<uint8_t>()[size_t((c * height_ + y) * width_ + x)];
        return colour;
    }

    /// The twelve edges of the box, where nothing lies before them.
    void drawEdges() {
        const RayVector& h = caster_.half();
        for (int a = 0; a < 3; ++a)
            for (const double u : {-1.0, 1.0})
                for (const double v : {-1.0, 1.0}) {
                    const auto end = [&](double w) {
                        const double s[3]{a == 0 ? w : u, a == 1 ? w : a == 0 ? u : v, a == 2 ? w : v};
                        return RayVector{s[0] * h.x, s[1] * h.y, s[2] * h.z};
                    };
                    drawLine(end(-1), end(1));
                }
    }

    void drawLine(const RayVector& from, const RayVector& to) {
        const ViewFrame& f = caster_.frame();
        const auto project = [&](const RayVector& p) {
            return RayVector{p.dot(f.right) / perPixel_ + double(width_) / 2 - 0.5,
                             p.dot(f.down) / perPixel_ + double(height_) / 2 - 0.5, p.dot(f.away)};
        };
        const RayVector a = project(from), b = project(to);
        const auto steps = int64_t(std::ceil(std::max({1.0, std::abs(b.x - a.x), std::abs(b.y - a.y)})));
        const Rgb ink =
            background_[0] + background_[1] + background_[2] > 382 ? Rgb{40, 40, 44} : Rgb{225, 228, 232};
        for (int64_t i = 0; i <= steps; ++i) {
            const RayVector p = a + (b - a) * (double(i) / double(steps));
            const int64_t x = std::llround(p.x), y = std::llround(p.y);
            if (x < 0 || y < 0 || x >= width_ || y >= height_) continue;
            const bool hidden = p.z > depth_[size_t(y * width_ + x)] + 2 * perPixel_ + 1;
            if (!hidden) put(x, y, mixed(at(x, y), ink, 0.55));
        }
    }

    const VolumeScene& scene_;
    const RayCaster caster_;
    const VolumeRendering rendering_;
    const int64_t width_, height_;
    const Rgb background_;
    double perPixel_ = 1;
    VolumePicture picture_;
    std::vector<double> depth_; // along `away`; infinite where the stack is missed
};

} // namespace

VolumePicture volumePicture(const VolumeScene& scene, const VolumeCamera& camera, VolumeRendering rendering,
                            int64_t width, int64_t height, Colour background, const Progress& progress) {
    return Painter(scene, camera, rendering, width, height, background).paint(progress);
}

nlohmann::json volumeProvenance(const std::string& image, const std::string& labels,
                                const VolumeCamera& camera, VolumeRendering rendering) {
    nlohmann::json view = {
        {"image", image},      {"look", rendering == VolumeRendering::objects ? "objects" : "outside"},
        {"turn", camera.turn}, {"tilt", camera.tilt},
        {"zoom", camera.zoom}, {"projection", "orthographic"}};
    if (!labels.empty()) view["labels"] = labels;
    return {{"volume", view}};
}

} // namespace cristae
