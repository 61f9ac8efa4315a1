// The canvas: geometry, exact pixels, strokes by mouse, and an event loop that never waits for pixels.
#include "core/image/memory_source.h"
#include "tests/support/ui_setup.h"
#include "tests/support/watchdog.h"
#include "ui/canvas/canvas_view.h"

#include <QRegularExpression>
#include <QTest>
#include <QWheelEvent>

#include <cmath>
#include <thread>

using namespace cristae;

namespace {

/// Grey values that no interpolation could produce by chance.
Pixels pattern(const Extent3& extent) {
    Pixels pixels(PixelType::u8, 1, extent);
    uint32_t state = 12345;
    for (uint8_t& value : pixels.values<uint8_t>()) {
        state = state * 1664525 + 1013904223;
        value = uint8_t(state >> 24);
    }
    return pixels;
}

/// A disk that takes its time; the second tile of each slice is broken if asked for.
class SlowSource : public TileSource {
public:
    SlowSource(const Extent3& extent, int delayMs, bool broken = false)
        : memory_(pattern(extent)), delayMs_(delayMs), broken_(broken) {}
    const ImageInfo& info() const override { return memory_.info(); }
    std::string id() const override { return "slow"; }
    Pixels read(int level, const Box3& box, const Progress& progress) const override {
        std::this_thread::sleep_for(std::chrono::milliseconds(delayMs_));
        if (broken_ && box.x1 > 512)
            throw Error(ErrorKind::input, "Strip 2 of “slow.tif” is damaged; copy the file again.");
        return memory_.read(level, box, progress);
    }

private:
    MemorySource memory_;
    int delayMs_;
    bool broken_;
};

int greyAt(const QImage& image, int x, int y) {
    return qGray(image.pixel(x, y));
}

} // namespace

class TestCanvas : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    std::unique_ptr<Session> session_;
    std::unique_ptr<Workbench> bench_;
    std::unique_ptr<CanvasView> canvas_;

    void show(TileSourcePtr image, QSize size = {700, 400}) {
        bench_->showImage(std::move(image));
        canvas_->resize(size);
        canvas_->show();
        QVERIFY(QTest::qWaitForWindowExposed(canvas_.get()));
        QTRY_VERIFY(canvas_->labelledPane()->width() > 100);
        QTest::qWait(20); // the deferred fit
    }
    QPoint widgetPoint(double imageX, double imageY) {
        return canvas_->labelledPane()->geometryNow().deviceFromImage({imageY, imageX}).toPoint();
    }
    std::vector<uint32_t> labels() {
        const Pixels pixels = bench_->document()->labels().snapshot().labels(
            Box3::ofSlice(bench_->document()->info().extent(), bench_->view().slice));
        const auto values = pixels.values<uint32_t>();
        return {values.begin(), values.end()};
    }

private Q_SLOTS:
    void initTestCase() { useOwnSettings(folder_); }
    void init() {
        // The offscreen platform says of itself that it ignores size hints.
        QTest::failOnWarning(QRegularExpression(QStringLiteral("^(?!This plugin does not support)")));
        session_ = sessionWithoutEngine(folder_);
        bench_ = std::make_unique<Workbench>(*session_);
        canvas_ = std::make_unique<CanvasView>(*bench_);
    }
    void cleanup() {
        canvas_.reset();
        bench_.reset();
        session_.reset();
    }

    void zoomKeepsThePointUnderTheCursor_data() {
        QTest::addColumn<double>("from");
        QTest::addColumn<double>("to");
        QTest::addColumn<QPointF>("cursor");
        QTest::newRow("in at a corner") << 0.37 << 1.9 << QPointF(3, 590);
        QTest::newRow("out at the middle") << 4.0 << 0.5 << QPointF(400, 300);
        QTest::newRow("far in") << 1.0 << 64.0 << QPointF(17.5, 211.25);
    }
    void zoomKeepsThePointUnderTheCursor() {
        QFETCH(double, from);
        QFETCH(double, to);
        QFETCH(QPointF, cursor);
        ViewState view;
        view.centreX = 512.25;
        view.centreY = 300.5;
        view.zoom = from;
        const QSizeF size(800, 600);
        const ViewState after = zoomedAt(view, size, cursor, to, {1, 1000, 1000});
        QCOMPARE(after.zoom, to);
        const ImagePoint before = paneGeometry(view, size, 1).imageFromDevice(cursor);
        const ImagePoint now = paneGeometry(after, size, 1).imageFromDevice(cursor);
        // Origins are whole device pixels: half of one at either zoom is the most that can be off.
        const double tolerance = 0.5 / from + 0.5 / to + 1e-9;
        QVERIFY2(
            std::abs(before.x - now.x) <= tolerance && std::abs(before.y - now.y) <= tolerance,
            qPrintable(QStringLiteral("%1 %2 → %3 %4").arg(before.x).arg(before.y).arg(now.x).arg(now.y)));
    }
    void steppedZoomMeetsPowersOfTwo() {
        double zoom = 0.37;
        bool full = false;
        for (int i = 0; i < 20; ++i) {
            zoom = steppedZoom(zoom, 1);
            full = full || zoom == 1.0;
        }
        zoom = 1;
        for (int i = 0; i < 4; ++i) zoom = steppedZoom(zoom, 1);
        QCOMPARE(zoom, 2.0);
        for (int i = 0; i < 8; ++i) zoom = steppedZoom(zoom, -1);
        QCOMPARE(zoom, 0.5);
    }
    void levelsFitTheZoom() {
        QCOMPARE(levelForZoom(3, 5), 0);
        QCOMPARE(levelForZoom(1, 5), 0);
        QCOMPARE(levelForZoom(0.51, 5), 0);
        QCOMPARE(levelForZoom(0.5, 5), 1);
        QCOMPARE(levelForZoom(0.1, 5), 3);
        QCOMPARE(levelForZoom(0.001, 5), 4);
    }

    void panesAreLinked() {
        show(std::make_shared<MemorySource>(pattern({5, 90, 120})));
        CanvasPane* left = canvas_->originalPane();
        CanvasPane* right = canvas_->labelledPane();
        QVERIFY(left->isVisible() && right->isVisible());
        const ImagePoint target = left->geometryNow().imageFromDevice({100, 80});
        QWheelEvent zoom(QPointF(100, 80), left->mapToGlobal(QPointF(100, 80)), {}, {0, 240}, Qt::NoButton,
                         Qt::ControlModifier, Qt::NoScrollPhase, false);
        const double before = bench_->view().zoom;
        QCoreApplication::sendEvent(left, &zoom);
        QVERIFY(bench_->view().zoom > before);
        for (CanvasPane* pane : {left, right}) {
            const ImagePoint now = pane->geometryNow().imageFromDevice({100, 80});
            QVERIFY(std::abs(now.x - target.x) < 1 && std::abs(now.y - target.y) < 1);
        }
        // In a stack the plain wheel changes the slice, in both.
        bench_->setSlice(2);
        QWheelEvent slice(QPointF(100, 80), right->mapToGlobal(QPointF(100, 80)), {}, {0, -120}, Qt::NoButton,
                          Qt::NoModifier, Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(right, &slice);
        QCOMPARE(bench_->view().slice, int64_t(3));
        bench_->setViewMode(ViewMode::overlay);
        QVERIFY(!left->isVisible() && right->isVisible());
    }

    void pixelsAreExact_data() {
        QTest::addColumn<int>("zoom");
        QTest::newRow("100 %") << 1;
        QTest::newRow("400 %") << 4;
    }
    void pixelsAreExact() {
        QFETCH(int, zoom);
        const Extent3 extent{1, 48, 64};
        const Pixels pixels = pattern(extent);
        show(std::make_shared<MemorySource>(pixels));
        CanvasPane* pane = canvas_->originalPane(); // no scale bar here
        pane->setTitle({});
        ViewState view = bench_->view();
        view.zoom = zoom;
        bench_->setView(view);
        QTRY_VERIFY(canvas_->tiles().find({0, 0, 0, 0}));
        const QImage image = pane->grab().toImage();
        const PaneGeometry geometry = pane->geometryNow();
        const auto values = pixels.values<uint8_t>();
        int compared = 0;
        for (int y = 0; y < extent.y * zoom; ++y)
            for (int x = 0; x < extent.x * zoom; ++x) {
                const int dx = int(geometry.originX) + x, dy = int(geometry.originY) + y;
                if (!image.rect().contains(dx, dy)) continue;
                QCOMPARE(greyAt(image, dx, dy), int(values[size_t((y / zoom) * extent.x + x / zoom)]));
                ++compared;
            }
        QVERIFY(compared > extent.y * extent.x / 2);
    }

    void theWandFillsWhatIsAlikeWithoutHoldingUpTheWindow() {
        Pixels pixels(PixelType::u8, 1, {1, 300, 400});
        for (int64_t y = 0; y < 300; ++y)
            for (int64_t x = 0; x < 400; ++x)
                pixels.values<uint8_t>()[size_t(y * 400 + x)] = x >= 100 && x < 180 && y < 200 ? 120 : 60;
        show(std::make_shared<MemorySource>(pixels));
        CanvasPane* pane = canvas_->labelledPane();
        const auto labelled = [&] {
            int64_t sum = 0;
            for (const auto& [label, count] : bench_->document()->labels().snapshot().countsInSlice(0))
                sum += count;
            return sum;
        };
        QTest::keyClick(pane, Qt::Key_W);
        QCOMPARE(bench_->tool(), QStringLiteral("wand"));
        QTest::mouseClick(pane, Qt::LeftButton, {}, widgetPoint(140, 50));
        QTRY_COMPARE(labelled(), int64_t(80 * 200));
        // With all grey values allowed, everything.
        bench_->setToolOption(QStringLiteral("wand"), "tolerance", 100.0);
        bench_->setOnlyOver(0u);
        QTest::mouseClick(pane, Qt::LeftButton, {}, widgetPoint(20, 250));
        QTRY_COMPARE(labelled(), int64_t(300 * 400));
        bench_->undo();
        QCOMPARE(labelled(), int64_t(80 * 200));
    }

    void theSwipeShowsLabelsOnlyRightOfItsDivider() {
        show(std::make_shared<MemorySource>(Pixels(PixelType::u8, 1, {1, 200, 300})));
        bench_->ensureCurrentClass();
        LabelEdit edit(bench_->document()->labels().snapshot(), {});
        for (int64_t y = 0; y < 200; ++y) edit.setRun(0, y, 0, 300, {1, Origin::human});
        bench_->document()->applyLabels(edit.delta(), "all");
        bench_->setViewMode(ViewMode::swipe);
        CanvasPane* pane = canvas_->labelledPane();
        QTRY_VERIFY(!canvas_->originalPane()->isVisible());
        QTRY_VERIFY(canvas_->tiles().find({0, 0, 0, 0}));
        QTest::qWait(20); // the deferred fit
        const int row = pane->height() / 4;
        const auto labelledAt = [&](double share) {
            return greyAt(pane->grab().toImage(), int(share * pane->width()), row) > 20;
        };
        QVERIFY(!labelledAt(0.4));
        QVERIFY(labelledAt(0.6));
        // Dragged to the left, with any tool in hand, and nothing is painted.
        bench_->setTool(QStringLiteral("eraser"));
        const QPoint divider(pane->width() / 2, row);
        QTest::mousePress(pane, Qt::LeftButton, {}, divider);
        QTest::mouseMove(pane, QPoint(pane->width() * 3 / 10, row));
        QTest::mouseRelease(pane, Qt::LeftButton, {}, QPoint(pane->width() * 3 / 10, row));
        QVERIFY(labelledAt(0.4));
        QCOMPARE(bench_->document()->labels().snapshot().countsInSlice(0).at(1), int64_t(60000));
        bench_->setViewMode(ViewMode::overlay);
        QVERIFY(labelledAt(0.2) || !pane->rect().contains(int(0.2 * pane->width()), row));
    }

    void planesCutThroughTheStackWithoutHoldingUpTheWindow() {
        const Extent3 extent{20, 60, 80};
        show(std::make_shared<SlowSource>(extent, 10));
        LabelEdit edit(bench_->document()->labels().snapshot(), {});
        bench_->ensureCurrentClass();
        for (int64_t z = 5; z < 15; ++z) edit.setRun(z, 30, 10, 70, {1, Origin::human});
        bench_->document()->applyLabels(edit.delta(), "wall");
        OverlayStyle style = bench_->overlayStyle();
        style.fill = style.outline = 0;
        bench_->setOverlayStyle(style);
        Watchdog watchdog;
        bench_->setViewMode(ViewMode::planes);
        PlanePane *xz = canvas_->planePane(Plane::xz), *yz = canvas_->planePane(Plane::yz);
        QVERIFY(xz->isVisible() && yz->isVisible() && !canvas_->originalPane()->isVisible());
        bench_->setCross({30.2, 41.7});
        QTRY_COMPARE(xz->cut().at, int64_t(30));
        QTRY_COMPARE(yz->cut().at, int64_t(41));
        QTRY_VERIFY(!bench_->jobs().busy(Queue::view));
        QVERIFY2(watchdog.longestMs() <= 50, qPrintable(QString::number(watchdog.longestMs())));
        const Pixels pixels = pattern(extent);
        QCOMPARE(xz->cut().picture.size(), QSize(80, 20));
        QCOMPARE(yz->cut().picture.size(), QSize(20, 60));
        for (int z = 0; z < 20; ++z) {
            for (int x = 0; x < 80; ++x)
                QCOMPARE(double(greyAt(xz->cut().picture, x, z)), pixels.at(0, z, 30, x));
            for (int y = 0; y < 60; ++y)
                QCOMPARE(double(greyAt(yz->cut().picture, z, y)), pixels.at(0, z, y, 41));
        }
        // Labels lie over them, and follow what is painted.
        style.fill = style.outline = 1;
        bench_->setOverlayStyle(style);
        const auto coloured = [](const QImage& image, int x, int y) {
            const QRgb colour = image.pixel(x, y);
            return qRed(colour) != qBlue(colour);
        };
        QTRY_VERIFY(coloured(xz->cut().picture, 40, 10));
        QVERIFY(!coloured(xz->cut().picture, 40, 3));
        bench_->undo();
        QTRY_VERIFY(!coloured(xz->cut().picture, 40, 10));
        // A click in a plane goes there.
        const QRectF place = xz->pictureRect();
        QTest::mouseClick(
            xz, Qt::LeftButton, {},
            QPointF(place.left() + place.width() * 0.25, place.top() + place.height() * 0.62).toPoint());
        QCOMPARE(bench_->view().slice, int64_t(12));
        QVERIFY(std::abs(bench_->cross().x - 20) < 1.5);
        QTRY_COMPARE(yz->cut().at, int64_t(bench_->cross().x));
        // A click in the slice too; a drag with the browse tool moves the image as always.
        CanvasPane* pane = canvas_->labelledPane();
        QTest::mouseClick(pane, Qt::LeftButton, {}, widgetPoint(50, 20));
        QVERIFY(std::abs(bench_->cross().x - 50) < 1.5 && std::abs(bench_->cross().y - 20) < 1.5);
        // Slices are as thick as they are.
        VoxelSize size;
        size.yNm = size.xNm = 10;
        size.zNm = 40;
        const double before = xz->pictureRect().height();
        bench_->document()->setVoxelSize(size);
        QVERIFY(std::abs(xz->pictureRect().height() - 4 * before) < 1e-6);
        bench_->setViewMode(ViewMode::overlay);
        QVERIFY(!xz->isVisible());
    }

    void aLineIsMeasuredAndChangesNothing() {
        show(std::make_shared<MemorySource>(pattern({2, 300, 400})));
        CanvasPane* pane = canvas_->labelledPane();
        QTest::keyClick(pane, Qt::Key_R);
        ViewState view = bench_->view();
        view.zoom = 1;
        bench_->setView(view);
        const auto drag = [&](QPoint from, QPoint to) {
            QTest::mousePress(pane, Qt::LeftButton, {}, from);
            QTest::mouseMove(pane, (from + to) / 2);
            QTest::mouseMove(pane, to);
            QTest::mouseRelease(pane, Qt::LeftButton, {}, to);
        };
        const QPoint middle = pane->rect().center();
        drag(middle, middle + QPoint(30, 40));
        QCOMPARE(bench_->measureWords(), QStringLiteral("50.0 px"));
        VoxelSize size;
        size.yNm = 20;
        size.xNm = 10;
        bench_->document()->setVoxelSize(size);
        QCOMPARE(bench_->measureWords(), QStringLiteral("854 nm")); // √(300² + 800²)
        bench_->undo();
        QVERIFY(!bench_->document()->undoStack().canUndo()); // only the pixel size was a step
        QCOMPARE(bench_->document()->labels().generation(), uint64_t(0));
        // It is drawn on its slice, in both panes, and goes with Esc.
        const QImage with = canvas_->originalPane()->grab().toImage();
        QTest::keyClick(pane, Qt::Key_Escape);
        QVERIFY(!bench_->measureLine());
        QVERIFY(canvas_->originalPane()->grab().toImage() != with);
        drag(middle, middle + QPoint(30, 40));
        QVERIFY(bench_->measureLine());
        QTest::mouseClick(pane, Qt::LeftButton, {}, middle);
        QVERIFY(!bench_->measureLine());
    }

    void labelsAreDrawnWithAnOutlineOfOneDevicePixel() {
        Pixels flat(PixelType::u8, 1, {1, 64, 64});
        show(std::make_shared<MemorySource>(flat));
        bench_->ensureCurrentClass();
        LabelEdit edit(bench_->document()->labels().snapshot(), {});
        for (int64_t y = 20; y < 40; ++y) edit.setRun(0, y, 20, 40, {1, Origin::human});
        bench_->document()->applyLabels(edit.delta(), "square");
        ViewState view = bench_->view();
        view.zoom = 4;
        bench_->setView(view);
        CanvasPane* pane = canvas_->labelledPane();
        QTRY_VERIFY(canvas_->tiles().find({0, 0, 0, 0}));
        const QImage image = pane->grab().toImage();
        const QPoint corner = widgetPoint(20, 30);
        const int outside = greyAt(image, corner.x() - 1, corner.y()),
                  border = greyAt(image, corner.x(), corner.y()),
                  inside = greyAt(image, corner.x() + 1, corner.y());
        QCOMPARE(outside, 0);
        QVERIFY2(border > 2 * inside && inside > 20,
                 qPrintable(QStringLiteral("%1 %2").arg(border).arg(inside)));
        bench_->setLabelsShown(false);
        QCOMPARE(greyAt(pane->grab().toImage(), corner.x(), corner.y()), 0);
    }

    void aClickWithTheBrushPaintsADisc() {
        const Extent3 extent{1, 60, 80};
        show(std::make_shared<MemorySource>(pattern(extent)));
        bench_->setTool(QStringLiteral("brush"));
        bench_->setBrushRadius(6.5);
        ViewState view = bench_->view();
        view.zoom = 4;
        view.centreX = 40;
        view.centreY = 30;
        bench_->setView(view);
        CanvasPane* pane = canvas_->labelledPane();
        const QPoint at = widgetPoint(41, 29);
        const ImagePoint centre = pane->geometryNow().imageFromDevice(at);
        QTest::mouseClick(pane, Qt::LeftButton, {}, at);
        const uint32_t value = bench_->currentLabel();
        const std::vector<uint32_t> painted = labels();
        for (int64_t y = 0; y < extent.y; ++y)
            for (int64_t x = 0; x < extent.x; ++x) {
                const bool in = std::hypot(double(x) + 0.5 - centre.x, double(y) + 0.5 - centre.y) <= 6.5;
                QCOMPARE(painted[size_t(y * extent.x + x)], in ? value : 0u);
            }
        QVERIFY(bench_->document()->modified());
        canvas_->undo();
        const std::vector<uint32_t> undone = labels();
        QVERIFY(std::all_of(undone.begin(), undone.end(), [](uint32_t label) { return label == 0; }));
        canvas_->redo();
        QCOMPARE(labels(), painted);
    }

    void escapeTakesTheStrokeBack() {
        show(std::make_shared<MemorySource>(pattern({1, 60, 80})));
        bench_->setTool(QStringLiteral("brush"));
        CanvasPane* pane = canvas_->labelledPane();
        QTest::mousePress(pane, Qt::LeftButton, {}, widgetPoint(20, 20));
        QTest::mouseMove(pane, widgetPoint(40, 30));
        QVERIFY(labels() != std::vector<uint32_t>(60 * 80, 0));
        QTest::keyClick(pane, Qt::Key_Escape);
        QCOMPARE(labels(), std::vector<uint32_t>(60 * 80, 0));
        QTest::mouseRelease(pane, Qt::LeftButton, {}, widgetPoint(40, 30));
        QCOMPARE(labels(), std::vector<uint32_t>(60 * 80, 0));
    }

    void keysWorkOnTheCanvas() {
        show(std::make_shared<MemorySource>(pattern({20, 60, 80})));
        CanvasPane* pane = canvas_->labelledPane();
        const std::pair<Qt::Key, const char*> tools[] = {{Qt::Key_B, "brush"}, {Qt::Key_E, "eraser"},
                                                         {Qt::Key_F, "fill"},  {Qt::Key_P, "polygon"},
                                                         {Qt::Key_L, "lasso"}, {Qt::Key_I, "pick"}};
        for (const auto& [key, tool] : tools) {
            QTest::keyClick(pane, key);
            QCOMPARE(bench_->tool(), QString::fromLatin1(tool));
        }
        bench_->setTool(QStringLiteral("brush"));
        QTest::keyClick(pane, Qt::Key_X);
        QCOMPARE(bench_->tool(), QStringLiteral("eraser"));
        QTest::keyClick(pane, Qt::Key_X);
        QCOMPARE(bench_->tool(), QStringLiteral("brush"));
        const double radius = bench_->brushRadius();
        QTest::keyClick(pane, Qt::Key_BracketRight);
        QVERIFY(bench_->brushRadius() > radius);
        bench_->setSlice(5);
        QTest::keyClick(pane, Qt::Key_Period);
        QCOMPARE(bench_->view().slice, int64_t(6));
        QTest::keyClick(pane, Qt::Key_PageDown, Qt::ShiftModifier);
        QCOMPARE(bench_->view().slice, int64_t(16));
        QTest::keyClick(pane, Qt::Key_Comma);
        QCOMPARE(bench_->view().slice, int64_t(15));
        QTest::keyClick(pane, Qt::Key_1, Qt::ControlModifier);
        QCOMPARE(bench_->view().zoom, 1.0);
        QTest::keyClick(pane, Qt::Key_Tab);
        QVERIFY(!bench_->labelsShown());
        QTest::keyClick(pane, Qt::Key_Tab);
        QTest::keyPress(pane, Qt::Key_H);
        QVERIFY(!bench_->labelsShown());
        QTest::keyRelease(pane, Qt::Key_H);
        QVERIFY(bench_->labelsShown());
        const double fill = bench_->overlayStyle().fill;
        QTest::keyClick(pane, Qt::Key_BracketRight, Qt::ControlModifier);
        QVERIFY(bench_->overlayStyle().fill > fill);
    }

    void polygonClosesWithReturn() {
        show(std::make_shared<MemorySource>(pattern({1, 60, 80})));
        CanvasPane* pane = canvas_->labelledPane();
        QTest::keyClick(pane, Qt::Key_P);
        for (const QPoint& corner :
             {widgetPoint(10, 10), widgetPoint(50, 10), widgetPoint(50, 40), widgetPoint(10, 40)})
            QTest::mouseClick(pane, Qt::LeftButton, {}, corner);
        QCOMPARE(canvas_->strokes().outline().size(), size_t(4));
        QTest::keyClick(pane, Qt::Key_Return);
        const std::vector<uint32_t> painted = labels();
        QVERIFY(painted[25 * 80 + 30] != 0);
        QCOMPARE(painted[50 * 80 + 30], 0u);
        const auto count =
            std::count_if(painted.begin(), painted.end(), [](uint32_t label) { return label != 0; });
        QVERIFY2(std::abs(double(count) - 1200) < 80, qPrintable(QString::number(count)));
    }

    void anUnreadableTileIsSaidOnce() {
        QStringList messages;
        connect(canvas_.get(), &CanvasView::unreadable, this,
                [&](const QString& message) { messages << message; });
        show(std::make_shared<SlowSource>(Extent3{3, 300, 2000}, 1, true));
        ViewState view = bench_->view();
        view.zoom = 1; // the full level: here the tiles are read one by one
        view.centreX = 512;
        bench_->setView(view);
        QTRY_COMPARE(messages.size(), 1);
        QVERIFY(messages.first().contains(QStringLiteral("slow.tif")));
        bench_->setSlice(2);
        QTRY_VERIFY(canvas_->tiles().find({0, 2, 0, 1}));
        QVERIFY(canvas_->tiles().find({0, 2, 0, 1})->unreadable);
        QVERIFY(!canvas_->tiles().find({0, 2, 0, 0})->unreadable);
        QCOMPARE(messages.size(), 1);
    }

    void damageHidesOnlyItsOwnRegion() {
        // Column 512 on is broken: zoomed out, one tile holds both sides.
        show(std::make_shared<SlowSource>(Extent3{1, 300, 2000}, 0, true), {1200, 400});
        const int level = canvas_->tiles().levels() - 1;
        QVERIFY(level >= 1);
        ViewState view = bench_->view();
        view.zoom = 1.0 / (1 << level);
        bench_->setView(view);
        QTRY_VERIFY(canvas_->tiles().find({level, 0, 0, 0}));
        const ScreenTile* tile = canvas_->tiles().find({level, 0, 0, 0});
        QVERIFY(!tile->unreadable && !tile->damaged.empty());
        for (const Box3& damaged : tile->damaged) QVERIFY(damaged.x0 >= (512 >> level) - 64);
        const QImage image = canvas_->labelledPane()->grab().toImage();
        const QPoint sound = widgetPoint(200, 150), broken = widgetPoint(1000, 20);
        QVERIFY(image.rect().contains(sound) && image.rect().contains(broken));
        const Pixels expected = canvas_->tiles().source()->read(
            level, {0, 150 >> level, 200 >> level, 1, (150 >> level) + 1, (200 >> level) + 1});
        QVERIFY(std::abs(greyAt(image, sound.x(), sound.y()) - int(expected.at(0, 0, 0, 0))) < 40);
        QVERIFY(!canvas_->tiles().valueAt(0, 20, 1000));
    }

    void slowPixelsNeverBlockTheWindow() {
        show(std::make_shared<SlowSource>(Extent3{40, 1200, 1600}, 200));
        bench_->setTool(QStringLiteral("brush"));
        CanvasPane* pane = canvas_->labelledPane();
        canvas_->zoomTo(1);
        QTest::qWait(30);
        Watchdog watchdog;
        for (int i = 0; i < 12; ++i) {
            bench_->setSlice(i * 3);
            QTest::qWait(25);
        }
        QTest::mousePress(pane, Qt::LeftButton, {}, {40, 60});
        for (int i = 0; i < 40; ++i) {
            QTest::mouseMove(pane, QPoint(40 + 5 * i, 60 + 3 * i));
            QTest::qWait(4);
        }
        QTest::mouseRelease(pane, Qt::LeftButton, {}, {240, 180});
        QTest::qWait(250);
        const double longest = watchdog.longestMs();
        QVERIFY2(longest < 50, qPrintable(QStringLiteral("the event loop waited %1 ms").arg(longest)));
        QVERIFY(labels() != std::vector<uint32_t>(1200 * 1600, 0));
    }

    void paintingOnALargeImageIsSmooth() {
        // 16000 × 10000 as a source that makes its pixels up: what counts is the labels and the drawing.
        class Large : public TileSource {
        public:
            Large() { info_.levels = {{1, 10000, 16000}, {1, 5000, 8000}, {1, 2500, 4000}, {1, 1250, 2000}}; }
            const ImageInfo& info() const override { return info_; }
            std::string id() const override { return "large"; }
            Pixels read(int, const Box3& box, const Progress&) const override {
                return Pixels(PixelType::u8, 1, box.extent());
            }

        private:
            ImageInfo info_;
        };
        show(std::make_shared<Large>(), {1400, 800});
        bench_->setTool(QStringLiteral("brush"));
        bench_->setBrushRadius(40);
        CanvasPane* pane = canvas_->labelledPane();
        for (double zoom : {1.0, 0.06}) {
            canvas_->zoomTo(zoom);
            QTest::qWait(50);
            Watchdog watchdog;
            QTest::mousePress(pane, Qt::LeftButton, {}, {40, 60});
            for (int i = 0; i < 30; ++i) {
                QTest::mouseMove(pane, QPoint(40 + 9 * i, 60 + 7 * i));
                QTest::qWait(2);
            }
            QTest::mouseRelease(pane, Qt::LeftButton, {}, {300, 260});
            const double longest = watchdog.longestMs();
            QVERIFY2(longest < 50,
                     qPrintable(QStringLiteral("at %1: the event loop waited %2 ms").arg(zoom).arg(longest)));
        }
    }
};

QTEST_MAIN(TestCanvas)
#include "tst_canvas.moc"
