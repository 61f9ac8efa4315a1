// Which process this is, as torchrun and Slurm say it.
#include "core/base/error.h"
#include "core/learn/process_place.h"

#include <QRegularExpression>
#include <QTest>

using namespace cristae;

namespace {

ProcessPlace placeIn(std::map<std::string, std::string> variables) {
    return processPlace([variables](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
}

QString complaintAbout(std::map<std::string, std::string> variables) {
    try {
        placeIn(std::move(variables));
    } catch (const Error& error) {
        return QString::fromStdString(error.what());
    }
    return {};
}

} // namespace

class TestProcessPlace : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(".?")); }

    void aloneUnlessStartedAsSeveral() {
        QCOMPARE(placeIn({}).count, 1);
        QCOMPARE(placeIn({{"WORLD_SIZE", "1"}, {"RANK", "0"}}).count, 1);
        QCOMPARE(placeIn({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "1"}}).count, 1);
        // A batch script that was given many tasks runs this as one step of one.
        QCOMPARE(placeIn({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}, {"SLURM_STEP_NUM_TASKS", "1"}}).count,
                 1);
    }
    void torchrun() {
        const ProcessPlace place = placeIn({{"WORLD_SIZE", "4"},
                                            {"RANK", "3"},
                                            {"LOCAL_RANK", "1"},
                                            {"MASTER_ADDR", "head.cluster"},
                                            {"MASTER_PORT", "1234"}});
        QCOMPARE(place.rank, 3);
        QCOMPARE(place.count, 4);
        QCOMPARE(place.localRank, 1);
        QCOMPARE(place.host, std::string("head.cluster"));
        QCOMPARE(place.port, 1234);
    }
    void slurm() {
        std::map<std::string, std::string> variables{{"SLURM_PROCID", "5"},
                                                     {"SLURM_LOCALID", "1"},
                                                     {"SLURM_NTASKS", "8"},
                                                     {"SLURM_JOB_ID", "123456"},
                                                     {"SLURM_STEP_NODELIST", "node[03-07,12].site,other"}};
        ProcessPlace place = placeIn(variables);
        QCOMPARE(place.rank, 5);
        QCOMPARE(place.localRank, 1);
        QCOMPARE(place.count, 8);
        QCOMPARE(place.host, std::string("node03.site"));
        QVERIFY(place.port >= 20000 && place.port < 40000);
        variables["SLURM_STEP_NODELIST"] = "alpha,beta[1-2]";
        QCOMPARE(placeIn(variables).host, std::string("alpha"));
        variables["MASTER_ADDR"] = "gamma";
        variables["MASTER_PORT"] = "77";
        QCOMPARE(placeIn(variables).host, std::string("gamma"));
        QCOMPARE(placeIn(variables).port, 77);
    }
    void whatIsMissingIsNamed() {
        QVERIFY(complaintAbout({{"WORLD_SIZE", "2"}}).contains("RANK is not set"));
        QVERIFY(complaintAbout({{"WORLD_SIZE", "two"}}).contains("WORLD_SIZE is \"two\""));
        QVERIFY(complaintAbout({{"WORLD_SIZE", "2"}, {"RANK", "2"}}).contains("Process 2 of 2"));
    }
};

QTEST_GUILESS_MAIN(TestProcessPlace)
#include "tst_process_place.moc"
