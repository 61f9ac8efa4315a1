// Fitting a model to corrections in the window: what is complete, a run in the background with pictures, and
// the model that is used or given up.
#include "core/document/complete_parts.h"
#include "core/image/memory_source.h"
#include "core/learn/run_folder.h"
#include "tests/support/ui_setup.h"
#include "tests/ui/fake_engine.h"
#include "ui/canvas/canvas_view.h"
#include "ui/panels/before_after.h"
#include "ui/panels/fit_panel.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QCheckBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTest>

using namespace cristae;

class TestFitPanel : public QObject {
    Q_OBJECT
private:
    std::unique_ptr<FakeWorld> world_;
    std::unique_ptr<Workbench> bench_;
    std::unique_ptr<FitPanel> panel_;
    bool modelChosen_ = true;

    template <class T> T* part(const char* name) const {
        return panel_->findChild<T*>(QString::fromLatin1(name));
    }
    void click(const char* name) { QTest::mouseClick(part<QPushButton>(name), Qt::LeftButton); }
    ModelPackage bright() const { return world_->session->findModel("bright"); }

    /// Three slices of discs; the discs of slice 1 are labelled by `origin`.
    void open(Origin origin) {
        const QImage picture = FakeWorld::discs(160, 120);
        Pixels pixels(PixelType::u8, 1, {3, 120, 160});
        for (int64_t z = 0; z < 3; ++z)
            for (int64_t y = 0; y < 120; ++y)
                std::copy_n(picture.constScanLine(int(y)), 160,
                            pixels.values<uint8_t>().begin() + (z * 120 + y) * 160);
        bench_->showImage(std::make_shared<MemorySource>(pixels));
        Document& document = *bench_->document();
        ClassTable classes;
        const LabelClass mito = classes.ensure("mitochondria");
        document.setClasses(classes, "Add class");
        LabelEdit edit(document.labels().snapshot(), {});
        for (int64_t y = 0; y < 120; ++y)
            for (int64_t x = 0; x < 160; ++x)
                if ((x % 40 - 20) * (x % 40 - 20) + (y % 40 - 20) * (y % 40 - 20) < 100)
                    edit.set(1, y, x, {mito.value, origin});
        document.applyLabels(edit.delta(), "Brush");
        bench_->setSlice(1);
    }

private Q_SLOTS:
    void init() {
        QTest::failOnWarning(
            QRegularExpression(QStringLiteral("^(?!This plugin does not support propagateSizeHints)")));
        world_ = std::make_unique<FakeWorld>();
        bench_ = std::make_unique<Workbench>(*world_->session);
        panel_ = std::make_unique<FitPanel>(*bench_);
        modelChosen_ = true;
        panel_->setModelInUse(
            [this] { return modelChosen_ ? std::optional(bright()) : std::optional<ModelPackage>(); });
        panel_->resize(360, 700);
        panel_->show();
    }
    void cleanup() {
        panel_.reset();
        bench_.reset();
        world_.reset();
    }

    void aSliceIsComplete() {
        open(Origin::model);
        auto* box = part<QCheckBox>("sliceComplete");
        QVERIFY(!box->isChecked());
        box->click();
        const Extent3 extent = bench_->document()->info().extent();
        QVERIFY(sliceComplete(bench_->document()->completeParts(), extent, 1));
        QVERIFY(part<QLabel>("fitKnown")->text().contains("slice 2"));
        bench_->setSlice(0);
        QVERIFY(!box->isChecked());
        bench_->setSlice(1);
        QVERIFY(box->isChecked());
        bench_->document()->undoStack().undo();
        QVERIFY(bench_->document()->completeParts().empty());
        QVERIFY(!box->isChecked());
        bench_->document()->undoStack().redo();
        QVERIFY(box->isChecked());
        box->click();
        QVERIFY(bench_->document()->completeParts().empty());
    }

    /// Saved with the labels, they come back with them.
    void completePartsAreSaved() {
        open(Origin::human);
        bench_->setSliceComplete(1, true);
        bench_->addCompletePart({2, 3, 4, 3, 50, 60});
        const std::vector<Box3> parts = bench_->document()->completeParts();
        QSignalSpy saved(bench_.get(), &Workbench::labelsSaved);
        bench_->saveLabels(world_->name("labels.tif"));
        QTRY_COMPARE(saved.count(), 1);
        open(Origin::human);
        QVERIFY(bench_->document()->completeParts().empty());
        bool loaded = false;
        bench_->loadLabels(world_->name("labels.tif"), {}, [&] { loaded = true; });
        QTRY_VERIFY(loaded);
        QCOMPARE(bench_->document()->completeParts(), parts);
    }

    /// The rectangle is drawn on the canvas with the tool of that name, and is seen there.
    void aPartIsDrawn() {
        open(Origin::model);
        CanvasView canvas(*bench_);
        canvas.resize(800, 400);
        canvas.show();
        QVERIFY(QTest::qWaitForWindowExposed(&canvas));
        click("completePart");
        QCOMPARE(bench_->tool(), QStringLiteral("complete"));
        CanvasPane* pane = canvas.labelledPane();
        const auto at = [&](double y, double x) {
            return (pane->geometryNow().deviceFromImage({y, x}) / pane->devicePixelRatioF()).toPoint();
        };
        const QImage before = pane->grab().toImage();
        QTest::mousePress(pane, Qt::LeftButton, {}, at(20, 30));
        QTest::mouseMove(pane, at(60, 90));
        QTest::mouseRelease(pane, Qt::LeftButton, {}, at(80, 110));
        QCOMPARE(bench_->document()->completeParts().size(), size_t(1));
        const Box3 drawn = bench_->document()->completeParts().front();
        QVERIFY(drawn.z0 == 1 && drawn.z1 == 2);
        QVERIFY(std::abs(drawn.y0 - 20) <= 1 && std::abs(drawn.y1 - 80) <= 1);
        QVERIFY(std::abs(drawn.x0 - 30) <= 1 && std::abs(drawn.x1 - 110) <= 1);
        QVERIFY(pane->grab().toImage() != before);
        QTest::mouseClick(pane, Qt::LeftButton, {}, at(20, 30)); // no rectangle
        QCOMPARE(bench_->document()->completeParts().size(), size_t(1));
    }

    void aFitRunsAndIsUsed() {
        open(Origin::model);
        part<QCheckBox>("sliceComplete")->click();
        QCOMPARE(part<QPushButton>("startFit")->text(), QStringLiteral("Improve with my corrections"));
        QVERIFY(part<QLineEdit>("fitName")->text().startsWith("mitochondria, fitted to"));
        part<QLineEdit>("fitName")->setText("Bright, mine");
        QSignalSpy used(panel_.get(), &FitPanel::useModel), changed(panel_.get(), &FitPanel::modelsChanged);
        click("startFit");
        QVERIFY(panel_->running());
        QCOMPARE(panel_->running()->title(), QStringLiteral("Fitting “Bright, mine”"));
        QTRY_COMPARE_WITH_TIMEOUT(changed.count(), 1, 20000);
        const TrainingPlan& plan = world_->control.plan;
        QCOMPARE(plan.startFrom->file, bright().file);
        QCOMPARE(plan.set.slices.size(), size_t(2));
        QCOMPARE(plan.set.slices[0].z, int64_t(1));
        QCOMPARE(plan.set.slices[1].role, Role::validation);
        QCOMPARE(plan.set.slices[1].z, int64_t(2));
        const auto labels = std::as_const(plan.set.slices[0].labels).values<uint8_t>();
        QCOMPARE(std::ranges::count(labels, uint8_t(255)), 0);
        QVERIFY(std::ranges::count(labels, uint8_t(1)) > 2000);
        QTRY_VERIFY(!panel_->pictures().before().isNull());
        QVERIFY(!panel_->pictures().after().isNull());
        const auto file = world_->path("mine/bright-mine.safetensors");
        QVERIFY(std::filesystem::exists(file));
        QCOMPARE(openModelPackage(file).card.title, std::string("Bright, mine"));
        click("useFit");
        QCOMPARE(used.count(), 1);
        QCOMPARE(used[0][0].toString(), QStringLiteral("bright-mine"));
        QVERIFY(std::filesystem::exists(file));
        QVERIFY(part<QPushButton>("startFit")->isVisible());
    }

    void backDeletesTheFittedModel() {
        open(Origin::model);
        part<QCheckBox>("sliceComplete")->click();
        part<QLineEdit>("fitName")->setText("Bright, mine");
        QSignalSpy used(panel_.get(), &FitPanel::useModel), changed(panel_.get(), &FitPanel::modelsChanged);
        click("startFit");
        QTRY_COMPARE_WITH_TIMEOUT(changed.count(), 1, 20000);
        click("backFit");
        QTRY_COMPARE(changed.count(), 2);
        QVERIFY(!std::filesystem::exists(world_->path("mine/bright-mine.safetensors")));
        QVERIFY(std::filesystem::exists(bright().file));
        QCOMPARE(used.count(), 0);
    }

    void saysWhatIsMissing() {
        open(Origin::model);
        click("startFit");
        QTRY_VERIFY(part<QLabel>("fitProblem")->text().contains("complete"));
        QVERIFY(!panel_->running());
        part<QLineEdit>("fitName")->setText(QStringLiteral(" "));
        click("startFit");
        QVERIFY(part<QLabel>("fitProblem")->text().contains("name"));
    }

    /// Strokes alone make a first model; the background must be told too.
    void strokesMakeAModel() {
        modelChosen_ = false;
        open(Origin::human);
        panel_->updateState();
        QCOMPARE(part<QPushButton>("startFit")->text(), QStringLiteral("Train from my strokes"));
        click("startFit");
        QTRY_VERIFY(part<QLabel>("fitProblem")->text().contains("background"));
        click("backgroundStrokes");
        Document& document = *bench_->document();
        const LabelClass* background = document.classes().find(bench_->currentLabel());
        QVERIFY(background && background->name == "background");
        QCOMPARE(bench_->tool(), QStringLiteral("brush"));
        LabelEdit edit(document.labels().snapshot(), {});
        edit.setRun(1, 0, 0, 100, {background->value, Origin::human});
        document.applyLabels(edit.delta(), "Brush");
        QSignalSpy changed(panel_.get(), &FitPanel::modelsChanged);
        click("startFit");
        QTRY_COMPARE_WITH_TIMEOUT(changed.count(), 1, 20000);
        const TrainingPlan& plan = world_->control.plan;
        QVERIFY(!plan.startFrom.has_value());
        QCOMPARE(plan.set.classNames, std::vector<std::string>{"mitochondria"});
        const auto labels = std::as_const(plan.set.slices[0].labels).values<uint8_t>();
        QCOMPARE(std::ranges::count(labels, uint8_t(0)), 100);
    }

    /// Meanwhile predictions do not wait, and a cancelled run can be resumed.
    void itWorksInTheBackground() {
        open(Origin::model);
        part<QCheckBox>("sliceComplete")->click();
        world_->control.msPerStep = 200;
        QSignalSpy left(panel_.get(), &FitPanel::runLeft);
        click("startFit");
        QTRY_VERIFY_WITH_TIMEOUT(world_->control.steps >= 1, 20000);
        bool predicted = false;
        bench_->jobs().start<bool>(
            Queue::compute, QStringLiteral("predict"), [](const Progress&) { return true; },
            [&](bool) { predicted = true; });
        QTRY_VERIFY(predicted);
        QVERIFY(panel_->running());
        QElapsedTimer clock;
        clock.start();
        click("cancelFit");
        QVERIFY(!panel_->running());
        QVERIFY(clock.elapsed() < 500);
        QTRY_COMPARE_WITH_TIMEOUT(left.count(), 1, 20000);
        const auto runs = unfinishedRuns(world_->path("mine/runs"));
        QCOMPARE(runs.size(), size_t(1));
        QVERIFY(runs[0].card.title.find("fitted to") != std::string::npos);
    }
};

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    const QTemporaryDir settings;
    useOwnSettings(settings);
    applyTheme(application, ThemeKind::dark);
    TestFitPanel test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_fit_panel.moc"
