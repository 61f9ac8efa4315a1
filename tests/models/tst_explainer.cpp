// Class activation: of a network whose answer is known by hand, of an ensemble, and where there is no
// gradient.
#include "core/base/error.h"
#include "core/segment/ensemble.h"
#include "core/segment/safetensors.h"
#include "models/nn/architecture.h"
#include "models/run/torch_loader.h"
#include "models/run/weights.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace cristae;

class TestExplainer : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".?"))); }

    void followsTheChannelThatCounts() {
        // Two channels at the bottom: the first carries the image, the second its negative, which ReLU takes
        // away; only the first reaches the answer. The map is then the halved image itself.
        const auto explainer = loader_->explainer(byHand("plus", 1), "cpu", 1);
        const Pixels input = bright();
        const Pixels map = explainer->classActivation(input, 0, 20, 8);
        QCOMPARE(map.extent(), input.extent());
        const torch::Tensor image =
            torch::from_blob(const_cast<float*>(input.values<float>().data()), {1, 1, 32, 32});
        const torch::Tensor expected =
            torch::upsample_bilinear2d(torch::max_pool2d(image, 2), {32, 32}, false).contiguous();
        const float most = expected.max().item<float>();
        for (size_t i = 0; i < 32 * 32; ++i)
            QVERIFY(std::abs(map.values<float>()[i] - expected.const_data_ptr<float>()[i] / most) < 1e-5f);
    }

    void whatSpeaksAgainstIsLeftOut() {
        const auto explainer = loader_->explainer(byHand("minus", -1), "cpu", 1);
        const Pixels map = explainer->classActivation(bright(), 0, 20, 8);
        for (const float value : map.values<float>()) QCOMPARE(value, 0.f);
    }

    void anEnsembleGivesTheMean() {
        const ModelPackage pair =
            writeEnsemble({byHand("plus", 1), byHand("minus", -1)}, "pair",
                          folder_.filePath(QStringLiteral("pair.safetensors")).toStdString());
        const Pixels one =
            loader_->explainer(byHand("plus", 1), "cpu", 1)->classActivation(bright(), 0, 20, 8);
        const Pixels mean = loader_->explainer(pair, "cpu", 1)->classActivation(bright(), 0, 20, 8);
        for (size_t i = 0; i < 32 * 32; ++i)
            QVERIFY(std::abs(mean.values<float>()[i] - one.values<float>()[i] / 2) < 1e-6f);
    }

    void everyNetworkHasAMapOrSaysWhyNot_data() {
        QTest::addColumn<QString>("key");
        for (const auto& architecture : allArchitectures())
            QTest::newRow(architecture->key().c_str()) << QString::fromStdString(architecture->key());
    }
    void everyNetworkHasAMapOrSaysWhyNot() {
        QFETCH(QString, key);
        const Architecture& architecture = findArchitecture(key.toStdString());
        nlohmann::json options = nlohmann::json::object();
        for (const Option& option : architecture.options().options()) {
            if (option.key == "base") options["base"] = 4;
            if (option.key == "levels") options["levels"] = 3;
            if (option.key == "divisor") options["divisor"] = 32;
            if (option.key == "layers") options["layers"] = "tiny";
        }
        torch::manual_seed(1);
        const auto module = architecture.build(options, 1, 1);
        const auto explainer =
            loader_->explainer(package(key.toStdString(), key.toStdString(), options, *module), "cpu", 1);
        Pixels input(PixelType::f32, 1, {architecture.volumetric() ? 8 : 1, 64, 64});
        for (size_t i = 0; i < input.values<float>().size(); ++i)
            input.values<float>()[i] = float(i * 7 % 31) / 16 - 1;
        try {
            const Pixels map = explainer->classActivation(input, 0, 32, 32);
            QCOMPARE(map.extent(), (Extent3{1, 64, 64}));
            for (const float value : map.values<float>()) QVERIFY(value >= 0 && value <= 1.0001f);
        } catch (const Error& error) {
            QCOMPARE(key, QStringLiteral("maskrcnn")); // found nothing there: no gradient
            QCOMPARE(error.kind(), ErrorKind::model);
            QVERIFY(QString::fromUtf8(error.what()).contains(QStringLiteral("occlusion")));
        }
    }

private:
    static Pixels bright() {
        Pixels input(PixelType::f32, 1, {1, 32, 32});
        for (int64_t y = 0; y < 32; ++y)
            for (int64_t x = 0; x < 32; ++x)
                input.values<float>()[size_t(y * 32 + x)] = y > 15 && x < 16 ? 2.f + float(x % 4) : 0.25f;
        return input;
    }
    ModelPackage package(const std::string& name, const std::string& architecture,
                         const nlohmann::json& options, const NetworkModule& module) {
        ModelCard card;
        card.name = name;
        card.architecture = architecture;
        card.network = options;
        card.classes = {{"bright", {}, 0.5}};
        SafetensorsFile content;
        content.metadata["cristae.card"] = toJson(card).dump();
        content.tensors = weightsOf(module);
        const std::filesystem::path file =
            folder_.filePath(QString::fromStdString(name + ".safetensors")).toStdString();
        writeSafetensors({file, Existing::replace}, content);
        return openModelPackage(file);
    }
    /// A U-Net of two levels and one filter that hands the image down and up again, times `sign` at the end.
    ModelPackage byHand(const std::string& name, float sign) {
        const nlohmann::json options{{"levels", 2}, {"base", 1}, {"normalisation", "none"}};
        const auto module = findArchitecture("unet").build(options, 1, 1);
        const torch::NoGradGuard guard;
        auto weights = module->named_parameters();
        for (auto& item : weights) item.value().zero_();
        const auto centre = [&](const char* parameter, int64_t out, int64_t in, float value) {
            weights[parameter][out][in][1][1] = value;
        };
        centre("encoder.0.conv1.weight", 0, 0, 1);
        centre("encoder.0.conv2.weight", 0, 0, 1);
        centre("encoder.1.conv1.weight", 0, 0, 1);
        centre("encoder.1.conv1.weight", 1, 0, -1);
        centre("encoder.1.conv2.weight", 0, 0, 1);
        centre("encoder.1.conv2.weight", 1, 1, 1);
        weights["decoder.0.up.weight"][0].fill_(1);
        centre("decoder.0.conv1.weight", 0, 1, 1); // the skip is channel 0 and counts for nothing
        centre("decoder.0.conv2.weight", 0, 0, 1);
        weights["head.weight"].fill_(sign);
        return package(name, "unet", options, *module);
    }
    QTemporaryDir folder_;
    std::unique_ptr<NetworkLoader> loader_ = makeTorchLoader();
};

QTEST_GUILESS_MAIN(TestExplainer)
#include "tst_explainer.moc"
