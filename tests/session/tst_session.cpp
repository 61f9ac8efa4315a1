// Session with a made-up engine: predictions enter documents as one step, and window and command line write
// equal bytes.
#include "core/base/atomic_file.h"
#include "core/base/input_file.h"
#include "core/document/document.h"
#include "core/image/memory_source.h"
#include "core/session/session.h"
#include "tests/support/bright_network.h"
#include "tests/support/expect_error.h"
#include "tests/support/fake_package.h"

#include <QFile>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <fstream>
#include <set>

using namespace cristae;

namespace {

class Cancelled : public Progress {
public:
    void report(double, const std::string&) const override {}
    bool cancelled() const override { return true; }
};

} // namespace

class TestSession : public QObject {
    Q_OBJECT
private:
    QTemporaryDir folder_;
    std::unique_ptr<Session> session_;
    TileSourcePtr image_;
    std::filesystem::path in(const char* name) const {
        return folder_.filePath(QString::fromLatin1(name)).toStdString();
    }

    void writeModel(const char* name, const char* className) {
        ModelCard card;
        card.name = name;
        card.title = name;
        card.classes = {{className, {230, 159, 0}, 0.5}};
        writeFakePackage(in("zoo") / (std::string(name) + ".safetensors"), card);
    }
    PredictionRequest request(const char* model) const {
        PredictionRequest wanted;
        wanted.models = {{session_->findModel(model), {}, {}}};
        return wanted;
    }
    PredictionResult predictInto(const Document& document, const char* model, WriteRule rule = {}) {
        return session_->predictLabels(*document.image(), document.labels().snapshot(),
                                       document.labels().generation(), document.classes(), request(model),
                                       rule, Progress::none());
    }
    static QByteArray bytesOf(const std::filesystem::path& path) {
        QFile file(QString::fromStdString(path.string()));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

private Q_SLOTS:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".?"))); }

    void init() {
        writeModel("bright", "bright things");
        writeModel("again", "bright things");
        session_ = std::make_unique<Session>(SessionPaths{in("zoo"), in("mine"), in("samples")}, [] {
            return Engine{std::make_unique<BrightLoader>(), nullptr};
        });
        Pixels pixels(PixelType::u8, 1, {3, 50, 70});
        auto values = pixels.values<uint8_t>();
        for (size_t i = 0; i < values.size(); ++i) values[i] = uint8_t((i * 7 + i / 70 * 31) % 251);
        ImageInfo info;
        info.voxelSize = {40.0, 5.0, 5.0, "made by the test"};
        info.path = "made.tif";
        image_ = std::make_shared<MemorySource>(pixels, info);
    }

    void engineIsLoadedAtFirstNeed() {
        QVERIFY(!session_->engineLoaded());
        QCOMPARE(session_->models().size(), size_t(2));
        QVERIFY(!session_->engineLoaded());
        session_->prepare(request("bright"));
        QVERIFY(session_->engineLoaded());
        QVERIFY(session_->estimateSeconds(image_->info(), request("bright")).has_value());
    }

    void aRefusedPlaceNeedsNoEngine() {
        const auto refusal = [&](const char* format, const char* name, ResultKind kind) {
            const Exporter& exporter = findExporter(session_->exporters(), format, "");
            return messageOf([&] {
                session_->predictToFile(image_, request("bright"), kind, exporter, in(name),
                                        Progress::none());
            });
        };
        std::filesystem::create_directories(in("own.png"));
        std::filesystem::create_directories(in("stack"));
        std::ofstream(in("there.tif")) << "x";
        for (const ResultKind kind : {ResultKind::labels, ResultKind::objects}) {
            QVERIFY(refusal("tiff", "there.tif", kind).find("exists already") != std::string::npos);
            QVERIFY(refusal("tiff", "no/x.tif", kind).find("does not exist") != std::string::npos);
            // A stack of PNGs is the folder without the ending.
            QVERIFY(refusal("png", "stack.png", kind).find("did not write there") != std::string::npos);
        }
        QVERIFY(!session_->engineLoaded());
        QCOMPARE(refusal("png", "own.png", ResultKind::mask), std::string("no error")); // the folder own
        QVERIFY(session_->engineLoaded());
    }

    void predictionIsOneUndoableStep() {
        Document document(image_);
        PredictionResult result = predictInto(document, "bright");
        QCOMPARE(result.values.size(), size_t(1));
        document.setClasses(result.classes, "classes");
        document.applyLabels(std::move(result.delta), "Predict");
        const Pixels labels = document.labels().snapshot().labels(Box3::ofExtent(image_->info().extent()));
        const Pixels grey = image_->read(0, Box3::ofExtent(image_->info().extent()));
        for (int64_t z = 0; z < 3; ++z) {
            double mean = 0;
            for (const uint8_t value : grey.plane<uint8_t>(0, z)) mean += value / 3500.0;
            for (int64_t i = 0; i < 3500; ++i)
                QCOMPARE(labels.plane<uint32_t>(0, z)[size_t(i)] != 0,
                         grey.plane<uint8_t>(0, z)[size_t(i)] > mean);
        }
        document.undoStack().undo();
        QCOMPARE(document.labels().snapshot().maxLabel(), 0u);
    }

    void windowAndCommandLineWriteEqualBytes_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<int>("kind");
        for (const char* file : {"x.tif", "x.h5", "x.raw", "x.raw.json"}) {
            QTest::addRow("labels %s", file) << QString::fromLatin1(file) << int(ResultKind::labels);
            QTest::addRow("mask %s", file) << QString::fromLatin1(file) << int(ResultKind::mask);
            QTest::addRow("objects %s", file) << QString::fromLatin1(file) << int(ResultKind::objects);
        }
    }
    void windowAndCommandLineWriteEqualBytes() {
        QFETCH(QString, file);
        QFETCH(int, kind);
        const bool sidecar = file.endsWith(QStringLiteral(".json"));
        const std::string target = (sidecar ? file.chopped(5) : file).toStdString();
        std::filesystem::create_directories(in("window"));
        std::filesystem::create_directories(in("line"));
        const Exporter& exporter = findExporter(session_->exporters(), "", target);
        session_->predictToFile(image_, request("bright"), ResultKind(kind), exporter,
                                {in("line") / target, Existing::replace}, Progress::none());

        Document document(image_);
        PredictionResult result = predictInto(document, "bright");
        document.setClasses(result.classes, "classes");
        document.applyLabels(std::move(result.delta), "Predict");
        LabelExport what{document.labels().snapshot(),
                         document.classes(),
                         document.voxelSize(),
                         document.image(),
                         {result.provenance},
                         ResultKind(kind),
                         {},
                         0,
                         -1};
        session_->exportLabels(what, exporter, {in("window") / target, Existing::replace}, Progress::none());

        const std::string name = sidecar && !std::filesystem::exists(in("line") / file.toStdString())
                                     ? std::filesystem::path(target).stem().string() + ".json"
                                     : file.toStdString();
        QVERIFY(!bytesOf(in("line") / name).isEmpty());
        QCOMPARE(bytesOf(in("window") / name), bytesOf(in("line") / name));
    }

    void objectsAreNumberedAndReadBack() {
        PredictionRequest wanted = request("bright");
        const Exporter& exporter = findExporter(session_->exporters(), "", "x.h5");
        std::map<std::string, int64_t> counts;
        for (const auto& [name, connectivity, smallest] :
             {std::tuple{"volume", Connectivity::volume, 0}, std::tuple{"slices", Connectivity::slices, 0},
              std::tuple{"large", Connectivity::volume, 5}}) {
            wanted.objects.connectivity = connectivity;
            wanted.objects.smallest = smallest;
            const auto file = in((name + std::string(".h5")).c_str());
            session_->predictToFile(image_, wanted, ResultKind::objects, exporter, file, Progress::none());
            const TileSourcePtr read = openImage(file);
            const Pixels ids =
                read->read(0, Box3::ofExtent(image_->info().extent())).converted(PixelType::u32);
            std::set<uint32_t> seen(ids.values<uint32_t>().begin(), ids.values<uint32_t>().end());
            seen.erase(0);
            QCOMPARE(*seen.rbegin(), uint32_t(seen.size())); // 1 … n without gaps
            counts[name] = int64_t(seen.size());
            // The same as the components of the mask.
            const Pixels grey = image_->read(0, Box3::ofExtent(image_->info().extent()));
            std::vector<uint8_t> mask;
            for (int64_t z = 0; z < 3; ++z) {
                double mean = 0;
                for (const uint8_t value : grey.plane<uint8_t>(0, z)) mean += value / 3500.0;
                for (const uint8_t value : grey.plane<uint8_t>(0, z)) mask.push_back(value > mean);
            }
            LabelVolume expected = components(mask, image_->info().extent(), connectivity, true);
            dropSmall(expected, smallest);
            QVERIFY(std::ranges::equal(expected.labels, ids.values<uint32_t>()));
        }
        QVERIFY(counts["slices"] > counts["volume"]);
        QVERIFY(counts["large"] <= counts["volume"]);
        QVERIFY_EXCEPTION_THROWN(session_->predictToFile(image_, wanted, ResultKind::objects,
                                                         findExporter(session_->exporters(), "", "x.jpg"),
                                                         in("x.jpg"), Progress::none()),
                                 Error);
        QVERIFY(!std::filesystem::exists(in("x.jpg")));
    }

    void explanationsLieRoundThePlace() {
        ExplanationRequest asked;
        asked.model = request("bright").models.front();
        asked.className = "bright things";
        asked.z = 1;
        asked.y = 20;
        asked.x = 60;
        asked.side = 32;
        asked.square = 4;
        asked.method = Explanation::occlusion;
        const ExplanationMap found = session_->explain(*image_, asked, Progress::none());
        QVERIFY(found.box.z0 == 1 && found.box.y0 <= 20 && found.box.y1 > 20 && found.box.x0 <= 60 &&
                found.box.x1 == 70);
        QCOMPARE(found.map.extent(), (Extent3{1, found.box.y1 - found.box.y0, found.box.x1 - found.box.x0}));
        // The network looks at nothing but the pixel: hiding others changes nothing.
        const auto fall = [&](int64_t y, int64_t x) {
            return found.map
                .values<float>()[size_t((y - found.box.y0) * found.map.extent().x + x - found.box.x0)];
        };
        if (found.probability > 0.5) QVERIFY(fall(20, 60) > 0.7f);
        QCOMPARE(fall(20, 52), 0.f);
        QCOMPARE(fall(12, 60), 0.f);
        asked.method = Explanation::activation; // the made-up engine has none, and says so
        QVERIFY_EXCEPTION_THROWN(session_->explain(*image_, asked, Progress::none()), Error);
        asked.y = 50;
        QVERIFY_EXCEPTION_THROWN(session_->explain(*image_, asked, Progress::none()), Error);
    }

    void correctionsByHandSurviveAndAreSaid() {
        Document document(image_);
        PredictionResult first = predictInto(document, "bright");
        const uint32_t value = first.values[0];
        document.setClasses(first.classes, "classes");
        LabelEdit stroke(document.labels().snapshot(), {});
        stroke.setRun(1, 10, 0, 70, {value, Origin::human});
        stroke.setRun(1, 11, 0, 70, {0, Origin::human});
        document.applyLabels(stroke.delta(), "Brush");
        WriteRule rule;
        rule.keepHuman = true;
        PredictionResult result = predictInto(document, "bright", rule);
        document.applyLabels(std::move(result.delta), "Predict");
        for (int64_t x = 0; x < 70; ++x) QCOMPARE(document.labels().at(1, 10, x).label, value);

        const Exporter& exporter = findExporter(session_->exporters(), "raw", "");
        LabelExport what{document.labels().snapshot(),
                         document.classes(),
                         document.voxelSize(),
                         document.image(),
                         {result.provenance},
                         ResultKind::labels,
                         {},
                         0,
                         -1};
        session_->exportLabels(what, exporter, in("hand.raw"), Progress::none());
        bool said = false;
        for (const auto& entry : std::filesystem::directory_iterator(folder_.path().toStdString()))
            if (entry.path().extension() == ".json") said = said || bytesOf(entry.path()).contains("correct");
        QVERIFY(said);
    }

    void predictingAgainTakesBackWhatIsNoLongerFound() {
        Document document(image_);
        PredictionResult first = predictInto(document, "bright");
        document.setClasses(first.classes, "classes");
        document.applyLabels(std::move(first.delta), "Predict");
        PredictionRequest strict = request("bright");
        strict.models[0].threshold = 0.95; // above what the network gives
        PredictionResult none = session_->predictLabels(*image_, document.labels().snapshot(), 0,
                                                        document.classes(), strict, {}, Progress::none());
        document.applyLabels(std::move(none.delta), "Predict");
        QVERIFY(document.labels().snapshot().countsInSlice(0).empty());
    }

    void cancelledWritesNothing() {
        const Exporter& exporter = findExporter(session_->exporters(), "tiff", "");
        QVERIFY_EXCEPTION_THROWN(session_->predictToFile(image_, request("bright"), ResultKind::labels,
                                                         exporter, in("none.tif"), Cancelled()),
                                 Error);
        QVERIFY(!std::filesystem::exists(in("none.tif")));
    }

    void wrongRequestsAreSentences() {
        PredictionRequest wrong = request("bright");
        wrong.models[0].classes = {"unicorns"};
        try {
            session_->prepare(wrong);
            QFAIL("A class that no model finds was accepted.");
        } catch (const Error& error) {
            QCOMPARE(error.kind(), ErrorKind::usage);
            QVERIFY(QString::fromUtf8(error.what()).contains(QStringLiteral("unicorns")));
        }
        const Exporter& exporter = findExporter(session_->exporters(), "tiff", "");
        PredictionRequest range = request("bright");
        range.settings.firstSlice = 2;
        range.settings.endSlice = 9;
        QVERIFY_EXCEPTION_THROWN(session_->predictToFile(image_, range, ResultKind::labels, exporter,
                                                         in("none.tif"), Progress::none()),
                                 Error);
    }

    void invertedGreyValuesAreTheModelsOnly() {
        PredictionRequest wanted = request("bright");
        const Document document(image_);
        const auto predicted = [&] {
            LabelLayer layer = document.labels();
            const PredictionResult result =
                session_->predictLabels(*image_, layer.snapshot(), layer.generation(), document.classes(),
                                        wanted, {}, Progress::none());
            layer.apply(result.delta);
            return std::pair(layer.snapshot().labels(Box3::ofSlice(image_->info().extent(), 1)),
                             result.provenance);
        };
        const auto [bright, plain] = predicted();
        wanted.models.front().invert = true;
        const auto [dark, inverted] = predicted();
        int64_t both = 0, none = 0;
        for (size_t i = 0; i < bright.values<uint32_t>().size(); ++i) {
            both += bright.values<uint32_t>()[i] && dark.values<uint32_t>()[i];
            none += !bright.values<uint32_t>()[i] && !dark.values<uint32_t>()[i];
        }
        QCOMPARE(both, 0);
        QCOMPARE(none, 0); // no pixel is the mean itself
        QVERIFY(!plain.at("models").at(0).contains("inverted"));
        QCOMPARE(inverted.at("models").at(0).at("inverted").get<bool>(), true);
    }

    void doubtIsWhereTheModelIsUnsure() {
        PredictionRequest wanted = request("bright");
        wanted.settings.firstSlice = 1;
        const ExplanationMap doubts = session_->doubtMap(*image_, wanted, Progress::none());
        QCOMPARE(doubts.box, Box3::ofSlice(image_->info().extent(), 1));
        QCOMPARE(doubts.map.extent(), (Extent3{1, 50, 70}));
        // BrightNetwork says 0.9 or 0.1 everywhere: 0.469 bits.
        for (const float value : doubts.map.values<float>()) QVERIFY(std::abs(value - 0.469f) < 1e-3f);
        QVERIFY_EXCEPTION_THROWN(session_->doubtMap(*image_, wanted, Cancelled()), Error);
    }
};

QTEST_GUILESS_MAIN(TestSession)
#include "tst_session.moc"
