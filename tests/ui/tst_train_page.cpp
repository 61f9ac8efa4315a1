// The Train page: a data set from the open image and from files, a run with curves, and what stands in its
// way.
#include "tests/ui/fake_engine.h"
#include "ui/charts/line_chart.h"
#include "ui/dialogs/pairs_dialog.h"
#include "ui/dialogs/recipe_dialog.h"
#include "ui/panels/data_set.h"
#include "ui/panels/train_page.h"
#include "ui/panels/training_preview.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include "core/learn/recipe.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableWidget>
#include <QTest>

using namespace cristae;

class TestTrainPage : public QObject {
    Q_OBJECT
private:
    std::unique_ptr<FakeWorld> world_;
    std::unique_ptr<Workbench> bench_;
    std::unique_ptr<TrainPage> page_;

    template <class T> T* part(const char* name) const {
        return page_->findChild<T*>(QString::fromLatin1(name));
    }

    void openLabelled() {
        QSignalSpy opened(bench_.get(), &Workbench::documentChanged);
        bench_->open(world_->writeImage("image.png", 320, 240));
        QTRY_COMPARE(opened.count(), 1);
        Document& document = *bench_->document();
        ClassTable classes = document.classes();
        const LabelClass mito = classes.ensure("mitochondria");
        document.setClasses(classes, "Add class");
        LabelEdit edit(document.labels().snapshot(), {});
        for (int64_t y = 0; y < 240; ++y)
            for (int64_t x = 0; x < 320; ++x)
                if ((x % 40 - 20) * (x % 40 - 20) + (y % 40 - 20) * (y % 40 - 20) < 100)
                    edit.set(0, y, x, {mito.value, Origin::human});
        document.applyLabels(edit.delta(), "Brush");
    }
    void addThisImage() {
        openLabelled();
        QTest::mouseClick(part<QPushButton>("addThis"), Qt::LeftButton);
        QTRY_COMPARE(page_->dataSet().rowCount(), 2);
    }

private Q_SLOTS:
    void init() {
        // Asked anew for each test. The offscreen platform says the one sentence of every window with a
        // minimum size.
        QTest::failOnWarning(
            QRegularExpression(QStringLiteral("^(?!This plugin does not support propagateSizeHints)")));
        world_ = std::make_unique<FakeWorld>();
        bench_ = std::make_unique<Workbench>(*world_->session);
        page_ = std::make_unique<TrainPage>(*bench_);
        page_->resize(380, 900);
        page_->show();
        QVERIFY(QTest::qWaitForWindowExposed(page_.get()));
    }
    void cleanup() {
        page_.reset();
        bench_.reset();
        world_.reset();
    }

    void saysWhatIsMissing() {
        QCOMPARE(page_->obstacles().size(), 1);
        QVERIFY(!part<QPushButton>("start")->isEnabled());
        QSignalSpy opened(bench_.get(), &Workbench::documentChanged);
        bench_->open(world_->writeImage("plain.png", 64, 64));
        QTRY_COMPARE(opened.count(), 1);
        QTest::mouseClick(part<QPushButton>("addThis"), Qt::LeftButton);
        QTRY_VERIFY(part<QLabel>("obstacles")->text().contains("no labels yet"));
    }

    void thisImageIsSplitForValidation() {
        QAbstractItemModelTester tester(&page_->dataSet(),
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        addThisImage();
        const auto& rows = page_->dataSet().rows();
        QCOMPARE(rows[0].role, RowRole::train);
        QCOMPARE(rows[1].role, RowRole::validation);
        QCOMPARE(rows[0].pair.image->info().extent().x, 240);
        QCOMPARE(rows[1].pair.image->info().extent().x, 80);
        QVERIFY(!rows[0].thumbnail.isNull());
        QCOMPARE(rows[0].classNames, std::vector<std::string>{"mitochondria"});
        QVERIFY2(page_->obstacles().isEmpty(), qPrintable(page_->obstacles().join(' ')));
        // The parts hold what the image and its labels hold there.
        const Pixels part = rows[1].pair.image->read(0, {0, 0, 0, 1, 240, 80});
        QCOMPARE(part.at(0, 0, 20, 20), double(FakeWorld::discs(320, 240).constScanLine(20)[260]));
        QCOMPARE(rows[1].pair.labels->read(0, {0, 0, 0, 1, 240, 80}).at(0, 0, 20, 20), 1.0);

        page_->dataSet().setData(page_->dataSet().index(1, 1), int(RowRole::train), Qt::EditRole);
        QCOMPARE(page_->obstacles().size(), 1);
        QVERIFY(page_->obstacles().front().contains("validation"));
        page_->dataSet().remove({0, 1});
        QCOMPARE(page_->dataSet().rowCount(), 0);
    }

    void curvesFollowTheRun() {
        addThisImage();
        page_->setModelName("My cells, 1st");
        QSignalSpy trained(page_.get(), &TrainPage::trained);
        QTest::mouseClick(part<QPushButton>("start"), Qt::LeftButton);
        QVERIFY(page_->running());
        QTRY_COMPARE(trained.count(), 1);
        QTRY_VERIFY(!page_->running());
        for (const LineChart* chart : {&page_->lossChart(), &page_->diceChart()})
            for (const LineChart::Series& series : chart->series()) QCOMPARE(series.points.size(), size_t(5));
        QCOMPARE(page_->diceChart().series()[1].points[3], QPointF(4, 0.8));
        QCOMPARE(trained.front().front().toString(), QString("my-cells-1st"));
        QVERIFY(std::filesystem::exists(world_->path("mine/my-cells-1st.safetensors")));
        QVERIFY(part<QLabel>("scores")->text().contains("0.800"));
        QVERIFY(!page_->findChild<TrainingPreview*>()->comparison().isNull());
        // What the trainer was given.
        const TrainingPlan& plan = world_->control.plan;
        QCOMPARE(plan.set.slices.size(), size_t(2));
        QCOMPARE(plan.set.classNames, std::vector<std::string>{"mitochondria"});
        QCOMPARE(plan.card.title, std::string("My cells, 1st"));
        QVERIFY(recipeSchema().complaints(plan.recipe).empty());
        // A second run must not overwrite the first one's model.
        QTest::mouseClick(part<QPushButton>("start"), Qt::LeftButton);
        QVERIFY(!page_->running());
        QVERIFY(part<QLabel>("obstacles")->text().contains("choose another name"));
        QSignalSpy use(page_.get(), &TrainPage::useModel);
        QTest::mouseClick(part<QPushButton>("useModel"), Qt::LeftButton);
        QCOMPARE(use.count(), 1);
    }

    void pauseAndStopReachTheTrainer() {
        addThisImage();
        world_->control.msPerStep = 40;
        page_->start();
        QTRY_VERIFY(world_->control.steps > 0);
        QTest::mouseClick(part<QPushButton>("pause"), Qt::LeftButton);
        QTRY_VERIFY(world_->control.pauseSeen);
        const int steps = world_->control.steps;
        QTest::qWait(200);
        QCOMPARE(world_->control.steps.load(), steps);
        QVERIFY(part<QLabel>("runWords")->text().contains("Paused"));
        QTest::mouseClick(part<QPushButton>("pause"), Qt::LeftButton);
        QTRY_VERIFY(world_->control.steps > steps);
        QSignalSpy trained(page_.get(), &TrainPage::trained);
        QTest::mouseClick(part<QPushButton>("stop"), Qt::LeftButton);
        QTRY_COMPARE(trained.count(), 1);
        QVERIFY(world_->control.stopSeen);
        QVERIFY(world_->control.steps < 20);
    }

    void cancelKeepsNoModel() {
        addThisImage();
        world_->control.msPerStep = 40;
        page_->start();
        QTRY_VERIFY(world_->control.steps > 0);
        QSignalSpy trained(page_.get(), &TrainPage::trained);
        QTest::mouseClick(part<QPushButton>("cancelTraining"), Qt::LeftButton);
        QVERIFY(!page_->running());
        QTest::qWait(200);
        QCOMPARE(trained.count(), 0);
        QVERIFY(part<QPushButton>("start")->isEnabled());
    }

    void complaintsOfTheTrainerAreShown() {
        addThisImage();
        world_->control.complaints = {"The patch of 256 px is larger than the slices of 240 px; choose 192."};
        page_->start();
        QTRY_VERIFY(!page_->running());
        QVERIFY(part<QLabel>("obstacles")->text().contains("choose 192"));
    }

    void foldersArePairedAndShownFirst() {
        for (const char* name : {"images/a1.png", "images/a2.png", "images/a10.png"})
            world_->writeImage(name, 96, 96);
        for (const char* name : {"labels/a1.png", "labels/a2.png", "labels/a10.png"}) {
            QImage mask = FakeWorld::discs(96, 96);
            for (int y = 0; y < 96; ++y)
                for (int x = 0; x < 96; ++x) mask.scanLine(y)[x] = mask.constScanLine(y)[x] > 120 ? 255 : 0;
            QDir().mkpath(world_->name("labels"));
            mask.save(world_->name(name));
        }
        page_->addFiles();
        auto* dialog = page_->findChild<PairsDialog*>();
        if (!dialog) dialog = page_->window()->findChild<PairsDialog*>();
        QVERIFY(dialog);
        dialog->setPaths(world_->name("images"), world_->name("labels"));
        auto* pairs = dialog->findChild<QTableWidget*>("pairs");
        QTRY_COMPARE(pairs->rowCount(), 3);
        QCOMPARE(pairs->item(1, 0)->text(), QString("a2.png"));
        auto* take = dialog->findChild<QPushButton*>("take");
        QVERIFY(!take->isEnabled()); // nobody knows yet what the labels show
        dialog->setClassNames("nuclei");
        QVERIFY(take->isEnabled());
        QTest::mouseClick(take, Qt::LeftButton);
        QTRY_COMPARE(page_->dataSet().rowCount(), 3);
        QCOMPARE(page_->dataSet().slicesFor(RowRole::validation), 1);
        QCOMPARE(page_->dataSet().rows()[0].labelledSlices, 1);
        QVERIFY(page_->dataSet().rows()[0].complaints.isEmpty());
        QVERIFY2(page_->obstacles().isEmpty(), qPrintable(page_->obstacles().join(' ')));
    }

    void recipeFormGivesBackWhatItShows() {
        for (const NamedRecipe& recipe : namedRecipes()) {
            RecipeDialog dialog(recipeSchema(), recipe.values);
            QCOMPARE(QByteArray::fromStdString(dialog.values().dump()),
                     QByteArray::fromStdString(recipe.values.dump()));
        }
        RecipeDialog dialog(recipeSchema(), namedRecipes()[1].values);
        dialog.findChild<QSpinBox*>("patch")->setValue(128);
        dialog.findChild<QDoubleSpinBox*>("learningRate")->setValue(1e-5);
        QCOMPARE(dialog.values()["patch"].get<int>(), 128);
        QCOMPARE(dialog.values()["learningRate"].get<double>(), 1e-5);
        page_->setRecipe(dialog.values(), "own");
        QCOMPARE(page_->recipe()["patch"].get<int>(), 128);
    }
};

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    applyTheme(application, ThemeKind::dark);
    TestTrainPage test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_train_page.moc"
