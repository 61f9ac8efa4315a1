// Session: the engine at first need, the models on disk, and the verbs for files.
#include "core/session/session.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/io/file_access.h"
#include "core/labels/label_source.h"
#include "core/session/forecast.h"
#include "core/session/prepared.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <map>
#include <thread>
#include <tuple>

namespace cristae {

namespace {

/// Seconds per pixel of a network, from the second of two runs on a small tile.
double measuredSecondsPerPixel(Network& network) {
    const int64_t multiple = network.info().strideMultiple;
    const int64_t side = (256 + multiple - 1) / multiple * multiple;
    const Pixels in(PixelType::f32, network.info().channelsIn, {network.info().slicesIn, side, side});
    Pixels out;
    double seconds = 0;
    for (int i = 0; i < 2; ++i) {
        const auto start = std::chrono::steady_clock::now();
        network.run({&in, 1}, {&out, 1});
        seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
    return seconds / double(side * side);
}

const ModelClass& findClass(const ModelCard& card, const std::string& name, int64_t& index) {
    for (index = 0; index < int64_t(card.classes.size()); ++index)
        if (card.classes[size_t(index)].name == name) return card.classes[size_t(index)];
    std::vector<std::string> names;
    for (const ModelClass& known : card.classes) names.push_back(known.name);
    throw Error(ErrorKind::usage, fmt::format("The model {} does not find \"{}\"; it finds {}.", card.name,
                                              name, fmt::join(names, ", ")));
}

int allThreads() {
    return int(std::max(1u, std::thread::hardware_concurrency()));
}

std::string averagingWord(Averaging averaging) {
    return averaging == Averaging::none ? "none" : averaging == Averaging::flips ? "flips" : "all";
}

} // namespace

struct Session::Cached {
    struct Entry {
        std::shared_ptr<Network> network;
        double secondsPerPixel = 0;
    };
    using Key = std::tuple<std::string, std::string, int>; // SHA-256 of the package, device, threads
    std::map<Key, Entry> networks;
    std::map<std::string, std::pair<std::filesystem::file_time_type, std::string>> hashes; // by path
    std::map<std::string, std::string> inputHashes; // by the identity of the file
    std::mutex mutex;

    std::string hashOf(ModelPackage package) {
        const auto time = std::filesystem::last_write_time(package.file);
        {
            std::lock_guard lock(mutex);
            const auto it = hashes.find(package.file.string());
            if (it != hashes.end() && it->second.first == time) return it->second.second;
        }
        const std::string hash = packageHash(package);
        std::lock_guard lock(mutex);
        hashes[package.file.string()] = {time, hash};
        return hash;
    }
};

Session::Session(SessionPaths paths, std::function<Engine()> loadEngine)
    : paths_(std::move(paths)), startGuard_(paths_.marks), loadEngine_(std::move(loadEngine)),
      exporters_(allExporters()), cached_(std::make_unique<Cached>()) {}

Session::~Session() = default;

std::string Session::inputHash(const ImageInfo& image, const Progress& progress) {
    std::error_code gone;
    if (image.path.empty() || !std::filesystem::exists(image.path, gone)) return {};
    std::string identity = fileId(image.path);
    if (std::filesystem::is_directory(image.path))
        for (const std::string& slice : image.sliceNames) identity += "|" + fileId(image.path / slice);
    {
        std::lock_guard lock(cached_->mutex);
        const auto known = cached_->inputHashes.find(identity);
        if (known != cached_->inputHashes.end()) return known->second;
    }
    const std::string hash = sha256OfInput(image.path, progress);
    std::lock_guard lock(cached_->mutex);
    return cached_->inputHashes[identity] = hash;
}

Engine& Session::engine() {
    std::lock_guard lock(mutex_);
    if (!engine_) {
        if (!loadEngine_)
            throw Error(ErrorKind::device,
                        "This build has no engine; build it with CRISTAE_MODELS=ON to predict and train.");
        engine_ = std::make_unique<Engine>(loadEngine_());
        engineLoaded_ = true;
    }
    return *engine_;
}

bool Session::engineLoaded() const {
    return engineLoaded_;
}

std::vector<ModelPackage> Session::models(std::vector<std::string>* remarks) {
    std::vector<ModelPackage> found;
    for (const auto& folder : {paths_.userModels, paths_.zoo}) {
        if (!std::filesystem::is_directory(folder)) continue;
        for (ModelPackage& package : listModelPackages(folder, remarks, &startGuard_))
            found.push_back(std::move(package));
    }
    return found;
}

ModelPackage Session::findModel(const std::string& nameOrFile) const {
    return findModelPackage(nameOrFile, {paths_.userModels, paths_.zoo});
}

void Session::addExporter(std::unique_ptr<Exporter> exporter) {
    exporters_.push_back(std::move(exporter));
}

std::vector<ModelClass> wantedClasses(const PredictionRequest& request) {
    if (request.models.empty()) throw Error(ErrorKind::usage, "No model is chosen; choose what to find.");
    std::vector<ModelClass> wanted;
    for (const ModelRequest& model : request.models) {
        const ModelCard& card = model.package.card;
        if (model.classes.empty()) wanted.insert(wanted.end(), card.classes.begin(), card.classes.end());
        int64_t index = 0;
        for (const std::string& name : model.classes) wanted.push_back(findClass(card, name, index));
    }
    return wanted;
}

Session::Prepared Session::prepareTasks(const PredictionRequest& request) {
    Prepared prepared;
    prepared.classes = wantedClasses(request);
    for (const ModelRequest& model : request.models) {
        const std::string hash = cached_->hashOf(model.package);
        const Cached::Key key{hash, request.device, request.threads};
        Cached::Entry entry;
        {
            std::lock_guard lock(cached_->mutex);
            if (const auto it = cached_->networks.find(key); it != cached_->networks.end())
                entry = it->second;
        }
        if (!entry.network) {
            entry.network = engine().networks->load(model.package, request.device, request.threads);
            entry.secondsPerPixel = measuredSecondsPerPixel(*entry.network);
            std::lock_guard lock(cached_->mutex);
            cached_->networks[key] = entry;
        }
        NetworkTask task;
        task.network = entry.network.get();
        task.card = model.package.card;
        if (model.invert) // of a model that inverts by itself: not
            task.card.normalisation["invert"] = !task.card.normalisation.value("invert", false);
        std::vector<std::string> names = model.classes;
        if (names.empty())
            for (const ModelClass& known : task.card.classes) names.push_back(known.name);
        for (const std::string& name : names) {
            int64_t index = 0;
            const ModelClass& known = findClass(task.card, name, index);
            task.classes.push_back(index);
            task.thresholds.push_back(model.threshold.value_or(known.threshold));
        }
        prepared.tasks.push_back(std::move(task));
        prepared.networks.push_back(std::move(entry.network));
        prepared.hashes.push_back(hash);
    }
    return prepared;
}

nlohmann::json Session::predictionEntry(const Prepared& prepared, const PredictionRequest& request,
                                        const ImageInfo& info) const {
    nlohmann::json models = nlohmann::json::array();
    for (size_t i = 0; i < prepared.tasks.size(); ++i) {
        const NetworkTask& task = prepared.tasks[i];
        nlohmann::json classes = nlohmann::json::array();
        for (size_t c = 0; c < task.classes.size(); ++c)
            classes.push_back({{"name", task.card.classes[size_t(task.classes[c])].name},
                               {"threshold", task.thresholds[c]}});
        models.push_back({{"name", task.card.name},
                          {"sha256", prepared.hashes[i]},
                          {"classes", classes},
                          {"device", task.network->info().device},
                          {"tile", usedTileSide(task.network->info(), request.settings)},
                          {"precision", task.network->info().precision}});
        if (request.models[i].invert) models.back()["inverted"] = true;
    }
    const PredictionSettings& settings = request.settings;
    const int64_t end = settings.endSlice < 0 ? info.extent().z : settings.endSlice;
    nlohmann::json entry = {{"verb", "predict"},
                            {"models", models},
                            {"averaging", averagingWord(settings.averaging)},
                            {"slices", {settings.firstSlice, end}},
                            {"threads", request.threads > 0 ? request.threads : allThreads()},
                            {"engine", engine_ ? engine_->networks->version() : ""}};
    if (settings.region)
        entry["region"] = {settings.region->y0, settings.region->x0, settings.region->y1,
                           settings.region->x1};
    return entry;
}

void Session::prepare(const PredictionRequest& request) {
    prepareTasks(request);
}

std::optional<double> Session::estimateSeconds(const ImageInfo& image,
                                               const PredictionRequest& request) const {
    double seconds = 0;
    for (const ModelRequest& model : request.models) {
        const Cached::Key key{cached_->hashOf(model.package), request.device, request.threads};
        Cached::Entry entry;
        {
            std::lock_guard lock(cached_->mutex);
            const auto it = cached_->networks.find(key);
            if (it == cached_->networks.end()) return std::nullopt;
            entry = it->second;
        }
        const NetworkTask task{entry.network.get(), model.package.card, {}, {}};
        seconds += predictionWork(image, {&task, 1}, request.settings) * entry.secondsPerPixel;
    }
    return seconds;
}

void Session::tellConcerns(const PredictionRequest& request, const ImageInfo& image) const {
    if (request.onConcerns)
        request.onConcerns(predictionConcerns(image, request, estimateSeconds(image, request)));
}

void Session::rememberSpeed(const PredictionRequest& request, const ImageInfo& image, double seconds) {
    if (request.models.size() != 1) return; // the share of each model in the time is unknown
    const Cached::Key key{cached_->hashOf(request.models[0].package), request.device, request.threads};
    std::lock_guard lock(cached_->mutex);
    const auto it = cached_->networks.find(key);
    if (it == cached_->networks.end()) return;
    const NetworkTask task{it->second.network.get(), request.models[0].package.card, {}, {}};
    const double work = predictionWork(image, {&task, 1}, request.settings);
    if (work > 0) it->second.secondsPerPixel = seconds / work;
}

} // namespace cristae
