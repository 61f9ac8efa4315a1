// A made-up engine and a session on a temporary folder: what the pages of the window are driven with.
#pragma once
#include "core/segment/safetensors.h"
#include "core/session/session.h"
#include "tests/support/fake_package.h"
#include "tests/support/run_network.h"

#include <QDeadlineTimer>
#include <QElapsedTimer>
#include <QFile>
#include <QImage>
#include <QTemporaryDir>
#include <QThread>
#include <QTimer>

#include <atomic>
#include <cstring>

namespace cristae {

/// What the fakes are told and what they tell.
struct FakeControl {
    std::atomic<int> msPerTile = 0; // how long one tile takes
    std::atomic<int> tiles = 0;     // tiles computed
    std::atomic<int> msPerStep = 1; // training
    std::atomic<int> steps = 0;     // steps done
    std::atomic<bool> pauseSeen = false, stopSeen = false;
    std::atomic<bool> loaded = false;
    std::vector<std::string> complaints; // of the trainer
    TrainingPlan plan;                   // the last one
};

/// Finds what is brighter than the mean of the slice (normalised grey > 0); burns processor time like a real
/// one.
class FakeBrightNetwork : public Network {
public:
    explicit FakeBrightNetwork(FakeControl& control) : control_(control) {
        info_.strideMultiple = 4;
        info_.device = "cpu";
        info_.precision = "fp32";
    }
    const NetworkInfo& info() const override { return info_; }
    void run(std::span<const Pixels> in, std::span<Pixels> out) override {
        const QDeadlineTimer deadline(control_.msPerTile);
        for (size_t n = 0; n < in.size(); ++n) {
            const Extent3 e = in[n].extent();
            Pixels result(PixelType::f32, 1, {1, e.y, e.x});
            const auto grey = in[n].plane<float>(0, e.z / 2);
            const auto probability = result.plane<float>(0, 0);
            for (size_t i = 0; i < grey.size(); ++i) probability[i] = grey[i] > 0 ? 0.9f : 0.1f;
            out[n] = result;
            ++control_.tiles;
        }
        while (control_.msPerTile > 0 && !deadline.hasExpired()) {
        }
    }

private:
    FakeControl& control_;
    NetworkInfo info_;
};

class FakeLoader : public NetworkLoader {
public:
    explicit FakeLoader(FakeControl& control) : control_(control) {}
    std::vector<DeviceInfo> devices() const override { return {{"cpu", "CPU, 2 threads", 0}}; }
    std::vector<std::string> remarks() const override { return {}; }
    std::unique_ptr<Network> load(const ModelPackage& package, const std::string&, int) override {
        if (package.card.name.starts_with("runs")) return std::make_unique<RunNetwork>();
        return std::make_unique<FakeBrightNetwork>(control_);
    }
    std::string version() const override { return "fake 1"; }

private:
    FakeControl& control_;
};

/// A model package with a card and one tensor.
inline ModelCard fakeCard(const std::string& name, const std::string& className) {
    ModelCard card;
    card.name = name;
    card.title = name;
    card.classes = {{className, standardColour(className, 1), 0.5}};
    return card;
}

/// Five epochs of four steps; the second to last is the best.
class FakeTrainer : public Trainer {
public:
    explicit FakeTrainer(FakeControl& control) : control_(control) {}
    std::vector<std::string> complaints(const TrainingPlan&) const override { return control_.complaints; }
    std::vector<std::pair<std::string, Schema>> networkOptions() const override {
        const auto integer = [](const char* key, const char* label, int value, double low, double high) {
            return Option{key, label, Option::Type::integer, value, low, high, {}, "", "Help.", "Network"};
        };
        return {
            {"unet", {integer("levels", "Levels", 5, 2, 7), integer("shallow", "Shallow levels", 0, 0, 2)}},
            {"deepem3d",
             {integer("slicesIn", "Frames", 1, 1, 5), integer("divisor", "Thinner by", 1, 1, 64)}},
            {"resunet", Schema{}}};
    }
    TrainingResult train(const TrainingPlan& plan, TrainingListener& listener,
                         const Progress& progress) override {
        control_.plan = plan;
        constexpr int64_t epochs = 5, perEpoch = 4;
        TrainingResult result;
        nlohmann::json history = nlohmann::json::array();
        int64_t done = 0;
        if (plan.resume) {
            const auto content = readSafetensorsHeader(plan.runFolder / "checkpoint.safetensors");
            const auto state = nlohmann::json::parse(content.metadata.at("cristae.run"));
            done = state.at("step");
            history = state.at("history");
        }
        // As the real one does: each epoch, and when the run is cancelled.
        const auto checkpoint = [&] {
            SafetensorsFile content;
            content.metadata["cristae.run"] = nlohmann::json{
                {"step", done},
                {"bestDice", result.bestValidationDice},
                {"history", history}}.dump();
            content.tensors.push_back({"weight", "F32", {1}, std::make_shared<std::byte[]>(4), 4});
            std::filesystem::create_directories(plan.runFolder);
            writeSafetensors({plan.runFolder / "checkpoint.safetensors", Existing::replace}, content);
        };
        for (int64_t step = done + 1; step <= epochs * perEpoch; ++step) {
            if (progress.cancelled()) checkpoint();
            while (listener.paused() && !listener.stopRequested()) {
                control_.pauseSeen = true;
                progress.throwIfCancelled();
                QThread::msleep(1);
            }
            progress.throwIfCancelled();
            if (listener.stopRequested()) {
                control_.stopSeen = true;
                result.stoppedEarly = true;
                break;
            }
            QThread::msleep(static_cast<unsigned long>(control_.msPerStep.load()));
            const double loss = 1.0 / double(step);
            control_.steps = int(step);
            listener.onStep(step, loss);
            progress.report(double(step) / double(epochs * perEpoch), "step " + std::to_string(step));
            result.stepsDone = done = step;
            if (step % perEpoch) continue;
            EpochReport report;
            report.epoch = step / perEpoch;
            report.epochs = epochs;
            report.step = step;
            report.steps = epochs * perEpoch;
            report.trainingLoss = loss;
            report.validationLoss = loss * 1.2;
            report.trainingDice = 0.5 + 0.08 * double(report.epoch);
            report.validationDice = report.epoch == 5 ? 0.7 : 0.4 + 0.1 * double(report.epoch);
            report.secondsPerStep = 0.5;
            report.best = report.validationDice > result.bestValidationDice;
            result.bestValidationDice = std::max(result.bestValidationDice, report.validationDice);
            for (const TrainingSlice& slice : plan.set.slices)
                if (slice.role == Role::validation && report.previewImage.empty()) {
                    report.previewImage = slice.image;
                    report.previewTruth = slice.labels;
                    Pixels probability(PixelType::f32, 1, slice.labels.extent());
                    const auto truth = slice.labels.plane<uint8_t>(0, 0);
                    const auto values = probability.plane<float>(0, 0);
                    const size_t shift =
                        size_t(slice.labels.extent().x) * 4 + 4; // some missed, some too much
                    for (size_t i = 0; i < truth.size(); ++i)
                        values[i] = i >= shift && truth[i - shift] == 1 ? 0.9f : 0.1f;
                    report.previewProbability = probability;
                }
            history.push_back({{"epoch", report.epoch},
                               {"step", step},
                               {"trainingLoss", report.trainingLoss},
                               {"trainingDice", report.trainingDice},
                               {"validationLoss", report.validationLoss},
                               {"validationDice", report.validationDice},
                               {"best", report.best}});
            checkpoint();
            listener.onEpoch(report);
        }
        ModelCard card = plan.card;
        for (const std::string& name : plan.set.classNames)
            if (card.classes.size() < plan.set.classNames.size())
                card.classes.push_back({name, standardColour(name, 1), 0.5});
        card.scores.push_back({"validation slices", "IoU", 0.84, ""});
        writeFakePackage(plan.output, card);
        result.package = openModelPackage(plan.output);
        return result;
    }

private:
    FakeControl& control_;
};

/// A session whose zoo holds the model "bright" (finds "mitochondria"), and an image file of a few discs.
struct FakeWorld {
    QTemporaryDir folder;
    FakeControl control;
    std::unique_ptr<Session> session;

    FakeWorld() {
        writeFakePackage(path("zoo/bright.safetensors"), fakeCard("bright", "mitochondria"));
        restart();
    }
    void restart() {
        session = std::make_unique<Session>(SessionPaths{path("zoo"), path("mine"), path("samples")}, [this] {
            control.loaded = true;
            return Engine{std::make_unique<FakeLoader>(control), std::make_unique<FakeTrainer>(control)};
        });
    }
    std::filesystem::path path(const char* name) const {
        return folder.filePath(QString::fromLatin1(name)).toStdString();
    }
    QString name(const char* file) const { return folder.filePath(QString::fromLatin1(file)); }

    /// Bright discs on a dark, slightly uneven background.
    static QImage discs(int width, int height, int spacing = 40, int radius = 10) {
        QImage image(width, height, QImage::Format_Grayscale8);
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) {
                const int dy = y % spacing - spacing / 2, dx = x % spacing - spacing / 2;
                const bool inside = dx * dx + dy * dy < radius * radius;
                image.scanLine(y)[x] = uchar((inside ? 190 : 60) + (x * 7 + y * 13) % 17);
            }
        return image;
    }
    QString writeImage(const char* file, int width, int height) const {
        const QString where = name(file);
        QDir().mkpath(QFileInfo(where).path());
        discs(width, height).save(where);
        return where;
    }
};

/// The longest time the event loop could not answer. Time in which this thread was ready but other programs
/// had the processors does not count (Linux tells; elsewhere it counts).
class Watchdog : public QObject {
public:
    Watchdog() {
        timer_.setTimerType(Qt::PreciseTimer);
        connect(&timer_, &QTimer::timeout, this, &Watchdog::look);
        clock_.start();
        waited_ = waitedForProcessorMs();
        timer_.start(2);
    }
    double longestMs() {
        look();
        return longest_;
    }

private:
    static double waitedForProcessorMs() {
        QFile file(QStringLiteral("/proc/thread-self/schedstat")); // ns running, ns waiting, turns
        if (!file.open(QIODevice::ReadOnly)) return 0;
        const QList<QByteArray> figures = file.readAll().split(' ');
        return figures.size() > 1 ? figures[1].toDouble() / 1e6 : 0;
    }
    void look() {
        const double waited = waitedForProcessorMs();
        longest_ = std::max(longest_, double(clock_.nsecsElapsed()) / 1e6 - (waited - waited_));
        waited_ = waited;
        clock_.restart();
    }
    QTimer timer_;
    QElapsedTimer clock_;
    double longest_ = 0, waited_ = 0;
};

} // namespace cristae
