// The tool Explain: a click computes the map, which lies over the labelled pane until Esc removes it.
#include "tests/ui/fake_engine.h"
#include "ui/canvas/canvas_pane.h"
#include "ui/canvas/canvas_view.h"
#include "ui/canvas/explanation_layer.h"
#include "ui/panels/predict_page.h"
#include "ui/window/workbench.h"

#include <QCheckBox>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTest>

using namespace cristae;

class TestExplanation : public QObject {
    Q_OBJECT
private:
    std::unique_ptr<FakeWorld> world_;
    std::unique_ptr<Workbench> bench_;
    std::unique_ptr<PredictPage> page_;
    std::unique_ptr<CanvasView> canvas_;

    CanvasPane* pane() const { return canvas_->findChild<CanvasPane*>(QStringLiteral("labelledPane")); }

private Q_SLOTS:
    void init() {
        QTest::failOnWarning(
            QRegularExpression(QStringLiteral("^(?!This plugin does not support propagateSizeHints)")));
        world_ = std::make_unique<FakeWorld>();
        bench_ = std::make_unique<Workbench>(*world_->session);
        page_ = std::make_unique<PredictPage>(*bench_);
        bench_->explanation().setRequest([this] { return page_->request(); });
        canvas_ = std::make_unique<CanvasView>(*bench_);
        canvas_->resize(800, 400);
        page_->show();
        canvas_->show();
        QVERIFY(QTest::qWaitForWindowExposed(canvas_.get()));
        QSignalSpy opened(bench_.get(), &Workbench::documentChanged);
        bench_->open(world_->writeImage("image.png", 200, 120));
        QTRY_COMPARE(opened.count(), 1);
        QTRY_VERIFY(page_->obstacle().isEmpty());
    }
    void cleanup() {
        canvas_.reset();
        page_.reset();
        bench_.reset();
        world_.reset();
    }

    void shiftClickHidesPartsAndEscEnds() {
        QTest::keyClick(pane(), Qt::Key_Y);
        QCOMPARE(bench_->tool(), QStringLiteral("explain"));
        QSignalSpy changed(&bench_->explanation(), &ExplanationLayer::changed);
        const QImage before = pane()->grab().toImage();
        const uint64_t generation = bench_->document()->labels().generation();
        QTest::mouseClick(pane(), Qt::LeftButton, Qt::ShiftModifier, pane()->rect().center());
        QTRY_COMPARE(changed.count(), 1);
        QVERIFY(bench_->explanation().shown());
        QTRY_VERIFY(pane()->grab().toImage() != before);
        QCOMPARE(bench_->document()->labels().generation(), generation); // looking changes nothing
        QTest::keyClick(pane(), Qt::Key_Escape);
        QVERIFY(!bench_->explanation().shown());
        QCOMPARE(changed.count(), 2);
        QTest::keyClick(pane(), Qt::Key_V);
        QCOMPARE(bench_->tool(), QStringLiteral("browse"));
    }

    void anEngineWithoutGradientsSaysSo() {
        bench_->setTool(QStringLiteral("explain"));
        QSignalSpy errors(bench_.get(), &Workbench::errorShown);
        QTest::mouseClick(pane(), Qt::LeftButton, {}, pane()->rect().center());
        QTRY_COMPARE(errors.count(), 1);
        QVERIFY(errors.front().at(1).toString().contains(QStringLiteral("occlusion")));
        QVERIFY(!bench_->explanation().shown());
    }

    void nothingTickedIsARemark() {
        page_->findChild<QCheckBox*>(QStringLiteral("find mitochondria"))->setChecked(false);
        bench_->setTool(QStringLiteral("explain"));
        QSignalSpy remarks(bench_.get(), &Workbench::remarkShown);
        QTest::mouseClick(pane(), Qt::LeftButton, Qt::ShiftModifier, pane()->rect().center());
        QCOMPARE(remarks.count(), 1);
        QVERIFY(!bench_->explanation().running());
    }

    void coloursSayForAndAgainst() {
        Pixels map(PixelType::f32, 1, {1, 1, 3});
        map.values<float>()[0] = 0.5f;
        map.values<float>()[1] = 0;
        map.values<float>()[2] = -0.25f;
        const QImage image = ExplanationLayer::colours(map);
        QVERIFY(qRed(image.pixel(0, 0)) > qBlue(image.pixel(0, 0)));
        QCOMPARE(qAlpha(image.pixel(1, 0)), 0);
        QVERIFY(qBlue(image.pixel(2, 0)) > qRed(image.pixel(2, 0)));
        QCOMPARE(qAlpha(image.pixel(0, 0)), 2 * qAlpha(image.pixel(2, 0)));
    }
};

QTEST_MAIN(TestExplanation)
#include "tst_explanation.moc"
