// Every architecture keeps its promises on its smallest legal patch, has as many parameters as published, and
// sees exactly as far as its list of layers says.
#include "core/base/error.h"
#include "core/learn/recipe.h"
#include "models/nn/architecture.h"
#include "models/nn/network_options.h"

#include <QRegularExpression>
#include <QTest>

using namespace cristae;

namespace {

/// Zhang 2018, table I, with the identity paths: no biases where a batch norm follows.
qint64 resunetCount() {
    qint64 count = 64 + 1; // head
    const auto block = [&](qint64 in, qint64 out, bool first) {
        count += 9 * in * out + 9 * out * out + in * out; // two 3×3, one 1×1 on the identity path
        count += 2 * ((first ? 0 : in) + out + out);      // batch norms before each 3×3, after the 1×1
    };
    block(3, 64, true);
    block(64, 128, false);
    block(128, 256, false);
    block(256, 512, false);
    block(512 + 256, 256, false);
    block(256 + 128, 128, false);
    block(128 + 64, 64, false);
    return count;
}

/// Three VGG blocks down and up, the first level's maps beside the last block's input; biases and batch
/// norms.
qint64 usegnetCount() {
    qint64 count = 0;
    const auto convolution = [&](qint64 in, qint64 out) { count += 9 * in * out + out + 2 * out; };
    for (const auto& [in, out] : std::vector<std::pair<int, int>>{{1, 64},
                                                                  {64, 64},
                                                                  {64, 128},
                                                                  {128, 128},
                                                                  {128, 256},
                                                                  {256, 256},
                                                                  {256, 256},
                                                                  {256, 256},
                                                                  {256, 256},
                                                                  {256, 128},
                                                                  {128, 128},
                                                                  {128, 64},
                                                                  {128, 64}})
        convolution(in, out);
    return count + 9 * 64 + 1; // the last convolution has no batch norm
}

/// The published layers, each with bias and batch norm except the transposed convolutions, whose sum has one.
qint64 deepemCount(int frames) {
    qint64 count = 0;
    const auto c = [&](qint64 in, qint64 out, qint64 taps) { count += in * out * taps + 3 * out; };
    c(1, 32, frames == 1 ? 9 : 27);
    c(32, 64, 9 * (frames + 1) / 2);
    c(64, 64, 1), c(64, 96, 9), c(64, 64, 1), c(64, 64, 7), c(64, 64, 7), c(64, 96, 9),
        c(192, 192, 9); // stem
    c(384, 384, 1), c(384, 32, 1), c(384, 32, 1), c(32, 32, 9), c(384, 32, 1), c(32, 48, 9), c(48, 64, 9),
        c(128, 384, 1);                                             // inception A
    c(384, 384, 9), c(384, 256, 1), c(256, 256, 9), c(256, 384, 9); // reduction A
    c(1152, 1154, 1), c(1154, 192, 1), c(1154, 128, 1), c(128, 160, 7), c(160, 192, 7), c(384, 1154, 1); // B
    c(1154, 256, 1), c(256, 384, 9), c(1154, 256, 1), c(256, 288, 9), c(1154, 256, 1), c(256, 288, 9),
        c(288, 320, 9); // reduction B
    c(2146, 2048, 1), c(2048, 192, 1), c(2048, 192, 1), c(192, 224, 3), c(224, 256, 3), c(448, 2048, 1); // C
    const auto up = [&](qint64 in, qint64 kernel, int times) {
        count += times * (in * 2 * kernel * kernel + 2);
    };
    up(192, 4, 5), up(384, 8, 5), up(1154, 16, 5), up(2048, 32, 1);
    for (int scale = 0; scale < 4; ++scale) {
        count += 2 * 2; // batch norm of the sum
        c(2, 2, 9);
    }
    return count;
}

} // namespace

class TestArchitectures : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        QTest::failOnWarning(QRegularExpression(".?"));
        at::set_num_threads(1);
    }

    void everyArchitectureRunsForwardAndBackward_data() {
        QTest::addColumn<QString>("key");
        for (const auto& architecture : allArchitectures())
            QTest::addRow("%s", architecture->key().c_str()) << QString::fromStdString(architecture->key());
    }
    void everyArchitectureRunsForwardAndBackward() {
        QFETCH(QString, key);
        const Architecture& architecture = findArchitecture(key.toStdString());
        torch::manual_seed(1);
        const auto network = architecture.build(nullptr, 2, 3);
        const Footprint print = footprint(architecture.layers(nullptr, 2, 3));
        std::vector<int64_t> in{2, 2, print.strideMultiple, 2 * print.strideMultiple}, out;
        if (architecture.volumetric())
            in = {2, 2, print.sliceMultiple, print.strideMultiple, 2 * print.strideMultiple};
        out = in;
        out[1] = 3;
        if (architecture.hasOwnLoss()) {
            torch::Tensor labels = torch::zeros({2, in[2], in[3]}, torch::kByte);
            labels.slice(1, 4, 20).slice(2, 6, 26).fill_(1);
            labels.slice(1, 10, 30).slice(2, 40, 60).fill_(3);
            network->ownLoss(torch::randn(in), labels).backward();
            network->eval();
            const torch::NoGradGuard guard;
            QVERIFY(network->forward(torch::randn(in)).sizes() == torch::IntArrayRef(out));
        } else {
            const torch::Tensor logits = network->forward(torch::randn(in));
            QVERIFY(logits.sizes() == torch::IntArrayRef(out));
            logits.square().sum().backward();
        }
        for (const auto& item : network->named_parameters()) {
            QVERIFY2(item.value().grad().defined(), item.key().c_str());
            QVERIFY2(torch::isfinite(item.value().grad()).all().item<bool>(), item.key().c_str());
        }
    }

    void parametersAsPublished_data() {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("options");
        QTest::addColumn<int>("channelsIn");
        QTest::addColumn<int>("outputs");
        QTest::addColumn<bool>("withStatistics");
        QTest::addColumn<qint64>("count");
        const auto row = [](const char* name, const char* key, const char* options, int in, int out,
                            bool statistics, qint64 count) {
            QTest::newRow(name) << key << options << in << out << statistics << count;
        };
        // Ronneberger 2015 counts 23 convolutions and no weights. By hand: 3×3 weights 18 838 080 down and 9
        // 400 320 up with 5 888 biases, 2×2 transposed ones 2 785 280 and 960, head 65: for one channel and
        // one class.
        row("U-Net", "unet", R"({"normalisation": "none"})", 1, 1, false, 31030593);
        // 25/9 of the 28 238 400 3×3 weights.
        row("U-Net 5×5", "unet", R"({"normalisation": "none", "filter": "5x5"})", 1, 1, false,
            31030593 + 28238400 * 16 / 9);
        // Zhang 2018 prints 7.8M: the weights of the 15 convolutions. With identity paths and batch norms see
        // resunetCount().
        row("Deep Residual U-Net", "resunet", "{}", 3, 1, false, resunetCount());
        // Badrinarayanan 2015: the model file has 117 MB, and Jégou 2017 (table 3) prints 29.5M. 26
        // convolutions with biases for RGB and 11 classes 29 433 483, scale and shift of 25 batch norms 15
        // 872.
        row("SegNet", "segnet", "{}", 3, 11, false, 29433483 + 15872);
        // Kumar 2018 prints no number: see usegnetCount().
        row("U-SegNet", "usegnet", "{}", 1, 1, false, usegnetCount());
        // Jégou 2017, table 3 prints 1.5M, 3.5M and 9.4M (for 11 classes, running statistics among them, as
        // Lasagne counts; the smallest comes to 1.4M by the paper's own tables).
        row("FC-DenseNet56", "fcdensenet", R"({"layers": "56"})", 3, 11, false, 1376795);
        row("FC-DenseNet67", "fcdensenet", R"({"layers": "67"})", 3, 11, false, 3463243);
        row("FC-DenseNet103", "fcdensenet", R"({"layers": "103"})", 3, 11, false, 9322091);
        // Ibtehaz 2019, table 2: 7 262 750, running statistics among them, as Keras counts; RGB, one class.
        row("MultiResUNet", "multiresunet", "{}", 3, 1, true, 7262750);
        // Zeng 2017 and CDeep3M print no number. From the layers of the published deploy.prototxt, with
        // biases, scale and shift of the batch norms, one channel in and two classes out (see deepemCount).
        row("DeepEM3D 1fm", "deepem3d", R"({"slicesIn": 1})", 1, 2, false, deepemCount(1));
        row("DeepEM3D 3fm", "deepem3d", R"({"slicesIn": 3})", 1, 2, false, deepemCount(3));
        row("DeepEM3D 5fm", "deepem3d", R"({"slicesIn": 5})", 1, 2, false, deepemCount(5));
        // Çiçek 2016: "19069955 parameters in total", three channels in and three classes out.
        row("3D U-Net", "unet3d", R"({"normalisation": "none"})", 3, 3, false, 19069955);
    }
    void parametersAsPublished() {
        QFETCH(QString, key);
        QFETCH(QString, options);
        QFETCH(int, channelsIn);
        QFETCH(int, outputs);
        QFETCH(bool, withStatistics);
        QFETCH(qint64, count);
        const auto network = findArchitecture(key.toStdString())
                                 .build(nlohmann::json::parse(options.toStdString()), channelsIn, outputs);
        qint64 found = 0;
        for (const torch::Tensor& parameter : network->parameters()) found += parameter.numel();
        if (withStatistics)
            for (const torch::Tensor& buffer : network->buffers()) found += buffer.numel();
        QCOMPARE(found, count);
    }

    void unetsWorkAndRadius() {
        const Footprint print = footprint(findArchitecture("unet").layers({{"normalisation", "none"}}, 1, 1));
        QVERIFY(std::abs(print.megaflopPerPixel - 1.468) < 0.01);
        QCOMPARE(print.receptiveRadius, 107);
        QCOMPARE(print.strideMultiple, 16);
    }

    void unetNamesItsWeightsForEver() {
        const auto network = findArchitecture("unet").build({{"levels", 3}, {"base", 2}}, 1, 1);
        const auto names = network->named_parameters();
        for (const char* name : {"encoder.0.conv1.weight", "encoder.2.norm2.bias", "decoder.0.up.weight",
                                 "decoder.1.conv2.weight", "head.weight"})
            QVERIFY2(names.contains(name), name);
        QVERIFY(network->named_buffers().contains("encoder.0.norm1.running_var"));
    }

    void radiusIsWhatTheGradientSees_data() {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("options");
        QTest::addColumn<int>("slack"); // pixels that the list may promise and none is seen
        const auto row = [](const char* key, const char* options, int slack = 0) {
            QTest::addRow("%s %s", key, options) << key << options << slack;
        };
        for (const char* upsampling : {"transposed", "bilinear"})
            for (const int levels : {2, 3, 4})
                row("unet", qPrintable(QString(R"({"levels": %1, "base": 2, "upsampling": "%2"})")
                                           .arg(levels)
                                           .arg(upsampling)));
        row("unet", R"({"levels": 3, "base": 2, "filter": "5x5"})");
        row("unet", R"({"levels": 3, "base": 2, "filter": "effective 5x5"})");
        row("unet", R"({"levels": 2, "base": 2, "shallow": 1, "slicesIn": 3})");
        row("resunet", R"({"levels": 3, "base": 2})");
        row("resunet", R"({"levels": 4, "base": 2, "upsampling": "bilinear"})");
        // Unpooling fills one pixel of four: which of the farthest inputs are seen depends on the image.
        row("segnet", R"({"levels": 2, "base": 2})", 4);
        row("segnet", R"({"levels": 3, "base": 2})", 8);
        row("usegnet", R"({"levels": 3, "base": 2})", 8);
        row("fcdensenet", R"({"layers": "tiny", "growth": 2, "first": 2, "dropout": 0})");
        row("multiresunet", R"({"levels": 3, "base": 4})");
        // Dilated kernels step over pixels: the farthest tap need not meet every phase.
        row("deepem3d", R"({"slicesIn": 5, "divisor": 64})", 16);
        row("unet3d", R"({"levels": 2, "base": 2})");
        row("unet3d", R"({"levels": 3, "base": 2, "anisotropic": 1})");
    }
    void radiusIsWhatTheGradientSees() {
        QFETCH(QString, key);
        QFETCH(QString, options);
        QFETCH(int, slack);
        const auto& architecture = findArchitecture(key.toStdString());
        const nlohmann::json json = nlohmann::json::parse(options.toStdString());
        const Footprint print = footprint(architecture.layers(json, 1, 1));
        torch::manual_seed(3);
        const auto network = architecture.build(json, 1, 1);
        network->eval();
        {
            const torch::NoGradGuard guard; // positive everywhere, so that nothing cancels or is cut off
            for (torch::Tensor& parameter : network->parameters())
                parameter.uniform_(0.5, 1).mul_(parameter.dim() > 1 ? 2.0 / double(parameter[0].numel())
                                                                    : 1.0);
        }
        const int64_t multiple = print.strideMultiple, slices = architecture.slicesIn(json);
        const int64_t size = 2 * (print.receptiveRadius / multiple + 3) * multiple,
                      place = size / 2 / multiple * multiple;
        int64_t farthest = 0;
        const auto look = [&](torch::Tensor plane, int64_t phase) {
            // Pixels beside the network's line matter as little as the slices: one row of the answer is
            // asked.
            torch::Tensor input =
                architecture.volumetric()
                    ? plane.view({1, 1, 1, size, size}).repeat({1, 1, print.sliceMultiple, 1, 1})
                    : plane.view({1, 1, size, size}).repeat({1, slices, 1, 1});
            input.requires_grad_();
            const torch::Tensor out = network->forward(input).flatten(0, -3)[0];
            QVERIFY(torch::isfinite(out).all().item<bool>());
            out[place + phase][place + phase].backward();
            const torch::Tensor touched = input.grad()
                                              .abs()
                                              .sum(std::vector<int64_t>{0, 1})
                                              .reshape({-1, size, size})
                                              .sum(0)
                                              .sum(0)
                                              .nonzero();
            farthest = std::max({farthest, place + phase - touched.min().item<int64_t>(),
                                 touched.max().item<int64_t>() - place - phase});
        };
        for (int64_t phase = 0; phase < multiple; ++phase) {
            if (multiple > 8 && phase % 5 != 0) continue; // 0, 5, 10 and 15: time
            // Max-pooling passes the gradient to one input only: one image rises to the right and down, the
            // other falls.
            for (const double slope : {1e-3, -1e-3}) {
                const torch::Tensor ramp = torch::arange(size, torch::kDouble) * slope + 5;
                look((ramp.unsqueeze(0) + ramp.unsqueeze(1)).to(torch::kFloat), phase);
            }
            if (slack > 0) look(torch::rand({size, size}) + 5, phase);
        }
        QVERIFY2(farthest <= print.receptiveRadius && farthest >= print.receptiveRadius - slack,
                 qPrintable(QString("%1 of %2").arg(farthest).arg(print.receptiveRadius)));
    }

    void radiusAlongZ_data() {
        QTest::addColumn<int>("levels");
        QTest::addColumn<int>("anisotropic");
        for (const int levels : {2, 3})
            for (const int anisotropic : {0, 1})
                QTest::addRow("%d %d", levels, anisotropic) << levels << anisotropic;
    }
    void radiusAlongZ() {
        QFETCH(int, levels);
        QFETCH(int, anisotropic);
        const nlohmann::json options{
            {"levels", levels}, {"base", 1}, {"anisotropic", anisotropic}, {"normalisation", "none"}};
        const auto& architecture = findArchitecture("unet3d");
        const Footprint print = footprint(architecture.layers(options, 1, 1));
        QCOMPARE(print.sliceMultiple, int64_t(1) << std::max(0, levels - 1 - anisotropic));
        QCOMPARE(print.strideMultiple, int64_t(1) << (levels - 1));
        const auto network = architecture.build(options, 1, 1);
        {
            const torch::NoGradGuard guard;
            for (torch::Tensor& parameter : network->parameters()) parameter.uniform_(0.5, 1);
        }
        const int64_t multiple = print.sliceMultiple,
                      depth = 2 * (print.sliceRadius / multiple + 2) * multiple;
        int64_t farthest = 0;
        for (int64_t phase = 0; phase < multiple; ++phase)
            for (const double slope : {1e-3, -1e-3}) {
                const int64_t place = depth / 2 / multiple * multiple + phase;
                torch::Tensor input = (torch::arange(depth, torch::kFloat) * slope + 5)
                                          .view({1, 1, depth, 1, 1})
                                          .repeat({1, 1, 1, print.strideMultiple, print.strideMultiple})
                                          .requires_grad_();
                network->forward(input)[0][0][place].sum().backward();
                const torch::Tensor touched =
                    input.grad()[0][0].abs().sum(std::vector<int64_t>{1, 2}).nonzero();
                farthest = std::max(
                    {farthest, place - touched.min().item<int64_t>(), touched.max().item<int64_t>() - place});
            }
        QCOMPARE(farthest, print.sliceRadius);
    }

    void recipesNameTheOptionsOfTheirNetwork() {
        nlohmann::json recipe = loadRecipe("balanced");
        QCOMPARE(networkOptions(recipe).at("base").get<int>(), 16);
        QCOMPARE(networkOptions(recipe).at("filter").get<std::string>(), std::string("3x3"));
        recipe["network"] = "filter=effective 5x5, base=12";
        QCOMPARE(networkOptions(recipe).at("base").get<int>(), 12);
        recipe.erase("network"); // recipes of older versions
        QVERIFY(networkOptions(recipe) ==
                findArchitecture("unet").complete(
                    {{"levels", 5}, {"base", 16}, {"normalisation", "batch"}, {"upsampling", "transposed"}}));
        recipe["architecture"] = "deepem3d";
        recipe["network"] = "slicesIn=5";
        QCOMPARE(findArchitecture("deepem3d").slicesIn(networkOptions(recipe)), 5);
        recipe["network"] = "slicesIn=4";
        QVERIFY_EXCEPTION_THROWN(findArchitecture("deepem3d").complete(networkOptions(recipe)), Error);
        // The recipe's list of networks is the list of networks.
        std::vector<std::string> keys;
        for (const auto& architecture : allArchitectures()) keys.push_back(architecture->key());
        QVERIFY(recipeSchema().find("architecture")->choices == keys);
    }

    void wrongOptionsAreRefused() {
        QVERIFY_EXCEPTION_THROWN(findArchitecture("perceptron"), Error);
        QVERIFY_EXCEPTION_THROWN(findArchitecture("unet").build({{"levels", 9}}, 1, 1), Error);
    }
};

QTEST_GUILESS_MAIN(TestArchitectures)
#include "tst_architectures.moc"
