// The volume window: turned with mouse and keys, drawn off the UI thread, saved as it is seen.
#include "core/image/memory_source.h"
#include "core/io/format.h"
#include "core/render/volume_picture.h"
#include "tests/ui/fake_engine.h"
#include "ui/canvas/volume_view.h"
#include "ui/dialogs/volume_dialog.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTest>

using namespace cristae;

class TestVolumeDialog : public QObject {
    Q_OBJECT
private:
    std::unique_ptr<FakeWorld> world_;
    std::unique_ptr<Workbench> bench_;
    std::unique_ptr<VolumeDialog> dialog_;

    VolumeView& view() const { return dialog_->view(); }
    template <class T> T* part(const char* name) const {
        return dialog_->findChild<T*>(QString::fromLatin1(name));
    }
    void waitForFinePicture() {
        QSignalSpy drawn(&view(), &VolumeView::drawn);
        QTRY_VERIFY(!drawn.isEmpty() && drawn.constLast().at(0).toBool());
    }

private Q_SLOTS:
    void init() {
        QTest::failOnWarning(QRegularExpression(
            QStringLiteral("^(?!This plugin does not support (propagateSizeHints|raise))")));
        world_ = std::make_unique<FakeWorld>();
        bench_ = std::make_unique<Workbench>(*world_->session);
        Pixels stack(PixelType::u8, 1, {12, 60, 80});
        for (size_t i = 0; i < size_t(stack.count()); ++i) stack.values<uint8_t>()[i] = uint8_t(i * 13 % 200);
        ImageInfo info;
        info.voxelSize = {20.0, 5.0, 5.0, "made by the test"};
        info.path = "stack.tif";
        bench_->showImage(std::make_shared<MemorySource>(stack, info));
        dialog_ = std::make_unique<VolumeDialog>(*bench_);
        dialog_->resize(520, 420);
        QSignalSpy refreshed(dialog_.get(), &VolumeDialog::refreshed);
        dialog_->show();
        QVERIFY(QTest::qWaitForWindowExposed(dialog_.get()));
        QTRY_COMPARE(refreshed.count(), 1);
        waitForFinePicture();
    }
    void cleanup() {
        dialog_.reset();
        bench_.reset();
        world_.reset();
    }

    void showsTheStackAndItsSize() {
        const QString facts = part<QLabel>("volumeFacts")->text();
        QVERIFY2(facts.contains(QStringLiteral("80 × 60 × 12 voxels")), qPrintable(facts));
        QVERIFY2(facts.contains(QStringLiteral("0.4 × 0.3 × 0.24 µm")), qPrintable(facts));
        QVERIFY(!view().picture().isNull());
        QVERIFY(!part<QPushButton>("volumeRefresh")->isEnabled());
    }

    void turnsWithMouseAndKeys() {
        const VolumeCamera before = view().camera();
        const QImage first = view().picture();
        const QPoint middle = view().rect().center();
        QTest::mousePress(&view(), Qt::LeftButton, {}, middle);
        QTest::mouseMove(&view(), middle + QPoint(40, 10));
        QTest::mouseRelease(&view(), Qt::LeftButton, {}, middle + QPoint(40, 10));
        QVERIFY(view().camera().turn < before.turn);
        QVERIFY(view().camera().tilt > before.tilt);
        waitForFinePicture();
        QVERIFY(view().picture() != first);
        QTest::keyClick(&view(), Qt::Key_0);
        QCOMPARE(view().camera().turn, VolumeCamera().turn);
        waitForFinePicture();
        QCOMPARE(view().picture(), first);
        QTest::keyClick(&view(), Qt::Key_Left);
        QCOMPARE(view().camera().turn, before.turn + 10);
        QTest::keyClick(&view(), Qt::Key_Plus);
        QCOMPARE(view().camera().zoom, 1.25);
        for (int i = 0; i < 30; ++i) QTest::keyClick(&view(), Qt::Key_Down);
        QCOMPARE(view().camera().tilt, 90.0); // no further than from above
        waitForFinePicture();
    }

    void labelsMakeItStaleUntilItIsReadAgain() {
        QVERIFY(view().scene()->colours.empty());
        bench_->ensureCurrentClass();
        QSignalSpy painted(bench_.get(), &Workbench::labelsChanged);
        bench_->changeLabels({QStringLiteral("Paint"),
                              Queue::view,
                              [](const LabelSnapshot& labels, const Progress&) {
                                  LabelEdit edit(labels, {});
                                  for (int64_t z = 3; z < 9; ++z)
                                      for (int64_t y = 20; y < 40; ++y)
                                          edit.setRun(z, y, 20, 60, {1, Origin::human});
                                  return edit.delta();
                              },
                              {},
                              {},
                              {}});
        QTRY_VERIFY(!painted.isEmpty());
        auto* refresh = part<QPushButton>("volumeRefresh");
        QTRY_VERIFY(refresh->isEnabled());
        QSignalSpy refreshed(dialog_.get(), &VolumeDialog::refreshed);
        QTest::mouseClick(refresh, Qt::LeftButton);
        QTRY_COMPARE(refreshed.count(), 1);
        QCOMPARE(view().scene()->colours.size(), size_t(1));
        auto* rendering = part<QComboBox>("volumeRendering");
        rendering->setCurrentIndex(1);
        Q_EMIT rendering->activated(1);
        QCOMPARE(view().rendering(), VolumeRendering::objects);
        waitForFinePicture();
    }

    void theSavedPictureIsWhatTheCommandLineDraws() {
        const QString path = world_->name("volume.png");
        QSignalSpy remarks(bench_.get(), &Workbench::remarkShown);
        dialog_->savePicture(path);
        QTRY_COMPARE(remarks.count(), 1);
        const TileSourcePtr saved = openImage(path.toStdString());
        const Extent3 e = saved->info().extent();
        QCOMPARE(e.x, int64_t(view().width() * 2));
        const QColor background = themeColours(dialog_->palette()).surround;
        const VolumePicture drawn = volumePicture(
            *view().scene(), view().camera(), view().rendering(), e.x, e.y,
            {uint8_t(background.red()), uint8_t(background.green()), uint8_t(background.blue())},
            Progress::none());
        QVERIFY(saved->read(0, Box3::ofExtent(e)) == drawn.colours);
    }

    void withoutAStackItSaysSo() {
        bench_->closeDocument();
        QTRY_VERIFY(!view().scene());
        QVERIFY(!part<QPushButton>("volumeSave")->isEnabled());
        QVERIFY(!part<QPushButton>("volumeRefresh")->isEnabled());
    }
};

QTEST_MAIN(TestVolumeDialog)
#include "tst_volume_dialog.moc"
