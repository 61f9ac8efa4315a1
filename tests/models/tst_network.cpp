// A real U-Net with random weights: tiles leave no trace, folding and fusing change nothing, wrong weights
// are refused, and the module gives the same through dlopen.
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/image/memory_source.h"
#include "core/learn/trainer.h"
#include "core/segment/predictor.h"
#include "core/segment/safetensors.h"
#include "core/segment/tiler.h"
#include "models/nn/architecture.h"
#include "models/run/torch_loader.h"
#include "models/run/weights.h"

#include <QElapsedTimer>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <dlfcn.h>
#include <thread>

using namespace cristae;

namespace {

ModelCard card(const nlohmann::json& network, bool exclusive = false, int classes = 1) {
    ModelCard card;
    card.name = "random";
    card.network = network;
    card.exclusive = exclusive;
    for (int i = 0; i < classes; ++i) card.classes.push_back({"class " + std::to_string(i + 1), {}, 0.5});
    return card;
}

/// A U-Net whose batch norms have lived, written as a package; returns the module in evaluation mode.
std::shared_ptr<NetworkModule> writePackage(const std::filesystem::path& file, const ModelCard& card) {
    torch::manual_seed(5);
    const auto module =
        findArchitecture(card.architecture)
            .build(card.network, card.channelsIn, int64_t(card.classes.size()) + (card.exclusive ? 1 : 0));
    const torch::NoGradGuard noGradients;
    for (auto& item : module->named_buffers()) {
        if (item.key().ends_with("running_mean")) item.value().normal_(0, 0.3);
        if (item.key().ends_with("running_var")) item.value().uniform_(0.5, 2);
    }
    for (auto& item : module->named_parameters())
        if (item.key().ends_with("bias")) item.value().normal_(0, 0.1);
    module->eval();
    SafetensorsFile content;
    content.metadata["cristae.card"] = toJson(card).dump();
    content.tensors = weightsOf(*module);
    writeSafetensors({file, Existing::replace}, content);
    return module;
}

Pixels noise(int64_t channels, int64_t height, int64_t width, int64_t slices = 1) {
    Random random(3);
    Pixels pixels(PixelType::f32, channels, {slices, height, width});
    for (float& value : pixels.values<float>()) value = float(random.normal());
    return pixels;
}

float largestDifference(const Pixels& a, const Pixels& b) {
    float largest = 0;
    for (size_t i = 0; i < a.values<float>().size(); ++i)
        largest = std::max(largest, std::abs(a.values<float>()[i] - b.values<float>()[i]));
    return largest;
}

std::string refusal(NetworkLoader& loader, const std::filesystem::path& file) {
    try {
        loader.load(openModelPackage(file), "cpu", 1);
        return {};
    } catch (const Error& error) {
        return error.kind() == ErrorKind::model ? error.what() : std::string("wrong kind: ") + error.what();
    }
}

} // namespace

class TestNetwork : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    std::unique_ptr<NetworkLoader> loader_ = makeTorchLoader();
    std::filesystem::path path(const char* name) const { return folder_.filePath(name).toStdString(); }

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void devicesEndWithTheProcessor() {
        const auto devices = loader_->devices();
        QVERIFY(!devices.empty());
        QCOMPARE(devices.back().id, std::string("cpu"));
        QVERIFY(QString::fromStdString(devices.back().label).startsWith("CPU, "));
        QVERIFY(devices.back().memoryBytes > 0);
        QVERIFY(QString::fromStdString(loader_->version()).startsWith("LibTorch 2."));
    }

    void foldedAndFusedEqualsTheModule_data() {
        QTest::addColumn<QString>("options");
        QTest::addColumn<bool>("exclusive");
        QTest::newRow("batch norm") << R"({"base": 8, "levels": 4})" << false;
        QTest::newRow("softmax of three") << R"({"base": 4, "levels": 3})" << true;
        QTest::newRow("no norm, bilinear")
            << R"({"base": 4, "levels": 3, "normalisation": "none", "upsampling": "bilinear"})" << false;
        QTest::newRow("5×5") << R"({"base": 4, "levels": 3, "filter": "5x5", "shallow": 1})" << false;
        QTest::newRow("effective 5×5")
            << R"({"base": 4, "levels": 3, "filter": "effective 5x5", "dropout": 0.5})" << true;
        QTest::newRow("layer norm") << R"({"base": 4, "levels": 3, "normalisation": "layer"})" << false;
    }
    void foldedAndFusedEqualsTheModule() {
        QFETCH(QString, options);
        QFETCH(bool, exclusive);
        const auto module =
            writePackage(path("a.safetensors"),
                         card(nlohmann::json::parse(options.toStdString()), exclusive, exclusive ? 2 : 1));
        const auto network = loader_->load(openModelPackage(path("a.safetensors")), "cpu", 2);
        const Pixels input = noise(1, 64, 96);
        Pixels output;
        network->run({&input, 1}, {&output, 1});
        const torch::NoGradGuard noGradients;
        const torch::Tensor logits = module->forward(
            torch::from_blob(const_cast<float*>(input.values<float>().data()), {1, 1, 64, 96}));
        const torch::Tensor expected =
            (exclusive ? torch::softmax(logits, 1).narrow(1, 1, 2) : torch::sigmoid(logits)).contiguous();
        QCOMPARE(output.count(), int64_t(expected.numel()));
        float largest = 0, low = 1, high = 0;
        for (int64_t i = 0; i < expected.numel(); ++i) {
            const float value = output.values<float>()[size_t(i)];
            largest = std::max(largest, std::abs(value - expected.data_ptr<float>()[i]));
            low = std::min(low, value);
            high = std::max(high, value);
        }
        QVERIFY2(largest <= (network->info().precision == "fp32" ? 1e-4f : 0.05f),
                 qPrintable(QString::number(double(largest))));
        QVERIFY(high - low > 0.1f); // not a constant, or nothing was shown
    }

    void tiledEqualsWhole_data() {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("options");
        QTest::addColumn<int>("slices");
        QTest::addColumn<int>("height");
        QTest::addColumn<int>("width");
        QTest::newRow("odd") << "unet"
                             << R"({"base": 8, "levels": 4})" << 1 << 203 << 277;
        QTest::newRow("narrow") << "unet"
                                << R"({"base": 8, "levels": 4})" << 1 << 37 << 301;
        const auto row = [](const char* key, const char* options, int slices = 1) {
            const bool wide = std::string(key) == "deepem3d"; // its halo alone is 300 pixels to each side
            QTest::addRow("%s %s", key, options)
                << key << options << slices << (wide ? 50 : 91) << (wide ? 70 : 130);
        };
        row("unet", R"({"base": 4, "levels": 3, "filter": "effective 5x5", "shallow": 1, "dropout": 0.5})");
        row("unet", R"({"base": 4, "levels": 3, "filter": "5x5", "slicesIn": 3})", 2);
        row("resunet", R"({"base": 4, "levels": 4})");
        row("segnet", R"({"base": 4, "levels": 3})");
        row("usegnet", R"({"base": 4, "levels": 3})");
        row("fcdensenet", R"({"layers": "tiny", "growth": 4, "first": 4})");
        row("multiresunet", R"({"base": 4, "levels": 4})");
        row("deepem3d", R"({"slicesIn": 1, "divisor": 64})");
        row("deepem3d", R"({"slicesIn": 3, "divisor": 64})", 2);
        row("unet3d", R"({"base": 2, "levels": 2})", 11);
        row("unet3d", R"({"base": 2, "levels": 3, "anisotropic": 1})", 5);
    }
    void tiledEqualsWhole() {
        QFETCH(QString, key);
        QFETCH(QString, options);
        QFETCH(int, slices);
        QFETCH(int, height);
        QFETCH(int, width);
        ModelCard plain = card(nlohmann::json::parse(options.toStdString()));
        plain.architecture = key.toStdString();
        writePackage(path("b.safetensors"), plain);
        const auto network = loader_->load(openModelPackage(path("b.safetensors")), "cpu", 1);
        const NetworkInfo info = network->info();
        const Footprint print = footprint(findArchitecture(plain.architecture).layers(plain.network, 1, 1));
        QCOMPARE(info.strideMultiple, print.strideMultiple);
        QCOMPARE(info.receptiveRadius, print.receptiveRadius);
        const int64_t halo =
            (info.receptiveRadius + info.strideMultiple - 1) / info.strideMultiple * info.strideMultiple;
        const MemorySource image(noise(1, height, width, slices));
        const NetworkTask task = {network.get(), plain, {}, {}};
        const auto predicted = [&](int64_t side) {
            PredictionSettings settings;
            settings.tileSide = side;
            settings.wantProbabilities = true;
            PredictedSlice result;
            if (side < 1024) settings.firstSlice = slices - 1; // of volumes, other slabs than the whole
            predict(
                image, {&task, 1}, settings, [&](const PredictedSlice& slice) { result = slice; },
                Progress::none());
            return result;
        };
        const PredictedSlice whole = predicted(1024);
        float low = 1, high = 0;
        for (const float value : whole.probabilities.values<float>()) {
            QVERIFY(std::isfinite(value));
            low = std::min(low, value);
            high = std::max(high, value);
        }
        QVERIFY2(high - low > 1e-3f, "a constant shows nothing");
        std::vector<int64_t> sides{2 * halo + 3 * info.strideMultiple, 2 * halo + 5 * info.strideMultiple};
        if (halo > 100) sides = {2 * halo + 96}; // few tiles, mostly halo
        if (height == 203) sides = {128, 160, 232};
        for (const int64_t side : sides) {
            const PredictedSlice tiled = predicted(side);
            const float difference = largestDifference(whole.probabilities, tiled.probabilities);
            QVERIFY2(difference <= 1e-5f,
                     qPrintable(QString("side %1: %2").arg(side).arg(double(difference))));
            int64_t flips = 0;
            for (size_t i = 0; i < whole.labels.values<uint8_t>().size(); ++i)
                flips += whole.labels.values<uint8_t>()[i] != tiled.labels.values<uint8_t>()[i];
            QVERIFY2(flips * 1'000'000 <= whole.labels.count(), qPrintable(QString::number(flips)));
        }
    }

    void wrongWeightsAreRefusedByName() {
        writePackage(path("good.safetensors"), card({{"base", 4}, {"levels", 3}}));
        const SafetensorsFile good = readSafetensors(path("good.safetensors"));
        QVERIFY(refusal(*loader_, path("good.safetensors")).empty());

        SafetensorsFile other = good;
        other.metadata["cristae.card"] = toJson(card({{"base", 8}, {"levels", 3}})).dump();
        writeSafetensors({path("wide.safetensors"), Existing::replace}, other);
        std::string message = refusal(*loader_, path("wide.safetensors"));
        QVERIFY2(QString::fromStdString(message).contains("wide.safetensors") &&
                     QString::fromStdString(message).contains("shape"),
                 message.c_str());

        other = good;
        other.tensors.erase(other.tensors.begin());
        writeSafetensors({path("less.safetensors"), Existing::replace}, other);
        message = refusal(*loader_, path("less.safetensors"));
        QVERIFY2(QString::fromStdString(message).contains(
                     QString::fromStdString("\"" + good.tensors[0].name + "\"")),
                 message.c_str());

        other = good;
        other.tensors.push_back(other.tensors[0]);
        other.tensors.back().name = "stranger";
        writeSafetensors({path("more.safetensors"), Existing::replace}, other);
        QVERIFY(QString::fromStdString(refusal(*loader_, path("more.safetensors"))).contains("\"stranger\""));

        other = good;
        other.metadata["cristae.card"] = toJson(card({{"base", -1}})).dump();
        writeSafetensors({path("options.safetensors"), Existing::replace}, other);
        QVERIFY(!refusal(*loader_, path("options.safetensors")).empty());

        ModelCard unknown = card({});
        unknown.architecture = "hypernet";
        other.metadata["cristae.card"] = toJson(unknown).dump();
        writeSafetensors({path("unknown.safetensors"), Existing::replace}, other);
        QVERIFY(QString::fromStdString(refusal(*loader_, path("unknown.safetensors"))).contains("hypernet"));
    }

    void absentDevicesAreSentences() {
        writePackage(path("d.safetensors"), card({{"base", 4}, {"levels", 2}}));
        try {
            loader_->load(openModelPackage(path("d.safetensors")), "cuda:99", 1);
            QFAIL("a device that is not there");
        } catch (const Error& error) {
            QCOMPARE(error.kind(), ErrorKind::device);
            QVERIFY(QString(error.what()).contains("cpu"));
        }
    }

    void cancelIsAnsweredWithinHalfASecond() {
        const ModelCard plain = card({{"base", 16}});
        writePackage(path("c.safetensors"), plain);
        const auto network = loader_->load(openModelPackage(path("c.safetensors")), "cpu", 2);
        const MemorySource image(noise(1, 2000, 2000));
        const NetworkTask task = {network.get(), plain, {}, {}};
        class Stop : public Progress {
        public:
            std::atomic<bool> stop = false;
            void report(double, const std::string&) const override {}
            bool cancelled() const override { return stop; }
        } progress;
        QElapsedTimer timer;
        std::atomic<bool> cancelled = false;
        std::thread worker([&] {
            try {
                predict(
                    image, {&task, 1}, {}, [](const PredictedSlice&) {}, progress);
            } catch (const Error& error) {
                cancelled = error.kind() == ErrorKind::cancelled;
            }
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(1500));
        timer.start();
        progress.stop = true;
        worker.join();
        qInfo("cancel answered after %lld ms, tile side %lld", timer.elapsed(),
              static_cast<long long>(network->info().tileSide));
        QVERIFY(cancelled);
        QVERIFY(timer.elapsed() < 500);
    }

    void theModuleGivesTheSameAndItsErrorsAreCaught() {
        const std::string file = std::string(CRISTAE_BINARY_DIR) + "/lib/libcristae_models.so";
        void* module = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
        QVERIFY2(module, module ? "" : dlerror());
        const auto create = reinterpret_cast<void (*)(Engine*)>(dlsym(module, engineSymbol));
        QVERIFY(create);
        Engine engine;
        create(&engine);
        QVERIFY(engine.networks && engine.trainer);
        const std::filesystem::path package = path("m.safetensors");
        writePackage(package, card({{"base", 4}, {"levels", 3}}));
        const auto inside = loader_->load(openModelPackage(package), "cpu", 1);
        const auto outside = engine.networks->load(openModelPackage(package), "cpu", 1);
        const Pixels input = noise(1, 64, 64);
        Pixels first, second;
        inside->run({&input, 1}, {&first, 1});
        outside->run({&input, 1}, {&second, 1});
        QCOMPARE(largestDifference(first, second), 0.f);
        const Pixels wrong = noise(1, 63, 64);
        QVERIFY_THROWS_EXCEPTION(Error, outside->run({&wrong, 1}, {&second, 1}));
        QVERIFY(!dlsym(module, "_ZN7cristae15makeTorchLoaderEv")); // nothing but the entry is seen
    }
};

QTEST_GUILESS_MAIN(TestNetwork)
#include "tst_network.moc"
