// An exporter that waits, or fails, as a test says: files that are being written for as long as it takes.
#pragma once
#include "core/base/atomic_file.h"
#include "core/export/exporter.h"

#include <QThread>

#include <atomic>
#include <cerrno>
#include <memory>

namespace cristae {

struct Gate {
    std::atomic<bool> open = true, fails = false;
    std::atomic<int> waiting = 0;
};

/// "x.gate" holds the number of slices as text.
class GatedExporter : public Exporter {
public:
    explicit GatedExporter(std::shared_ptr<Gate> gate) : gate_(std::move(gate)) {}
    std::string name() const override { return "Gate"; }
    std::string key() const override { return "gate"; }
    std::vector<std::string> extensions() const override { return {"gate"}; }
    bool lossless() const override { return true; }
    std::string complaint(const ExportDescription&) const override { return {}; }
    std::unique_ptr<SliceSink> create(const Destination& target, const ExportDescription&) const override {
        return std::make_unique<Sink>(gate_, target);
    }

private:
    class Sink : public SliceSink {
    public:
        Sink(std::shared_ptr<Gate> gate, Destination target)
            : gate_(std::move(gate)), target_(std::move(target)) {}
        void write(int64_t, const Pixels&) override { ++slices_; }
        void finish() override {
            ++gate_->waiting;
            while (!gate_->open) QThread::msleep(1);
            --gate_->waiting;
            if (gate_->fails) throw outputError(target_.path(), ENOSPC);
            writeFileAtomically(target_, std::to_string(slices_));
        }

    private:
        std::shared_ptr<Gate> gate_;
        Destination target_;
        int slices_ = 0;
    };
    std::shared_ptr<Gate> gate_;
};

} // namespace cristae
