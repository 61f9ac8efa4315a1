// Weights of other tools: state dictionaries are read without code, names are mapped, sizes that differ stay
// fresh.
#include "core/base/error.h"
#include "core/segment/safetensors.h"
#include "models/nn/architecture.h"
#include "models/run/foreign_weights.h"
#include "models/run/state_dict.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <cstring>
#include <fstream>

using namespace cristae;

namespace {

std::string little(uint64_t value, int size) {
    std::string bytes;
    for (int i = 0; i < size; ++i) bytes += char(uint8_t(value >> (8 * i)));
    return bytes;
}

/// A ZIP archive of parts as they are, which torch.save writes.
std::string archive(const std::vector<std::pair<std::string, std::string>>& parts, int method = 0) {
    std::string bytes, directory;
    for (const auto& [name, content] : parts) {
        const std::string sizes =
            little(0, 4) + little(content.size(), 4) + little(content.size(), 4) + little(name.size(), 2);
        directory += little(0x02014b50, 4) + little(0, 2) + little(0, 2) + little(0, 2) +
                     little(uint64_t(method), 2) + little(0, 4) + sizes + little(0, 2) + little(0, 2) +
                     little(0, 2) + little(0, 2) + little(0, 4) + little(bytes.size(), 4) + name;
        bytes += little(0x04034b50, 4) + little(0, 2) + little(0, 2) + little(uint64_t(method), 2) +
                 little(0, 4) + sizes + little(0, 2) + name + content;
    }
    return bytes + directory + little(0x06054b50, 4) + little(0, 4) + little(parts.size(), 2) +
           little(parts.size(), 2) + little(directory.size(), 4) + little(bytes.size(), 4) + little(0, 2);
}

std::string text(const std::string& value) {
    return "X" + little(value.size(), 4) + value;
}
std::string numbers(const std::vector<int64_t>& values) {
    std::string bytes = "(";
    for (const int64_t value : values) bytes += "M" + little(uint64_t(value), 2);
    return bytes + "t";
}
/// As torch.save writes a tensor: _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks).
std::string tensorPickle(const std::string& type, const std::string& key, int64_t offset,
                         std::vector<int64_t> sizes, std::vector<int64_t> strides) {
    return "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\n" + type + "\n" + text(key) +
           text("cpu") + "K" + little(6, 1) + "tQ" + "K" + little(uint64_t(offset), 1) + numbers(sizes) +
           numbers(strides) + "\x89" + "ccollections\nOrderedDict\n)RtR";
}
std::string floats(const std::vector<float>& values) {
    std::string bytes(values.size() * 4, 0);
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

NamedTensor named(const std::string& name, const torch::Tensor& tensor) {
    return namedTensor(name, tensor);
}

} // namespace

class TestForeignWeights : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { at::set_num_threads(1); }
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void aStateDictionaryIsRead() {
        // An OrderedDict with its "_metadata", a transposed tensor, one at an offset, a count of batches, a
        // half float.
        const std::string pickle =
            std::string("\x80\x02") + "ccollections\nOrderedDict\nq" + little(0, 1) + ")Rq" + little(1, 1) +
            "(" + text("weight") + tensorPickle("FloatStorage", "0", 0, {3, 2}, {1, 3}) + text("bias") +
            tensorPickle("FloatStorage", "0", 4, {2}, {1}) + text("batches") +
            tensorPickle("LongStorage", "1", 0, {}, {}) + text("half") +
            tensorPickle("HalfStorage", "2", 0, {1}, {1}) + "u}" + text("_metadata") + "}sb.";
        const std::string data = floats({1, 2, 3, 4, 5, 6});
        const auto file = written("plain.pth", archive({{"plain/data.pkl", pickle},
                                                        {"plain/version", "3\n"},
                                                        {"plain/data/0", data},
                                                        {"plain/data/1", little(7, 8)},
                                                        {"plain/data/2", little(0x3e00, 2)}}));
        const TensorMap tensors = readStateDict(file);
        QCOMPARE(int(tensors.size()), 4);
        QVERIFY(
            torch::equal(tensors.at("weight"), torch::tensor({1.f, 4.f, 2.f, 5.f, 3.f, 6.f}).view({3, 2})));
        QVERIFY(torch::equal(tensors.at("bias"), torch::tensor({5.f, 6.f})));
        QCOMPARE(tensors.at("batches").item<int64_t>(), 7);
        QCOMPARE(tensors.at("half").item<float>(), 1.5f);
        // Inside a training checkpoint: {"epoch": 3, "state_dict": {…}}.
        const std::string nested = std::string("\x80\x02}(") + text("epoch") + "K" + little(3, 1) +
                                   text("state_dict") + "}(" + text("a") +
                                   tensorPickle("FloatStorage", "0", 0, {6}, {1}) + "uu.";
        QCOMPARE(
            int(readStateDict(written("nested.pt", archive({{"x/data.pkl", nested}, {"x/data/0", data}})))
                    .size()),
            1);
    }

    void whatIsNoTensorIsRefused() {
        const std::string data = floats({1, 2, 3, 4, 5, 6});
        const auto refusal = [&](const std::string& pickle) {
            return refused(archive({{"x/data.pkl", pickle}, {"x/data/0", data}}));
        };
        const std::string begin = std::string("\x80\x02}(") + text("a");
        // Code: os.system("…") is neither called nor looked up.
        QVERIFY(refusal(begin + "cos\nsystem\n(" + text("touch pwned") + "tRu.").contains("os.system"));
        QVERIFY(refusal(begin + "cbuiltins\neval\n(" + text("1") + "tRu.").contains("builtins.eval"));
        QVERIFY(refusal(begin + "ctorch._utils\n_rebuild_tensor_v2\nctorch\nFloatStorage\nRu.")
                    .contains("is invalid"));
        // Tensors that reach beyond their data, or are cut off.
        QVERIFY(
            refusal(begin + tensorPickle("FloatStorage", "0", 0, {7}, {1}) + "u.").contains("does not fit"));
        QVERIFY(
            refusal(begin + tensorPickle("FloatStorage", "0", 1, {6}, {1}) + "u.").contains("does not fit"));
        QVERIFY(refusal(begin + tensorPickle("FloatStorage", "0", 0, {2, 3}, {4, 1}) + "u.")
                    .contains("does not fit"));
        QVERIFY(refusal(begin + tensorPickle("FloatStorage", "9", 0, {6}, {1}) + "u.").contains("lacks"));
        QVERIFY(refusal(begin).contains("cut off"));
        QVERIFY(refusal("").contains("cut off"));
        QVERIFY(refusal("uuu.").contains("is invalid"));
        QVERIFY(refusal(std::string("\x80\x02}.")).contains("no tensor"));
        QVERIFY(refused("\x80\x02}.").contains("no ZIP"));
        QVERIFY(refused("PK" + std::string(40, ' ')).contains("cut off"));
        const std::string whole =
            archive({{"x/data.pkl", begin + "K" + little(1, 1) + "u."}, {"x/data/0", data}});
        for (size_t size = 0; size < whole.size(); size += 7)
            QVERIFY(!refused(whole.substr(0, size)).isEmpty());
        QVERIFY(refused(archive({{"x/data.pkl", "."}}, 8)).contains("compressed"));
        QVERIFY(!std::filesystem::exists("pwned"));
    }

    void namesOfTorchvision() {
        QCOMPARE(ownName("layer1.0.conv1.weight", true), std::string("backbone.body.layer1.0.conv1.weight"));
        QCOMPARE(ownName("backbone.fpn.inner_blocks.2.0.bias", true),
                 std::string("backbone.fpn.inner_blocks.2.bias"));
        QCOMPARE(ownName("backbone.fpn.inner_blocks.2.bias", true),
                 std::string("backbone.fpn.inner_blocks.2.bias"));
        QCOMPARE(ownName("rpn.head.conv.0.0.weight", true), std::string("rpn.head.conv.weight"));
        QCOMPARE(ownName("roi_heads.mask_head.3.0.weight", true),
                 std::string("roi_heads.mask_head.mask_fcn4.weight"));
        QCOMPARE(ownName("module.encoder.0.conv1.weight", false), std::string("encoder.0.conv1.weight"));
        QCOMPARE(ownName("bn1.num_batches_tracked", true), std::string());
    }

    void maskRcnnStartsFromTorchvisionsNames() {
        const nlohmann::json options{{"divisor", 32}, {"backboneNorm", "frozen"}};
        torch::manual_seed(3);
        const auto& architecture = findArchitecture("maskrcnn");
        const auto published = architecture.build(options, 3, 90), own = architecture.build(options, 1, 2);
        // The published one under the names of newer torchvision.
        SafetensorsFile content;
        for (const NamedTensor& tensor : weightsOf(*published)) {
            NamedTensor renamed = tensor;
            for (const char* list : {"inner_blocks.", "layer_blocks."})
                if (const size_t at = renamed.name.find(list); at != std::string::npos)
                    renamed.name.insert(at + std::strlen(list) + 2, "0.");
            if (renamed.name.starts_with("rpn.head.conv.")) renamed.name.insert(14, "0.0.");
            content.tensors.push_back(renamed);
        }
        content.tensors.push_back(
            named("backbone.body.bn1.num_batches_tracked", torch::tensor(5, torch::kLong)));
        const std::filesystem::path file = folder_.filePath("published.safetensors").toStdString();
        writeSafetensors({file, Existing::replace}, content);
        const ForeignWeights report = startFromForeign(*own, true, file);
        // The classes differ, so three predictors of weight and bias stay fresh; everything else is taken.
        QCOMPARE(int(report.fresh.size()), 6);
        for (const std::string& name : report.fresh)
            QVERIFY2(name.find("cls_score") != std::string::npos ||
                         name.find("box_predictor.bbox_pred") != std::string::npos ||
                         name.find("mask_fcn_logits") != std::string::npos,
                     name.c_str());
        QCOMPARE(int(report.ignored.size()), 7);
        const auto from = published->named_parameters(), to = own->named_parameters();
        QVERIFY(torch::equal(to["rpn.head.conv.weight"], from["rpn.head.conv.weight"]));
        QVERIFY(
            torch::equal(to["backbone.fpn.layer_blocks.1.bias"], from["backbone.fpn.layer_blocks.1.bias"]));
        QVERIFY(
            torch::equal(to["backbone.body.conv1.weight"], from["backbone.body.conv1.weight"].sum(1, true)));
    }

    void theBodyStartsFromAResnet() {
        const nlohmann::json options{{"divisor", 32}};
        torch::manual_seed(4);
        const auto& architecture = findArchitecture("maskrcnn");
        const auto published = architecture.build(options, 1, 1), own = architecture.build(options, 1, 1);
        SafetensorsFile content;
        for (NamedTensor tensor : weightsOf(*published)) {
            if (!tensor.name.starts_with("backbone.body.")) continue;
            tensor.name.erase(0, 14);
            content.tensors.push_back(tensor);
        }
        content.tensors.push_back(named("fc.weight", torch::zeros({1000, 64})));
        const std::filesystem::path file = folder_.filePath("resnet.safetensors").toStdString();
        writeSafetensors({file, Existing::replace}, content);
        const ForeignWeights report = startFromForeign(*own, true, file);
        QCOMPARE(report.ignored, std::vector<std::string>{"fc.weight"});
        QCOMPARE(int(report.taken.size()), int(content.tensors.size()) - 1);
        QVERIFY(torch::equal(own->named_parameters()["backbone.body.layer4.2.conv3.weight"],
                             published->named_parameters()["backbone.body.layer4.2.conv3.weight"]));
    }

    void weightsOfAnotherKindAreRefused() {
        const auto own = findArchitecture("unet").build({{"levels", 2}, {"base", 2}}, 1, 1);
        SafetensorsFile content;
        content.tensors.push_back(named("fc.weight", torch::zeros({10, 4})));
        const std::filesystem::path file = folder_.filePath("other.safetensors").toStdString();
        writeSafetensors({file, Existing::replace}, content);
        try {
            startFromForeign(*own, false, file);
            QFAIL("nothing fits");
        } catch (const Error& error) {
            QVERIFY2(QString(error.what()).contains("None of the 1"), error.what());
        }
        content.tensors = {named("head.weight", torch::full({1, 2, 1, 1}, std::nan("")))};
        writeSafetensors({file, Existing::replace}, content);
        QVERIFY_EXCEPTION_THROWN(startFromForeign(*own, false, file), Error);
    }

private:
    std::filesystem::path written(const char* name, const std::string& bytes) {
        const std::filesystem::path file = folder_.filePath(name).toStdString();
        std::ofstream(file, std::ios::binary) << bytes;
        return file;
    }
    QString refused(const std::string& bytes) {
        try {
            readStateDict(written("broken.pt", bytes));
        } catch (const Error& error) {
            return error.kind() == ErrorKind::model ? error.what() : "";
        }
        return {};
    }
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestForeignWeights)
#include "tst_foreign_weights.moc"
