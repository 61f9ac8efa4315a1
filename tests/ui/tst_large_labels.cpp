// Changes of a whole stack's labels: the event loop never waits for them, and each is one step.
#include "core/image/memory_source.h"
#include "core/tools/slice_edits.h"
#include "tests/support/patience.h"
#include "tests/support/ui_setup.h"
#include "tests/support/watchdog.h"
#include "ui/canvas/canvas_view.h"
#include "ui/theme/theme.h"
#include "ui/window/correct_page.h"
#include "ui/window/layers_panel.h"
#include "ui/window/slice_bar.h"

#include <QPushButton>
#include <QRegularExpression>
#include <QTest>
#include <QVBoxLayout>

using namespace cristae;

namespace {

/// A stack the size of a published volume that costs no memory.
class BlankSource : public TileSource {
public:
    explicit BlankSource(const Extent3& extent) { info_.levels = {extent}; }
    const ImageInfo& info() const override { return info_; }
    std::string id() const override { return "blank"; }
    Pixels read(int, const Box3& box, const Progress&) const override {
        return Pixels(PixelType::u8, 1, box.extent());
    }

private:
    ImageInfo info_;
};

constexpr Extent3 stack{165, 768, 1024};
constexpr double mostMs = 50;

bool inDisc(int64_t z, int64_t y, int64_t x) {
    const int64_t dy = (y + 3 * z) % 96 - 48, dx = (x + 5 * z) % 96 - 48;
    return dy * dy + dx * dx < 900;
}

/// Discs on every slice, as a model leaves them.
LabelDelta discs(const LabelSnapshot& labels, uint32_t value) {
    LabelDelta all;
    for (int64_t z = 0; z < stack.z; ++z) {
        LabelEdit edit(labels, {});
        for (int64_t y = 0; y < stack.y; ++y)
            for (int64_t x = 0; x < stack.x;) {
                int64_t end = x;
                while (end < stack.x && inDisc(z, y, end)) ++end;
                if (end > x) edit.setRun(z, y, x, end, {value, Origin::model});
                x = std::max(end, x + 1);
            }
        LabelDelta slice = edit.delta();
        std::move(slice.tiles.begin(), slice.tiles.end(), std::back_inserter(all.tiles));
    }
    return all;
}

} // namespace

class TestLargeLabels : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    std::unique_ptr<Session> session_;
    std::unique_ptr<Workbench> bench_;
    std::unique_ptr<QWidget> window_;
    CanvasView* canvas_ = nullptr;

    const LabelSnapshot& labels() const { return bench_->document()->labels().snapshot(); }
    int64_t labelled(int64_t z) const {
        int64_t sum = 0;
        for (const auto& [label, count] : labels().countsInSlice(z)) sum += count;
        return sum;
    }
    /// Enters the discs as a prediction does, and waits for it.
    void enterDiscs() {
        Workbench::LabelWork work;
        work.words = QStringLiteral("Predict");
        work.make = [](const LabelSnapshot& now, const Progress&) { return discs(now, 1); };
        bool done = false;
        work.done = [&](bool) { done = true; };
        bench_->changeLabels(std::move(work));
        QTRY_VERIFY_WITH_TIMEOUT(done, patienceMs);
    }
    /// What follows a change (marks, counts, repainting) belongs to it.
    void settle() { QTest::qWait(400); }

private Q_SLOTS:
    void initTestCase() {
        useOwnSettings(folder_);
        applyTheme(*qApp, ThemeKind::dark);
    }
    void init() {
        QTest::failOnWarning(QRegularExpression(QStringLiteral("^(?!This plugin does not support)")));
        session_ = sessionWithoutEngine(folder_);
        bench_ = std::make_unique<Workbench>(*session_);
        window_ = std::make_unique<QWidget>();
        auto* column = new QVBoxLayout(window_.get());
        canvas_ = new CanvasView(*bench_);
        column->addWidget(canvas_, 1);
        column->addWidget(new SliceBar(*bench_));
        column->addWidget(new CorrectPage(*bench_));
        column->addWidget(new LayersPanel(*bench_));
        window_->resize(1000, 900);
        window_->show();
        QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
        bench_->showImage(std::make_shared<BlankSource>(stack));
        bench_->ensureCurrentClass();
        settle();
    }
    void cleanup() {
        window_.reset();
        bench_.reset();
        session_.reset();
    }

    void aWholeStackIsEnteredUndoneAndRedone() {
        Watchdog watchdog;
        enterDiscs();
        settle();
        QVERIFY2(watchdog.longestMs() <= mostMs, qPrintable(QString::number(watchdog.longestMs())));
        const int64_t found = labelled(80);
        QVERIFY(found > 100000);
        const LabelSnapshot after = labels();

        watchdog.restart();
        bench_->undo();
        QVERIFY(bench_->stepping()); // in the background
        QTRY_VERIFY_WITH_TIMEOUT(!bench_->stepping(), patienceMs);
        settle();
        QVERIFY2(watchdog.longestMs() <= mostMs, qPrintable(QString::number(watchdog.longestMs())));
        for (int64_t z : {0, 80, 164}) QVERIFY(labels().sliceEmpty(z));

        watchdog.restart();
        bench_->redo();
        QTRY_VERIFY_WITH_TIMEOUT(!bench_->stepping(), patienceMs);
        settle();
        QVERIFY2(watchdog.longestMs() <= mostMs, qPrintable(QString::number(watchdog.longestMs())));
        for (int64_t z : {0, 80, 164})
            QVERIFY(labels().labels(Box3::ofSlice(stack, z)) == after.labels(Box3::ofSlice(stack, z)));

        watchdog.restart();
        bench_->closeDocument();
        settle();
        QVERIFY2(watchdog.longestMs() <= mostMs, qPrintable(QString::number(watchdog.longestMs())));
    }

    void stepsAskedForMeanwhileFollowInOrder() {
        enterDiscs();
        LabelEdit edit(labels(), {});
        edit.setRun(3, 0, 0, 10, {1, Origin::human});
        bench_->document()->applyLabels(edit.delta(), "Brush");
        bench_->undo(); // the stroke, at once
        bench_->undo(); // the prediction, in the background
        bench_->redo(); // the prediction again
        bench_->redo(); // the stroke again
        QVERIFY(bench_->stepping());
        QTRY_VERIFY_WITH_TIMEOUT(!bench_->stepping(), patienceMs);
        QCOMPARE(labels().at(3, 0, 5).origin, Origin::human);
        QVERIFY(labelled(80) > 100000);
        QVERIFY(!bench_->document()->undoStack().canRedo());
    }

    void aStrokeWaitsForTheStep() {
        enterDiscs();
        bench_->setTool(QStringLiteral("brush"));
        bench_->undo();
        QVERIFY(bench_->stepping());
        CanvasPane* pane = canvas_->labelledPane();
        QTest::mouseClick(pane, Qt::LeftButton, {}, pane->rect().center());
        QTRY_VERIFY_WITH_TIMEOUT(!bench_->stepping(), patienceMs);
        QVERIFY(labels().sliceEmpty(bench_->view().slice)); // undone, and nothing painted
        QTest::mouseClick(pane, Qt::LeftButton, {}, pane->rect().center());
        QVERIFY(labelled(bench_->view().slice) > 100);
    }

    void strokesMadeWhileALargeResultIsMadeStay() {
        Workbench::LabelWork work;
        work.words = QStringLiteral("Predict");
        std::atomic<bool> painted = false;
        work.make = [&](const LabelSnapshot& now, const Progress&) {
            LabelDelta delta = discs(now, 1);
            while (!painted) QThread::msleep(1);
            return delta;
        };
        bool done = false;
        work.done = [&](bool) { done = true; };
        Watchdog watchdog;
        bench_->changeLabels(std::move(work));
        LabelEdit edit(labels(), {});
        edit.setRun(80, 300, 0, stack.x, {7, Origin::human});
        bench_->document()->applyLabels(edit.delta(), "Brush");
        painted = true;
        QTRY_VERIFY_WITH_TIMEOUT(done, patienceMs);
        settle();
        QVERIFY2(watchdog.longestMs() <= mostMs, qPrintable(QString::number(watchdog.longestMs())));
        for (int64_t x = 0; x < stack.x; ++x) QCOMPARE(labels().at(80, 300, x).label, 7u);
        QVERIFY(labelled(81) > 100000);
        bench_->undo();
        QTRY_VERIFY_WITH_TIMEOUT(!bench_->stepping(), patienceMs);
        QCOMPARE(labelled(80), stack.x);
        QCOMPARE(labelled(81), int64_t(0));
    }

    void aSliceIsClearedAndCopied() {
        enterDiscs();
        const int64_t z = bench_->view().slice;
        const int64_t before = labelled(z - 1);
        Watchdog watchdog;
        QTest::mouseClick(window_->findChild<QPushButton*>(QStringLiteral("clearSlice")), Qt::LeftButton);
        QTRY_COMPARE(labelled(z), int64_t(0));
        QCOMPARE(labelled(z - 1), before);
        QTest::mouseClick(window_->findChild<QPushButton*>(QStringLiteral("copyBefore")), Qt::LeftButton);
        QTRY_COMPARE(labelled(z), before);
        QVERIFY(labels().labels(Box3::ofSlice(stack, z)) == labels().labels(Box3::ofSlice(stack, z - 1)));
        bench_->undo();
        bench_->undo();
        settle();
        QVERIFY2(watchdog.longestMs() <= mostMs, qPrintable(QString::number(watchdog.longestMs())));
        QTRY_VERIFY(labelled(z) > 100000);
        QCOMPARE(labels().at(z, 0, 0).origin, inDisc(z, 0, 0) ? Origin::model : Origin::none);
    }

    void lockedClassesStayWhenASliceIsCleared() {
        LabelLayer layer({1, 10, 10});
        LabelEdit edit(layer.snapshot(), {});
        edit.setRun(0, 1, 0, 5, {1, Origin::model});
        edit.setRun(0, 1, 5, 10, {2, Origin::model});
        layer.apply(edit.delta());
        layer.apply(clearedSlice(layer.snapshot(), {{2}, false, {}}, 0, Progress::none()));
        QCOMPARE(layer.at(0, 1, 2).label, 0u);
        QCOMPARE(layer.at(0, 1, 7).label, 2u);
        layer.apply(withoutLabel(layer.snapshot(), 2, Progress::none()));
        QVERIFY(layer.snapshot().countsInSlice(0).empty());
    }
};

QTEST_MAIN(TestLargeLabels)
#include "tst_large_labels.moc"
