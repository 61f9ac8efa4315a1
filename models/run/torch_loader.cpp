// TorchLoader: from a model package to a network that is ready to run.
#include "models/run/torch_loader.h"
#include "core/base/error.h"
#include "models/run/devices.h"
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
        return std::make_unique<TorchNetwork>(package.card, tensorsOf(readSafetensors(package.file), file),
                                              file, chosen, threads);
    }
    std::string version() const override { return torchVersion(); }
};

} // namespace

std::unique_ptr<NetworkLoader> makeTorchLoader() {
    return std::make_unique<TorchLoader>();
}

} // namespace cristae
