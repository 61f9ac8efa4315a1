// The Train page: a data set from the open image and from files, a run with curves, and what stands in its
// way.
#include "tests/support/ui_setup.h"
#include "tests/ui/fake_engine.h"
#include "ui/charts/line_chart.h"
#include "ui/dialogs/pairs_dialog.h"
#include "ui/dialogs/recipe_dialog.h"
#include "ui/panels/data_set.h"
#include "ui/panels/parts.h"
#include "ui/panels/train_page.h"
#include "ui/panels/training_preview.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include "core/learn/recipe.h"

#include <QAbstractItemModelTester>
#include <QButtonGroup>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableWidget>
#include <QTest>
#include <QToolButton>

#include <cmath>

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
        // The right quarter, with 64 px between, since the pixel size is not known; the image stays whole.
        QCOMPARE(*rows[0].pair.region, (Region{0, 240, 0, 176}));
        QCOMPARE(*rows[1].pair.region, (Region{0, 240, 240, 320}));
        QCOMPARE(rows[1].pair.image->info().extent().x, 320);
        QVERIFY(!rows[0].thumbnail.isNull());
        QCOMPARE(rows[0].classNames, std::vector<std::string>{"mitochondria"});
        QVERIFY2(page_->obstacles().isEmpty(), qPrintable(page_->obstacles().join(' ')));
        page_->dataSet().setData(page_->dataSet().index(1, 1), int(RowRole::train), Qt::EditRole);
        QCOMPARE(page_->obstacles().size(), 1);
        QVERIFY(page_->obstacles().front().contains("validation"));
        page_->dataSet().remove({0, 1});
        QCOMPARE(page_->dataSet().rowCount(), 0);
    }

    void neighboursAreNamedAndSplit() {
        addThisImage();
        QTRY_VERIFY(part<QLabel>("leaks")->isHidden());
        auto* button = part<QPushButton>("splitByDistance");
        QVERIFY(button->isVisible());
        // The same image as validation data of itself.
        std::vector<DataSetRow> rows = page_->dataSet().rows();
        rows[1].pair.region = Region{0, 240, 180, 320};
        page_->dataSet().remove({0, 1});
        page_->dataSet().add(rows);
        QTRY_VERIFY2(part<QLabel>("leaks")->text().contains("neighbour of training slices"),
                     qPrintable(part<QLabel>("leaks")->text()));
        page_->dataSet().remove({1});
        rows.resize(1);
        rows[0].pair.region.reset();
        page_->dataSet().remove({0});
        page_->dataSet().add(rows);
        QCOMPARE(page_->dataSet().rowCount(), 1);
        QTest::mouseClick(button, Qt::LeftButton);
        QTRY_COMPARE(page_->dataSet().rowCount(), 2);
        QTRY_VERIFY(button->isEnabled());
        QVERIFY(part<QLabel>("splitWords")->text().contains("64 px between"));
        QCOMPARE(page_->dataSet().rows()[1].role, RowRole::validation);
        QCOMPARE(page_->dataSet().rows()[1].pair.name, std::string("image.png, columns 240–319"));
        QVERIFY(!page_->dataSet().facts(page_->dataSet().rows()[1]).contains("columns"));
        QVERIFY(part<QLabel>("leaks")->isHidden());
        QCOMPARE(button->text(), QString("Undo the split"));
        QTest::mouseClick(button, Qt::LeftButton);
        QCOMPARE(page_->dataSet().rowCount(), 1);
        QCOMPARE(button->text(), QString("Split by distance"));
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
        // A second run must not overwrite the first one's model: it gets a free name.
        QCOMPARE(part<QLineEdit>("modelName")->text(), QStringLiteral("My cells, 1st 2"));
        page_->setModelName("My cells, 1st");
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

    void aCancelledRunIsResumedAfterARestart() {
        addThisImage();
        page_->setModelName("My cells");
        nlohmann::json recipe = page_->recipe();
        recipe["steps"] = 20; // what the made-up trainer does
        recipe["stepsPerEpoch"] = 4;
        page_->setRecipe(recipe, "own");
        world_->control.msPerStep = 20;
        QVERIFY(!part<QPushButton>("resume")->isVisible());
        page_->start();
        QTRY_VERIFY(world_->control.steps >= 9);
        QTest::mouseClick(part<QPushButton>("cancelTraining"), Qt::LeftButton);
        QTRY_VERIFY(part<QPushButton>("resume")->isVisible());
        QVERIFY(!std::filesystem::exists(world_->path("mine/my-cells.safetensors")));
        const int64_t stepsBefore = world_->control.steps;
        const TrainingPlan before = world_->control.plan;

        // The program is closed and started again: no data set, no open image.
        page_.reset();
        bench_.reset();
        world_->restart();
        world_->control.msPerStep = 1;
        world_->control.steps = 0;
        bench_ = std::make_unique<Workbench>(*world_->session);
        page_ = std::make_unique<TrainPage>(*bench_);
        page_->resize(380, 900);
        page_->show();
        QTRY_VERIFY(part<QPushButton>("resume")->isVisible());
        QVERIFY(part<QLabel>("unfinishedWords")->text().contains("My cells"));
        QVERIFY2(part<QLabel>("unfinishedWords")->text().contains(QString("step %1 of 20").arg(stepsBefore)),
                 qPrintable(part<QLabel>("unfinishedWords")->text()));
        QSignalSpy trained(page_.get(), &TrainPage::trained);
        QTest::mouseClick(part<QPushButton>("resume"), Qt::LeftButton);
        QCOMPARE(page_->diceChart().series()[1].points.size(), size_t(stepsBefore / 4)); // the epochs before
        QTRY_COMPARE(trained.count(), 1);
        QTRY_VERIFY(!page_->running());
        QCOMPARE(page_->diceChart().series()[1].points.size(), size_t(5));
        QVERIFY(std::filesystem::exists(world_->path("mine/my-cells.safetensors")));
        // The same data and recipe, from where it was.
        const TrainingPlan& after = world_->control.plan;
        QVERIFY(after.resume);
        QCOMPARE(after.runFolder, before.runFolder);
        QVERIFY(after.recipe == before.recipe);
        QCOMPARE(after.set.slices.size(), before.set.slices.size());
        for (size_t i = 0; i < after.set.slices.size(); ++i) {
            QVERIFY(after.set.slices[i].image == before.set.slices[i].image);
            QVERIFY(after.set.slices[i].labels == before.set.slices[i].labels);
            QCOMPARE(after.set.slices[i].role, before.set.slices[i].role);
        }
        // A run that has come to its end is not offered again.
        page_->refreshRuns();
        QTRY_VERIFY(!bench_->jobs().busy(Queue::compute));
        QVERIFY(!part<QPushButton>("resume")->isVisible());
    }

    void anUnfinishedRunCanBeDiscarded() {
        addThisImage();
        world_->control.msPerStep = 20;
        page_->start();
        QTRY_VERIFY(world_->control.steps >= 5);
        page_->cancel();
        QTRY_VERIFY(part<QPushButton>("resume")->isVisible());
        QTest::mouseClick(part<QPushButton>("discardRun"), Qt::LeftButton);
        auto* question = page_->findChild<QMessageBox*>("discardQuestion");
        QVERIFY(question);
        QTest::mouseClick(question->findChild<QPushButton*>("discard"), Qt::LeftButton);
        QTRY_VERIFY(!part<QPushButton>("resume")->isVisible());
        QVERIFY(unfinishedRuns(world_->path("mine/runs")).empty());
    }

    void anotherModelIsScoredOnTheSameSlices() {
        addThisImage();
        QSignalSpy trained(page_.get(), &TrainPage::trained), compared(page_.get(), &TrainPage::compared);
        page_->start();
        QTRY_COMPARE(trained.count(), 1);
        QTRY_VERIFY(!page_->running());
        auto* table = part<QLabel>("modelComparison");
        QVERIFY(!table->isVisible());
        page_->compareWith(openModelPackage(world_->path("zoo/bright.safetensors")));
        QTRY_COMPARE(compared.count(), 1);
        QVERIFY(table->isVisible());
        QVERIFY2(table->text().contains("bright") && table->text().contains("Dice"),
                 qPrintable(table->text()));
        // The network finds what is brighter than the mean: the discs, a little more or less at their rim.
        const QRegularExpression dice("Dice</td><td align=right>([0-9.]+)</td><td align=right>([0-9.]+)");
        const auto match = dice.match(table->text());
        QVERIFY2(match.hasMatch(), qPrintable(table->text()));
        QVERIFY(match.captured(2).toDouble() > 0.9);
        // A model that finds something else is refused in words.
        ModelCard two = fakeCard("two", "nuclei");
        two.classes.push_back({"axons", {}, 0.5});
        writeFakePackage(world_->path("zoo/two.safetensors"), two);
        page_->compareWith(openModelPackage(world_->path("zoo/two.safetensors")));
        QTRY_VERIFY2(table->text().contains("nuclei, axons"), qPrintable(table->text()));
    }

    void theChosenRecipeIsReadableDuringARun() {
        addThisImage();
        world_->control.msPerStep = 40;
        page_->start();
        QTRY_VERIFY(world_->control.steps > 0);
        QAbstractButton* chosen = nullptr;
        for (auto* button : page_->findChildren<QToolButton*>())
            if (button->isChecked()) chosen = button;
        QVERIFY(chosen && !chosen->isEnabled());
        // The lightest and the darkest pixel of the button: words and background.
        const QImage picture = chosen->grab().toImage().convertToFormat(QImage::Format_Grayscale8);
        double darkest = 255, lightest = 0;
        for (int y = 4; y < picture.height() - 4; ++y)
            for (int x = 4; x < picture.width() - 4; ++x) {
                darkest = std::min(darkest, double(picture.constScanLine(y)[x]));
                lightest = std::max(lightest, double(picture.constScanLine(y)[x]));
            }
        const auto luminance = [](double grey) { return std::pow(grey / 255, 2.2); };
        const double contrast = (luminance(lightest) + 0.05) / (luminance(darkest) + 0.05);
        QVERIFY2(contrast >= 4.5, qPrintable(QString::number(contrast)));
        page_->cancel();
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
    const QTemporaryDir settings;
    useOwnSettings(settings);
    applyTheme(application, ThemeKind::dark);
    TestTrainPage test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_train_page.moc"
