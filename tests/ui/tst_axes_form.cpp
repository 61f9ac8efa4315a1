// Axes of an array in the window: offered where they were guessed, set in a form with a preview, remembered.
#include "tests/support/byte_volumes.h"
#include "tests/support/tiny_tiff.h"
#include "tests/support/ui_setup.h"
#include "ui/dialogs/dataset_dialog.h"
#include "ui/theme/theme.h"
#include "ui/window/main_window.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QLabel>
#include <QPushButton>
#include <QRegularExpression>
#include <QTableWidget>
#include <QTest>

using namespace cristae;

class TestAxesForm : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    std::unique_ptr<Session> session_;
    std::unique_ptr<Workbench> bench_;
    std::unique_ptr<MainWindow> window_;
    QString stack_;

    void showWindow() {
        window_->resize(1280, 720);
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
    /// A volume that was stored as [x, y, z], so that the guess is wrong; a disc in its middle slices.
    QString turnedVolume() {
        std::vector<uint8_t> grey(200 * 150 * 6);
        for (size_t i = 0; i < grey.size(); ++i) {
            const auto z = int(i % 6), y = int(i / 6 % 150), x = int(i / 900);
            const bool disc = (y - 75) * (y - 75) + (x - 60) * (x - 60) < 50 * 50;
            grey[i] = uint8_t((disc ? 200 : 60) + z * 5 + x % 7);
        }
        const QString path = folder_.filePath(QStringLiteral("turned.h5"));
        return writeVolumes(path, {{"raw", grey}}, {200, 150, 6}) ? path : QString();
    }

private Q_SLOTS:
    void initTestCase() {
        useOwnSettings(folder_);
        applyTheme(*qApp, ThemeKind::dark);
        stack_ = folder_.filePath(QStringLiteral("stack.tif"));
        QVERIFY(writeTinyTiff(stack_, 200, 150, {2, std::vector<uint8_t>(200 * 150, 90)}));
    }
    void init() {
        // The offscreen platform says of itself that it ignores size hints.
        QTest::failOnWarning(QRegularExpression(QStringLiteral("^(?!This plugin does not support)")));
        QSettings().clear();
        session_ = sessionWithoutEngine(folder_);
        bench_ = std::make_unique<Workbench>(*session_);
        window_ = std::make_unique<MainWindow>(*bench_);
    }
    void cleanup() {
        window_.reset();
        bench_.reset();
        session_.reset();
    }

    void axesAreSetWhereTheyWereGuessed() {
        showWindow();
        const QString path = turnedVolume();
        open(path);
        QVERIFY((bench_->document()->info().extent() == Extent3{200, 150, 6}));
        QTRY_VERIFY(child<QPushButton>("setAxes") && child<QPushButton>("setAxes")->isVisible());
        QTest::mouseClick(child<QPushButton>("setAxes"), Qt::LeftButton);
        QDialog* dialog = nullptr;
        QTRY_VERIFY((dialog = window_->findChild<DatasetDialog*>()) && dialog->isVisible());
        dialog->reject(); // the offer stays until it is answered
        QTRY_VERIFY(!window_->findChild<DatasetDialog*>());
        QTRY_VERIFY(child<QPushButton>("setAxes"));
        QTest::mouseClick(child<QPushButton>("setAxes"), Qt::LeftButton);
        QTRY_VERIFY((dialog = window_->findChild<DatasetDialog*>()) && dialog->isVisible());
        QVERIFY(!dialog->findChild<QTableWidget*>()->isVisible()); // one dataset: nothing to choose
        const auto box = [&](int d) {
            return dialog->findChild<QComboBox*>(QStringLiteral("axis%1").arg(d));
        };
        const auto letters = [&] {
            QString all;
            for (int d = 0; d < 3; ++d) all += box(d)->currentData().toChar();
            return all;
        };
        QCOMPARE(letters(), QStringLiteral("zyx"));
        auto* words = dialog->findChild<QLabel*>(QStringLiteral("axesWords"));
        QTRY_VERIFY2(words->text().contains(QStringLiteral("200 slices of 6 × 150")),
                     qPrintable(words->text()));
        // From the keyboard: the box of the last axis, one step up in the list, twice.
        QPushButton* accept = dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Open);
        box(2)->setFocus();
        QTest::keyClick(box(2), Qt::Key_Up);
        QCOMPARE(letters(), QStringLiteral("zxy")); // two boxes exchange their letters
        QTest::keyClick(box(2), Qt::Key_Up);
        QCOMPARE(letters(), QStringLiteral("yxz"));
        box(0)->setCurrentIndex(box(0)->findData(QChar('c')));
        QCOMPARE(letters(), QStringLiteral("cxz")); // no rows: not an image
        QVERIFY(!accept->isEnabled());
        box(0)->setCurrentIndex(box(0)->findData(QChar('x')));
        QCOMPARE(letters(), QStringLiteral("xcz"));
        box(1)->setCurrentIndex(box(1)->findData(QChar('y')));
        QCOMPARE(letters(), QStringLiteral("xyz"));
        QVERIFY(accept->isEnabled());
        QTRY_VERIFY2(words->text().contains(QStringLiteral("6 slices of 200 × 150")),
                     qPrintable(words->text()));
        QVERIFY(!dialog->findChild<QLabel*>(QStringLiteral("axesPreview"))->pixmap().isNull());
        QTest::mouseClick(accept, Qt::LeftButton);
        QTRY_VERIFY((bench_->document()->info().extent() == Extent3{6, 150, 200}));
        QTRY_VERIFY(!child<QPushButton>("setAxes"));
        // Remembered for this file.
        open(stack_);
        open(path);
        QVERIFY((bench_->document()->info().extent() == Extent3{6, 150, 200}));
        QVERIFY(!child<QPushButton>("setAxes"));
    }

    void guessedAxesThatAreRightAreNotAskedAboutAgain() {
        showWindow();
        const QString path = turnedVolume();
        open(path);
        QTRY_VERIFY(child<QPushButton>("keepAxes") && child<QPushButton>("keepAxes")->isVisible());
        QTest::mouseClick(child<QPushButton>("keepAxes"), Qt::LeftButton);
        QTRY_VERIFY(!child<QPushButton>("keepAxes"));
        QVERIFY((bench_->document()->info().extent() == Extent3{200, 150, 6}));
        open(stack_);
        open(path);
        QVERIFY(!child<QPushButton>("keepAxes"));
        QFile changed(path); // another file, as far as its time tells
        QVERIFY(changed.open(QIODevice::ReadWrite) &&
                changed.setFileTime(QDateTime::currentDateTime().addSecs(-60),
                                    QFileDevice::FileModificationTime));
        changed.close();
        open(stack_);
        open(path);
        QVERIFY(child<QPushButton>("keepAxes"));
    }
};

QTEST_MAIN(TestAxesForm)
#include "tst_axes_form.moc"
