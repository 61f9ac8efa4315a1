// The preview of augmentations: each kind on the open image, by itself every second.
#include "tests/ui/fake_engine.h"
#include "ui/dialogs/augment_preview.h"
#include "ui/dialogs/recipe_dialog.h"
#include "ui/panels/train_page.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QApplication>
#include <QButtonGroup>
#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTest>

using namespace cristae;

class TestAugmentPreview : public QObject {
    Q_OBJECT
    std::unique_ptr<FakeWorld> world_;
    std::unique_ptr<Workbench> bench_;
    std::unique_ptr<TrainPage> page_;

    void openLabelled() {
        QSignalSpy opened(bench_.get(), &Workbench::documentChanged);
        bench_->open(world_->writeImage("image.png", 320, 240));
        QTRY_COMPARE(opened.count(), 1);
        Document& document = *bench_->document();
        ClassTable classes = document.classes();
        const LabelClass mito = classes.ensure("mitochondria");
        document.setClasses(classes, "Add class");
        LabelEdit edit(document.labels().snapshot(), {});
        for (int64_t y = 0; y < 240; ++y)
            for (int64_t x = 0; x < 320; ++x)
                if ((x % 40 - 20) * (x % 40 - 20) + (y % 40 - 20) * (y % 40 - 20) < 100)
                    edit.set(0, y, x, {mito.value, Origin::human});
        document.applyLabels(edit.delta(), "Brush");
    }
private Q_SLOTS:
    void init() {
        // Asked anew for each test. The offscreen platform says the one sentence of every window with a
        // minimum size.
        QTest::failOnWarning(
            QRegularExpression(QStringLiteral("^(?!This plugin does not support propagateSizeHints)")));
        world_ = std::make_unique<FakeWorld>();
        bench_ = std::make_unique<Workbench>(*world_->session);
        page_ = std::make_unique<TrainPage>(*bench_);
        page_->resize(380, 900);
        page_->show();
        QVERIFY(QTest::qWaitForWindowExposed(page_.get()));
    }
    void cleanup() {
        page_.reset();
        bench_.reset();
        world_.reset();
    }

    void eachAugmentationIsPreviewedOnTheOpenImage() {
        openLabelled();
        QTest::mouseClick(page_->findChild<QButtonGroup*>()->button(3), Qt::LeftButton); // "Own…"
        auto* dialog = page_->window()->findChild<RecipeDialog*>();
        QVERIFY(dialog);
        auto* preview = dialog->findChild<AugmentPreview*>();
        QVERIFY(preview);
        dialog->findChild<QCheckBox*>("live")->setChecked(false);
        dialog->findChild<QSpinBox*>("patch")->setValue(128);
        QSignalSpy drawn(preview, &AugmentPreview::drawn);
        QTRY_VERIFY(preview->original().width() == 128);
        QVERIFY(augmentationKeys().size() >= 16);
        for (const std::string& key : augmentationKeys()) {
            if (key == "reverseZ") continue; // this image is one slice
            preview->choose(key);
            // Not every draw of a random number changes much; one of several does.
            bool differs = false;
            for (int attempt = 0; attempt < 8 && !differs; ++attempt) {
                drawn.clear();
                QTest::mouseClick(dialog->findChild<QPushButton*>("drawAgain"), Qt::LeftButton);
                QTRY_VERIFY(drawn.count() > 0);
                QTRY_VERIFY(!bench_->jobs().busy(Queue::view));
                differs = preview->changed() != preview->original();
            }
            QVERIFY2(differs, key.c_str());
        }
        // Nothing is changed by an augmentation that is shown alone but has no range.
        preview->choose("rotate");
        dialog->findChild<QDoubleSpinBox*>("rotateDegrees")->setValue(0);
        QTRY_VERIFY(preview->changed() == preview->original());
        // By itself, every second.
        const QImage before = preview->original();
        dialog->findChild<QCheckBox*>("live")->setChecked(true);
        QTRY_VERIFY(preview->original() != before);
        dialog->reject();
    }

    void reversedSlicesArePreviewedOnAStack() {
        QSignalSpy opened(bench_.get(), &Workbench::documentChanged);
        for (int z = 0; z < 4; ++z) // a stack whose slices differ
            FakeWorld::discs(200, 160, 20 + 10 * z).save(world_->name(qPrintable(QString("s%1.png").arg(z))));
        bench_->open(world_->name(""));
        QTRY_COMPARE(opened.count(), 1);
        bench_->setSlice(2);
        QTest::mouseClick(page_->findChild<QButtonGroup*>()->button(3), Qt::LeftButton);
        auto* dialog = page_->window()->findChild<RecipeDialog*>();
        auto* preview = dialog->findChild<AugmentPreview*>();
        dialog->findChild<QCheckBox*>("live")->setChecked(false);
        dialog->findChild<QSpinBox*>("patch")->setValue(128);
        preview->choose("reverseZ");
        QTRY_VERIFY(preview->original().width() == 128);
        QTRY_VERIFY(preview->changed() != preview->original());
        dialog->reject();
    }
};

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    applyTheme(application, ThemeKind::dark);
    TestAugmentPreview test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_augment_preview.moc"
