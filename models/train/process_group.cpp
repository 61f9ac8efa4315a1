// c10d: a store where processes meet, and Gloo, which sums tensors over TCP.
#include "models/train/process_group.h"

#include "core/base/error.h"

#include <cstdlib>
#include <fmt/format.h>
#include <thread>
#ifdef CRISTAE_GLOO
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#endif

namespace cristae {

#ifdef CRISTAE_GLOO

namespace {

using Milliseconds = std::chrono::milliseconds;

std::string reasonOf(const std::exception& error) {
    const auto* torchError = dynamic_cast<const c10::Error*>(&error);
    std::string text = torchError ? torchError->what_without_backtrace() : error.what();
    return text.substr(0, std::min<size_t>(text.find('\n'), 300));
}

class GlooProcesses : public ProcessGroup {
public:
    GlooProcesses(const ProcessPlace& place, const Progress& progress) : place_(place), progress_(progress) {
        const Milliseconds patience(int64_t(place.patienceSeconds * 1000));
        c10d::TCPStoreOptions options;
        options.port = uint16_t(place.port);
        options.numWorkers = size_t(place.count);
        options.timeout = patience;
        // torchrun serves the meeting point itself and tells so.
        const char* served = std::getenv("TORCHELASTIC_USE_AGENT_STORE");
        const bool byAgent = served && std::string(served) == "True";
        options.isServer = place.rank == 0 && !byAgent;
        c10::intrusive_ptr<c10d::Store> store = c10::make_intrusive<c10d::TCPStore>(place.host, options);
        const char* attempt = std::getenv("TORCHELASTIC_RESTART_COUNT");
        store = c10::make_intrusive<c10d::PrefixStore>(
            fmt::format("cristae/{}", byAgent && attempt ? attempt : "0"), store);

        auto gloo = c10d::ProcessGroupGloo::Options::create(patience);
        const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
        const bool here = place.host == "localhost" || place.host.starts_with("127.");
        gloo->devices.push_back(interface ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
                                : here    ? c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
                                          : c10d::ProcessGroupGloo::createDefaultDevice());
        group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store, place.rank, place.count, gloo);
        group_->setTimeout(30 * patience);
    }

    void sum(torch::Tensor& tensor) override {
        run(tensor, [&](std::vector<at::Tensor>& list) { return group_->allreduce(list); });
    }
    void takeFromFirst(torch::Tensor& tensor) override {
        run(tensor, [&](std::vector<at::Tensor>& list) { return group_->broadcast(list); });
    }

private:
    template <class F> void run(torch::Tensor& tensor, F&& start) {
        const torch::NoGradGuard guard;
        std::vector<at::Tensor> list{tensor.detach().to(torch::kCPU).contiguous()};
        try {
            const auto work = start(list);
            while (!work->isCompleted() && !progress_.cancelled())
                std::this_thread::sleep_for(std::chrono::microseconds(100));
            if (!work->isCompleted()) {
                // Its end would wait for the message that is under way, perhaps for a process that hangs.
                group_.release();
                progress_.throwIfCancelled();
            }
            work->wait();
        } catch (const Error&) {
            throw;
        } catch (const std::exception& error) {
            throw Error(ErrorKind::device,
                        fmt::format("Process {} of {} lost the others ({}): one of them has ended or hangs; "
                                    "read its messages, and start all of them again with --resume.",
                                    place_.rank, place_.count, reasonOf(error)));
        }
        tensor.copy_(list.front());
    }
    const ProcessPlace place_;
    const Progress& progress_;
    c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
};

} // namespace

std::unique_ptr<ProcessGroup> joinProcesses(const ProcessPlace& place, const Progress& progress) {
    try {
        return std::make_unique<GlooProcesses>(place, progress);
    } catch (const std::exception& error) {
        throw Error(
            ErrorKind::device,
            fmt::format("Process {} of {} did not meet all others at {}, port {}, within {:g} s ({}); "
                        "start them all at about the same time, with the same MASTER_ADDR and a "
                        "MASTER_PORT that is free.",
                        place.rank, place.count, place.host, place.port, place.patienceSeconds,
                        reasonOf(error)));
    }
}

#else

std::unique_ptr<ProcessGroup> joinProcesses(const ProcessPlace&, const Progress&) {
    throw Error(ErrorKind::device, "This LibTorch was built without Gloo, so only one process can train; "
                                   "start a single one, or build with another LibTorch.");
}

#endif

} // namespace cristae
