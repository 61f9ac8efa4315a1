// The search for the pixel size with a network for which the size matters; the first look at an image.
#include "core/base/error.h"
#include "core/image/memory_source.h"
#include "core/session/scale_search.h"
#include "tests/support/expect_error.h"
#include "tests/support/fake_package.h"
#include "tests/support/run_network.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace cristae;

namespace {

class CancelledAfter : public Progress {
public:
    explicit CancelledAfter(int asked) : left_(asked) {}
    void report(double, const std::string&) const override {}
    bool cancelled() const override { return --left_ < 0; }

private:
    mutable std::atomic<int> left_;
};

/// Discs of 20 pixels, one every 40; of unknown pixel size.
TileSourcePtr discs(int64_t side, bool inverted = false) {
    Pixels pixels(PixelType::u8, 1, {2, side, side});
    for (int64_t i = 0; i < 2 * side * side; ++i) {
        const int64_t dy = i / side % side % 40 - 20, dx = i % side % 40 - 20;
        const bool inside = dy * dy + dx * dx < 100;
        pixels.values<uint8_t>()[size_t(i)] = inside != inverted ? 200 : 50;
    }
    return std::make_shared<MemorySource>(pixels);
}

} // namespace

class TestScaleSearch : public QObject {
    Q_OBJECT
private:
    QTemporaryDir folder_;
    std::unique_ptr<Session> session_;
    std::filesystem::path in(const char* name) const {
        return folder_.filePath(QString::fromLatin1(name)).toStdString();
    }
    void writeModel(const char* name, std::optional<double> nm) const {
        ModelCard card;
        card.name = card.title = name;
        card.classes = {{"runs", {230, 159, 0}, 0.5}};
        card.pixelSizeNm = nm;
        writeFakePackage(in("zoo") / (std::string(name) + ".safetensors"), card);
    }
    ScaleRequest requestFor(const char* model) const {
        ScaleRequest request;
        request.model = {session_->findModel(model), {}, {}};
        return request;
    }

private Q_SLOTS:
    void init() {
        QTest::failOnWarning(QRegularExpression(QStringLiteral(".?")));
        writeModel("runs", 8);
        writeModel("any", std::nullopt);
        session_ = std::make_unique<Session>(SessionPaths{in("zoo"), in("mine"), in("samples")}, [] {
            return Engine{std::make_unique<RunLoader>(), nullptr};
        });
    }

    void theLikeliestIsWhereTheObjectsAreAsLargeAsTheModelKnowsThem() {
        // Discs of 20 pixels are 10 model pixels wide where a pixel is taken for 4 nm.
        std::vector<double> seen;
        const auto candidates = session_->scaleCandidates(
            discs(600), requestFor("runs"),
            [&](const ScaleCandidate& candidate) { seen.push_back(candidate.pixelSizeNm); },
            Progress::none());
        QCOMPARE(candidates.size(), size_t(5));
        QCOMPARE(seen, (std::vector<double>{2, 4, 8, 16, 32}));
        for (size_t i = 0; i < 5; ++i) QCOMPARE(candidates[i].pixelSizeNm, seen[i]);
        const auto likeliest = likeliestScale(candidates);
        QVERIFY(likeliest);
        QCOMPARE(candidates[*likeliest].pixelSizeNm, 4.0);
        // The middle of the slice, at the image's own pixels.
        QCOMPARE(candidates[1].box, (Box3{0, 44, 44, 1, 556, 556}));
        QCOMPARE(candidates[1].labels.extent(), (Extent3{1, 512, 512}));
        int64_t labelled = 0;
        for (const uint8_t label : candidates[1].labels.values<uint8_t>()) labelled += label == 1;
        QVERIFY(std::abs(double(labelled) / (512 * 512) - 314.0 / 1600) < 0.07); // about the discs
        QVERIFY(candidates[3].likeness.confidence.agreement < 0.6);
    }

    void aWindowWithoutTheRightSizeTakesWhatComesNearest() {
        ScaleRequest request = requestFor("runs");
        request.pixelSizesNm = {0.5, 1};
        const auto candidates = session_->scaleCandidates(discs(300), request, {}, Progress::none());
        QVERIFY(!likeliestScale(candidates)); // nothing is found
        QVERIFY(!likeliestScale({}));
    }

    void theRegionIsChecked() {
        ScaleRequest request = requestFor("runs");
        request.pixelSizesNm = {4};
        request.z = 1;
        request.region = {0, 10, 20, 1, 110, 140};
        const auto candidates = session_->scaleCandidates(discs(300), request, {}, Progress::none());
        QCOMPARE(candidates.front().box, (Box3{1, 10, 20, 2, 110, 140}));
        QCOMPARE(candidates.front().labels.extent(), (Extent3{1, 100, 120}));
        request.region.x1 = 301;
        QVERIFY(messageOf([&] { session_->scaleCandidates(discs(300), request, {}, Progress::none()); },
                          ErrorKind::usage)
                    .find("does not lie in the image") != std::string::npos);
        request = requestFor("runs");
        request.z = 2;
        QVERIFY(messageOf([&] { session_->scaleCandidates(discs(300), request, {}, Progress::none()); },
                          ErrorKind::usage)
                    .find("Slice 2") != std::string::npos);
        QVERIFY(
            messageOf([&] { session_->scaleCandidates(discs(300), requestFor("any"), {}, Progress::none()); },
                      ErrorKind::usage)
                .find("any pixel size") != std::string::npos);
    }

    void cancelStopsBetweenSizes() {
        int shown = 0;
        const auto search = [&] {
            session_->scaleCandidates(
                discs(600), requestFor("runs"), [&](const ScaleCandidate&) { ++shown; }, CancelledAfter(40));
        };
        const std::string message = messageOf(search, ErrorKind::cancelled);
        QVERIFY2(message != "no error" && !message.starts_with("wrong kind"), message.c_str());
        QVERIFY(shown < 5);
    }

    void theFirstLookNoticesInvertedImages() {
        PredictionRequest wanted;
        wanted.models = {{session_->findModel("any"), {}, {}}};
        // At its own pixels the discs are 20 wide: the mirrored image is answered differently.
        const auto wrong = session_->likeness(*discs(300), wanted, Progress::none());
        QCOMPARE(wrong.size(), size_t(1));
        QVERIFY(wrong.front().unlike());
        QVERIFY(!wrong.front().distance);
        wanted.models = {{session_->findModel("runs"), {}, {}}};
        ImageInfo info;
        info.voxelSize = {{}, 4.0, 4.0, "the test"};
        for (const bool inverted : {false, true}) {
            const MemorySource image(discs(300, inverted)->read(0, {0, 0, 0, 2, 300, 300}), info);
            const auto looks = session_->likeness(image, wanted, Progress::none());
            QCOMPARE(looks.front().invertHelps(), inverted);
            QCOMPARE(looks.front().confidence.foundAny(), !inverted);
        }
    }

    void theDomainDescribesTheTrainingSlices() {
        TrainingSlice slice;
        slice.data = "discs";
        slice.image = discs(300)->read(0, {0, 0, 0, 1, 300, 300});
        slice.labels = Pixels(PixelType::u8, 1, {1, 300, 300});
        slice.pixelSizeNm = 4;
        TrainingSlice other = slice;
        other.role = Role::test;
        other.data = "not trained on";
        const ModelPackage package = session_->findModel("runs");
        const auto domain =
            domainFromJson(session_->domainFor(package, {slice, other}, "auto", 0, Progress::none()));
        QVERIFY(domain);
        QCOMPARE(domain->groups.size(), size_t(1));
        QCOMPARE(domain->groups.front().data, std::string("discs"));
        QVERIFY(session_->domainFor(package, {other}, "auto", 0, Progress::none()).empty());
    }
};

QTEST_GUILESS_MAIN(TestScaleSearch)
#include "tst_scale_search.moc"
