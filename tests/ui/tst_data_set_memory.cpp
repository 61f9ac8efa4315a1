// The data set of a training is offered again at the next start, and the next model gets a free name.
#include "tests/support/ui_setup.h"
#include "tests/ui/fake_engine.h"
#include "ui/panels/data_set.h"
#include "ui/panels/parts.h"
#include "ui/panels/train_page.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

using namespace cristae;

class TestDataSetMemory : public QObject {
    Q_OBJECT
private:
    std::unique_ptr<FakeWorld> world_ = std::make_unique<FakeWorld>();
    std::unique_ptr<Workbench> bench_ = std::make_unique<Workbench>(*world_->session);
    std::unique_ptr<TrainPage> page_ = std::make_unique<TrainPage>(*bench_);

    template <class T> T* part(const char* name) const {
        return page_->findChild<T*>(QString::fromLatin1(name));
    }

private Q_SLOTS:
    /// Files and what they were for are offered again; the next model gets a free name.
    void theDataSetIsRemembered() {
        const QString image = world_->writeImage("set/image.png", 96, 80),
                      other = world_->writeImage("set/other.png", 96, 80);
        QImage mask(96, 80, QImage::Format_Grayscale8);
        mask.fill(0);
        for (int y = 20; y < 40; ++y)
            for (int x = 20; x < 50; ++x) mask.scanLine(y)[x] = 255;
        std::vector<DataSetRow> rows;
        for (const QString& one : {image, other}) {
            const QString labels = QString(one).replace(".png", "-labels.png");
            mask.save(labels);
            TrainingPair pair =
                pairImagesAndLabels(one.toStdString(), labels.toStdString(), Role::train).front();
            if (one == other) pair.role = Role::validation;
            rows.push_back(describeRow(pair, {}, {"mitochondria"}, Progress::none()));
        }
        page_->resize(380, 900);
        page_->show();
        page_->addRows(rows);
        page_->setModelName("Mine");
        QSignalSpy trained(page_.get(), &TrainPage::trained);
        QTest::mouseClick(part<QPushButton>("start"), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(trained.count(), 1, 20000);
        QCOMPARE(part<QLineEdit>("modelName")->text(), QStringLiteral("Mine 2"));
        QFile::remove(other);

        page_ = std::make_unique<TrainPage>(*bench_); // the next start
        page_->show();
        auto* again = part<QPushButton>("addRemembered");
        QVERIFY(again->isVisible() && again->text().contains('2'));
        QTest::mouseClick(again, Qt::LeftButton);
        QTRY_COMPARE(page_->dataSet().rowCount(), 1);
        QVERIFY(!again->isVisible());
        const DataSetRow& row = page_->dataSet().rows().front();
        QCOMPARE(text(row.pair.image->info().path.string()), image);
        QCOMPARE(row.role, RowRole::train);
        QCOMPARE(row.classNames, std::vector<std::string>{"mitochondria"});
        QVERIFY(part<QLabel>("obstacles")->text().contains("other.png")); // which is gone
    }
};

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    const QTemporaryDir settings;
    useOwnSettings(settings);
    applyTheme(application, ThemeKind::dark);
    TestDataSetMemory test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_data_set_memory.moc"
