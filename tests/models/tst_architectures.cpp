// Every architecture keeps its promises on its smallest legal patch; the U-Net's parameters, reach and work;
// every loss.
#include "core/base/error.h"
#include "models/loss/loss.h"
#include "models/nn/architecture.h"

#include <QRegularExpression>
#include <QTest>

using namespace cristae;

class TestArchitectures : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        QTest::failOnWarning(QRegularExpression(".?"));
        at::set_num_threads(1);
    }

    void everyArchitectureRunsForwardAndBackward() {
        for (const auto& architecture : allArchitectures()) {
            torch::manual_seed(1);
            const auto network = architecture->build(nullptr, 2, 3);
            const int64_t side = footprint(architecture->layers(nullptr, 2, 3)).sizeMultiple;
            const torch::Tensor logits = network->forward(torch::randn({2, 2, side, 2 * side}));
            QVERIFY(logits.sizes() == torch::IntArrayRef({2, 3, side, 2 * side}));
            logits.square().sum().backward();
            for (const auto& item : network->named_parameters()) {
                QVERIFY2(item.value().grad().defined(), item.key().c_str());
                QVERIFY2(torch::isfinite(item.value().grad()).all().item<bool>(), item.key().c_str());
            }
        }
    }

    void unetHasThePublishedSize() {
        // Five levels, 64 to 1024 filters, one channel in, one class out: 31 030 593 weights counted by hand.
        const nlohmann::json options{{"levels", 5}, {"base", 64}, {"normalisation", "none"}};
        int64_t count = 0;
        const auto network = findArchitecture("unet").build(options, 1, 1);
        for (const torch::Tensor& parameter : network->parameters()) count += parameter.numel();
        QCOMPARE(count, 31030593);
        const Footprint print = footprint(findArchitecture("unet").layers(options, 1, 1));
        QVERIFY(std::abs(print.megaflopPerPixel - 1.468) < 0.01);
        QCOMPARE(print.reach, 107);
        QCOMPARE(print.sizeMultiple, 16);
    }

    void unetNamesItsWeightsForEver() {
        const auto network = findArchitecture("unet").build({{"levels", 3}, {"base", 2}}, 1, 1);
        const auto names = network->named_parameters();
        for (const char* name : {"encoder.0.conv1.weight", "encoder.2.norm2.bias", "decoder.0.up.weight",
                                 "decoder.1.conv2.weight", "head.weight"})
            QVERIFY2(names.contains(name), name);
        QVERIFY(network->named_buffers().contains("encoder.0.norm1.running_var"));
    }

    void reachIsWhatTheGradientSees_data() {
        QTest::addColumn<int>("levels");
        QTest::addColumn<QString>("upsampling");
        for (const char* upsampling : {"transposed", "bilinear"})
            for (int levels : {2, 3, 4}) QTest::addRow("%s %d", upsampling, levels) << levels << upsampling;
    }
    void reachIsWhatTheGradientSees() {
        QFETCH(int, levels);
        QFETCH(QString, upsampling);
        const nlohmann::json options{{"levels", levels},
                                     {"base", 2},
                                     {"upsampling", upsampling.toStdString()},
                                     {"normalisation", "none"}};
        const auto& architecture = findArchitecture("unet");
        const Footprint print = footprint(architecture.layers(options, 1, 1));
        QCOMPARE(print.sizeMultiple, int64_t(1) << (levels - 1));
        const auto network = architecture.build(options, 1, 1);
        {
            const torch::NoGradGuard guard; // positive everywhere, so that nothing cancels or is cut off
            for (torch::Tensor& parameter : network->parameters()) parameter.uniform_(0.5, 1);
        }
        int64_t farthest = 0;
        const int64_t size = 2 * (print.reach / print.sizeMultiple + 3) * print.sizeMultiple;
        for (int64_t phase = 0; phase < print.sizeMultiple; ++phase) {
            // Max-pooling passes the gradient to one input only: one image rises to the right and down, the
            // other falls.
            for (const double slope : {1e-3, -1e-3}) {
                torch::Tensor ramp = torch::arange(size, torch::kDouble) * slope + 5;
                torch::Tensor input = (ramp.unsqueeze(0) + ramp.unsqueeze(1))
                                          .to(torch::kFloat)
                                          .view({1, 1, size, size})
                                          .requires_grad_();
                const int64_t place = size / 2 / print.sizeMultiple * print.sizeMultiple + phase;
                network->forward(input)[0][0][place][place].backward();
                const torch::Tensor touched = input.grad()[0][0].abs().sum(0).nonzero();
                farthest = std::max(
                    {farthest, place - touched.min().item<int64_t>(), touched.max().item<int64_t>() - place});
            }
        }
        QCOMPARE(farthest, print.reach);
    }

    void wrongOptionsAreRefused() {
        QVERIFY_EXCEPTION_THROWN(findArchitecture("perceptron"), Error);
        QVERIFY_EXCEPTION_THROWN(findArchitecture("unet").build({{"levels", 9}}, 1, 1), Error);
        QVERIFY_EXCEPTION_THROWN(findLoss("anger"), Error);
    }

    void everyLossPrefersTheTruthAndIgnoresTheUnknown() {
        for (const auto& loss : allLosses()) {
            const int64_t outputs = loss->exclusive() ? 3 : 2;
            torch::Tensor labels = torch::randint(0, 3, {2, 8, 8}, torch::kLong).to(torch::kByte);
            torch::Tensor right = torch::full({2, outputs, 8, 8}, -6.f);
            for (int64_t o = 0; o < outputs; ++o)
                right.select(1, o).masked_fill_(labels.eq(loss->exclusive() ? o : o + 1), 6.f);
            const double good = (*loss)(right, labels).item<double>(),
                         bad = (*loss)(-right, labels).item<double>();
            QVERIFY2(good < 0.05 && bad > 0.5, loss->key().c_str());

            torch::Tensor partly = labels.clone();
            partly.slice(1, 0, 4).fill_(255);
            torch::Tensor logits = right.clone();
            logits.slice(2, 0, 4).normal_();
            torch::Tensor other = right.clone();
            other.slice(2, 0, 4).fill_(3);
            logits.requires_grad_();
            const torch::Tensor value = (*loss)(logits, partly);
            QVERIFY2(std::abs(value.item<double>() - (*loss)(other, partly).item<double>()) < 1e-6,
                     loss->key().c_str());
            value.backward();
            QCOMPARE(logits.grad().slice(2, 0, 4).abs().max().item<double>(), 0.0);
            QVERIFY(std::isfinite((*loss)(right, torch::full_like(labels, 255)).item<double>()));
        }
    }
};

QTEST_GUILESS_MAIN(TestArchitectures)
#include "tst_architectures.moc"
