// Mask R-CNN: RoIAlign and suppression against brute force, anchors and boxes against the published numbers,
// the published number of parameters, and that it learns.
#include "core/image/memory_source.h"
#include "core/segment/predictor.h"
#include "models/detect/backbone.h"
#include "models/detect/boxes.h"
#include "models/detect/region_heads.h"
#include "models/detect/roi_align.h"
#include "models/run/torch_loader.h"
#include "models/run/weights.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <map>

using namespace cristae;

namespace {

torch::Tensor randomBoxes(int64_t count, double size) {
    const torch::Tensor corner = torch::rand({count, 2}) * size * 0.8,
                        extent = torch::rand({count, 2}) * size * 0.4;
    return torch::cat({corner, corner + extent + 1}, 1);
}

/// The published algorithm, sample by sample (aligned = false).
float sampled(const torch::Tensor& plane, double y, double x) {
    const int64_t height = plane.size(0), width = plane.size(1);
    if (y < -1 || y > double(height) || x < -1 || x > double(width)) return 0;
    y = std::max(y, 0.0);
    x = std::max(x, 0.0);
    int64_t y0 = int64_t(y), x0 = int64_t(x), y1 = y0 + 1, x1 = x0 + 1;
    if (y0 >= height - 1) y0 = y1 = height - 1, y = double(y0);
    if (x0 >= width - 1) x0 = x1 = width - 1, x = double(x0);
    const double ly = y - double(y0), lx = x - double(x0);
    const auto at = [&](int64_t row, int64_t column) { return plane[row][column].item<double>(); };
    return float((1 - ly) * (1 - lx) * at(y0, x0) + (1 - ly) * lx * at(y0, x1) + ly * (1 - lx) * at(y1, x0) +
                 ly * lx * at(y1, x1));
}

torch::Tensor roiAlignByHand(const torch::Tensor& features, const torch::Tensor& boxes,
                             const torch::Tensor& images, double scale, int64_t size, int64_t sampling) {
    torch::Tensor result = torch::zeros({boxes.size(0), features.size(1), size, size});
    for (int64_t k = 0; k < boxes.size(0); ++k)
        for (int64_t c = 0; c < features.size(1); ++c)
            for (int64_t row = 0; row < size; ++row)
                for (int64_t column = 0; column < size; ++column) {
                    const auto edge = [&](int64_t i) { return boxes[k][i].item<double>() * scale; };
                    const double high = std::max(edge(3) - edge(1), 1.0) / double(size),
                                 wide = std::max(edge(2) - edge(0), 1.0) / double(size);
                    double sum = 0;
                    for (int64_t i = 0; i < sampling; ++i)
                        for (int64_t j = 0; j < sampling; ++j)
                            sum += double(sampled(
                                features[images[k].item<int64_t>()][c],
                                edge(1) + (double(row) + (double(i) + 0.5) / double(sampling)) * high,
                                edge(0) + (double(column) + (double(j) + 0.5) / double(sampling)) * wide));
                    result[k][c][row][column] = sum / double(sampling * sampling);
                }
    return result;
}

/// Discs of two kinds on a noisy background: f32 [1, 1, S, S] and u8 [1, S, S].
std::pair<torch::Tensor, torch::Tensor> discs(int64_t side) {
    torch::Tensor image = torch::randn({1, 1, side, side}) * 0.2,
                  labels = torch::zeros({1, side, side}, torch::kByte);
    const torch::Tensor line = torch::arange(side, torch::kFloat);
    for (int i = 0; i < 3; ++i) {
        const double y = 14 + double(side - 28) * (i % 2 ? 0.9 : 0.1),
                     x = 14 + double(side - 28) * (i / 2 ? 0.9 : 0.1);
        const torch::Tensor inside =
            ((line - y).square().unsqueeze(1) + (line - x).square().unsqueeze(0)).lt(100);
        image[0][0].masked_fill_(inside, i == 1 ? -2.f : 2.f);
        labels[0].masked_fill_(inside, i == 1 ? 2 : 1);
    }
    return {image, labels};
}

} // namespace

class TestDetection : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { at::set_num_threads(1); }
    void init() {
        QTest::failOnWarning(QRegularExpression(".?"));
        torch::manual_seed(11);
    }

    void roiAlignIsThePublishedSum_data() {
        QTest::addColumn<double>("scale");
        QTest::addColumn<int>("size");
        QTest::addColumn<int>("sampling");
        QTest::newRow("7, stride 4") << 0.25 << 7 << 2;
        QTest::newRow("3, own pixels") << 1.0 << 3 << 2;
        QTest::newRow("5, sampling 3") << 0.5 << 5 << 3;
    }
    void roiAlignIsThePublishedSum() {
        QFETCH(double, scale);
        QFETCH(int, size);
        QFETCH(int, sampling);
        const torch::Tensor features = torch::randn({2, 2, 9, 12});
        // Some hang over the border, one is smaller than a pixel, one lies outside.
        torch::Tensor boxes = randomBoxes(6, 12 / scale) - 2;
        boxes[4] = torch::tensor({3.1f, 2.2f, 3.3f, 2.4f});
        boxes[5] = torch::tensor({-40.f, -30.f, -20.f, -10.f});
        const torch::Tensor images = torch::tensor({0, 1, 1, 0, 1, 0}, torch::kLong);
        const torch::Tensor found = roiAlign(features, boxes, images, scale, size, sampling);
        const torch::Tensor expected = roiAlignByHand(features, boxes, images, scale, size, sampling);
        QVERIFY(found.sizes() == expected.sizes());
        QVERIFY2((found - expected).abs().max().item<double>() < 1e-5,
                 qPrintable(QString::number((found - expected).abs().max().item<double>())));
        QCOMPARE(found[5].abs().max().item<double>(), 0.0);
        QVERIFY(roiAlign(features, boxes.slice(0, 0, 0), images.slice(0, 0, 0), scale, size).sizes() ==
                torch::IntArrayRef({0, 2, size, size}));
    }

    void roiAlignsGradientIsADifference() {
        torch::Tensor features = torch::randn({1, 2, 6, 7}).requires_grad_();
        const torch::Tensor boxes = randomBoxes(3, 6), images = torch::zeros({3}, torch::kLong);
        const torch::Tensor factor = torch::randn({3, 2, 3, 3});
        (roiAlign(features, boxes, images, 1, 3) * factor).sum().backward();
        const torch::NoGradGuard guard;
        for (int64_t i = 0; i < features.numel(); i += 5) {
            torch::Tensor more = features.clone(), less = features.clone();
            more.view(-1)[i] += 0.5;
            less.view(-1)[i] -= 0.5;
            const double expected =
                ((roiAlign(more, boxes, images, 1, 3) - roiAlign(less, boxes, images, 1, 3)) * factor)
                    .sum()
                    .item<double>();
            QVERIFY(std::abs(features.grad().view(-1)[i].item<double>() - expected) < 1e-4);
        }
    }

    void boxesGoToTheLevelOfTheirSize() {
        // A map of level l holds the number l everywhere: 224 pixels belong on stride 16.
        std::vector<torch::Tensor> levels;
        for (int level = 0; level < 4; ++level)
            levels.push_back(torch::full({1, 1, 128 >> level, 128 >> level}, double(level)));
        const torch::Tensor boxes = torch::tensor({0.f, 0.f, 20.f, 20.f, 0.f, 0.f, 112.f, 112.f, 0.f, 0.f,
                                                   224.f, 224.f, 0.f, 0.f, 448.f, 448.f})
                                        .view({4, 4});
        const torch::Tensor cut = pyramidRoiAlign(levels, boxes, torch::zeros({4}, torch::kLong), 2);
        for (int i = 0; i < 4; ++i) QCOMPARE(cut[i][0][0][0].item<double>(), double(i));
    }

    void suppressionIsTheGreedyOne() {
        for (int round = 0; round < 20; ++round) {
            const torch::Tensor boxes = randomBoxes(40, 30), scores = torch::rand({40});
            // Brute force: repeatedly the best that is left, and away with all that overlap it.
            std::vector<int64_t> expected;
            std::vector<bool> left(40, true);
            const torch::Tensor overlaps = boxOverlaps(boxes, boxes);
            while (true) {
                int64_t best = -1;
                for (int64_t i = 0; i < 40; ++i)
                    if (left[size_t(i)] && (best < 0 || scores[i].item<float>() > scores[best].item<float>()))
                        best = i;
                if (best < 0) break;
                expected.push_back(best);
                for (int64_t i = 0; i < 40; ++i)
                    if (overlaps[best][i].item<float>() > 0.3f) left[size_t(i)] = false;
                left[size_t(best)] = false;
            }
            const torch::Tensor kept = keptBoxes(boxes, scores, 0.3);
            QVERIFY(torch::equal(kept, torch::tensor(expected, torch::kLong)));
            // In groups: as if each were alone.
            const torch::Tensor groups = torch::randint(0, 3, {40}, torch::kLong);
            const torch::Tensor together = keptBoxesOfGroups(boxes, scores, groups, 0.3);
            int64_t count = 0;
            for (int64_t group = 0; group < 3; ++group) {
                const torch::Tensor own = groups.eq(group).nonzero().squeeze(1);
                count += keptBoxes(boxes.index_select(0, own), scores.index_select(0, own), 0.3).size(0);
            }
            QCOMPARE(together.size(0), count);
            const torch::Tensor ordered = scores.index_select(0, together);
            QVERIFY(torch::equal(ordered, std::get<0>(ordered.sort(0, true))));
        }
    }

    void overlapsByCounting() {
        const torch::Tensor a = torch::tensor({2.f, 1.f, 8.f, 6.f}).view({1, 4}),
                            b = torch::tensor({5.f, 3.f, 12.f, 9.f}).view({1, 4});
        QVERIFY(std::abs(boxOverlaps(a, b).item<double>() - 9.0 / (30 + 42 - 9)) < 1e-6);
        QCOMPARE(boxOverlaps(a, a).item<double>(), 1.0);
        torch::Tensor plane = torch::zeros({10, 14}, torch::kBool);
        plane.slice(0, 3, 6).slice(1, 5, 8).fill_(true);
        QVERIFY(std::abs(shareInside(plane, a).item<double>() - 9.0 / 30) < 1e-9);
        const torch::Tensor boxes = randomBoxes(9, 50), others = randomBoxes(9, 50);
        QVERIFY(
            torch::allclose(movedBoxes(boxes, boxDeltas(boxes, others, 10, 5), 10, 5), others, 1e-4, 1e-3));
    }

    void anchorsAsPublished() {
        const torch::Tensor anchors = anchorsOf(2, 3, 4, 32);
        QCOMPARE(anchors.size(0), 18);
        // torchvision's AnchorGenerator for size 32 and ratios 1:2, 1:1, 2:1.
        QVERIFY(torch::equal(anchors.slice(0, 0, 3), torch::tensor({-23.f, -11.f, 23.f, 11.f, -16.f, -16.f,
                                                                    16.f, 16.f, -11.f, -23.f, 11.f, 23.f})
                                                         .view({3, 4})));
        QVERIFY(torch::equal(anchors[4], torch::tensor({-12.f, -16.f, 20.f, 16.f})));  // one to the right
        QVERIFY(torch::equal(anchors[10], torch::tensor({-16.f, -12.f, 16.f, 20.f}))); // one down
    }

    void boxesStandForWhatTheyCover() {
        torch::Tensor labels = torch::zeros({40, 40}, torch::kByte);
        labels.slice(0, 5, 15).slice(1, 5, 15).fill_(1);
        labels.slice(0, 20, 36).slice(1, 4, 30).fill_(2);
        labels.slice(0, 0, 20).slice(1, 25, 40).fill_(255);
        labels[38][38] = 1; // too small to count
        const LabelledObjects objects = objectsOf(labels, 4);
        QCOMPARE(objects.boxes.size(0), 2);
        QVERIFY(torch::equal(objects.boxes[0], torch::tensor({5.f, 5.f, 15.f, 15.f})));
        QVERIFY(torch::equal(objects.classes, torch::tensor({1, 2}, torch::kLong)));
        QCOMPARE(objects.masks[1].sum().item<double>(), 16.0 * 26);
        const torch::Tensor boxes = torch::tensor({5.f,  5.f,  15.f, 16.f,  // the first
                                                   3.f,  18.f, 31.f, 36.f,  // the second
                                                   5.f,  10.f, 15.f, 20.f,  // a third of the first
                                                   30.f, 30.f, 38.f, 38.f,  // nothing
                                                   27.f, 2.f,  38.f, 18.f}) // unknown
                                        .view({5, 4});
        QVERIFY(torch::equal(matchedObjects(boxes, objects, 0.7, 0.3, false),
                             torch::tensor({0, 1, -2, -1, -2}, torch::kLong)));
        const torch::Tensor drawn = drawnBoxes(torch::tensor({0, 0, 0, 0, -1, -1, -2}, torch::kLong), 4, 2);
        QCOMPARE(drawn.size(0), 4);
        QVERIFY(drawn.max().item<int64_t>() < 6);
        QVERIFY(matchedObjects(boxes, objectsOf(torch::zeros({40, 40}, torch::kByte), 4), 0.5, 0.5, true)
                    .eq(-1)
                    .all()
                    .item<bool>());
    }

    void masksAreLaidIntoTheirBox() {
        const torch::Tensor plane =
            pastedMask(torch::ones({28, 28}), torch::tensor({-3.f, 4.f, 9.f, 11.f}), 16, 20);
        QCOMPARE(plane[7][5].item<double>(), 1.0);
        QCOMPARE(plane[2][5].item<double>(), 0.0);
        QCOMPARE(plane[7][10].item<double>(), 0.0);
        QVERIFY(std::abs(plane.sum().item<double>() - 9 * 7) < 4); // half a mask pixel fades at the edges
        QCOMPARE(pastedMask(torch::ones({28, 28}), torch::tensor({30.f, 4.f, 40.f, 11.f}), 16, 20)
                     .sum()
                     .item<double>(),
                 0.0);
    }

    void parametersAsPublished() {
        // torchvision: maskrcnn_resnet50_fpn has 44 401 393 parameters for COCO's 90 classes, batch norms
        // frozen.
        const auto network = findArchitecture("maskrcnn").build({{"backboneNorm", "frozen"}}, 3, 90);
        int64_t count = 0;
        for (const torch::Tensor& parameter : network->parameters()) count += parameter.numel();
        QCOMPARE(count, 44401393);
        for (const char* name :
             {"backbone.body.layer1.0.downsample.0.weight", "backbone.fpn.inner_blocks.3.bias",
              "rpn.head.bbox_pred.weight", "roi_heads.box_head.fc6.weight",
              "roi_heads.mask_predictor.mask_fcn_logits.bias"})
            QVERIFY2(network->named_parameters().contains(name), name);
        // ResNet-50 of torchvision: 25 557 032 with the classifier (2 049 000), batch norms 53 120.
        int64_t body = 0;
        for (const auto& item : network->named_parameters())
            if (item.key().starts_with("backbone.body.")) body += item.value().numel();
        QCOMPARE(body, 25557032 - 2049000 - 53120);
    }

    void learnsDiscs() {
        const nlohmann::json options{{"divisor", 8}, {"smallestAnchor", 16}, {"leastScore", 0.4}};
        const auto network = findArchitecture("maskrcnn").build(options, 1, 2);
        torch::optim::Adam optimiser(network->parameters(), torch::optim::AdamOptions(2e-3));
        const auto [image, labels] = discs(96);
        double first = 0, last = 0;
        network->train();
        for (int step = 0; step < 60; ++step) {
            optimiser.zero_grad();
            const torch::Tensor loss = network->ownLoss(image, labels);
            loss.backward();
            optimiser.step();
            last = loss.item<double>();
            QVERIFY(std::isfinite(last));
            if (step == 0) first = last;
        }
        QVERIFY2(last < 0.5 * first, qPrintable(QString("%1 → %2").arg(first).arg(last)));
        network->eval();
        const torch::NoGradGuard guard;
        const torch::Tensor found = torch::sigmoid(network->forward(image));
        double both = 0, sum = 0;
        for (int64_t c = 0; c < 2; ++c) {
            const torch::Tensor says = found[0][c].gt(0.5), is = labels[0].eq(c + 1);
            both += says.logical_and(is).sum().item<double>();
            sum += says.sum().item<double>() + is.sum().item<double>();
        }
        QVERIFY2(2 * both / sum > 0.7, qPrintable(QString::number(2 * both / sum)));
        predictsThroughAPackage(*network, options, image);
    }

private:
    void predictsThroughAPackage(NetworkModule& trained, const nlohmann::json& options,
                                 const torch::Tensor& image) {
        ModelCard card;
        card.name = "discs";
        card.architecture = "maskrcnn";
        card.network = options;
        card.classes = {{"bright", {}, 0.9}, {"dark", {}, 0.9}};
        card.normalisation = {{"kind", "none"}};
        SafetensorsFile content;
        content.metadata["cristae.card"] = toJson(card).dump();
        content.tensors = weightsOf(trained);
        const std::filesystem::path file = folder_.filePath("discs.safetensors").toStdString();
        writeSafetensors({file, Existing::replace}, content);
        const auto network = makeTorchLoader()->load(openModelPackage(file), "cpu", 1);
        Pixels pixels(PixelType::f32, 1, {1, 96, 96});
        std::copy_n(image.contiguous().const_data_ptr<float>(), 96 * 96, pixels.values<float>().data());
        const MemorySource source(std::move(pixels));
        const NetworkTask task = {network.get(), card, {}, {}};
        PredictedSlice result;
        predict(
            source, {&task, 1}, {}, [&](const PredictedSlice& slice) { result = slice; }, Progress::none());
        const auto labels = std::as_const(result.labels).values<uint8_t>();
        QVERIFY(std::count(labels.begin(), labels.end(), 1) > 100);
        QVERIFY(std::count(labels.begin(), labels.end(), 2) > 50);
        // Its own objects: each disc that was found has one number, and no two share one.
        PredictionSettings settings;
        settings.wantObjects = true;
        predict(
            source, {&task, 1}, settings, [&](const PredictedSlice& slice) { result = slice; },
            Progress::none());
        const auto ids = std::as_const(result.objects).values<uint32_t>();
        std::map<uint32_t, std::map<int, int>> classesOfIds;
        for (size_t i = 0; i < ids.size(); ++i)
            if (ids[i] && labels[i]) ++classesOfIds[ids[i]][labels[i]];
        QVERIFY(classesOfIds.size() >= 2);
        for (const auto& [id, classes] : classesOfIds) {
            int most = 0, all = 0;
            for (const auto& [label, pixels] : classes) {
                most = std::max(most, pixels);
                all += pixels;
            }
            QVERIFY2(most > 0.8 * all, "an object of two classes");
        }
    }
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestDetection)
#include "tst_detection.moc"
