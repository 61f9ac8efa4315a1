// The Studies page: the list, the data, a run with cancel and going on, the result as chart, table and files.
#include "core/image/memory_source.h"
#include "tests/ui/fake_engine.h"
#include "ui/panels/data_set.h"
#include "ui/panels/studies_page.h"
#include "ui/panels/study_view.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include "tests/support/patience.h"

#include <QApplication>
#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QRegularExpression>
#include <QSettings>
#include <QSignalSpy>
#include <QTableWidget>
#include <QTest>

using namespace cristae;

class TestStudies : public QObject {
    Q_OBJECT
    std::unique_ptr<FakeWorld> world_;
    std::unique_ptr<Workbench> bench_;
    std::unique_ptr<DataSetModel> dataSet_;
    std::unique_ptr<StudiesPage> page_;

    template <class T> T* part(const char* name) const {
        return page_->findChild<T*>(QString::fromLatin1(name));
    }
    void click(const char* button) { QTest::mouseClick(part<QPushButton>(button), Qt::LeftButton); }
    /// Slices whose left half is bright, and labelled.
    void addSlices(int64_t count) {
        Pixels image(PixelType::u8, 1, {count, 64, 64}), labels(PixelType::u8, 1, {count, 64, 64});
        for (size_t i = 0; i < size_t(image.count()); ++i) {
            image.values<uint8_t>()[i] = uint8_t((i % 64 < 32 ? 170 : 60) + i * 7 % 40);
            labels.values<uint8_t>()[i] = i % 64 < 32;
        }
        DataSetRow row;
        row.pair = {"made", std::make_shared<MemorySource>(image), std::make_shared<MemorySource>(labels)};
        row.classNames = {"bright"};
        row.slices = row.labelledSlices = count;
        dataSet_->add({row});
    }

private Q_SLOTS:
    void init() {
        QTest::failOnWarning(QRegularExpression(QStringLiteral("^(?!This plugin does not support)")));
        world_ = std::make_unique<FakeWorld>();
        bench_ = std::make_unique<Workbench>(*world_->session);
        dataSet_ = std::make_unique<DataSetModel>();
        page_ = std::make_unique<StudiesPage>(*bench_, *dataSet_);
        page_->setFolder(world_->name("study"));
        page_->resize(380, 900);
        page_->show();
        QVERIFY(QTest::qWaitForWindowExposed(page_.get()));
    }
    void cleanup() {
        page_.reset();
        dataSet_.reset();
        bench_.reset();
        world_.reset();
    }

    void everyStudyIsListedWithItsQuestion() {
        auto* list = part<QListWidget>("studies");
        QCOMPARE(list->count(), int(allStudies().size()));
        for (const auto& study : allStudies()) {
            page_->chooseStudy(study->key());
            QCOMPARE(list->currentItem()->text(), QString::fromStdString(study->title()));
            QCOMPARE(part<QLabel>("studyQuestion")->text(), QString::fromStdString(study->question()));
        }
    }

    void whatIsMissingIsSaid() {
        page_->chooseStudy("training-size");
        page_->setData(StudiesPage::Data::page);
        QVERIFY(!part<QPushButton>("runStudy")->isEnabled());
        QVERIFY(part<QLabel>("studyObstacles")->text().contains("three labelled slices"));
        page_->setData(StudiesPage::Data::list, world_->name("nowhere.json"));
        QVERIFY(part<QLabel>("studyObstacles")->text().contains("Choose a data list"));
        page_->setData(StudiesPage::Data::page);
        addSlices(6);
        QVERIFY(page_->obstacles().isEmpty());
        QVERIFY(part<QPushButton>("runStudy")->isEnabled());
        page_->setFolder("");
        QVERIFY(part<QLabel>("studyObstacles")->text().contains("folder"));
    }

    void aStudyOfAModelGivesChartTableAndFiles() {
        page_->chooseStudy("scaling");
        QTRY_VERIFY(page_->obstacles().isEmpty()); // the list of models has been read
        QCOMPARE(part<QComboBox>("studyModel")->currentText(), QString("bright"));
        QSignalSpy finished(page_.get(), &StudiesPage::finished);
        click("runStudy");
        QVERIFY(part<QPushButton>("cancelStudy")->isVisible());
        QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, patienceMs);
        const StudyResult& result = *page_->result();
        auto* table = part<QTableWidget>("studyTable");
        QCOMPARE(table->rowCount(), 3);
        QCOMPARE(table->columnCount(), int(result.columns.size()));
        QCOMPARE(table->item(0, 0)->text(), QString("512 × 512"));
        QVERIFY(table->item(2, 2)->text().toDouble() > 0);
        QVERIFY(part<QLabel>("studyNotes")->text().contains("Published"));
        QVERIFY(part<StudyView>("studyChart")->isVisible());
        for (const char* file : {"study/table.csv", "study/chart.png", "study/chart.pdf"})
            QVERIFY2(std::filesystem::exists(world_->path(file)), file);
        QSignalSpy remarks(bench_.get(), &Workbench::remarkShown);
        page_->saveResult(world_->name("mine.csv"));
        QTRY_COMPARE(remarks.count(), 1);
        QFile mine(world_->name("mine.csv"));
        QVERIFY(mine.open(QIODevice::ReadOnly));
        QCOMPARE(mine.readAll().toStdString(), studyCsv(result));
        auto* view = part<StudyView>("studyChart");
        QTest::mouseClick(view, Qt::LeftButton);
        QVERIFY(view->large() && view->large()->isVisible());
        QCOMPARE(view->large()->findChild<QTableWidget*>()->rowCount(), 3);
        QTest::keyClick(view->large(), Qt::Key_Escape);
    }

    void aCancelledStudyGoesOn() {
        page_->chooseStudy("scaling");
        QTRY_VERIFY(page_->obstacles().isEmpty());
        world_->control.msPerTile = 40;
        click("runStudy");
        QTRY_VERIFY_WITH_TIMEOUT(std::filesystem::exists(world_->path("study/steps/side-512.json")),
                                 patienceMs);
        click("cancelStudy");
        QTRY_VERIFY(!part<QPushButton>("cancelStudy")->isVisible());
        QTRY_VERIFY(!bench_->jobs().busy(Queue::compute));
        QVERIFY(!page_->result());
        page_->chooseStudy("scaling");
        QVERIFY(part<QPushButton>("runStudy")->text().contains("Resume"));
        QVERIFY(part<QLabel>("studyFolderWords")->text().contains("finished"));
        world_->control.msPerTile = 0;
        const auto before = std::filesystem::last_write_time(world_->path("study/steps/side-512.json"));
        QSignalSpy finished(page_.get(), &StudiesPage::finished);
        click("runStudy");
        QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, patienceMs);
        QCOMPARE(page_->result()->rows.size(), size_t(3));
        QVERIFY(std::filesystem::last_write_time(world_->path("study/steps/side-512.json")) == before);
    }

    void theDataSetOfThePageIsSharedOut() {
        addSlices(10);
        page_->chooseStudy("training-size");
        page_->setData(StudiesPage::Data::page);
        QSignalSpy finished(page_.get(), &StudiesPage::finished);
        click("runStudy");
        QTRY_VERIFY_WITH_TIMEOUT(!part<QPushButton>("cancelStudy")->isVisible(), patienceMs);
        QVERIFY2(finished.count() == 1, qPrintable(part<QLabel>("studyObstacles")->text()));
        QVERIFY(!page_->result()->rows.empty());
        int64_t validation = 0, training = 0; // of ten slices two score, two choose, six train
        for (const TrainingSlice& slice : world_->control.plan.set.slices) {
            validation += slice.role == Role::validation;
            training += slice.role == Role::train;
        }
        QCOMPARE(validation, 2);
        QCOMPARE(training, 6);
        // The same folder with other data is refused in words.
        addSlices(4);
        click("runStudy");
        QTRY_VERIFY(part<QLabel>("studyObstacles")->text().contains("other settings or data"));
        QCOMPARE(finished.count(), 1);
    }
};

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    QTemporaryDir settings;
    QSettings::setDefaultFormat(QSettings::IniFormat);
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, settings.path());
    applyTheme(application, ThemeKind::dark);
    TestStudies test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_studies.moc"
