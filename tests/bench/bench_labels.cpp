// Times of the label store, tools and drawing on a 2048 × 2048 slice, in ms and as ratios to OpenCV's plain
// drawing on a plane and to copies of the plane.
#include "core/base/random.h"
#include "core/document/document.h"
#include "core/image/memory_source.h"
#include "core/render/compose.h"
#include "core/tools/tool.h"

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <ctime>

using namespace cristae;

namespace {
constexpr int64_t size = 2048;
const Extent3 volume{1, size, size};

// The middle of seven runs in processor time, so that other programs do not count; `prepare` is not timed.
template <class Prepare, class Work> double milliseconds(Prepare&& prepare, Work&& work) {
    std::vector<double> times;
    for (int i = 0; i < 7; ++i) {
        auto state = prepare();
        const std::clock_t start = std::clock();
        work(state);
        times.push_back(1000.0 * double(std::clock() - start) / CLOCKS_PER_SEC);
    }
    std::sort(times.begin(), times.end());
    return times[3];
}

void print(const char* what, double ms, double reference = 0) {
    if (reference > 0)
        fmt::print("{:<46} {:>8.2f} ms   OpenCV {:>7.2f} ms   ratio {:>5.1f}\n", what, ms, reference,
                   ms / reference);
    else
        fmt::print("{:<46} {:>8.2f} ms\n", what, ms);
}

// Blobs of three classes, as a network leaves them.
Pixels blobs() {
    Pixels result(PixelType::u8, 1, volume);
    cv::Mat plane = cv::Mat(int(size), int(size), CV_8U, result.data());
    Random random(1);
    for (int i = 0; i < 1500; ++i)
        cv::ellipse(plane, {int(random.below(size)), int(random.below(size))},
                    {int(5 + random.below(40)), int(5 + random.below(40))}, double(random.below(180)), 0, 360,
                    cv::Scalar(double(random.below(4))), cv::FILLED);
    return result;
}
} // namespace

int main() {
    const LabelLayer empty(volume);
    const auto freshEdit = [&] { return LabelEdit(empty.snapshot(), {}); };
    const auto plane = [] { return cv::Mat(cv::Mat::zeros(int(size), int(size), CV_32S)); };
    const auto document = [] {
        return std::make_unique<Document>(std::make_shared<MemorySource>(Pixels(PixelType::u8, 1, volume)));
    };
    const Voxel ink{1, Origin::human};
    const ImagePoint middle{1024.5, 1024.5};

    for (const int radius : {12, 100, 1000}) {
        const double reference = milliseconds(plane, [&](cv::Mat& m) {
            cv::circle(m, {1024, 1024}, radius, 1, cv::FILLED);
        });
        print(fmt::format("dab of radius {}, edit alone", radius).c_str(),
              milliseconds(freshEdit, [&](LabelEdit& edit) { paintDisc(edit, 0, middle, radius, ink); }),
              reference);
        print(fmt::format("dab of radius {}, shown (edit, part, document)", radius).c_str(),
              milliseconds([&] { return std::pair(document(), freshEdit()); },
                           [&](auto& state) {
                               paintDisc(state.second, 0, middle, radius, ink);
                               state.first->strokePart(state.second.takeIncrement());
                           }),
              reference);
        print(fmt::format("next move of 20 px at radius {}, shown", radius).c_str(),
              milliseconds(
                  [&] {
                      auto state = std::pair(document(), freshEdit());
                      paintDisc(state.second, 0, middle, radius, ink);
                      state.first->strokePart(state.second.takeIncrement());
                      return state;
                  },
                  [&](auto& state) {
                      paintCapsule(state.second, 0, middle, {middle.y + 12, middle.x + 16}, radius, ink);
                      state.first->strokePart(state.second.takeIncrement());
                  }));
    }

    std::vector<ImagePoint> corners;
    std::vector<cv::Point> cvCorners;
    for (int i = 0; i < 400; ++i) {
        const double angle = i * 6.283185307179586 / 400, r = 600 + 300 * std::sin(7 * angle);
        corners.push_back({1024 + r * std::sin(angle), 1024 + r * std::cos(angle)});
        cvCorners.emplace_back(int(corners.back().x), int(corners.back().y));
    }
    print("polygon of 400 corners",
          milliseconds(freshEdit, [&](LabelEdit& edit) { fillPolygon(edit, 0, corners, ink); }),
          milliseconds(plane, [&](cv::Mat& m) {
              cv::fillPoly(m, std::vector<std::vector<cv::Point>>{cvCorners}, cv::Scalar(1));
          }));
    print("flood fill of the empty slice",
          milliseconds(freshEdit, [&](LabelEdit& edit) { floodFill(edit, 0, middle, ink); }),
          milliseconds(plane, [&](cv::Mat& m) {
              cv::floodFill(m, {1024, 1024}, cv::Scalar(1));
          }));

    // What undo costs a program that keeps a copy of the plane for each step.
    std::vector<uint32_t> dense(size_t(size * size)), copy;
    const double copying = milliseconds([] { return 0; },
                                        [&](int) {
                                            copy = dense;
                                            dense[0] += copy[size_t(size)];
                                        });
    const auto stroke = [&](Document& d) {
        LabelEdit edit(d.labels().snapshot(), {});
        for (int i = 0; i < 20; ++i)
            paintCapsule(edit, 0, {900.0 + 10 * i, 900.0 + 12 * i}, {910.0 + 10 * i, 912.0 + 12 * i}, 12,
                         ink);
        d.applyLabels(edit.delta(), "Brush");
    };
    const double strokeAndUndo = milliseconds(document, [&](auto& d) {
        stroke(*d);
        d->undoStack().undo();
    });
    fmt::print("{:<46} {:>8.2f} ms   dense copy {:>6.2f} ms   ratio {:>5.2f}\n",
               "stroke of 300 px at radius 12, and its undo", strokeAndUndo, copying,
               strokeAndUndo / copying);

    const Pixels result = blobs();
    const Box3 all = Box3::ofExtent(volume);
    print("block of a whole slice",
          milliseconds(freshEdit, [&](LabelEdit& edit) { edit.setBlock(all, result, Origin::model); }));
    const auto filledEdit = [&] {
        LabelEdit edit(empty.snapshot(), {});
        edit.setBlock(all, result, Origin::model);
        return edit;
    };
    print("its delta", milliseconds(filledEdit, [&](LabelEdit& edit) { return edit.delta().bytes(); }));
    const LabelDelta delta = filledEdit().delta();
    print("applyLabels of it", milliseconds(document, [&](auto& d) { d->applyLabels(delta, "Predict"); }));
    const auto predicted = [&] {
        auto d = document();
        d->applyLabels(delta, "Predict");
        return d;
    };
    print("undo of it", milliseconds(predicted, [](auto& d) { d->undoStack().undo(); }));
    print("labels of the slice as a block",
          milliseconds(predicted, [&](auto& d) { return d->labels().snapshot().labels(all).bytes(); }));
    print("flood fill among blobs", milliseconds(filledEdit, [&](LabelEdit& edit) {
              floodFill(edit, 0, {0.5, 0.5}, {9, Origin::human});
          }));

    const auto withPixels = [&] {
        return std::pair(predicted()->labels().snapshot().labels(all), std::vector<uint32_t>());
    };
    print("overlay of the slice",
          milliseconds(withPixels, [](auto& s) { labelsToArgb(s.first, {}, {}, s.second); }));
    Pixels grey = result.converted(PixelType::u16);
    std::vector<uint32_t> screen;
    print("grey values of the slice, 16 bits", milliseconds([] { return 0; },
                                                            [&](int) {
                                                                greyToRgb(grey, {0, 3, 1, false}, screen);
                                                            }));
    fmt::print("the delta takes {:.0f} KB\n", double(delta.bytes()) / 1000);
    return 0;
}
