// Studies with a made-up engine: every step once, on after a break, tables with the published figures, and
// what robustness and scaling measure.
#include "core/base/atomic_file.h"
#include "core/base/random.h"
#include "core/image/memory_source.h"
#include "core/learn/data_list.h"
#include "core/learn/recipe.h"
#include "core/segment/safetensors.h"
#include "core/session/studies/variants.h"
#include "tests/support/bright_network.h"

#include <QFile>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace cristae;

namespace {

void writePackage(const std::filesystem::path& file, const nlohmann::json& training) {
    ModelCard card;
    card.name = card.title = file.stem().string();
    card.classes = {{"bright", {230, 159, 0}, 0.5}};
    card.training = training;
    SafetensorsFile content;
    content.metadata["cristae.card"] = toJson(card).dump();
    content.tensors.push_back({"weight", "F32", {1}, std::make_shared<std::byte[]>(4), 4});
    writeSafetensors({file, Existing::replace}, content);
}

struct Control {
    std::vector<TrainingPlan> trained;
    int failAfter = 1000;
};

class FakeTrainer : public Trainer {
public:
    explicit FakeTrainer(Control& control) : control_(control) {}
    std::vector<std::string> complaints(const TrainingPlan&) const override { return {}; }
    TrainingResult train(const TrainingPlan& plan, TrainingListener& listener, const Progress&) override {
        if (int(control_.trained.size()) >= control_.failAfter)
            throw Error(ErrorKind::cancelled, "Cancelled.");
        control_.trained.push_back(plan);
        EpochReport report;
        report.secondsPerStep = 0.25;
        listener.onEpoch(report);
        writePackage(plan.output, {{"validation",
                                    {{"trainingLoss", 0.3},
                                     {"trainingDice", 0.9},
                                     {"validationLoss", 0.4},
                                     {"validationDice", 0.8},
                                     {"validationAccuracy", 0.95}}}});
        TrainingResult result;
        result.package = openModelPackage(plan.output);
        result.stepsDone = plan.recipe.at("steps");
        return result;
    }

private:
    Control& control_;
};

/// Left half bright, and labelled.
TrainingSlice slice(Role role, uint64_t seed) {
    Random random(seed);
    TrainingSlice made;
    made.name = "slice " + std::to_string(seed);
    made.data = "made";
    made.role = role;
    made.image = Pixels(PixelType::u8, 1, {1, 64, 64});
    made.labels = Pixels(PixelType::u8, 1, {1, 64, 64});
    for (size_t i = 0; i < 4096; ++i) {
        made.image.values<uint8_t>()[i] = uint8_t((i % 64 < 32 ? 170 : 60) + random.below(40));
        made.labels.values<uint8_t>()[i] = i % 64 < 32;
    }
    return made;
}

} // namespace

class TestStudy : public QObject {
    Q_OBJECT
private:
    QTemporaryDir folder_;
    Control control_;
    std::unique_ptr<Session> session_;

    StudySettings settings(const char* name) {
        StudySettings s;
        s.folder = folder_.filePath(QString::fromLatin1(name)).toStdString();
        s.set.classNames = {"bright"};
        for (uint64_t i = 0; i < 8; ++i)
            s.set.slices.push_back(slice(i < 5 ? Role::train : i < 6 ? Role::validation : Role::test, i));
        const std::filesystem::path model =
            folder_.filePath(QStringLiteral("bright.safetensors")).toStdString();
        writePackage(model, nlohmann::json::object());
        s.model = openModelPackage(model);
        return s;
    }
    StudyResult run(const char* study, const StudySettings& s) {
        return runStudy(findStudy(study), *session_, s, Progress::none());
    }

private Q_SLOTS:
    void init() {
        QTest::failOnWarning(QRegularExpression(QStringLiteral(".?")));
        control_ = {};
        session_ = std::make_unique<Session>(SessionPaths{}, [this] {
            return Engine{std::make_unique<BrightLoader>(), std::make_unique<FakeTrainer>(control_)};
        });
    }

    void everyStudyGivesAFullTable_data() {
        QTest::addColumn<QString>("key");
        for (const auto& study : allStudies())
            QTest::newRow(study->key().c_str()) << QString::fromStdString(study->key());
    }
    void everyStudyGivesAFullTable() {
        QFETCH(QString, key);
        const StudySettings s = settings(("table-" + key.toStdString()).c_str());
        const StudyResult result = run(key.toLatin1().constData(), s);
        QVERIFY(result.rows.size() >= 3);
        QVERIFY(!result.series.empty());
        for (const auto& row : result.rows) QCOMPARE(row.size(), result.columns.size());
        for (const StudySeries& series : result.series) {
            QCOMPARE(series.x.size(), series.y.size());
        }
        for (const char* file : {"table.csv", "table.txt", "study.json"})
            QVERIFY(std::filesystem::exists(s.folder / file));
        // Every recipe is one that the schema takes.
        for (const TrainingPlan& plan : control_.trained)
            QVERIFY2(recipeSchema().complaints(plan.recipe).empty(), plan.card.name.c_str());
    }

    void trainingSizeCountsTheSlices() {
        const StudyResult result = run("training-size", settings("sizes"));
        std::vector<size_t> sizes;
        for (const TrainingPlan& plan : control_.trained)
            sizes.push_back(size_t(std::ranges::count(plan.set.slices, Role::train, &TrainingSlice::role)));
        QCOMPARE(sizes, (std::vector<size_t>{1, 3, 5, 1, 3, 5}));
        // Slices for the scores are not in the training's hands.
        for (const TrainingPlan& plan : control_.trained)
            QCOMPARE(std::ranges::count(plan.set.slices, Role::test, &TrainingSlice::role), 0);
        // The half without augmentation has none.
        QVERIFY(control_.trained.front().recipe.at("flip") > 0);
        for (const char* key : {"flip", "rotate", "scale", "elastic", "noise", "blur", "gamma", "shift"})
            QCOMPARE(control_.trained.back().recipe.at(key).get<double>(), 0.0);
        // Test scores come from the network itself: BrightNetwork is right on these slices.
        QCOMPARE(result.rows[0][4].get<double>(), 1.0);
    }

    void aStudyThatWasKilledGoesOn() {
        const StudySettings s = settings("killed");
        control_.failAfter = 2;
        QVERIFY_EXCEPTION_THROWN(run("training-size", s), Error);
        QCOMPARE(control_.trained.size(), size_t(2));
        control_.failAfter = 1000;
        run("training-size", s);
        QCOMPARE(control_.trained.size(), size_t(6)); // the first two were not trained again
        run("training-size", s);
        QCOMPARE(control_.trained.size(), size_t(6));
        StudySettings other = s;
        other.seed = 2;
        QVERIFY_EXCEPTION_THROWN(run("training-size", other), Error); // that folder answers another question
    }

    void settingsOfTheCommandLineReachEveryRecipe() {
        StudySettings s = settings("set");
        s.recipeSettings = {"steps=7"};
        run("training-size", s);
        for (const TrainingPlan& plan : control_.trained) QCOMPARE(plan.recipe.at("steps").get<int>(), 7);
        s.folder += "-wrong";
        s.recipeSettings = {"stepps=7"};
        QVERIFY_EXCEPTION_THROWN(run("training-size", s), Error);
    }

    void scoresFallWithDamage() {
        const StudyResult result = run("robustness", settings("robust"));
        std::map<std::string, std::vector<double>> f1;
        for (const auto& row : result.rows) f1[row[0]].push_back(row[3]);
        QCOMPARE(f1.at("salt and pepper")[0], 1.0);
        QVERIFY(f1.at("salt and pepper")[1] < 0.99);
        QVERIFY(f1.at("salt and pepper")[2] < f1.at("salt and pepper")[1]);
        QVERIFY(f1.at("Gaussian noise")[3] < 0.97);
        QVERIFY(f1.at("blur")[3] > 0.9);                                   // only the border moves
        for (const double score : f1.at("contrast")) QCOMPARE(score, 1.0); // normalisation takes it away
        QCOMPARE(result.rows[1][7].get<double>(), 0.70);
        QVERIFY(result.rows[0][7].is_null());
    }

    void damageReachesNeighboursToo() {
        // A network that answers for the slice above: only that one decides.
        StudySettings s = settings("neighbours");
        Pixels stack(PixelType::u8, 1, {3, 64, 64});
        for (int64_t z = 0; z < 3; ++z)
            std::ranges::copy(slice(Role::test, 7).image.values<uint8_t>(),
                              stack.values<uint8_t>().begin() + z * 4096);
        const auto source = std::make_shared<MemorySource>(stack);
        for (TrainingSlice& each : s.set.slices) {
            each.source = source;
            each.z = 1;
        }
        const StudyResult result = run("robustness", s);
        QVERIFY(result.rows[2][3].get<double>() < 0.99); // 10 % salt and pepper
    }

    void framesScoreEveryImageByEveryModel() {
        const StudyResult result = run("frames", settings("frames"));
        QCOMPARE(control_.trained.size(), size_t(6));
        QCOMPARE(result.rows.size(), size_t(8)); // two networks, three of each and their ensemble
        QCOMPARE(result.series.size(), size_t(8));
        for (const StudySeries& series : result.series) QCOMPARE(series.y, (std::vector<double>{1, 1}));
        QCOMPARE(result.rows[3][7].get<double>(), 0.69);
        QVERIFY(result.rows[0][7].is_null());
        QCOMPARE(control_.trained[1].recipe.at("network").get<std::string>(),
                 std::string("slicesIn=3, divisor=16"));
    }

    void glandsCountObjects() {
        const StudyResult result = run("glands", settings("glands"));
        QCOMPARE(result.rows[0][1].get<double>(), 1.0); // BrightNetwork is right
        QCOMPARE(result.rows[0][2].get<double>(), 1.0);
        QCOMPARE(result.rows[0][4].get<double>(), 0.0);
        QCOMPARE(result.rows[0][5].get<int>(), 2); // one object in each of two images
        QCOMPARE(result.rows[0][6].get<int>(), 2);
    }

    void defaultDataHaveAllRoles_data() {
        QTest::addColumn<QString>("key");
        for (const auto& study : allStudies())
            if (!study->defaultData().empty())
                QTest::newRow(study->key().c_str()) << QString::fromStdString(study->key());
    }
    void defaultDataHaveAllRoles() {
        QFETCH(QString, key);
        const std::filesystem::path zoo = std::filesystem::path(CRISTAE_SOURCE_DIR) / "models" / "zoo";
        const auto list = studyData(findStudy(key.toStdString()), SessionPaths{zoo, {}, {}});
        const std::filesystem::path data = CRISTAE_TEST_DATA;
        if (!std::filesystem::exists(data / "lucchi_pp"))
            QSKIP("The folder of real micrographs is not here.");
        const TrainingSet set = loadDataList(list, data, Progress::none()).set;
        for (const Role role : {Role::train, Role::validation, Role::test})
            QVERIFY(std::ranges::count(set.slices, role, &TrainingSlice::role) > 0);
    }

    void whatIsMissingIsNamed() {
        StudySettings s = settings("missing");
        s.model.reset();
        QVERIFY_EXCEPTION_THROWN(run("scaling", s), Error);
        s.set.slices.clear();
        QVERIFY_EXCEPTION_THROWN(run("training-size", s), Error);
        try {
            findStudy("sizes");
            QFAIL("A study that does not exist was found.");
        } catch (const Error& error) {
            QVERIFY(QString::fromUtf8(error.what()).contains(QStringLiteral("training-size")));
        }
    }

    void tablesAreAlignedAndQuoted() {
        StudyResult result;
        result.title = "T";
        result.columns = {"a, b", "µ"};
        result.rows = {{"x \"y\"", 0.123456}, {nullptr, 3}};
        QCOMPARE(studyCsv(result), std::string("\"a, b\",µ\r\n\"x \"\"y\"\"\",0.123456\r\n,3\r\n"));
        const std::string text = studyText(result);
        QVERIFY(text.find("x \"y\"  0.1235\n") != std::string::npos);
        QVERIFY(text.find("            3\n") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestStudy)
#include "tst_study.moc"
