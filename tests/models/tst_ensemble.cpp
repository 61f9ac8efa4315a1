// Ensembles: one package of several models gives the mean of what they give, in tiles as in the whole; models
// that do not agree are refused.
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/image/memory_source.h"
#include "core/segment/ensemble.h"
#include "core/segment/predictor.h"
#include "core/segment/safetensors.h"
#include "models/nn/architecture.h"
#include "models/run/torch_loader.h"
#include "models/run/weights.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>

using namespace cristae;

class TestEnsemble : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void theMeanOfItsMembers() {
        const std::vector<ModelPackage> members{
            package("one", "unet", {{"levels", 3}, {"base", 4}}, 0.4),
            package("three", "deepem3d", {{"slicesIn", 3}, {"divisor", 64}}, 0.6),
            package("five", "resunet", {{"levels", 2}, {"base", 4}, {"slicesIn", 5}}, 0.8)};
        const ModelPackage together =
            writeEnsemble(members, "frames", folder_.filePath("frames.safetensors").toStdString());
        QCOMPARE(together.card.architecture, std::string("ensemble"));
        QVERIFY(std::abs(together.card.classes[0].threshold - 0.6) < 1e-9);
        QVERIFY(QString::fromStdString(together.card.description).contains("one, three, five"));
        const auto network = loader_->load(together, "cpu", 1);
        QCOMPARE(network->info().slicesIn, 5);
        QCOMPARE(network->info().strideMultiple, 16);
        Random random(3);
        Pixels stack(PixelType::f32, 1, {4, 60, 70});
        for (float& value : stack.values<float>()) value = float(random.normal());
        const MemorySource image(std::move(stack));
        const Pixels mean = predicted(*network, together.card, image, 0);
        Pixels sum(PixelType::f32, 1, {1, 60, 70});
        for (const ModelPackage& member : members) {
            const auto alone = loader_->load(member, "cpu", 1);
            const Pixels one = predicted(*alone, member.card, image, 0);
            for (size_t i = 0; i < 60 * 70; ++i)
                sum.values<float>()[i] += std::as_const(one).values<float>()[i] / 3;
        }
        QVERIFY2(largestDifference(mean, sum) < 1e-5f,
                 qPrintable(QString::number(double(largestDifference(mean, sum)))));
        const int64_t halo = (network->info().receptiveRadius + 15) / 16 * 16;
        QVERIFY(largestDifference(mean, predicted(*network, together.card, image, 2 * halo + 48)) < 1e-5f);
    }

    void modelsThatDisagreeAreRefused() {
        const nlohmann::json small{{"levels", 2}, {"base", 2}};
        const ModelPackage one = package("one", "unet", small, 0.5);
        ModelPackage other = one;
        QCOMPARE(int(ensembleComplaints({one}).size()), 1);
        QVERIFY(ensembleComplaints({one, other}).empty());
        other.card.classes[0].name = "nuclei";
        other.card.pixelSizeNm = 8;
        other.card.normalisation = {{"kind", "none"}};
        other.card.channelsIn = 3;
        other.card.exclusive = true;
        QCOMPARE(int(ensembleComplaints({one, other}).size()), 5);
        QVERIFY_EXCEPTION_THROWN(
            writeEnsemble({one, other}, "bad", folder_.filePath("bad.safetensors").toStdString()), Error);
        const ModelPackage pair =
            writeEnsemble({one, one}, "pair", folder_.filePath("pair.safetensors").toStdString());
        QCOMPARE(int(ensembleComplaints({one, pair}).size()), 1);
        // Weights of a member that are not there.
        SafetensorsFile content = readSafetensors(pair.file);
        std::erase_if(content.tensors,
                      [](const NamedTensor& tensor) { return tensor.name == "member.1.head.weight"; });
        const std::filesystem::path file = folder_.filePath("lacks.safetensors").toStdString();
        writeSafetensors({file, Existing::replace}, content);
        try {
            loader_->load(openModelPackage(file), "cpu", 1);
            QFAIL("a member lacks a tensor");
        } catch (const Error& error) {
            QCOMPARE(error.kind(), ErrorKind::model);
            QVERIFY2(QString(error.what()).contains("head.weight"), error.what());
        }
    }

private:
    ModelPackage package(const std::string& name, const std::string& architecture,
                         const nlohmann::json& network, double threshold) {
        torch::manual_seed(uint64_t(name.size()));
        const auto module = findArchitecture(architecture).build(network, 1, 1);
        ModelCard card;
        card.name = name;
        card.architecture = architecture;
        card.network = network;
        card.classes = {{"mitochondria", {}, threshold}};
        SafetensorsFile content;
        content.metadata["cristae.card"] = toJson(card).dump();
        content.tensors = weightsOf(*module);
        const std::filesystem::path file =
            folder_.filePath(QString::fromStdString(name + ".safetensors")).toStdString();
        writeSafetensors({file, Existing::replace}, content);
        return openModelPackage(file);
    }
    static Pixels predicted(Network& network, const ModelCard& card, const TileSource& image, int64_t side) {
        const NetworkTask task = {&network, card, {}, {}};
        PredictionSettings settings;
        settings.tileSide = side;
        settings.wantProbabilities = true;
        settings.firstSlice = 1;
        settings.endSlice = 2;
        Pixels result;
        predict(
            image, {&task, 1}, settings, [&](const PredictedSlice& slice) { result = slice.probabilities; },
            Progress::none());
        return result;
    }
    static float largestDifference(const Pixels& a, const Pixels& b) {
        float largest = 0;
        for (size_t i = 0; i < a.values<float>().size(); ++i)
            largest = std::max(largest, std::abs(a.values<float>()[i] - b.values<float>()[i]));
        return largest;
    }
    QTemporaryDir folder_;
    std::unique_ptr<NetworkLoader> loader_ = makeTorchLoader();
};

QTEST_GUILESS_MAIN(TestEnsemble)
#include "tst_ensemble.moc"
