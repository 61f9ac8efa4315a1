// The real main window: from the start page to saved labels and back, the question about unsaved labels,
// errors, layout.
#include "tests/support/byte_volumes.h"
#include "tests/support/tiny_tiff.h"
#include "tests/support/ui_setup.h"
#include "ui/canvas/canvas_view.h"
#include "ui/dialogs/dataset_dialog.h"
#include "ui/theme/theme.h"
#include "ui/window/main_window.h"
#include "ui/window/message_bar.h"

#include <QAction>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDropEvent>
#include <QLabel>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QRegularExpression>
#include <QSlider>
#include <QStackedWidget>
#include <QTabBar>
#include <QTableView>
#include <QTableWidget>
#include <QTest>
#include <QToolButton>

using namespace cristae;

class TestWindow : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    std::unique_ptr<Session> session_;
    std::unique_ptr<Workbench> bench_;
    std::unique_ptr<MainWindow> window_;
    QString stack_, other_;

    QString file(const char* name) const { return folder_.filePath(QString::fromLatin1(name)); }
    void showWindow(QSize size = {1280, 720}) {
        window_->resize(size);
        window_->show();
        QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
    }
    void open(const QString& path) {
        window_->openFile(path);
        QTRY_VERIFY(bench_->document());
        QTRY_COMPARE(QString::fromStdString(bench_->document()->info().path.string()), path);
    }
    template <class T> T* child(const char* name) {
        return window_->findChild<T*>(QString::fromLatin1(name));
    }
    void paint() {
        bench_->setTool(QStringLiteral("brush"));
        CanvasPane* pane = window_->canvas()->labelledPane();
        QTest::mousePress(pane, Qt::LeftButton, {}, pane->rect().center());
        QTest::mouseMove(pane, pane->rect().center() + QPoint(30, 12));
        QTest::mouseRelease(pane, Qt::LeftButton, {}, pane->rect().center() + QPoint(30, 12));
    }
    QMessageBox* question() { return child<QMessageBox>("unsavedQuestion"); }

private Q_SLOTS:
    void initTestCase() {
        useOwnSettings(folder_);
        applyTheme(*qApp, ThemeKind::dark);
        stack_ = file("stack.tif");
        other_ = file("other.tif");
        std::vector<std::vector<uint8_t>> pages;
        for (int z = 0; z < 6; ++z) {
            std::vector<uint8_t> page(200 * 150);
            for (size_t i = 0; i < page.size(); ++i) page[i] = uint8_t(i * 7 + size_t(z) * 31);
            pages.push_back(page);
        }
        QVERIFY(writeTinyTiff(stack_, 200, 150, pages, 5));
        QVERIFY(writeTinyTiff(other_, 200, 150, {pages[0]}));
    }
    void init() {
        // The offscreen platform says of itself that it ignores size hints.
        QTest::failOnWarning(QRegularExpression(QStringLiteral("^(?!This plugin does not support)")));
        QSettings().clear();
        session_ = sessionWithoutEngine(folder_, CRISTAE_SOURCE_DIR "/resources/samples");
        bench_ = std::make_unique<Workbench>(*session_);
        window_ = std::make_unique<MainWindow>(*bench_);
    }
    void cleanup() {
        window_.reset();
        bench_.reset();
        session_.reset();
    }

    void startPageOffersSamplesAndOpensThem() {
        showWindow();
        QVERIFY(child<QWidget>("startPage")->isVisible());
        auto* sample = child<QAbstractButton>("sample-fly_medulla");
        QVERIFY(sample && sample->isVisible());
        QTest::mouseClick(sample, Qt::LeftButton);
        QTRY_VERIFY(bench_->document());
        QVERIFY(!child<QWidget>("startPage")->isVisible());
        QVERIFY(child<QWidget>("sliceBar")->isVisible());
    }

    void opensPaintsSavesAndLoads() {
        showWindow();
        open(stack_);
        QCOMPARE(window_->windowTitle(), QStringLiteral("Cristae — stack.tif[*]"));
        QVERIFY(!window_->isWindowModified());
        CanvasPane* pane = window_->canvas()->labelledPane();
        QTRY_VERIFY(pane->width() > 200);
        QTest::keyClick(pane, Qt::Key_B);
        QVERIFY(child<QToolButton>("tool-brush")->isChecked());
        paint();
        QVERIFY(window_->isWindowModified());
        const LabelSnapshot painted = bench_->document()->labels().snapshot();
        const int64_t slice = bench_->view().slice;
        const auto counts = painted.countsInSlice(slice);
        QCOMPARE(counts.size(), size_t(1));
        const int64_t count = counts.begin()->second;
        QVERIFY(count > 100);

        const QString saved = file("saved.tif");
        bench_->saveLabels(saved);
        QTRY_VERIFY(!window_->isWindowModified());
        QVERIFY(QFileInfo::exists(saved));

        // Undo by key: the file is no longer what is shown, so the star comes back.
        QTest::keyClick(window_.get(), Qt::Key_Z, Qt::ControlModifier);
        QVERIFY(bench_->document()->labels().snapshot().countsInSlice(slice).empty());
        QVERIFY(window_->isWindowModified());
        bench_->loadLabels(saved);
        QTRY_COMPARE(bench_->document()->labels().snapshot().countsInSlice(slice), counts);
        QCOMPARE(bench_->document()->labels().snapshot().labels(Box3::ofExtent({6, 150, 200})),
                 painted.labels(Box3::ofExtent({6, 150, 200})));
    }

    void savedLabelsBringTheirClassesBack_data() {
        QTest::addColumn<QString>("ending");
        QTest::newRow("TIFF") << "tif";
        QTest::newRow("HDF5") << "h5";
    }
    void savedLabelsBringTheirClassesBack() {
        QFETCH(QString, ending);
        showWindow();
        open(stack_);
        ClassTable classes;
        classes.set({1, "vesicles", {0x12, 0x34, 0x56}});
        classes.set({2, "Golgi, α", {0xfe, 0xdc, 0xba}});
        bench_->document()->setClasses(classes, "Classes");
        LabelEdit edit(bench_->document()->labels().snapshot(), {});
        for (int64_t y = 0; y < 40; ++y) {
            edit.setRun(1, y, 10, 30, {1, Origin::human});
            edit.setRun(4, y, 50, 90, {2, Origin::human});
        }
        bench_->document()->applyLabels(edit.delta(), "Brush");
        const QString first = file("first.") + ending, second = file("second.") + ending;
        bench_->saveLabels(first);
        QTRY_VERIFY(!bench_->document()->modified());
        bench_->closeDocument();

        open(stack_);
        QVERIFY(bench_->document()->classes().empty());
        bench_->loadLabels(first);
        QTRY_COMPARE(bench_->document()->classes().classes().size(), size_t(2));
        QVERIFY(bench_->document()->classes() == classes);
        QCOMPARE(bench_->document()->labels().at(4, 10, 60).label, 2u);
        bench_->saveLabels(second);
        QTRY_VERIFY(!bench_->document()->modified());
        const auto bytes = [](const QString& path) {
            QFile opened(path);
            return opened.open(QIODevice::ReadOnly) ? opened.readAll() : QByteArray();
        };
        QVERIFY(!bytes(first).isEmpty());
        QVERIFY(bytes(first) == bytes(second));

        // Beside other classes: names decide, values make room.
        bench_->closeDocument();
        open(stack_);
        ClassTable others;
        others.set({1, "nuclei", {1, 2, 3}});
        others.set({4, "vesicles", {9, 9, 9}});
        bench_->document()->setClasses(others, "Classes");
        bench_->loadLabels(first);
        QTRY_COMPARE(bench_->document()->classes().classes().size(), size_t(3));
        QCOMPARE(bench_->document()->labels().at(1, 10, 20).label, 4u);
        QCOMPARE(bench_->document()->classes().find(4)->colour.hex(), std::string("#123456"));
        QCOMPARE(bench_->document()->labels().at(4, 10, 60).label, 2u);
        QCOMPARE(bench_->document()->classes().find(2)->name, std::string("Golgi, α"));
        bench_->undo();
        QVERIFY(bench_->document()->classes() == others);
        QVERIFY(bench_->document()->labels().snapshot().sliceEmpty(1));
    }

    void theDatasetOfLabelsIsChosen() {
        showWindow();
        open(stack_);
        std::vector<uint8_t> grey(6 * 150 * 200), truth(grey.size());
        for (size_t i = 0; i < grey.size(); ++i) {
            grey[i] = uint8_t(i % 251);
            truth[i] = i % 200 < 20 ? 1 : 0;
        }
        const QString path = file("several.h5");
        QVERIFY(writeVolumes(path, {{"raw", grey}, {"truth", truth}}, {6, 150, 200}));
        bench_->loadLabels(path);
        QDialog* dialog = nullptr;
        QTRY_VERIFY(dialog = window_->findChild<DatasetDialog*>());
        auto* table = dialog->findChild<QTableWidget*>();
        QVERIFY(table);
        for (int row = 0; row < table->rowCount(); ++row)
            if (table->item(row, 0)->text().contains(QStringLiteral("truth"))) table->selectRow(row);
        QTest::mouseClick(dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Open),
                          Qt::LeftButton);
        QTRY_COMPARE(bench_->document()->labels().at(3, 100, 5).label, 1u);
        QCOMPARE(bench_->document()->labels().at(3, 100, 25).label, 0u);
        QVERIFY(bench_->document()->undoStack().undoWords().find("several.h5") != std::string::npos);
    }

    void labelsOfAnotherSizeAreRefusedInTheBar() {
        showWindow();
        open(stack_);
        bench_->loadLabels(other_);
        QTRY_VERIFY(window_->messages()->text().contains(QStringLiteral("other.tif")));
        QVERIFY(window_->messages()->text().contains(QStringLiteral("200 × 150 × 6")));
        QVERIFY(!bench_->document()->modified());
    }

    void aMissingFileIsSaidInTheBar() {
        showWindow();
        window_->openFile(file("nowhere.tif"));
        QTRY_VERIFY(window_->messages()->isVisible());
        QVERIFY(window_->messages()->text().contains(QStringLiteral("nowhere.tif")));
        QVERIFY(!bench_->document());
    }

    void closingAsksAboutUnsavedLabels() {
        showWindow();
        open(stack_);
        paint();
        QVERIFY(!window_->close());
        QVERIFY(question() && question()->isVisible());
        QTest::keyClick(question(), Qt::Key_Escape);
        QTRY_VERIFY(!question());
        QVERIFY(window_->isVisible() && window_->isWindowModified());

        QVERIFY(!window_->close());
        QTest::mouseClick(question()->findChild<QPushButton*>(QStringLiteral("discardLabels")),
                          Qt::LeftButton);
        QTRY_VERIFY(!window_->isVisible());
    }

    void replacingAsksAndSavesFirst() {
        showWindow();
        open(stack_);
        paint();
        const QString saved = file("replaced.tif");
        bench_->saveLabels(saved);
        QTRY_COMPARE(bench_->labelsPath(), saved);
        QTRY_VERIFY(!window_->isWindowModified());
        paint(); // over what is there: nothing changes
        bench_->setSlice(0);
        paint();
        QVERIFY(window_->isWindowModified());
        window_->openFile(other_);
        QVERIFY(question());
        QFile::remove(saved);
        QTest::mouseClick(question()->findChild<QPushButton*>(QStringLiteral("saveLabels")), Qt::LeftButton);
        QTRY_COMPARE(QString::fromStdString(bench_->document()->info().path.filename().string()),
                     QStringLiteral("other.tif"));
        QVERIFY(QFileInfo::exists(saved));
    }

    void droppingAFileOpensIt() {
        showWindow();
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(stack_)});
        QDragEnterEvent enter(QPoint(100, 100), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(window_.get(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop(QPointF(100, 100), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(window_.get(), &drop);
        QTRY_VERIFY(bench_->document());
    }

    void sliderAndMarksFollowTheSlice() {
        showWindow();
        open(stack_);
        auto* slider = child<QSlider>("sliceSlider");
        QVERIFY(slider->isVisible());
        slider->setValue(4);
        QCOMPARE(bench_->view().slice, int64_t(4));
        bench_->setSlice(1);
        QCOMPARE(slider->value(), 1);
        open(other_);
        QVERIFY(!slider->isVisible());
    }

    void classesAreAddedLockedAndUndone() {
        showWindow();
        open(stack_);
        QTest::mouseClick(child<QToolButton>("addClass"), Qt::LeftButton);
        QCOMPARE(bench_->document()->classes().classes().size(), size_t(1));
        ClassTable classes = bench_->document()->classes();
        LabelClass entry = classes.classes().front();
        entry.locked = true;
        classes.set(entry);
        bench_->document()->setClasses(classes, "Lock");
        QCOMPARE(bench_->strokeRule().lockedLabels, std::vector<uint32_t>{entry.value});
        bench_->undo();
        bench_->undo();
        QVERIFY(bench_->document()->classes().empty());
        QVERIFY(!window_->isWindowModified());
    }

    void everyDisabledControlSaysWhy() {
        showWindow();
        for (auto* button : window_->findChildren<QAbstractButton*>()) {
            if (!button->isVisible() || button->isEnabled() ||
                (button->parentWidget() && !button->parentWidget()->isEnabled()))
                continue;
            QVERIFY2(!button->toolTip().isEmpty(),
                     qPrintable(button->objectName() + QLatin1Char(' ') + button->text()));
        }
        open(stack_);
        for (auto* button : window_->findChildren<QAbstractButton*>()) {
            if (!button->isVisible() || button->isEnabled()) continue;
            QVERIFY2(!button->toolTip().isEmpty(),
                     qPrintable(button->objectName() + QLatin1Char(' ') + button->text()));
        }
    }

    void everyButtonHasAName() {
        showWindow();
        open(stack_);
        for (auto* button : window_->findChildren<QToolButton*>()) {
            if (!button->isVisible() || button->parentWidget()->inherits("QTabBar") ||
                button->parentWidget()->inherits("QMenuBar"))
                continue;
            QVERIFY2(!button->accessibleName().isEmpty() || !button->text().isEmpty(),
                     qPrintable(button->objectName()));
        }
    }

    void themesSwitchAndAreRemembered() {
        showWindow();
        open(stack_);
        for (auto* action : window_->findChildren<QAction*>())
            if (action->text().contains(QStringLiteral("Dark theme"))) action->setChecked(false);
        QCOMPARE(themeKind(qApp->palette()), ThemeKind::light);
        QCOMPARE(rememberedTheme(), ThemeKind::light);
        applyTheme(*qApp, ThemeKind::dark);
    }

    void fitsASmallScreen() {
        showWindow({1280, 720});
        open(stack_);
        QTRY_VERIFY(window_->canvas()->labelledPane()->width() > 200);
        QVERIFY2(window_->width() <= 1280 && window_->height() <= 720,
                 qPrintable(QStringLiteral("%1 × %2").arg(window_->width()).arg(window_->height())));
        auto* tabs = child<QTabBar>("taskTabs");
        for (int page = 0; page < tabs->count(); ++page) {
            tabs->setCurrentIndex(page);
            QTest::qWait(0);
            QVERIFY2(window_->height() <= 720, qPrintable(tabs->tabText(page)));
        }
    }

    void measuringNothingComesToAnEnd() {
        showWindow();
        open(stack_);
        child<QTabBar>("taskTabs")->setCurrentIndex(2);
        QTRY_VERIFY(child<QLabel>("measureObstacle")->text().startsWith(QStringLiteral("Nothing")));
    }

    /// The main button of a page and the line that belongs to it, whatever has to be scrolled above them.
    void mainButtonsStayInSight() {
        showWindow({1280, 720});
        open(stack_);
        paint();
        auto* tabs = child<QTabBar>("taskTabs");
        const auto whole = [this](const char* name) {
            auto* widget = child<QWidget>(name);
            return widget->isVisible() && widget->visibleRegion().boundingRect() == widget->rect();
        };
        tabs->setCurrentIndex(0);
        QTRY_VERIFY(whole("predict") &&
                    whole("obstacle")); // there is no engine here, so nothing is estimated
        tabs->setCurrentIndex(3);
        child<QPushButton>("addThis")->click();
        QTRY_VERIFY(child<QTableView>("dataSet")->isVisible());
        QTRY_VERIFY(whole("start") && (child<QWidget>("obstacles")->isHidden() || whole("obstacles")));
    }
};

QTEST_MAIN(TestWindow)
#include "tst_window.moc"
