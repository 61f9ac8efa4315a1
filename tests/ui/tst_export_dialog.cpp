// The Export dialog writes what it says, and says beforehand what cannot be written.
#include "core/base/own_folder.h"
#include "core/io/format.h"
#include "tests/ui/fake_engine.h"
#include "ui/charts/bar_chart.h"
#include "ui/dialogs/export_dialog.h"
#include "ui/dialogs/voxel_size_dialog.h"
#include "ui/panels/evaluation_panel.h"
#include "ui/panels/measure_page.h"
#include "ui/panels/object_model.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QMessageBox>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>

using namespace cristae;

class TestExportDialog : public QObject {
    Q_OBJECT
private:
    std::unique_ptr<FakeWorld> world_;
    std::unique_ptr<Workbench> bench_;

    void openLabelled() {
        QSignalSpy opened(bench_.get(), &Workbench::documentChanged);
        bench_->open(world_->writeImage("image.png", 200, 120));
        QTRY_COMPARE(opened.count(), 1);
        Document& document = *bench_->document();
        ClassTable classes;
        const LabelClass mito = classes.ensure("mitochondria"), nuclei = classes.ensure("nuclei");
        document.setClasses(classes, "Add classes");
        LabelEdit edit(document.labels().snapshot(), {});
        for (int64_t y = 10; y < 20; ++y) edit.setRun(0, y, 5, 45, {mito.value, Origin::human});
        for (int64_t y = 50; y < 90; ++y) edit.setRun(0, y, 100, 110, {nuclei.value, Origin::model});
        document.applyLabels(edit.delta(), "Brush");
    }
    static void choose(QDialog& dialog, const char* name, const QVariant& data) {
        auto* box = dialog.findChild<QComboBox*>(QString::fromLatin1(name));
        box->setCurrentIndex(box->findData(data));
    }

private Q_SLOTS:
    void init() {
        // Asked anew for each test. The offscreen platform says the one sentence of every window with a
        // minimum size.
        QTest::failOnWarning(
            QRegularExpression(QStringLiteral("^(?!This plugin does not support propagateSizeHints)")));
        world_ = std::make_unique<FakeWorld>();
        bench_ = std::make_unique<Workbench>(*world_->session);
    }
    void cleanup() {
        bench_.reset();
        world_.reset();
    }

    void tiffReadsBackEqual() {
        openLabelled();
        auto* dialog = new ExportDialog(*bench_);
        dialog->open();
        dialog->setFormat("tiff");
        dialog->setTarget(world_->name("labels.tif"));
        QVERIFY2(dialog->complaint().isEmpty(), qPrintable(dialog->complaint()));
        QSignalSpy written(dialog, &ExportDialog::written), remark(bench_.get(), &Workbench::remarkShown);
        QTest::mouseClick(dialog->findChild<QPushButton*>("write"), Qt::LeftButton);
        QTRY_COMPARE(written.count(), 1);
        QVERIFY(remark.front().front().toString().contains("labels.tif"));
        const TileSourcePtr back = openImage(world_->path("labels.tif"));
        const Document& document = *bench_->document();
        const Box3 box = Box3::ofExtent(document.info().extent());
        QVERIFY(back->read(0, box).converted(PixelType::u32) == document.labels().snapshot().labels(box));
    }

    void maskOfOneClass() {
        openLabelled();
        auto* dialog = new ExportDialog(*bench_);
        dialog->open();
        dialog->setFormat("png");
        choose(*dialog, "what", int(ResultKind::mask));
        choose(*dialog, "oneClass", bench_->document()->classes().findByName("nuclei")->value);
        dialog->setTarget(world_->name("mask.png"));
        QSignalSpy written(dialog, &ExportDialog::written);
        dialog->write();
        QTRY_COMPARE(written.count(), 1);
        const QImage mask(world_->name("mask.png"));
        QCOMPARE(qGray(mask.pixel(105, 60)), 255);
        QCOMPARE(qGray(mask.pixel(10, 15)), 0);
    }

    void objectsOfOneClassAreNumbered() {
        openLabelled();
        auto* dialog = new ExportDialog(*bench_);
        dialog->open();
        dialog->setFormat("tiff");
        choose(*dialog, "what", int(ResultKind::objects));
        const uint32_t nuclei = bench_->document()->classes().findByName("nuclei")->value;
        choose(*dialog, "oneClass", nuclei);
        dialog->setTarget(world_->name("objects.tif"));
        QSignalSpy written(dialog, &ExportDialog::written);
        dialog->write();
        QTRY_COMPARE(written.count(), 1);
        // The components of the class, as core counts them.
        const Document& document = *bench_->document();
        const Box3 box = Box3::ofExtent(document.info().extent());
        const Pixels labels = document.labels().snapshot().labels(box);
        std::vector<uint8_t> mask;
        for (const uint32_t label : labels.values<uint32_t>()) mask.push_back(label == nuclei);
        const LabelVolume expected = components(mask, document.info().extent(), Connectivity::volume, true);
        const Pixels ids = openImage(world_->path("objects.tif"))->read(0, box).converted(PixelType::u32);
        QVERIFY(std::ranges::equal(ids.values<uint32_t>(), expected.labels));
        QVERIFY(std::ranges::any_of(expected.labels, [](uint32_t id) { return id > 0; }));
        // A format that cannot keep numbers says so at once.
        auto* another = new ExportDialog(*bench_);
        another->open();
        choose(*another, "what", int(ResultKind::objects));
        another->setFormat("jpeg");
        another->setTarget(world_->name("objects.jpg"));
        QVERIFY2(another->complaint().contains("JPEG"), qPrintable(another->complaint()));
        another->reject();
    }

    void asksBeforeAFileIsReplaced() {
        openLabelled();
        QFile old(world_->name("old.tif"));
        QVERIFY(old.open(QIODevice::WriteOnly) && old.write("precious") == 8);
        old.close();
        auto* dialog = new ExportDialog(*bench_);
        dialog->open();
        dialog->setFormat("tiff");
        dialog->setTarget(world_->name("old.tif"));
        QSignalSpy written(dialog, &ExportDialog::written);
        const auto ask = [&] {
            QTest::mouseClick(dialog->findChild<QPushButton*>("write"), Qt::LeftButton);
            return dialog->findChild<QMessageBox*>("replaceQuestion");
        };
        QMessageBox* question = ask();
        QVERIFY(question && question->isVisible());
        QVERIFY(question->text().contains("old.tif"));
        QTest::keyClick(question, Qt::Key_Return); // what Return does must not lose anything
        QTRY_VERIFY(!dialog->findChild<QMessageBox*>("replaceQuestion"));
        QVERIFY(!bench_->jobs().busy(Queue::files));
        QVERIFY(old.open(QIODevice::ReadOnly));
        QCOMPARE(old.readAll(), QByteArray("precious"));
        old.close();
        QCOMPARE(written.count(), 0);
        question = ask();
        QVERIFY(question);
        QTest::mouseClick(question->findChild<QPushButton*>("replace"), Qt::LeftButton);
        QTRY_COMPARE(written.count(), 1);
        QCOMPARE(openImage(world_->path("old.tif"))->info().extent().x, 200);
    }

    void asksBeforeAFolderOfSlicesIsReplacedAndNeverTakesTheImages() {
        for (const char* name : {"stack/a1.png", "stack/a2.png", "stack/a3.png"})
            world_->writeImage(name, 64, 48);
        QSignalSpy opened(bench_.get(), &Workbench::documentChanged);
        bench_->open(world_->name("stack"));
        QTRY_COMPARE(opened.count(), 1);
        Document& document = *bench_->document();
        ClassTable classes;
        const LabelClass mito = classes.ensure("mitochondria");
        document.setClasses(classes, "Add class");
        LabelEdit edit(document.labels().snapshot(), {});
        edit.setRun(1, 10, 5, 45, {mito.value, Origin::human});
        document.applyLabels(edit.delta(), "Brush");

        auto* dialog = new ExportDialog(*bench_);
        dialog->open();
        dialog->setFormat("png");
        // The slices would go into the folder "stack": the image itself.
        dialog->setTarget(world_->name("stack.png"));
        QVERIFY2(dialog->complaint().contains("image itself"), qPrintable(dialog->complaint()));
        // A folder of an earlier export is replaced after a question.
        for (const char* name : {"labels/old_0000.png", "labels/old_0001.png"})
            world_->writeImage(name, 8, 8);
        markResultFolder(world_->path("labels"), {"old_0000.png", "old_0001.png"});
        dialog->setTarget(world_->name("labels.png"));
        QVERIFY2(dialog->complaint().isEmpty(), qPrintable(dialog->complaint()));
        QSignalSpy written(dialog, &ExportDialog::written);
        dialog->write();
        auto* question = dialog->findChild<QMessageBox*>("replaceQuestion");
        QVERIFY(question);
        QVERIFY2(question->informativeText().contains("2"), qPrintable(question->informativeText()));
        QVERIFY(QFile::exists(world_->name("labels/old_0001.png")));
        QTest::mouseClick(question->findChild<QPushButton*>("replace"), Qt::LeftButton);
        QTRY_COMPARE(written.count(), 1);
        QVERIFY(!QFile::exists(world_->name("labels/old_0001.png")));
        QCOMPARE(QDir(world_->name("labels")).entryList(QDir::Files).size(), 3);
        QCOMPARE(QDir(world_->name("stack")).entryList(QDir::Files).size(), 3);
    }

    void saysWhatCannotBe() {
        openLabelled();
        auto* dialog = new ExportDialog(*bench_);
        dialog->open();
        auto* write = dialog->findChild<QPushButton*>("write");
        dialog->setTarget(world_->name("no such folder/x.tif"));
        QVERIFY(dialog->complaint().contains("no folder"));
        QVERIFY(!write->isEnabled());
        dialog->setTarget(world_->name("image.png"));
        QVERIFY(dialog->complaint().contains("image itself"));
        dialog->setTarget("");
        QVERIFY(!dialog->complaint().isEmpty());
        dialog->reject();
        bench_->closeDocument();
        auto* empty = new ExportDialog(*bench_);
        empty->open();
        QVERIFY(empty->complaint().contains("Open an image"));
        empty->reject();
    }

    void voxelSizeIsUndoable() {
        openLabelled();
        auto* dialog = new VoxelSizeDialog(*bench_);
        dialog->open();
        dialog->findChild<QDoubleSpinBox*>("x")->setValue(5);
        QCOMPARE(dialog->findChild<QDoubleSpinBox*>("y")->value(), 5.0); // follows while equal
        QTest::mouseClick(dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok),
                          Qt::LeftButton);
        const Document& document = *bench_->document();
        QCOMPARE(document.voxelSize().xNm.value_or(0), 5.0);
        QVERIFY(!document.voxelSize().zNm);
        QVERIFY(document.voxelSize().source.find("hand") != std::string::npos);
        bench_->undo();
        QVERIFY(!document.voxelSize().xNm);
    }

    void typedNumbersHaveOneReading() {
        openLabelled();
        const Document& document = *bench_->document();
        for (const auto language : {QLocale::English, QLocale::German}) {
            QLocale::setDefault(QLocale(language));
            for (const auto& [words, nm] : {std::pair{"4,5", 4.5}, {"4.5", 4.5}, {"0,25", 0.25}}) {
                auto* dialog = new VoxelSizeDialog(*bench_);
                dialog->open();
                auto* x = dialog->findChild<QDoubleSpinBox*>("x");
                x->selectAll();
                QTest::keyClicks(x, words);
                QTest::keyClick(x, Qt::Key_Return);
                QVERIFY(!dialog->isVisible());
                QCOMPARE(document.voxelSize().xNm.value_or(0), nm);
            }
            for (const char* words : {"1,234", "4..5", "-5", "1e9", "0.001"}) {
                auto* dialog = new VoxelSizeDialog(*bench_);
                dialog->open();
                auto* x = dialog->findChild<QDoubleSpinBox*>("x");
                x->selectAll();
                QTest::keyClicks(x, words);
                QTest::keyClick(x, Qt::Key_Return);
                QVERIFY2(dialog->isVisible(), words);
                QTest::mouseClick(dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok),
                                  Qt::LeftButton);
                QVERIFY2(dialog->isVisible(), words);
                QVERIFY(!dialog->findChild<QLabel*>("complaint")->text().isEmpty());
                QCOMPARE(document.voxelSize().xNm.value_or(0), 0.25);
                dialog->reject();
            }
        }
        QLocale::setDefault(QLocale::c());
    }

    void measurePageCountsAndCompares() {
        openLabelled();
        MeasurePage page(*bench_);
        page.resize(340, 700);
        QSignalSpy measured(&page, &MeasurePage::measured), compared(&page, &MeasurePage::compared);
        page.show();
        QTRY_VERIFY(page.result().classes.size() == 2);
        QCOMPARE(page.result().classes[0].voxels, 400);
        QCOMPARE(page.result().classes[0].objects, 1);
        VoxelSize size = bench_->document()->voxelSize();
        size.xNm = size.yNm = 10;
        size.source = "the test";
        bench_->document()->setVoxelSize(size);
        QTRY_COMPARE_WITH_TIMEOUT(page.result().classes[0].areaNm2.value_or(0), 40000.0, 5000);
        // The objects as rows, in the unit that is known; a click goes there.
        auto* objects = page.findChild<QTableView*>("objects");
        QCOMPARE(objects->model()->rowCount(), 1); // of the first class: means are of one
        QCOMPARE(objects->model()->index(0, ObjectModel::size).data().toString(), QString("0.04"));
        QCOMPARE(page.findChild<QLabel*>("objectCount")->text(), QString("1"));
        QCOMPARE(page.findChild<QLabel*>("meanSize")->text(), QString("0.04 µm²"));
        QCOMPARE(page.findChild<BarChart*>("sizeHistogram")->histogram().counts.back(), int64_t(1));
        page.findChild<QComboBox*>("objectsOf")->setCurrentIndex(0);
        QCOMPARE(objects->model()->rowCount(), 2);
        QCOMPARE(page.findChild<QLabel*>("objectCount")->text(), QString("2"));
        QCOMPARE(page.findChild<QLabel*>("meanSize")->text(), QString("–"));
        QVERIFY(!page.findChild<BarChart*>("sizeHistogram")->isVisible());
        objects->sortByColumn(ObjectModel::className, Qt::DescendingOrder);
        QCOMPARE(objects->model()->index(0, ObjectModel::className).data().toString(), QString("nuclei"));
        QTest::mouseClick(objects->viewport(), Qt::LeftButton, {},
                          objects->visualRect(objects->model()->index(0, ObjectModel::size)).center());
        QCOMPARE(bench_->view().centreX, 105.0);
        QCOMPARE(bench_->view().centreY, 70.0);
        auto* which = page.findChild<QComboBox*>("objectsOf");
        which->setCurrentIndex(which->findText("mitochondria"));
        QCOMPARE(objects->model()->rowCount(), 1);
        page.saveTable(world_->name("objects.csv"), true);
        QFile csv(world_->name("objects.csv"));
        QVERIFY(csv.open(QIODevice::ReadOnly));
        QCOMPARE(csv.readAll().trimmed().split('\n').size(), 3);

        QImage truth(200, 120, QImage::Format_Grayscale8);
        truth.fill(0);
        for (int y = 10; y < 20; ++y)
            for (int x = 25; x < 65; ++x) truth.scanLine(y)[x] = 255; // half of the first object
        truth.save(world_->name("truth.png"));
        page.evaluation()->compareWith(world_->name("truth.png"));
        QTRY_COMPARE(compared.count(), 1);
        const auto metrics = compared.front().front().value<std::vector<Metric>>();
        QCOMPARE(metrics.front().name, std::string("dice"));
        QCOMPARE(metrics.front().value, 0.5);
    }
};

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    applyTheme(application, ThemeKind::dark);
    TestExportDialog test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_export_dialog.moc"
