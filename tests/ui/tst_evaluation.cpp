// The comparison with a ground truth on the Measure page: figures, classes, slices, difference, files.
#include "core/image/memory_source.h"
#include "core/io/format.h"
#include "tests/support/patience.h"
#include "tests/support/tiny_tiff.h"
#include "tests/ui/fake_engine.h"
#include "ui/canvas/canvas_view.h"
#include "ui/canvas/difference_layer.h"
#include "ui/charts/line_chart.h"
#include "ui/panels/evaluation_panel.h"
#include "ui/panels/exploration_panel.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTableWidget>
#include <QTest>
#include <QWheelEvent>

using namespace cristae;

namespace {

constexpr int width = 120, height = 90, slices = 4;

/// A square of `value` from (x, y) on, in every slice but the last.
std::vector<std::vector<uint8_t>> squares(const std::vector<QPoint>& corners, int side, uint8_t value) {
    std::vector<std::vector<uint8_t>> pages(slices, std::vector<uint8_t>(width * height));
    for (int z = 0; z + 1 < slices; ++z)
        for (const QPoint& corner : corners)
            for (int y = 0; y < side; ++y)
                for (int x = 0; x < side; ++x)
                    pages[size_t(z)][size_t((corner.y() + y) * width + corner.x() + x)] = value;
    return pages;
}

} // namespace

class TestEvaluation : public QObject {
    Q_OBJECT
    std::unique_ptr<FakeWorld> world_;
    std::unique_ptr<Workbench> bench_;
    std::unique_ptr<EvaluationPanel> panel_;

    template <class T> T* child(const char* name) { return panel_->findChild<T*>(QString::fromLatin1(name)); }
    QString write(const char* name, const std::vector<std::vector<uint8_t>>& pages) {
        const QString path = world_->name(name);
        return writeTinyTiff(path, width, height, pages, 5) ? path : QString();
    }
    void label(const std::vector<std::vector<uint8_t>>& pages, uint32_t value) {
        LabelEdit edit(bench_->document()->labels().snapshot(), {});
        for (int z = 0; z < slices; ++z)
            for (int y = 0; y < height; ++y)
                for (int x = 0; x < width; ++x)
                    if (pages[size_t(z)][size_t(y * width + x)]) edit.set(z, y, x, {value, Origin::human});
        bench_->document()->applyLabels(edit.delta(), "Brush");
    }
    /// Two squares of 20 px are labelled; of the truth's two one lies there, one elsewhere.
    QString prepare() {
        bench_->open(write("image.tif", squares({{0, 0}}, 60, 90)));
        const bool opened = QTest::qWaitFor([&] { return bench_->document() != nullptr; });
        if (!opened) return {};
        ClassTable classes;
        classes.set({1, "mitochondria", {0xe6, 0x9f, 0x00}});
        classes.set({2, "nuclei", {0xcc, 0x79, 0xa7}});
        bench_->document()->setClasses(classes, "Classes");
        label(squares({{10, 10}, {50, 50}}, 20, 1), 1);
        return write("truth.tif", squares({{10, 10}, {80, 20}}, 20, 255));
    }
    QString cell(const char* table, int row, int column) {
        auto* item = child<QTableWidget>(table)->item(row, column);
        return item ? item->text() : QString();
    }
    QString figure(const QString& title, int column = 1) {
        auto* table = child<QTableWidget>("figures");
        for (int row = 0; row < table->rowCount(); ++row)
            if (table->item(row, 0)->text() == title) return cell("figures", row, column);
        return {};
    }

private Q_SLOTS:
    void init() {
        QTest::failOnWarning(QRegularExpression(QStringLiteral("^(?!This plugin does not support)")));
        world_ = std::make_unique<FakeWorld>();
        bench_ = std::make_unique<Workbench>(*world_->session);
        panel_ = std::make_unique<EvaluationPanel>(*bench_);
        panel_->resize(360, 900);
        panel_->show();
    }
    void cleanup() {
        panel_.reset();
        bench_.reset();
        world_.reset();
    }

    void everyFigureStandsOnThePage() {
        const QString truth = prepare();
        QSignalSpy compared(panel_.get(), &EvaluationPanel::compared);
        panel_->compareWith(truth);
        QTRY_COMPARE(compared.count(), 1);
        QCOMPARE(child<QLabel>("objectsFound")->text(), QString("1 of 2"));
        QVERIFY(child<QLabel>("objectsFound")->isVisible());
        QCOMPARE(child<QLabel>("diceFigure")->text(), QString("0.500"));
        QVERIFY(child<QLabel>("comparedWords")->text().contains("mitochondria"));
        QCOMPARE(figure("Dice (F1)"), QString("0.5000"));
        QCOMPARE(figure("IoU"), QString("0.3333"));
        QCOMPARE(figure("Object F1, IoU ≥ 0.5"), QString("0.5000"));
        QVERIFY(!figure("Hausdorff 95 %, px").isEmpty());
        QVERIFY(!figure("V-rand").isEmpty());
        // What core gives is what stands there, all of it, and each says how it is counted.
        const auto metrics = compared.front().front().value<std::vector<Metric>>();
        auto* table = child<QTableWidget>("figures");
        int rows = 0;
        for (int row = 0; row < table->rowCount(); ++row)
            if (auto* value = table->item(row, 1)) {
                QVERIFY(!value->toolTip().isEmpty());
                ++rows;
            }
        QCOMPARE(rows, int(metrics.size()));
        QVERIFY(metrics.size() >= 25);
        QVERIFY(child<QLabel>("conventions")->text().contains("2TP/(2TP+FP+FN)"));
    }

    void classesAreCountedAgainstEachOther() {
        const QString truth = prepare();
        panel_->compareWith(truth);
        QTRY_COMPARE(child<QTableWidget>("confusion")->rowCount(), 2);
        auto* table = child<QTableWidget>("confusion");
        QCOMPARE(table->verticalHeaderItem(0)->text(), QString("background"));
        QCOMPARE(table->verticalHeaderItem(1)->text(), QString("value 255"));
        QCOMPARE(table->horizontalHeaderItem(1)->text(), QString("mitochondria"));
        QCOMPARE(cell("confusion", 1, 1), QString("1,200\n50.0 %"));
        QCOMPARE(cell("confusion", 1, 0), QString("1,200\n50.0 %"));
    }

    void everyPredictionIsALine() {
        const QString truth = prepare();
        panel_->compareWith(truth);
        auto* chart = child<LineChart>("sliceChart");
        QTRY_COMPARE(chart->series().size(), size_t(1));
        QCOMPARE(chart->series()[0].points.size(), size_t(slices));
        QCOMPARE(chart->series()[0].points[0], QPointF(1, 0.5));
        QCOMPARE(chart->series()[0].points[3], QPointF(4, 1)); // empty against empty
        panel_->addPrediction(write("other.tif", squares({{10, 10}, {80, 20}}, 20, 1)));
        QTRY_COMPARE(chart->series().size(), size_t(2));
        QCOMPARE(chart->series()[1].name, QString("other.tif"));
        QCOMPARE(chart->series()[1].points[1], QPointF(2, 1));
        QCOMPARE(figure("Dice (F1)", 2), QString("1.0000"));
        auto* metric = child<QComboBox>("sliceMetric");
        metric->setCurrentIndex(metric->findData("iou"));
        QCOMPARE(chart->series()[0].points[0].y(), 1.0 / 3);
        QVERIFY(!child<LineChart>("precisionRecall")->isVisible()); // labels have none
        // Probabilities have curves, and are labels from one half on.
        Pixels floats(PixelType::f32, 1, {slices, height, width});
        for (int z = 0; z + 1 < slices; ++z)
            for (int y = 10; y < 30; ++y)
                for (int x = 10; x < 30; ++x) {
                    floats.plane<float>(0, z)[size_t(y * width + x)] = 0.8f;
                    floats.plane<float>(0, z)[size_t((y + 10) * width + x + 70)] = 0.3f;
                }
        const MemorySource probabilities(floats);
        ExportDescription description;
        description.info = probabilities.info();
        exportSource(probabilities, findExporter(world_->session->exporters(), "tiff", {}),
                     world_->path("floats.tif"), description, Progress::none());
        panel_->addPrediction(world_->name("floats.tif"));
        QTRY_COMPARE(chart->series().size(), size_t(3));
        QCOMPARE(figure("Recall", 3), QString("0.5000"));
        QCOMPARE(figure("Average precision", 3), QString("1.0000"));
        QVERIFY(child<LineChart>("precisionRecall")->isVisible());
        QCOMPARE(child<LineChart>("precisionRecall")->series().front().points.back(), QPointF(1, 1));
        QCOMPARE(child<LineChart>("calibration")->series().size(), size_t(2));
        // The other one's classes and difference.
        child<QComboBox>("comparedWhich")->setCurrentIndex(1);
        QCOMPARE(cell("confusion", 1, 1), QString("2,400\n100.0 %"));
    }

    void labelsOfLargeValuesAreLabels() {
        const QString truth = prepare();
        panel_->compareWith(truth);
        QTRY_COMPARE(panel_->record().predictions.size(), size_t(1));
        // Whole numbers beyond those of usual classes, below one half of 255: no probabilities.
        panel_->addPrediction(write("forty.tif", squares({{10, 10}, {80, 20}}, 20, 40)));
        QTRY_COMPARE(panel_->record().predictions.size(), size_t(2));
        QCOMPARE(figure("Dice (F1)", 2), QString("1.0000"));
        QVERIFY(!panel_->record().predictions.back().fromProbabilities);
    }

    void theDifferenceFollowsSliceAndBrush() {
        CanvasView canvas(*bench_);
        canvas.resize(600, 400);
        canvas.show();
        const QString truth = prepare();
        bench_->setSlice(1);
        panel_->compareWith(truth);
        QTRY_VERIFY(bench_->difference().available());
        QVERIFY(!bench_->difference().shown());
        auto* box = child<QCheckBox>("showDifference");
        QTest::mouseClick(box, Qt::LeftButton, {}, QPoint(8, box->height() / 2));
        QVERIFY(bench_->difference().shown());
        QTRY_VERIFY(bench_->difference().codes(1));
        const auto at = [&](int64_t z, int64_t y, int64_t x) {
            const LabelSnapshot* codes = bench_->difference().codes(z);
            return codes ? Agreement(codes->at(z, y, x).label) : Agreement(9);
        };
        QCOMPARE(at(1, 15, 15), Agreement::truePositive);
        QCOMPARE(at(1, 55, 55), Agreement::falsePositive);
        QCOMPARE(at(1, 25, 85), Agreement::falseNegative);
        QCOMPARE(at(1, 2, 2), Agreement::trueNegative);
        // What is missed is seen in its colour, over the image.
        CanvasPane* pane = canvas.labelledPane();
        const auto colourAt = [&](double y, double x) {
            const QPointF place = pane->geometryNow().deviceFromImage({y, x});
            return pane->grab().toImage().pixelColor(place.toPoint());
        };
        QTRY_VERIFY(colourAt(25.5, 90.5).red() > colourAt(25.5, 90.5).blue() + 20);
        QTRY_VERIFY(colourAt(15.5, 20.5).blue() > colourAt(15.5, 20.5).red() + 20);
        // Painting where it was missed changes it there.
        LabelEdit edit(bench_->document()->labels().snapshot(), {});
        edit.setRun(1, 25, 80, 100, {1, Origin::human});
        bench_->document()->applyLabels(edit.delta(), "Brush");
        QTRY_COMPARE(at(1, 25, 85), Agreement::truePositive);
        QVERIFY(child<QPushButton>("compareAgain")->isVisible());
        bench_->setSlice(3);
        QTRY_VERIFY(bench_->difference().codes(3));
        QCOMPARE(at(3, 15, 15), Agreement::trueNegative);
        bench_->difference().setShown(false);
        QVERIFY(!box->isChecked());
    }

    void oneSliceOfTruthBelongsToTheSliceInView() {
        prepare();
        bench_->setSlice(2);
        const auto pages = squares({{10, 10}}, 20, 1);
        panel_->compareWith(write("one.tif", {pages[0]}));
        QTRY_COMPARE(figure("Recall"), QString("1.0000"));
        QCOMPARE(figure("Precision"), QString("0.5000"));
        QVERIFY(child<QLabel>("comparedWords")->text().contains("slice 3"));
        bench_->difference().setShown(true);
        QTRY_VERIFY(bench_->difference().codes(2));
        bench_->setSlice(0);
        QVERIFY(!bench_->difference().codes(0));
    }

    void reportAndPictureAreFiles() {
        const QString truth = prepare();
        QSignalSpy compared(panel_.get(), &EvaluationPanel::compared),
            saved(panel_.get(), &EvaluationPanel::reportSaved),
            remarks(bench_.get(), &Workbench::remarkShown);
        panel_->compareWith(truth);
        QTRY_COMPARE(compared.count(), 1);
        panel_->addPrediction(write("other.tif", squares({{10, 10}}, 20, 1)));
        QTRY_COMPARE(compared.count(), 2);
        panel_->saveReport(world_->name("evaluation.csv"));
        QTRY_COMPARE(saved.count(), 1);
        QFile csv(world_->name("evaluation.csv"));
        QVERIFY(csv.open(QIODevice::ReadOnly));
        QCOMPARE(csv.readAll().toStdString(), evaluationCsv(panel_->record()));
        QCOMPARE(panel_->record().truth.sha256.size(), size_t(64));
        panel_->saveReport(world_->name("evaluation.pdf"));
        QTRY_COMPARE_WITH_TIMEOUT(saved.count(), 2, patienceMs);
        QFile pdf(world_->name("evaluation.pdf"));
        QVERIFY(pdf.open(QIODevice::ReadOnly));
        QVERIFY(pdf.readAll().startsWith("%PDF"));
        remarks.clear();
        panel_->savePicture(world_->name("difference.tif"));
        QTRY_COMPARE(remarks.count(), 1);
        const TileSourcePtr picture = openImage(world_->path("difference.tif"));
        QCOMPARE(picture->info().channels, 3);
        QCOMPARE(picture->info().extent().z, int64_t(slices));
        const Pixels slice = picture->read(0, Box3::ofSlice(picture->info().extent(), 1));
        const size_t missed = 25 * width + 90;
        QVERIFY(slice.plane<uint8_t>(0, 0)[missed] > slice.plane<uint8_t>(2, 0)[missed] + 50);
    }

    void aComparisonCanBeCancelledAndForgotten() {
        const QString truth = prepare();
        QSignalSpy compared(panel_.get(), &EvaluationPanel::compared);
        panel_->compareWith(truth);
        auto* cancel = child<QPushButton>("cancelComparison");
        QVERIFY(cancel->isVisible());
        QTest::mouseClick(cancel, Qt::LeftButton);
        QTRY_VERIFY(!cancel->isVisible());
        QTRY_VERIFY(!bench_->jobs().busy(Queue::files));
        QCOMPARE(compared.count(), 0);
        QVERIFY(panel_->record().predictions.empty());
        panel_->compareWith(truth);
        QTRY_COMPARE(compared.count(), 1);
        bench_->difference().setShown(true);
        bench_->closeDocument();
        QVERIFY(panel_->record().predictions.empty());
        QVERIFY(!bench_->difference().available());
    }

    void anotherSizeIsAnErrorInWords() {
        prepare();
        QSignalSpy errors(bench_.get(), &Workbench::errorShown);
        const QString small = world_->name("small.tif");
        QVERIFY(writeTinyTiff(small, 20, 20, {std::vector<uint8_t>(400)}));
        panel_->compareWith(small);
        QTRY_COMPARE(errors.count(), 1);
        QVERIFY(errors.front().at(1).toString().contains("20 × 20"));
    }

    void theImageIsDescribed() {
        prepare();
        ExplorationPanel panel(*bench_);
        panel.resize(360, 900);
        panel.show();
        VoxelSize size = bench_->document()->voxelSize();
        size.zNm = 50;
        bench_->document()->setVoxelSize(size);
        QSignalSpy explored(&panel, &ExplorationPanel::explored);
        QTest::mouseClick(panel.findChild<QPushButton*>("explore"), Qt::LeftButton);
        QTRY_COMPARE(explored.count(), 1);
        QCOMPARE(panel.findChild<QLabel*>("exploredCount")->text(), QString("2"));
        QCOMPARE(panel.findChild<QLabel*>("exploredArea")->text(), QString("10,000 nm²")); // 20 × 20 × 25
        QCOMPARE(panel.findChild<QLabel*>("exploredVolume")->text(), QString("1,500,000 nm³"));
        auto* histograms = panel.findChild<LineChart*>("greyHistograms");
        QCOMPARE(histograms->series().size(), size_t(2));
        double inside = 0;
        for (const QPointF& point : histograms->series()[0].points) inside += point.y();
        QVERIFY(std::abs(inside - 100) < 1e-6);
        auto* correlation = panel.findChild<LineChart*>("sliceCorrelation");
        QCOMPARE(correlation->series().front().points.size(), size_t(3)); // the last slice is one grey
        QCOMPARE(correlation->series().front().intervals.size(), size_t(3));
        QVERIFY(std::abs(correlation->series().front().points[0].y() - 1) < 1e-5);
        QSignalSpy remarks(bench_.get(), &Workbench::remarkShown);
        panel.saveTable(world_->name("exploration.csv"));
        QTRY_COMPARE(remarks.count(), 1);
        QFile csv(world_->name("exploration.csv"));
        QVERIFY(csv.open(QIODevice::ReadOnly));
        QCOMPARE(csv.readAll().toStdString(), explorationCsv(*panel.result()));
    }

    void theWheelScrollsAndChangesNoSetting() {
        const QString truth = prepare();
        panel_->compareWith(truth);
        auto* metric = child<QComboBox>("sliceMetric");
        QTRY_VERIFY(metric->isVisible());
        const QPoint place = metric->rect().center();
        QWheelEvent wheel(place, metric->mapToGlobal(place), {}, {0, -240}, Qt::NoButton, Qt::NoModifier,
                          Qt::NoScrollPhase, false);
        QApplication::sendEvent(metric, &wheel);
        QCOMPARE(metric->currentIndex(), 0);
        QVERIFY(!metric->hasFocus());
    }
};

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    applyTheme(application, ThemeKind::dark);
    TestEvaluation test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_evaluation.moc"
