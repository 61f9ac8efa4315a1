// Weights of torch.save: values that hold themselves, deep nesting and shared storages cost neither stack nor
// memory.
#include "core/base/error.h"
#include "core/segment/pickled_weights.h"

#include <QElapsedTimer>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <cstring>
#include <fstream>
#include <sys/stat.h>

using namespace cristae;

namespace {

std::string little(uint64_t value, int size) {
    std::string bytes;
    for (int i = 0; i < size; ++i) bytes += char(uint8_t(value >> (8 * i)));
    return bytes;
}

std::string archive(const std::string& pickle, const std::string& data) {
    std::string bytes, directory;
    const std::vector<std::pair<std::string, std::string>> parts{{"x/data.pkl", pickle}, {"x/data/0", data}};
    for (const auto& [name, content] : parts) {
        const std::string sizes =
            little(0, 4) + little(content.size(), 4) + little(content.size(), 4) + little(name.size(), 2);
        directory += little(0x02014b50, 4) + std::string(12, '\0') + sizes + std::string(12, '\0') +
                     little(bytes.size(), 4) + name;
        bytes += little(0x04034b50, 4) + std::string(10, '\0') + sizes + little(0, 2) + name + content;
    }
    return bytes + directory + little(0x06054b50, 4) + little(0, 4) + little(parts.size(), 2) +
           little(parts.size(), 2) + little(directory.size(), 4) + little(bytes.size(), 4) + little(0, 2);
}

std::string text(const std::string& value) {
    return "X" + little(value.size(), 4) + value;
}
std::string numbers(const std::vector<uint64_t>& values) {
    std::string bytes = "(";
    for (const uint64_t value : values) bytes += "J" + little(value, 4);
    return bytes + "t";
}
std::string tensor(const std::vector<uint64_t>& sizes, const std::vector<uint64_t>& strides) {
    return "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\nFloatStorage\n" + text("0") +
           text("cpu") + "K\x06tQK" + little(0, 1) + numbers(sizes) + numbers(strides) + "\x89" +
           "ccollections\nOrderedDict\n)RtR";
}

} // namespace

class TestPickledWeights : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        QTest::failOnWarning(QRegularExpression(".?"));
        clock_.start();
    }
    void cleanup() { QVERIFY(clock_.elapsed() < 30000); } // a sanitizer on a busy machine is slow

    void stridesAreFollowed() {
        std::vector<float> values{1, 2, 3, 4, 5, 6};
        std::string data(24, '\0');
        std::memcpy(data.data(), values.data(), 24);
        const SafetensorsFile content =
            readPickledWeights(written("}(" + text("w") + tensor({3, 2}, {1, 3}) + "u.", data));
        QCOMPARE(content.tensors.size(), size_t(1));
        QVERIFY(content.tensors[0].shape == std::vector<int64_t>({3, 2}) &&
                content.tensors[0].dtype == "F32");
        float read[6];
        std::memcpy(read, content.tensors[0].data.get(), 24);
        const float right[6] = {1, 4, 2, 5, 3, 6};
        QVERIFY(std::memcmp(read, right, 24) == 0);
    }

    void whatHoldsItselfEnds() {
        // A dictionary and a list inside themselves.
        QVERIFY(refusal("}q\x01(" + text("me") + "h\x01u.").contains("no tensor"));
        QVERIFY(refusal("]q\x01h\x01"
                        "a.")
                    .contains("no tensor"));
        // Each level holds the one below twice: 2^200 ways lead to the bottom.
        std::string doubled = std::string("}q") + little(1, 1);
        for (int i = 0; i < 200; ++i)
            doubled += std::string("0}q") + little(uint64_t(i % 2 ? 1 : 2), 1) + "(" + text("a") + "h" +
                       little(uint64_t(i % 2 ? 2 : 1), 1) + text("b") + "h" +
                       little(uint64_t(i % 2 ? 2 : 1), 1) + "u";
        QVERIFY(refusal(doubled + ".").contains("no tensor"));
    }

    void deepNestingEnds() {
        std::string dictionaries, tuples = "N";
        for (int i = 0; i < 400'000; ++i) {
            dictionaries += "}(" + text("a");
            tuples += "\x85";
        }
        QVERIFY(refusal(dictionaries + "N" + std::string(400'000, 'u') + ".").contains("no tensor"));
        QVERIFY(refusal(tuples + ".").contains("no tensor"));
        QVERIFY(refusal(std::string(3'000'000, '(') + ".").contains("more values"));
        QVERIFY(refusal("(" + std::string(1'500'000, 'N') + "t.").contains("no tensor"));
    }

    void sharedStoragesAreBounded() {
        const std::string data(400'000, '\0');
        std::string many = "}(";
        for (int i = 0; i < 5000; ++i) many += text(std::to_string(i)) + tensor({100'000}, {1});
        QVERIFY(refusal(many + "u.", data).contains("many times larger"));
        QVERIFY(
            refusal("}(" + text("w") + tensor({100'000, 2}, {1, 0}) + "u.", data).contains("does not fit"));
        QVERIFY(refusal("}(" + text("w") + tensor({0x7fffffff, 0x7fffffff}, {1, 1}) + "u.", data)
                    .contains("does not fit"));
    }

    void whatIsNoFileIsNotWaitedFor() {
        const std::filesystem::path pipe = folder_.filePath("pipe").toStdString();
        QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
        for (const std::filesystem::path& path : {pipe, std::filesystem::path("/dev/zero")})
            QVERIFY(messageOf(path).contains("not an ordinary file"));
    }

private:
    std::filesystem::path written(const std::string& pickle, const std::string& data) {
        const std::filesystem::path file = folder_.filePath("w.pt").toStdString();
        std::ofstream(file, std::ios::binary | std::ios::trunc) << archive("\x80\x02" + pickle, data);
        return file;
    }
    QString messageOf(const std::filesystem::path& file) {
        try {
            readPickledWeights(file);
        } catch (const Error& error) {
            return error.kind() == ErrorKind::model ? QString::fromStdString(error.what()) : "another kind";
        }
        return "no error";
    }
    QString refusal(const std::string& pickle, const std::string& data = std::string(24, '\0')) {
        return messageOf(written(pickle, data));
    }
    QTemporaryDir folder_;
    QElapsedTimer clock_;
};

QTEST_GUILESS_MAIN(TestPickledWeights)
#include "tst_pickled_weights.moc"
