// Thin networks in the layout of training: gradients as in double precision, and no kernel that writes beyond
// its memory.
#include "models/nn/architecture.h"

#include <QRegularExpression>
#include <QTest>

using namespace cristae;

class TestThinNetworks : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".?"))); }

    void gradientsWithChannelsLast_data() {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("options");
        QTest::newRow("Deep Residual U-Net, 8") << "resunet"
                                                << R"({"base": 8, "levels": 3})";
        QTest::newRow("Deep Residual U-Net, 12") << "resunet"
                                                 << R"({"base": 12, "levels": 3})";
        QTest::newRow("MultiResUNet, 8") << "multiresunet"
                                         << R"({"base": 8, "levels": 3})";
        QTest::newRow("SegNet, 8") << "segnet"
                                   << R"({"base": 8, "levels": 3})";
        QTest::newRow("U-Net, 8") << "unet"
                                  << R"({"base": 8, "levels": 3})";
    }
    /// Channels that are no multiple of 16, as training lays them out, and large enough that a kernel that
    /// writes beyond its memory is noticed: the gradients are those of double precision in the usual layout.
    void gradientsWithChannelsLast() {
        QFETCH(QString, key);
        QFETCH(QString, options);
        const auto& architecture = findArchitecture(key.toStdString());
        const nlohmann::json wanted = nlohmann::json::parse(options.toStdString());
        torch::manual_seed(2);
        const auto network = architecture.build(wanted, 1, 1), exact = architecture.build(wanted, 1, 1);
        {
            const torch::NoGradGuard guard;
            for (const auto& item : network->named_parameters())
                exact->named_parameters()[item.key()].copy_(item.value());
            for (torch::Tensor& parameter : network->parameters())
                if (parameter.dim() == 4)
                    parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
        }
        exact->to(torch::kDouble);
        const torch::Tensor input = torch::randn({2, 1, 128, 128}), weight = torch::randn({2, 1, 128, 128});
        const auto gradients = [&](NetworkModule& module, const torch::Tensor& x) {
            module.zero_grad();
            (module.forward(x) * weight.to(x.dtype())).mean().backward();
            std::vector<torch::Tensor> list;
            for (const torch::Tensor& parameter : module.parameters())
                list.push_back(parameter.grad().to(torch::kDouble).clone());
            return list;
        };
        std::vector<torch::Tensor> found;
        for (int i = 0; i < 4; ++i) {
            found = gradients(*network, input.contiguous(at::MemoryFormat::ChannelsLast));
            // Blocks of many sizes come and go, so that the allocator looks at its lists.
            std::vector<torch::Tensor> others;
            for (int64_t size = 100; size < 4000; size += 37) others.push_back(torch::zeros({size}));
        }
        const auto wantedGradients = gradients(*exact, input.to(torch::kDouble));
        for (size_t i = 0; i < found.size(); ++i) {
            // In single precision a few places of max pooling and ReLU fall to the other side.
            const double length = wantedGradients[i].norm().item<double>();
            const double off = (found[i] - wantedGradients[i]).norm().item<double>();
            QVERIFY2(off <= 0.05 * length + 1e-5,
                     qPrintable(QStringLiteral("%1: %2 of %3").arg(i).arg(off).arg(length)));
        }
    }
};

QTEST_GUILESS_MAIN(TestThinNetworks)
#include "tst_thin_networks.moc"
