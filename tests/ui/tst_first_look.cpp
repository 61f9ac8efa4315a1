// The first click on an unknown image: which models fit, inverted grey values, the search for the scale, and
// doubtful regions.
#include "tests/ui/fake_engine.h"
#include "ui/canvas/explanation_layer.h"
#include "ui/dialogs/scale_dialog.h"
#include "ui/panels/predict_page.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QCheckBox>
#include <QElapsedTimer>
#include <QLabel>
#include <QLayout>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

using namespace cristae;

class TestFirstLook : public QObject {
    Q_OBJECT
private:
    std::unique_ptr<FakeWorld> world_;
    std::unique_ptr<Workbench> bench_;
    std::unique_ptr<PredictPage> page_;

    void open(int width = 200, int height = 120) {
        QSignalSpy opened(bench_.get(), &Workbench::documentChanged);
        bench_->open(world_->writeImage("image.png", width, height));
        QTRY_COMPARE(opened.count(), 1);
    }
    template <class T> T* part(const char* name) const {
        return page_->findChild<T*>(QString::fromLatin1(name));
    }

private Q_SLOTS:
    void init() {
        QTest::failOnWarning(
            QRegularExpression(QStringLiteral("^(?!This plugin does not support propagateSizeHints)")));
        world_ = std::make_unique<FakeWorld>();
        bench_ = std::make_unique<Workbench>(*world_->session);
        page_ = std::make_unique<PredictPage>(*bench_);
        page_->resize(340, 700);
        page_->show();
        QVERIFY(QTest::qWaitForWindowExposed(page_.get()));
    }
    void cleanup() {
        page_.reset();
        bench_.reset();
        world_.reset();
    }

    void eachModelSaysHowItSuitsTheImage() {
        std::filesystem::remove(world_->path("zoo/bright.safetensors"));
        ModelCard coarse = fakeCard("axons", "axons"), fine = fakeCard("membranes", "membranes"),
                  special = fakeCard("membranes-fine", "membranes");
        coarse.title = "Axons (SEM)";
        coarse.pixelSizeNm = 100;
        fine.pixelSizeNm = 8;
        special.pixelSizeNm = 2;
        writeFakePackage(world_->path("zoo/axons.safetensors"), coarse);
        writeFakePackage(world_->path("zoo/membranes.safetensors"), fine);
        writeFakePackage(world_->path("zoo/membranes-fine.safetensors"), special);
        open();
        page_->refreshModels();
        QTRY_VERIFY(part<QLabel>("fit axons"));
        QCOMPARE(part<QLabel>("fit axons")->text(), QString("SEM · trained at 100 nm · image: not known"));
        VoxelSize size;
        size.source = "the test";
        const auto say = [&](double nm, const char* name) {
            size.yNm = size.xNm = nm;
            bench_->document()->setVoxelSize(size);
            return part<QLabel>(name)->text();
        };
        QCOMPARE(say(5, "fit membranes"), QString("trained at 8 nm · image 5 nm: fits"));
        QCOMPARE(say(5, "fit axons"),
                 QString("SEM · trained at 100 nm · image 5 nm: reduced to 1/20, does not fit"));
        QCOMPARE(say(16, "fit membranes"),
                 QString("trained at 8 nm · image 16 nm: coarser than it was trained for"));
        // The model that fits is the row's, and the row that fits stands first.
        QCOMPARE(say(2, "fit membranes"), QString("trained at 8 nm · image 2 nm: fits"));
        QCOMPARE(say(1, "fit membranes"), QString("trained at 2 nm · image 1 nm: fits"));
        const auto above = [&](const char* one, const char* other) {
            page_->layout()->activate();
            QCoreApplication::processEvents();
            return part<QCheckBox>(one)->mapTo(page_.get(), QPoint()).y() <
                   part<QCheckBox>(other)->mapTo(page_.get(), QPoint()).y();
        };
        QVERIFY(above("find membranes", "find axons"));
        size.yNm = size.xNm = 180;
        bench_->document()->setVoxelSize(size);
        QTRY_VERIFY(above("find axons", "find membranes"));
        QVERIFY(part<QCheckBox>("find axons")->isChecked());
        QVERIFY(!part<QCheckBox>("find membranes")->isChecked());
    }

    void invertedGreyValuesAreNoticedAndInvertedForTheModel() {
        std::filesystem::remove(world_->path("zoo/bright.safetensors"));
        ModelCard runs = fakeCard("runs", "discs"); // knows bright discs of 6 to 12 of its pixels
        runs.pixelSizeNm = 8;
        writeFakePackage(world_->path("zoo/runs.safetensors"), runs);
        QImage image = FakeWorld::discs(320, 320);
        image.invertPixels();
        image.save(world_->name("inverted.png"));
        QSignalSpy opened(bench_.get(), &Workbench::documentChanged);
        bench_->open(world_->name("inverted.png"));
        QTRY_COMPARE(opened.count(), 1);
        page_->refreshModels();
        VoxelSize size;
        size.yNm = size.xNm = 4;
        size.source = "the test";
        bench_->document()->setVoxelSize(size);
        QTRY_VERIFY(part<QPushButton>("invert")->isVisible());
        QVERIFY2(part<QLabel>("inversion")->text().contains("surer of the inverted image"),
                 qPrintable(part<QLabel>("inversion")->text()));
        QVERIFY(!page_->request().models.front().invert);
        QTest::mouseClick(part<QPushButton>("invert"), Qt::LeftButton);
        QVERIFY(page_->request().models.front().invert);
        QTRY_COMPARE(part<QPushButton>("invert")->text(), QString("Do not invert"));
        QVERIFY(part<QLabel>("inversion")->text().contains("the image stays as it is"));
        QTRY_VERIFY(!part<QLabel>("unlike")->isVisible());
        QSignalSpy predicted(page_.get(), &PredictPage::predicted);
        page_->predict();
        QTRY_COMPARE(predicted.count(), 1);
        QVERIFY(bench_->document()->labels().at(0, 20, 20).label != 0); // a dark disc
        QCOMPARE(bench_->document()->labels().at(0, 40, 40).label, 0u);
        QCOMPARE(bench_->document()->history().back().at("models").at(0).at("inverted"), true);
        // A choice for this image only.
        bench_->open(world_->writeImage("image.png", 200, 120));
        QTRY_COMPARE(opened.count(), 2);
        QVERIFY(!page_->request().models.front().invert);
    }

    void theScaleIsFoundByEye() {
        std::filesystem::remove(world_->path("zoo/bright.safetensors"));
        ModelCard runs = fakeCard("runs", "discs");
        runs.pixelSizeNm = 8;
        writeFakePackage(world_->path("zoo/runs.safetensors"), runs);
        open(640, 640); // of unknown pixel size, with discs of 20 pixels
        page_->refreshModels();
        QTRY_VERIFY(part<QCheckBox>("find discs") && page_->obstacle().isEmpty());
        const auto help = [&] {
            for (QLabel* label : page_->findChildren<QLabel*>())
                if (label->isVisible() && label->text().contains("href=\"scale\"")) return label;
            return static_cast<QLabel*>(nullptr);
        };
        QTRY_VERIFY(help());
        Q_EMIT help()->linkActivated("scale");
        const auto dialog = [&] { return page_->window()->findChild<ScaleDialog*>("scaleDialog"); };
        QVERIFY(dialog());
        QTRY_VERIFY_WITH_TIMEOUT(dialog()->complete(), 20000);
        QCOMPARE(dialog()->likeliestNm(), std::optional(4.0));
        auto* guessed = dialog()->findChild<QToolButton*>("scale1");
        QVERIFY(guessed->text().contains("likeliest"));
        QVERIFY(!guessed->icon().isNull());
        QTRY_VERIFY(guessed->hasFocus());
        QTest::keyClick(guessed, Qt::Key_Right);
        QTRY_VERIFY(dialog()->findChild<QToolButton*>("scale2")->hasFocus());
        QTest::keyClick(dialog()->findChild<QToolButton*>("scale2"), Qt::Key_Left);
        QTRY_VERIFY(guessed->hasFocus());
        QTest::keyClick(guessed, Qt::Key_Return);
        QTRY_VERIFY(!dialog());
        const VoxelSize& size = bench_->document()->voxelSize();
        QCOMPARE(size.xNm, std::optional(4.0));
        QCOMPARE(size.yNm, std::optional(4.0));
        QVERIFY(!size.zNm);
        QCOMPARE(size.source, std::string("chosen by eye"));
        QVERIFY(part<QLabel>("fit discs")->text().contains("image 4 nm: fits"));
        bench_->document()->undoStack().undo();
        QVERIFY(!bench_->document()->voxelSize().xNm);
    }

    void closingTheSearchCancelsIt() {
        ModelCard slow = fakeCard("bright", "mitochondria");
        slow.pixelSizeNm = 8;
        writeFakePackage(world_->path("zoo/bright.safetensors"), slow);
        open(640, 640);
        page_->refreshModels();
        QTRY_VERIFY(part<QLabel>("fit mitochondria") && page_->obstacle().isEmpty());
        QTRY_VERIFY(part<QLabel>("estimate")->isVisible());
        QTRY_VERIFY(!bench_->jobs().busy(Queue::compute));
        world_->control.msPerTile = 200;
        page_->findScale();
        auto* dialog = page_->window()->findChild<ScaleDialog*>("scaleDialog");
        QVERIFY(dialog);
        QTRY_VERIFY(bench_->jobs().busy(Queue::compute));
        QElapsedTimer clock;
        clock.start();
        QTest::keyClick(dialog, Qt::Key_Escape);
        QTRY_VERIFY_WITH_TIMEOUT(!bench_->jobs().current(), 500);
        world_->control.msPerTile = 0;
        QTRY_VERIFY(!bench_->jobs().busy(Queue::compute));
        QVERIFY(!bench_->document()->voxelSize().xNm);
    }

    void doubtfulRegionsLieOverTheView() {
        open();
        QTRY_VERIFY(page_->obstacle().isEmpty());
        QSignalSpy predicted(page_.get(), &PredictPage::predicted);
        page_->predict();
        QTRY_COMPARE(predicted.count(), 1);
        QTRY_VERIFY(part<QPushButton>("doubts")->isVisible());
        QTest::mouseClick(part<QPushButton>("doubts"), Qt::LeftButton);
        QTRY_VERIFY(bench_->explanation().shown());
        bench_->explanation().clear();
        QVERIFY(!bench_->explanation().shown());
    }
};

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    applyTheme(application, ThemeKind::dark);
    TestFirstLook test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_first_look.moc"
