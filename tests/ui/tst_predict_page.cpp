// The Predict page: one undoable step, nothing after a cancel, hand-made corrections kept, and a window that
// answers.
#include "tests/ui/fake_engine.h"
#include "ui/panels/predict_page.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include "tests/support/patience.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTest>

using namespace cristae;

class TestPredictPage : public QObject {
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
    Pixels labels() const {
        const Document& document = *bench_->document();
        return document.labels().snapshot().labels(Box3::ofExtent(document.info().extent()));
    }
    int64_t labelled() const {
        int64_t count = 0;
        const Pixels all = labels();
        for (const uint32_t value : all.values<uint32_t>()) count += value != 0;
        return count;
    }
    template <class T> T* part(const char* name) const {
        return page_->findChild<T*>(QString::fromLatin1(name));
    }

private Q_SLOTS:
    void init() {
        // Asked anew for each test. The offscreen platform says the one sentence of every window with a
        // minimum size.
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

    void saysWhatIsMissing() {
        QVERIFY(page_->obstacle().contains("Open an image"));
        QVERIFY(!part<QPushButton>("predict")->isEnabled());
        open();
        QTRY_VERIFY(page_->obstacle().isEmpty());
        QVERIFY(part<QPushButton>("predict")->isEnabled());
        QVERIFY(part<QCheckBox>("find mitochondria")->isChecked());
        QTRY_VERIFY(part<QLabel>("estimate")->text().contains("CPU, 2 threads"));
        part<QCheckBox>("find mitochondria")->setChecked(false);
        QVERIFY(page_->obstacle().contains("Choose at least one class"));
        QVERIFY(!part<QPushButton>("predict")->isEnabled());
    }

    void theFinestModelIsTickedAtFirst() {
        std::filesystem::remove(world_->path("zoo/bright.safetensors"));
        ModelCard coarse = fakeCard("axons", "axons"), fine = fakeCard("membranes", "membranes"),
                  other = fakeCard("membranes-fine", "membranes");
        coarse.pixelSizeNm = 100;
        fine.pixelSizeNm = 4;
        other.pixelSizeNm = 2;
        writeFakePackage(world_->path("zoo/axons.safetensors"), coarse);
        writeFakePackage(world_->path("zoo/membranes.safetensors"), fine);
        writeFakePackage(world_->path("zoo/membranes-fine.safetensors"), other);
        page_ = std::make_unique<PredictPage>(*bench_);
        page_->show();
        open(); // of unknown pixel size
        QTRY_VERIFY(page_->obstacle().isEmpty());
        QVERIFY(part<QCheckBox>("find membranes")->isChecked());
        QVERIFY(!part<QCheckBox>("find axons")->isChecked());
        // The plain name comes before the one that adds to it.
        QCOMPARE(page_->request().models.front().package.card.name, std::string("membranes"));
    }

    void whatFitsBadlyIsNotTickedAndAskedAbout() {
        std::filesystem::remove(world_->path("zoo/bright.safetensors"));
        ModelCard fine = fakeCard("membranes", "membranes");
        fine.pixelSizeNm = 4;
        writeFakePackage(world_->path("zoo/membranes.safetensors"), fine);
        open();
        VoxelSize size;
        size.yNm = size.xNm = 24;
        size.source = "the test";
        bench_->document()->setVoxelSize(size);
        page_ = std::make_unique<PredictPage>(*bench_);
        page_->show();
        QSignalSpy listed(page_.get(), &PredictPage::modelsListed);
        QTRY_COMPARE(listed.count(), 1);
        QTRY_VERIFY(page_->obstacle().contains("Choose at least one class"));
        part<QCheckBox>("find membranes")->setChecked(true);
        QTRY_VERIFY(page_->obstacle().isEmpty());
        const auto question = [this] {
            return page_->window()->findChild<QMessageBox*>("predictionConcerns");
        };
        page_->predict();
        QVERIFY(question());
        QVERIFY2(question()->text().contains("works at 4 nm per pixel, and this image has 24 nm"),
                 qPrintable(question()->text()));
        QVERIFY(question()->text().contains("enlarged 6 times"));
        question()->reject();
        QTRY_VERIFY(!question());
        QVERIFY(!page_->running());
        QSignalSpy predicted(page_.get(), &PredictPage::predicted);
        page_->predict();
        for (QAbstractButton* button : question()->buttons())
            if (question()->buttonRole(button) == QMessageBox::AcceptRole) button->click();
        QTRY_COMPARE(predicted.count(), 1);
        // At its own scale nothing is asked.
        size.yNm = size.xNm = 4;
        bench_->document()->setVoxelSize(size);
        page_->predict();
        QTRY_COMPARE(predicted.count(), 2);
    }

    void whatFitsIsTickedWhenAnImageOpens() {
        std::filesystem::remove(world_->path("zoo/bright.safetensors"));
        ModelCard coarse = fakeCard("axons", "axons"), fine = fakeCard("membranes", "membranes");
        coarse.pixelSizeNm = 100;
        fine.pixelSizeNm = 4;
        writeFakePackage(world_->path("zoo/axons.safetensors"), coarse);
        writeFakePackage(world_->path("zoo/membranes.safetensors"), fine);
        QSignalSpy listed(page_.get(), &PredictPage::modelsListed);
        page_->refreshModels();
        QTRY_VERIFY(listed.count() > 0 && part<QCheckBox>("find axons"));
        QVERIFY(part<QCheckBox>("find membranes")->isChecked()); // nothing is open yet
        open();
        VoxelSize size;
        size.source = "the test";
        const auto ticked = [&](double nm) {
            size.yNm = size.xNm = nm;
            bench_->document()->setVoxelSize(size);
            return QStringList{part<QCheckBox>("find axons")->isChecked() ? "axons" : "",
                               part<QCheckBox>("find membranes")->isChecked() ? "membranes" : ""}
                .join(QString());
        };
        QCOMPARE(ticked(5), QString("membranes"));
        QCOMPARE(ticked(180), QString("axons"));
        QCOMPARE(ticked(1000), QString());
        part<QCheckBox>("find membranes")->click();
        QCOMPARE(ticked(150), QString("membranes")); // a person's choice stays
    }

    void noModelOffersTraining() {
        std::filesystem::remove(world_->path("zoo/bright.safetensors"));
        open();
        page_->refreshModels();
        QTRY_VERIFY(page_->obstacle().contains("No model"));
        QSignalSpy wanted(page_.get(), &PredictPage::trainPageWanted);
        Q_EMIT part<QLabel>("obstacle")->linkActivated("train");
        QCOMPARE(wanted.count(), 1);
    }

    void predictionIsOneUndoStep() {
        open();
        QTRY_VERIFY(page_->obstacle().isEmpty());
        QSignalSpy predicted(page_.get(), &PredictPage::predicted);
        QTest::mouseClick(part<QPushButton>("predict"), Qt::LeftButton);
        QVERIFY(page_->running());
        QTRY_COMPARE(predicted.count(), 1);
        // Exactly the bright discs.
        const QImage grey = FakeWorld::discs(200, 120);
        double mean = 0;
        for (int y = 0; y < 120; ++y)
            for (int x = 0; x < 200; ++x) mean += grey.constScanLine(y)[x] / 24000.0;
        const Pixels all = labels();
        for (int y = 0; y < 120; ++y)
            for (int x = 0; x < 200; ++x)
                QCOMPARE(all.values<uint32_t>()[size_t(y * 200 + x)] != 0, grey.constScanLine(y)[x] > mean);
        const LabelClass* found = bench_->document()->classes().findByName("mitochondria");
        QVERIFY(found);
        QCOMPARE(bench_->currentLabel(), found->value);
        QCOMPARE(bench_->document()->history().size(), size_t(1));
        QVERIFY(bench_->document()->undoStack().undoWords().starts_with("Predict mitochondria"));
        bench_->document()->undoStack().undo();
        QCOMPARE(labelled(), 0);
        bench_->document()->undoStack().redo();
        QVERIFY(labelled() > 0);
    }

    void cancelLeavesTheDocumentUntouched() {
        open(400, 300);
        QTRY_VERIFY(page_->obstacle().isEmpty());
        QTRY_VERIFY(part<QLabel>("estimate")->isVisible()); // the network is loaded and timed
        world_->control.msPerTile = 300;
        const uint64_t before = bench_->document()->labels().generation();
        page_->predict();
        Job* job = page_->running();
        QVERIFY(job);
        QTRY_COMPARE(job->state(), Job::State::running);
        QElapsedTimer clock;
        clock.start();
        QTest::mouseClick(part<QPushButton>("cancel"), Qt::LeftButton);
        QVERIFY(!page_->running());
        QVERIFY(clock.elapsed() < 500);
        QVERIFY(part<QPushButton>("predict")->isVisible());
        world_->control.msPerTile = 0;
        QSignalSpy predicted(page_.get(), &PredictPage::predicted);
        QTest::qWait(400);
        QCOMPARE(predicted.count(), 0);
        QCOMPARE(bench_->document()->labels().generation(), before);
        QVERIFY(!bench_->document()->undoStack().canUndo());
    }

    void strokesMadeMeanwhileStay() {
        open();
        QTRY_VERIFY(page_->obstacle().isEmpty());
        QTRY_VERIFY(part<QLabel>("estimate")->isVisible());
        world_->control.msPerTile = 200;
        page_->predict();
        Document& document = *bench_->document();
        // A stroke over the first disc (centre 20, 20) with another class, while the network runs.
        ClassTable classes = document.classes();
        const LabelClass mine = classes.ensure("nuclei");
        document.setClasses(classes, "Add class");
        LabelEdit edit(document.labels().snapshot(), {});
        for (int64_t y = 18; y < 23; ++y) edit.setRun(0, y, 15, 25, {mine.value, Origin::human});
        document.applyLabels(edit.delta(), "Brush");
        QSignalSpy predicted(page_.get(), &PredictPage::predicted);
        QTRY_COMPARE(predicted.count(), 1);
        const LabelClass* found = document.classes().findByName("mitochondria");
        QVERIFY(found && found->value != mine.value);
        QCOMPARE(document.labels().at(0, 20, 20).label, mine.value);
        QCOMPARE(document.labels().at(0, 20, 60).label, found->value);
        document.undoStack().undo();
        QCOMPARE(document.labels().at(0, 20, 20).label, mine.value);
        QCOMPARE(document.labels().at(0, 20, 60).label, 0u);
    }

    void handMadeCorrectionsAreKeptUnlessToldOtherwise() {
        open();
        QTRY_VERIFY(page_->obstacle().isEmpty());
        Document& document = *bench_->document();
        ClassTable classes = document.classes();
        const LabelClass mito = classes.ensure("mitochondria");
        document.setClasses(classes, "Add class");
        LabelEdit edit(document.labels().snapshot(), {});
        edit.setRun(0, 1, 0, 10, {mito.value, Origin::human}); // where the model finds nothing
        document.applyLabels(edit.delta(), "Brush");
        QSignalSpy predicted(page_.get(), &PredictPage::predicted);
        page_->predict();
        QTRY_COMPARE(predicted.count(), 1);
        QCOMPARE(document.labels().at(0, 1, 5).label, mito.value);
        QVERIFY2(part<QLabel>("predictRemarks")->text().contains("protected by hand"),
                 qPrintable(part<QLabel>("predictRemarks")->text()));
        part<QCheckBox>("keepHuman")->setChecked(false);
        page_->predict();
        QTRY_COMPARE(predicted.count(), 2);
        QCOMPARE(document.labels().at(0, 1, 5).label, 0u);
    }

    void visibleRegionOnly() {
        open();
        QTRY_VERIFY(page_->obstacle().isEmpty());
        page_->setPaneSize([] { return QSize(100, 60); });
        ViewState view = bench_->view();
        view.zoom = 1;
        view.centreX = 50;
        view.centreY = 30;
        bench_->setView(view);
        auto* where = part<QComboBox>("where");
        where->setCurrentIndex(where->count() - 1);
        QSignalSpy predicted(page_.get(), &PredictPage::predicted);
        page_->predict();
        QTRY_COMPARE(predicted.count(), 1);
        QVERIFY(bench_->document()->labels().at(0, 20, 20).label != 0);
        QCOMPARE(bench_->document()->labels().at(0, 20, 140).label, 0u);
        QCOMPARE(bench_->document()->labels().at(0, 100, 20).label, 0u);
    }

    void aTrainedModelIsShownAndTicked() {
        open();
        QTRY_VERIFY(page_->obstacle().isEmpty());
        writeFakePackage(world_->path("mine/own.safetensors"), fakeCard("own", "nuclei"));
        page_->useModel("own");
        QTRY_VERIFY(part<QCheckBox>("find nuclei"));
        QVERIFY(part<QCheckBox>("find nuclei")->isChecked());
        QCOMPARE(page_->request().models.size(), size_t(1)); // and nothing else
        QCOMPARE(page_->request().models.front().package.card.name, std::string("own"));
        QVERIFY(!part<QCheckBox>("find mitochondria")->isChecked());
    }

    void theWindowAnswersWhileTheNetworkRuns() {
        open(700, 500);
        QTRY_VERIFY(page_->obstacle().isEmpty());
        QTRY_VERIFY(part<QLabel>("estimate")->isVisible());
        double longest = 0;
        // The machine may be busy with other things: what blocks the loop by itself does so every time.
        for (int attempt = 0; attempt < 4; ++attempt) {
            world_->control.msPerTile = 400;
            QSignalSpy predicted(page_.get(), &PredictPage::predicted);
            Watchdog watchdog;
            page_->predict();
            QTRY_COMPARE_WITH_TIMEOUT(predicted.count(), 1, patienceMs);
            longest = watchdog.longestMs();
            if (longest <= 50) return;
            bench_->document()->undoStack().undo();
        }
        QVERIFY2(longest <= 50, qPrintable(QString("the event loop waited %1 ms").arg(longest)));
    }
};

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    applyTheme(application, ThemeKind::dark);
    TestPredictPage test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_predict_page.moc"
