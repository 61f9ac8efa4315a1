// Every loss prefers the truth and ignores the unknown; values against sums by hand, gradients against
// differences.
#include "core/base/error.h"
#include "core/learn/recipe.h"
#include "models/loss/border_weights.h"
#include "models/loss/loss.h"

#include <QRegularExpression>
#include <QTest>
#include <cmath>

using namespace cristae;

namespace {

double value(const nlohmann::json& recipe, const torch::Tensor& logits, const torch::Tensor& labels) {
    return (*makeLoss(recipe))(logits, labels).item<double>();
}
torch::Tensor logit(std::vector<float> probabilities) {
    const torch::Tensor p = torch::tensor(probabilities);
    return torch::log(p / (1 - p)).view({1, 1, 1, -1});
}
torch::Tensor bytes(std::vector<int64_t> labels) {
    return torch::tensor(labels).to(torch::kByte).view({1, 1, -1});
}

} // namespace

class TestLosses : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { at::set_num_threads(1); }
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void unknownNamesAndOptionsAreRefused() {
        QVERIFY_EXCEPTION_THROWN(findLoss("anger"), Error);
        QVERIFY_EXCEPTION_THROWN(makeLoss({{"loss", "anger"}}), Error);
        QVERIFY_EXCEPTION_THROWN(makeLoss({{"loss", "focal"}, {"lossOptions", "gama=2"}}), Error);
        QVERIFY_EXCEPTION_THROWN(makeLoss({{"loss", "bce"}, {"lossOptions", "gamma=2"}}), Error);
        QVERIFY_EXCEPTION_THROWN(makeLoss({{"loss", "cross_entropy"}, {"lossOptions", "classWeights=1 x"}}),
                                 Error);
        const auto weighted = makeLoss({{"loss", "cross_entropy"}, {"lossOptions", "classWeights=1 2 3"}});
        QVERIFY_EXCEPTION_THROWN(
            (*weighted)(torch::zeros({1, 2, 4, 4}), torch::zeros({1, 4, 4}, torch::kByte)), Error);
        std::vector<std::string> keys;
        for (const auto& loss : allLosses()) keys.push_back(loss->key());
        QVERIFY(recipeSchema().find("loss")->choices == keys);
    }

    void everyLossPrefersTheTruthAndIgnoresTheUnknown() {
        for (const auto& loss : allLosses()) {
            const int64_t outputs = loss->exclusive() ? 3 : 2;
            torch::Tensor labels = torch::randint(0, 3, {2, 8, 8}, torch::kLong).to(torch::kByte);
            torch::Tensor right = torch::full({2, outputs, 8, 8}, -6.f);
            for (int64_t o = 0; o < outputs; ++o)
                right.select(1, o).masked_fill_(labels.eq(loss->exclusive() ? o : o + 1), 6.f);
            const double good = (*loss)(right, labels).item<double>(),
                         bad = (*loss)(-right, labels).item<double>();
            QVERIFY2(good < 0.05 && bad > 0.5, loss->key().c_str());

            torch::Tensor partly = labels.clone();
            partly.slice(1, 0, 4).fill_(255);
            torch::Tensor logits = right.clone();
            logits.slice(2, 0, 4).normal_();
            torch::Tensor other = right.clone();
            other.slice(2, 0, 4).fill_(3);
            logits.requires_grad_();
            const torch::Tensor value = (*loss)(logits, partly);
            QVERIFY2(std::abs(value.item<double>() - (*loss)(other, partly).item<double>()) < 1e-6,
                     loss->key().c_str());
            value.backward();
            QCOMPARE(logits.grad().slice(2, 0, 4).abs().max().item<double>(), 0.0);
            QVERIFY(std::isfinite((*loss)(right, torch::full_like(labels, 255)).item<double>()));
        }
    }

    void valuesByHand() {
        const torch::Tensor p = logit({0.8f, 0.3f, 0.6f, 0.1f}), t = bytes({1, 0, 1, 255});
        // The last pixel is unknown. Both = 0.8 + 0.6, p = 1.7, t = 2.
        const double dice = (2 * 1.4 + 1) / (1.7 + 2 + 1);
        QVERIFY(std::abs(value({{"loss", "dice"}}, p, t) - (1 - dice)) < 1e-6);
        QVERIFY(std::abs(value({{"loss", "log_dice"}}, p, t) + std::log(dice)) < 1e-6);
        QVERIFY(std::abs(value({{"loss", "tversky"}}, p, t) - (1 - 2.4 / (1.4 + 0.3 * 0.3 + 0.7 * 0.6 + 1))) <
                1e-6);
        // α = β = 1/2 is Dice but for the smoothing, which then weighs twice.
        QVERIFY(std::abs(value({{"loss", "tversky"}, {"lossOptions", "alpha=0.5, beta=0.5"}}, p, t) -
                         (1 - 2.4 / (1.85 + 1))) < 1e-6);
        const double focal =
            -(0.25 * 0.04 * std::log(0.8) + 0.75 * 0.09 * std::log(0.7) + 0.25 * 0.16 * std::log(0.6)) / 3;
        QVERIFY(std::abs(value({{"loss", "focal"}}, p, t) - focal) < 1e-6);
        const double plain = -(std::log(0.8) + std::log(0.7) + std::log(0.6)) / 3;
        QVERIFY(std::abs(value({{"loss", "focal"}, {"lossOptions", "gamma=0, alpha=0.5"}}, p, t) -
                         plain / 2) < 1e-6);
        QVERIFY(std::abs(value({{"loss", "bce"}}, p, t) - plain) < 1e-6);
        // Background and object weigh 1 and 3: (ln 2 · 1 + 3 · ln 2 + 3 · ln 2) / 7 with equal logits.
        const torch::Tensor equal = torch::zeros({1, 2, 1, 4});
        const nlohmann::json weighted{{"loss", "cross_entropy"}, {"lossOptions", "classWeights=1 3"}};
        QVERIFY(std::abs(value(weighted, equal, t) - std::log(2.0)) < 1e-6);
        torch::Tensor sure = torch::zeros({1, 2, 1, 4});
        sure[0][1][0][0] = 5; // one object pixel is certain
        QVERIFY(std::abs(value(weighted, sure, t) -
                         (std::log1p(std::exp(-5.0)) * 3 + 4 * std::log(2.0)) / 7) < 1e-6);
    }

    void gradientsAreDifferences() {
        torch::manual_seed(2);
        const torch::Tensor labels = torch::randint(0, 3, {1, 4, 5}, torch::kLong).to(torch::kByte);
        for (const auto& loss : allLosses()) {
            const int64_t outputs = loss->exclusive() ? 3 : 2;
            torch::Tensor logits = torch::randn({1, outputs, 4, 5}).requires_grad_();
            (*loss)(logits, labels).backward();
            const torch::NoGradGuard guard;
            for (const int64_t i : {0, 7, 19, 33}) {
                const double step = 1e-2;
                torch::Tensor more = logits.clone(), less = logits.clone();
                more.view(-1)[i] += step;
                less.view(-1)[i] -= step;
                const double expected =
                    ((*loss)(more, labels).item<double>() - (*loss)(less, labels).item<double>()) /
                    (2 * step);
                const double found = logits.grad().view(-1)[i].item<double>();
                QVERIFY2(std::abs(found - expected) < 2e-4 + 1e-2 * std::abs(expected),
                         qPrintable(QString("%1: %2 %3").arg(loss->key().c_str()).arg(found).arg(expected)));
            }
        }
    }

    void borderWeightsAreThoseOfTheFormula() {
        torch::manual_seed(4);
        torch::Tensor labels = torch::zeros({1, 23, 31}, torch::kByte);
        labels[0].slice(0, 2, 9).slice(1, 3, 10).fill_(1);
        labels[0].slice(0, 3, 12).slice(1, 12, 20).fill_(1);
        labels[0].slice(0, 15, 22).slice(1, 5, 25).fill_(2);
        labels[0].slice(0, 0, 3).slice(1, 28, 31).fill_(255);
        const torch::Tensor weights = borderWeights(labels, 10, 5);
        // Brute force: the three rectangles are the objects.
        const int64_t boxes[3][4] = {{2, 9, 3, 10}, {3, 12, 12, 20}, {15, 22, 5, 25}};
        for (int64_t y = 0; y < 23; ++y)
            for (int64_t x = 0; x < 31; ++x) {
                std::vector<double> distances;
                for (const auto& [y0, y1, x0, x1] : boxes) {
                    const double dy = double(std::max({y0 - y, y - (y1 - 1), int64_t(0)}));
                    const double dx = double(std::max({x0 - x, x - (x1 - 1), int64_t(0)}));
                    distances.push_back(std::hypot(dy, dx));
                }
                std::sort(distances.begin(), distances.end());
                const double both = distances[0] + distances[1];
                const double expected = distances[0] == 0 ? 0 : 10 * std::exp(-both * both / 50);
                const double found = weights[0][y][x].item<double>();
                QVERIFY2(std::abs(found - expected) < 1e-4,
                         qPrintable(QString("%1 %2: %3, not %4").arg(y).arg(x).arg(found).arg(expected)));
            }
        QVERIFY(weights.max().item<double>() > 4); // the gap of two pixels
        const torch::Tensor one = labels.masked_fill(labels.eq(2), 0).slice(2, 0, 11).contiguous();
        QCOMPARE(borderWeights(one, 10, 5).abs().max().item<double>(), 0.0);
    }
};

QTEST_GUILESS_MAIN(TestLosses)
#include "tst_losses.moc"
