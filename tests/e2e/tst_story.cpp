// The whole story in the real window with the real engine: a sample is opened, predicted, repaired, taken
// back, exported and read back, with mouse and keys; the exported file equals the command line's, and the
// event loop never waits.
#include "app/locations.h"
#include "core/io/format.h"
#include "core/learn/recipe.h"
#include "tests/support/patience.h"
#include "tests/support/ui_setup.h"
#include "tests/support/watchdog.h"
#include "ui/canvas/canvas_view.h"
#include "ui/charts/line_chart.h"
#include "ui/dialogs/export_dialog.h"
#include "ui/panels/predict_page.h"
#include "ui/panels/train_page.h"
#include "ui/theme/theme.h"
#include "ui/window/main_window.h"
#include "ui/window/message_bar.h"
#include "ui/window/workbench.h"

#include <QAbstractButton>
#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTest>

using namespace cristae;

class TestStory : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    std::unique_ptr<Session> session_;
    std::unique_ptr<Workbench> bench_;
    std::unique_ptr<MainWindow> window_;

    QString file(const char* name) const { return folder_.filePath(QString::fromLatin1(name)); }
    template <class T> T* child(const QString& name) { return window_->findChild<T*>(name); }
    static QByteArray bytesOf(const QString& path) {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    int64_t labelled(int64_t slice) const {
        int64_t sum = 0;
        for (const auto& [label, count] : bench_->document()->labels().snapshot().countsInSlice(slice))
            sum += count;
        return sum;
    }
    void openSample() {
        QTest::mouseClick(child<QAbstractButton>(QStringLiteral("sample-fly_medulla")), Qt::LeftButton);
        QTRY_VERIFY(bench_->document());
        QTRY_VERIFY_WITH_TIMEOUT(child<QCheckBox>(QStringLiteral("find membranes")), patienceMs);
    }
    void tickOnly(const QString& className) {
        for (QCheckBox* box :
             window_->predictPage()->findChildren<QCheckBox*>(QRegularExpression(QStringLiteral("^find "))))
            box->setChecked(box->objectName() == QStringLiteral("find ") + className);
    }
    void predictSlice(int64_t slice) {
        bench_->setSlice(slice);
        auto* where = child<QComboBox>(QStringLiteral("where"));
        where->setCurrentIndex(0); // this slice
        QTRY_VERIFY_WITH_TIMEOUT(window_->predictPage()->obstacle().isEmpty(), patienceMs);
        QSignalSpy done(window_->predictPage(), &PredictPage::predicted);
        QTest::mouseClick(child<QPushButton>(QStringLiteral("predict")), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(done.size(), 1, patienceMs);
    }
    void exportTo(const QString& path) {
        window_->exportLabels();
        auto* dialog = window_->findChild<ExportDialog*>();
        QVERIFY(dialog);
        QSignalSpy written(dialog, &ExportDialog::written);
        dialog->setTarget(path);
        QTRY_VERIFY2(dialog->complaint().isEmpty(), qPrintable(dialog->complaint()));
        dialog->write();
        QTRY_COMPARE_WITH_TIMEOUT(written.size(), 1, patienceMs);
        QTRY_VERIFY(!window_->findChild<ExportDialog*>()); // it goes when the file is written
    }

    void startProgram() {
        window_.reset();
        bench_.reset();
        session_.reset();
        session_ = std::make_unique<Session>(sessionPaths(), engineLoader());
        bench_ = std::make_unique<Workbench>(*session_);
        window_ = std::make_unique<MainWindow>(*bench_);
        window_->resize(1280, 720);
        window_->show();
        QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
    }
    /// Two predicted slices as the data set of a very small network.
    void prepareTraining(int steps, const QString& name) {
        openSample();
        tickOnly(QStringLiteral("membranes"));
        predictSlice(2);
        predictSlice(3);
        window_->showPage(MainWindow::Page::train);
        window_->trainPage()->addThisImage();
        nlohmann::json recipe = loadRecipe("quick");
        for (const auto& [key, value] : std::map<std::string, int>{{"steps", steps},
                                                                   {"stepsPerEpoch", 3},
                                                                   {"base", 4},
                                                                   {"levels", 3},
                                                                   {"patch", 64},
                                                                   {"warmupSteps", 1}})
            recipe[key] = value;
        window_->trainPage()->setRecipe(recipe, QStringLiteral("own"));
        window_->trainPage()->setModelName(name);
        QTRY_VERIFY2(window_->trainPage()->obstacles().isEmpty(),
                     qPrintable(window_->trainPage()->obstacles().join(QLatin1Char(' '))));
    }

private Q_SLOTS:
    void initTestCase() {
        if (!QFile::exists(QStringLiteral(CRISTAE_SOURCE_DIR "/models/zoo/membranes.safetensors")))
            QSKIP("No shipped membranes model in models/zoo.");
        useOwnSettings(folder_);
        qputenv("CRISTAE_MODELS", file("models").toUtf8());
        applyTheme(*qApp, ThemeKind::dark);
    }
    void init() {
        // The offscreen platform says so of every window with a smallest size.
        QTest::failOnWarning(
            QRegularExpression(QStringLiteral("^(?!This plugin does not support propagateSizeHints)")));
        startProgram();
    }
    void cleanup() {
        window_.reset();
        bench_.reset();
        session_.reset();
    }

    void openPredictCorrectUndoExport() {
        openSample();
        tickOnly(QStringLiteral("membranes"));
        predictSlice(5);
        const int64_t found = labelled(5);
        QVERIFY2(found > 40 * 40, qPrintable(QString::number(found)));
        QCOMPARE(labelled(6), int64_t(0)); // only the slice that was asked for

        // Repair with the brush: what is painted over changes, undo brings back just the prediction.
        CanvasPane* pane = window_->canvas()->labelledPane();
        QTRY_VERIFY(pane->isVisible());
        pane->setFocus();
        const LabelSnapshot predicted = bench_->document()->labels().snapshot();
        const Box3 all = Box3::ofExtent(bench_->document()->info().extent());
        QTest::keyClick(pane, Qt::Key_E);
        const QPoint middle = pane->rect().center();
        QTest::mousePress(pane, Qt::LeftButton, {}, middle - QPoint(40, 0));
        for (int i = -40; i <= 40; i += 8) QTest::mouseMove(pane, middle + QPoint(i, i / 2));
        QTest::mouseRelease(pane, Qt::LeftButton, {}, middle + QPoint(40, 20));
        QVERIFY(labelled(5) < found);
        const Pixels repaired = bench_->document()->labels().snapshot().labels(all);
        QTest::keyClick(window_.get(), Qt::Key_Z, Qt::ControlModifier);
        QVERIFY(bench_->document()->labels().snapshot().labels(all) == predicted.labels(all));
        QTest::keyClick(window_.get(), Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(labelled(5), int64_t(0)); // the whole prediction was one step
        QVERIFY(bench_->document()->history().empty());
        bench_->redo();
        bench_->redo();
        QVERIFY(bench_->document()->labels().snapshot().labels(all) == repaired);

        exportTo(file("repaired.tif"));
        const TileSourcePtr written = openImage(file("repaired.tif").toStdString());
        QVERIFY(written->info().extent() == bench_->document()->info().extent());
        QCOMPARE(written->info().voxelSize.xNm.value_or(0), 10.0);
        QVERIFY(written->read(0, all).converted(PixelType::u32) == repaired);
    }

    void windowAndCommandLineWriteTheSameFile() {
        openSample();
        tickOnly(QStringLiteral("membranes"));
        QTRY_VERIFY_WITH_TIMEOUT(window_->predictPage()->obstacle().isEmpty(), patienceMs);
        auto* where = child<QComboBox>(QStringLiteral("where"));
        for (int i = 0; i < where->count(); ++i)
            if (where->itemText(i).contains(QStringLiteral("all"), Qt::CaseInsensitive))
                where->setCurrentIndex(i);
        QSignalSpy done(window_->predictPage(), &PredictPage::predicted);
        QTest::mouseClick(child<QPushButton>(QStringLiteral("predict")), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(done.size(), 1, patienceMs);
        exportTo(file("window.tif"));
        QProcess process;
        process.start(QStringLiteral(CRISTAE_BINARY_DIR "/bin/cristae-cli"),
                      {QStringLiteral("predict"),
                       QStringLiteral(CRISTAE_SOURCE_DIR "/resources/samples/fly_medulla.h5"),
                       QStringLiteral("--model"), QStringLiteral("membranes"), QStringLiteral("--output"),
                       file("line.tif")});
        QVERIFY(process.waitForFinished(patienceMs));
        QVERIFY2(process.exitCode() == 0, process.readAllStandardError());
        QVERIFY(!bytesOf(file("line.tif")).isEmpty());
        QVERIFY(bytesOf(file("line.tif")) == bytesOf(file("window.tif")));
    }

    void theWindowNeverWaitsWhileItPredictsAndCancelAnswers() {
        openSample();
        tickOnly(QStringLiteral("membranes"));
        predictSlice(0); // the engine is loaded and warm
        auto* where = child<QComboBox>(QStringLiteral("where"));
        for (int i = 0; i < where->count(); ++i)
            if (where->itemText(i).contains(QStringLiteral("all"), Qt::CaseInsensitive))
                where->setCurrentIndex(i);
        const Pixels before = bench_->document()->labels().snapshot().labels(
            Box3::ofExtent(bench_->document()->info().extent()));
        QTest::mouseClick(child<QPushButton>(QStringLiteral("predict")), Qt::LeftButton);
        QTRY_VERIFY(window_->predictPage()->running());
        Watchdog watchdog;
        for (int i = 0; i < 20; ++i) {
            bench_->setSlice(i);
            QTest::qWait(50); // the event loop runs as it does for a person who looks around meanwhile
        }
        QVERIFY2(watchdog.longestMs() <= 50, qPrintable(QString::number(watchdog.longestMs())));
        QVERIFY(window_->predictPage()->running());
        window_->predictPage()->cancel();
        QTRY_VERIFY_WITH_TIMEOUT(!window_->predictPage()->running(), 500);
        QVERIFY(bench_->document()->labels().snapshot().labels(
                    Box3::ofExtent(bench_->document()->info().extent())) == before);
    }

    void aCancelledTrainingGoesOnAfterTheProgramWasClosed() {
        prepareTraining(30, QStringLiteral("interrupted"));
        TrainPage* page = window_->trainPage();
        QTest::mouseClick(child<QPushButton>(QStringLiteral("start")), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(page->diceChart().series()[1].points.size() >= 2, patienceMs);
        page->cancel();
        QTRY_VERIFY_WITH_TIMEOUT(child<QPushButton>(QStringLiteral("resume"))->isVisibleTo(page), patienceMs);
        QVERIFY(!QFile::exists(file("models/interrupted.safetensors")));

        startProgram();
        openSample(); // any image: the task panel is there then
        window_->showPage(MainWindow::Page::train);
        page = window_->trainPage();
        auto* resume = child<QPushButton>(QStringLiteral("resume"));
        QTRY_VERIFY_WITH_TIMEOUT(resume->isVisible(), patienceMs);
        QSignalSpy trained(page, &TrainPage::trained);
        QTest::mouseClick(resume, Qt::LeftButton);
        QVERIFY(page->running());
        const size_t before = page->diceChart().series()[1].points.size();
        QVERIFY(before >= 2 && before < 10); // the epochs of the first part
        QTRY_COMPARE_WITH_TIMEOUT(trained.size(), 1, patienceMs);
        QTRY_COMPARE(page->diceChart().series()[1].points.size(), size_t(10));
        QVERIFY(QFile::exists(file("models/interrupted.safetensors")));
    }

    void aModelIsTrainedAndUsed() {
        prepareTraining(6, QStringLiteral("my membranes"));
        QSignalSpy trained(window_->trainPage(), &TrainPage::trained);
        Watchdog watchdog;
        QTest::mouseClick(child<QPushButton>(QStringLiteral("start")), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(trained.size(), 1, patienceMs);
        QVERIFY2(watchdog.longestMs() <= 50, qPrintable(QString::number(watchdog.longestMs())));
        QTest::mouseClick(child<QPushButton>(QStringLiteral("useModel")), Qt::LeftButton);
        QTRY_VERIFY(window_->predictPage()->obstacle().isEmpty());
        const PredictionRequest request = window_->predictPage()->request();
        QCOMPARE(request.models.size(), size_t(1));
        QVERIFY(QString::fromStdString(request.models[0].package.file.string()).startsWith(file("models")));
    }
};

QTEST_MAIN(TestStory)
#include "tst_story.moc"
