// An ensemble gets thresholds and scores of its own from labelled slices, and stands whole in its place or
// not at all.
#include "core/base/error.h"
#include "core/segment/ensemble.h"
#include "core/session/session.h"
#include "tests/support/fake_package.h"
#include "tests/support/grey_network.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>

using namespace cristae;

namespace {

constexpr int64_t side = 40;

/// Columns rise from 0 to 1; what lies from `from` on is the object, and the last column is unknown.
TrainingSlice ramp(Role role, float from) {
    TrainingSlice slice;
    slice.name = slice.data = role == Role::test ? "set aside" : "validation";
    slice.role = role;
    slice.image = Pixels(PixelType::f32, 1, {1, side, side});
    slice.labels = Pixels(PixelType::u8, 1, {1, side, side});
    for (int64_t i = 0; i < side * side; ++i) {
        const float value = float(i % side) / float(side - 1);
        slice.image.values<float>()[size_t(i)] = value;
        slice.labels.values<uint8_t>()[size_t(i)] = i % side == side - 1 ? 255 : value >= from;
    }
    return slice;
}

class Cancelled : public Progress {
public:
    void report(double, const std::string&) const override {}
    bool cancelled() const override { return true; }
};

} // namespace

class TestEnsembleScores : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        QTest::failOnWarning(QRegularExpression(QStringLiteral(".?")));
        for (const char* name : {"one", "two"}) {
            ModelCard card;
            card.name = name;
            card.classes = {{"ramp", {230, 159, 0}, 0.5}};
            card.normalisation = {{"kind", "none"}};
            writeFakePackage(in("zoo") / (std::string(name) + ".safetensors"), card);
        }
    }

    void init() {
        session_ = std::make_unique<Session>(SessionPaths{in("zoo"), in("mine"), in("samples")}, [] {
            return Engine{std::make_unique<GreyLoader>(), nullptr};
        });
        request_ = {};
        request_.members = {session_->findModel("one"), session_->findModel("two")};
        request_.name = "both";
        request_.output = Destination(in("both.safetensors"), Existing::replace);
        std::filesystem::remove(request_.output.path());
    }

    void thresholdsOfItsOwn() {
        request_.set.slices = {ramp(Role::validation, 0.77f), ramp(Role::test, 0.77f)};
        request_.words.title = "Both";
        request_.training = {{"command", "cristae-cli ensemble one two"}};
        const ModelPackage made = session_->makeEnsemble(request_, Progress::none());
        const double threshold = made.card.classes[0].threshold;
        // Columns lie 1/39 apart: 0.769 is outside, 0.795 inside; nearest to one half of the equal ones.
        QVERIFY2(threshold > 0.769 && threshold < 0.785, qPrintable(QString::number(threshold)));
        QCOMPARE(made.card.title, std::string("Both"));
        QCOMPARE(made.card.training.value("command", ""), std::string("cristae-cli ensemble one two"));
        QCOMPARE(int(made.card.scores.size()), 10); // five metrics, with and without averaging
        QCOMPARE(made.card.scores[0].metric, std::string("Dice"));
        QCOMPARE(made.card.scores[0].value, 1.0);
        QCOMPARE(made.card.scores[5].averaging, std::string("all"));
        QCOMPARE(made.card.scores[5].data, made.card.scores[0].data);
        // What the file says is what was handed back.
        QCOMPARE(toJson(openModelPackage(request_.output.path()).card), toJson(made.card));
        QCOMPARE(ensembleMembers(made.card).size(), size_t(2));
        QVERIFY(onlyOutputIsThere());
    }

    void boundariesAreScoredByTheirCells() {
        // Two cells and the wall between them, which the network sees; a strip at the right is unknown.
        TrainingSlice slice = ramp(Role::test, 2);
        for (int64_t i = 0; i < side * side; ++i) {
            const bool wall = std::abs(i % side - 20) < 3;
            slice.image.values<float>()[size_t(i)] = wall ? 0.9f : 0.1f;
            slice.labels.values<uint8_t>()[size_t(i)] = i % side >= 36 ? 255 : wall;
        }
        request_.set = {{slice}, {"ramp"}, true};
        const ModelPackage made = session_->makeEnsemble(request_, Progress::none());
        QCOMPARE(int(made.card.scores.size()), 18);
        QCOMPARE(made.card.scores[5].metric, std::string("V-rand"));
        QCOMPARE(made.card.scores[5].value, 1.0);
        QCOMPARE(made.card.scores[6].metric, std::string("V-info"));
        QCOMPARE(made.card.scores[7].metric, std::string("V-rand, best threshold"));
        // A gap in the wall makes one cell of the two: Σp² is 2·n²/4, Σt² the same, Σs² twice as much.
        for (int64_t y = 18; y < 22; ++y)
            for (int64_t x = 17; x < 24; ++x) slice.image.values<float>()[size_t(y * side + x)] = 0.05f;
        request_.set = {{slice}, {"ramp"}, true};
        request_.output = Destination(in("both.safetensors"), Existing::replace); // another job
        const double merged = session_->makeEnsemble(request_, Progress::none()).card.scores[5].value;
        QVERIFY2(merged > 0.6 && merged < 0.72, qPrintable(QString::number(merged)));
    }

    void withoutSlicesTheMeanOfTheMembers() {
        request_.members[0].card.classes[0].threshold = 0.3;
        const ModelPackage made = session_->makeEnsemble(request_, Progress::none());
        QCOMPARE(made.card.classes[0].threshold, 0.4);
        QVERIFY(made.card.scores.empty());
        QVERIFY(onlyOutputIsThere());
    }

    void cancelledLeavesWhatWasThere() {
        request_.set.slices = {ramp(Role::validation, 0.5f)};
        QVERIFY_EXCEPTION_THROWN(session_->makeEnsemble(request_, Cancelled()), Error);
        QVERIFY(!std::filesystem::exists(request_.output.path()));
        QVERIFY(onlyOutputIsThere());
    }

private:
    std::filesystem::path in(const char* name) const {
        return folder_.filePath(QString::fromLatin1(name)).toStdString();
    }
    bool onlyOutputIsThere() const {
        for (const auto& entry : std::filesystem::directory_iterator(folder_.path().toStdString()))
            if (entry.is_regular_file() && entry.path() != request_.output.path()) return false;
        return true;
    }
    QTemporaryDir folder_;
    std::unique_ptr<Session> session_;
    EnsembleRequest request_;
};

QTEST_GUILESS_MAIN(TestEnsembleScores)
#include "tst_ensemble_scores.moc"
