// TorchLoader: from a model package to a network that is ready to run.
#include "models/run/torch_loader.h"
#include "core/base/error.h"
#include "core/segment/ensemble.h"
#include "models/run/devices.h"
#include "models/run/ensemble_network.h"
#include "models/run/torch_explainer.h"
#include "models/run/torch_network.h"

namespace cristae {
namespace {

class TorchLoader : public NetworkLoader {
public:
    std::vector<DeviceInfo> devices() const override { return findDevices().devices; }
    std::vector<std::string> remarks() const override { return findDevices().remarks; }
    std::unique_ptr<Network> load(const ModelPackage& package, const std::string& device,
                                  int threads) override {
        const c10::Device chosen = chooseDevice(device);
        const std::string file = package.file.string();
        const TensorMap weights = tensorsOf(readSafetensors(package.file), file);
        if (package.card.architecture != ensembleArchitecture)
            return std::make_unique<TorchNetwork>(package.card, weights, file, chosen, threads);
        const std::vector<ModelCard> cards = ensembleMembers(package.card);
        std::vector<std::unique_ptr<Network>> members;
        for (size_t i = 0; i < cards.size(); ++i) {
            const std::string prefix = memberPrefix(i);
            TensorMap own;
            for (const auto& [name, tensor] : weights)
                if (name.starts_with(prefix)) own[name.substr(prefix.size())] = tensor;
            members.push_back(std::make_unique<TorchNetwork>(cards[i], own, file, chosen, threads));
        }
        return std::make_unique<EnsembleNetwork>(std::move(members));
    }
    std::unique_ptr<Explainer> explainer(const ModelPackage& package, const std::string& device,
                                         int threads) override {
        return std::make_unique<TorchExplainer>(package, chooseDevice(device), threads);
    }
    std::string version() const override { return torchVersion(); }
};

} // namespace

std::unique_ptr<NetworkLoader> makeTorchLoader() {
    return std::make_unique<TorchLoader>();
}

} // namespace cristae
