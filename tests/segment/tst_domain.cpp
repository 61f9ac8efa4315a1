// How an image suits a model: statistics with known values, distances from training images, agreement of two
// looks, and pixel sizes compared.
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/image/memory_source.h"
#include "core/segment/domain.h"
#include "core/segment/model_fit.h"
#include "tests/support/run_network.h"

#include <QRegularExpression>
#include <QTest>

#include <cmath>
#include <functional>

using namespace cristae;

namespace {

Pixels plane(int64_t height, int64_t width, const std::function<double(int64_t, int64_t)>& value) {
    Pixels pixels(PixelType::f32, 1, {1, height, width});
    for (int64_t y = 0; y < height; ++y)
        for (int64_t x = 0; x < width; ++x)
            pixels.values<float>()[size_t(y * width + x)] = float(value(y, x));
    return pixels;
}

ModelCard cardOf(double nm) {
    ModelCard card;
    card.name = "runs";
    card.title = "Runs (made up)";
    card.classes = {{"runs", {230, 159, 0}, 0.5}};
    card.pixelSizeNm = nm;
    return card;
}

VoxelSize pixelsOf(double nm) {
    VoxelSize size;
    size.yNm = size.xNm = nm;
    size.source = "the test";
    return size;
}

/// The message of the Error{kind} that an action throws, else what came instead.
std::string errorOf(ErrorKind kind, const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.kind() == kind ? error.what() : std::string("wrong kind: ") + error.what();
    }
    return "no error";
}

/// Bright discs of 20 pixels on dark ground, one every 40 pixels, of 4 nm a pixel.
TileSourcePtr discs() {
    Pixels pixels(PixelType::u8, 1, {1, 320, 320});
    for (int64_t y = 0; y < 320; ++y)
        for (int64_t x = 0; x < 320; ++x) {
            const int64_t dy = y % 40 - 20, dx = x % 40 - 20;
            pixels.values<uint8_t>()[size_t(y * 320 + x)] = dy * dy + dx * dx < 100 ? 200 : 50;
        }
    ImageInfo info;
    info.voxelSize = pixelsOf(4);
    return std::make_shared<MemorySource>(pixels, info);
}

} // namespace

class TestDomain : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".?"))); }

    void quantilesAndNoiseOfGaussianNoise() {
        Random random(1);
        const Pixels noise = plane(400, 400, [&](int64_t, int64_t) { return random.normal(); });
        const ImageStatistics s = imageStatistics(noise);
        const double expected[] = {-2.326, -1.645, -0.674, 0, 0.674, 1.645, 2.326};
        for (size_t i = 0; i < 7; ++i)
            QVERIFY2(std::abs(s[i] - expected[i]) < 0.03, imageStatisticNames[i].data());
        QVERIFY(std::abs(s[7]) < 0.01); // log10 of 1
        // The mean absolute difference of two independent normal numbers is 2/√π.
        for (size_t i = 8; i < s.size(); ++i)
            QVERIFY(std::abs(s[i] - std::log10(2 / std::sqrt(M_PI))) < 0.01);
    }

    void aRampHasNoNoiseAndGrowingDifferences() {
        const ImageStatistics s = imageStatistics(
            plane(64, 64, [](int64_t y, int64_t x) { return 0.01 * double(x) + 0.01 * double(y); }));
        QVERIFY(s[7] < -5);
        for (size_t i = 0; i < 5; ++i)
            QVERIFY(std::abs(s[8 + i] - std::log10(0.01 * std::pow(2, double(i)))) < 1e-3);
    }

    void differencesBeyondTheImageRepeatTheLastOne() {
        const ImageStatistics s = imageStatistics(plane(3, 3, [](int64_t, int64_t x) { return double(x); }));
        QCOMPARE(s[10], s[9]);
        QCOMPARE(s[12], s[9]);
    }

    void distanceIsThatFromTheNearestGroup() {
        std::vector<DomainSample> samples;
        for (const double off : {-1.0, 1.0})
            for (const char* data : {"dark", "bright"}) {
                DomainSample sample{data, {}};
                for (double& value : sample.statistics) value = (*data == 'd' ? 0 : 100) + off;
                samples.push_back(sample);
            }
        const Domain domain = domainOf(samples);
        QCOMPARE(domain.groups.size(), size_t(2));
        QCOMPARE(domain.groups[1].mean[3], 100.0);
        QCOMPARE(domain.spread[0], 1.0);
        ImageStatistics image{};
        image.fill(103);
        QCOMPARE(distanceFrom(domain, image), 3.0);
        image.fill(0);
        QCOMPARE(distanceFrom(domain, image), 0.0);
        readsBackEqual(domain);
        QVERIFY(errorOf(ErrorKind::usage, [&] { domainOf({}); }).find("train") != std::string::npos);
    }

    void whatIsNoDomainIsRefused() {
        QVERIFY(!domainFromJson(nlohmann::json::object()));
        DomainSample sample{"one", {}};
        nlohmann::json good = toJson(domainOf({&sample, 1}));
        QVERIFY(domainFromJson(good));
        for (const char* key : {"groups", "spread"}) {
            nlohmann::json broken = good;
            broken.erase(key);
            QVERIFY(errorOf(ErrorKind::model, [&] { domainFromJson(broken); }).find(key) !=
                    std::string::npos);
        }
        nlohmann::json words = good;
        words["spread"][2] = "wide";
        QVERIFY(errorOf(ErrorKind::model, [&] { domainFromJson(words); }).find("no number") !=
                std::string::npos);
        words["spread"][2] = 0;
        QVERIFY(errorOf(ErrorKind::model, [&] { domainFromJson(words); }).find("positive") !=
                std::string::npos);
        words["groups"][0]["mean"].erase(0);
        QVERIFY(errorOf(ErrorKind::model, [&] { domainFromJson(words); }).find("mean") != std::string::npos);
    }

    void agreementIsTheDiceOfTwoLooks() {
        NetworkTask task{nullptr, cardOf(8), {}, {}};
        TwoLooks looks{plane(10, 10, [](int64_t y, int64_t) { return y < 4 ? 0.9 : 0.1; }),
                       plane(10, 10, [](int64_t y, int64_t) { return y >= 2 && y < 4 ? 0.9 : 0.1; })};
        const Confidence c = confidenceOf(task, looks);
        QCOMPARE(c.found, 0.4);
        QCOMPARE(c.agreement, 2.0 * 20 / (40 + 20));
        QVERIFY(std::abs(c.entropy - 0.46900) < 1e-4); // of a probability of 0.9
        task.thresholds = {0.95};
        const Confidence none = confidenceOf(task, looks);
        QCOMPARE(none.found, 0.0);
        QCOMPARE(none.agreement, 1.0);
        QVERIFY(!none.foundAny());
    }

    void theProbeSeesTheModelsPixels() {
        RunNetwork network;
        const TileSourcePtr image = discs();
        const auto look = [&](double modelNm) {
            const NetworkTask task{&network, cardOf(modelNm), {}, {}};
            return probe(*image, task, 0, Box3::ofSlice(image->info().extent(), 0), domainSide,
                         Progress::none());
        };
        const Probe right = look(8); // discs of 10 pixels
        QVERIFY(right.confidence.found > 0.1);
        QVERIFY2(right.confidence.agreement > 0.97, qPrintable(QString::number(right.confidence.agreement)));
        const Probe large = look(4);
        QVERIFY2(large.confidence.agreement < 0.7, qPrintable(QString::number(large.confidence.agreement)));
        QVERIFY(!look(20).confidence.foundAny());
        // In the middle of the slice, not larger than it.
        QVERIFY(right.box.y1 - right.box.y0 <= 320 && right.box.y0 >= 0);
    }

    void doubtIsDisagreementAboutTheMirroredImage() {
        Probe probe;
        probe.confidence = {0.2, 0.1, 0.7};
        Domain domain;
        domain.groups.push_back({});
        domain.spread.fill(1);
        QCOMPARE(likenessOf(probe, domain).doubt, 1 - 0.7);
        QCOMPARE(likenessOf(probe, domain).distance, std::optional(0.0));
        QVERIFY(likenessOf(probe, domain).unlike());
        QVERIFY(likenessWords(likenessOf(probe, domain), "Runs").find("unlike the training data of “Runs”") !=
                std::string::npos);
        QVERIFY(likenessOf(probe, std::nullopt).unlike()); // also of models whose card says nothing
        QVERIFY(!likenessOf(probe, std::nullopt).distance);
        probe.confidence = {0.2, 0.1, 0.95};
        QVERIFY(!likenessOf(probe, domain).unlike());
        QVERIFY(likenessWords(likenessOf(probe, domain), "Runs").empty());
        probe.confidence = {0, 1, 1};
        QVERIFY(!likenessOf(probe, domain).unlike());
        QVERIFY(likenessWords(likenessOf(probe, domain), "Runs").find("finds nothing") != std::string::npos);
    }

    void invertingHelpsWhereTheNetworkIsClearlySurer() {
        Probe plain, inverted;
        plain.confidence = {0.2, 0.1, 0.7};
        inverted.confidence = {0.2, 0.1, 0.72};
        QVERIFY(!likenessOf(plain, {}, inverted).invertHelps());
        inverted.confidence.agreement = 0.8;
        QVERIFY(likenessOf(plain, {}, inverted).invertHelps());
        inverted.confidence.found = 0; // agrees about nothing
        QVERIFY(!likenessOf(plain, {}, inverted).invertHelps());
        QVERIFY(!likenessOf(plain, {}).invertHelps());
    }

    void pixelSizesThatFit() {
        const auto fit = [](double imageNm) { return modelFit(cardOf(8), pixelsOf(imageNm)).fit; };
        QCOMPARE(fit(8), Fit::fits);
        QCOMPARE(fit(5), Fit::fits);
        QCOMPARE(fit(2), Fit::fits);
        QCOMPARE(fit(1.9), Fit::farTooFine);
        QCOMPARE(fit(12), Fit::fits);
        QCOMPARE(fit(13), Fit::coarser);
        QCOMPARE(fit(33), Fit::farTooCoarse);
        QCOMPARE(modelFit(cardOf(8), {}).fit, Fit::unknown);
        ModelCard any = cardOf(8);
        any.pixelSizeNm.reset();
        QCOMPARE(modelFit(any, pixelsOf(5)).fit, Fit::anySize);
        QCOMPARE(modelFit(cardOf(8), pixelsOf(16)).ratio, 2.0);
        // Of pixels that are not square the worse side counts.
        VoxelSize flat = pixelsOf(8);
        flat.yNm = 40;
        QCOMPARE(modelFit(cardOf(8), flat).fit, Fit::farTooCoarse);
        QCOMPARE(madeFor(any), std::string("made up"));
        any.title = "Runs";
        QCOMPARE(madeFor(any), std::string());
    }

private:
    static void readsBackEqual(const Domain& domain) {
        const auto read = domainFromJson(toJson(domain));
        QVERIFY(read);
        QCOMPARE(read->groups.size(), domain.groups.size());
        for (size_t i = 0; i < read->groups.size(); ++i) {
            QCOMPARE(read->groups[i].data, domain.groups[i].data);
            QVERIFY(read->groups[i].mean == domain.groups[i].mean);
        }
        QVERIFY(read->spread == domain.spread);
    }
};

QTEST_GUILESS_MAIN(TestDomain)
#include "tst_domain.moc"
