// safetensors: what is written is read; whatever lies is refused with a sentence that names the file.
#include "core/base/error.h"
#include "core/segment/safetensors.h"

#include <QElapsedTimer>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <cstring>
#include <fstream>
#include <sys/stat.h>

using namespace cristae;

namespace {

NamedTensor floats(const std::string& name, std::vector<int64_t> shape, const std::vector<float>& values) {
    NamedTensor tensor;
    tensor.name = name;
    tensor.dtype = "F32";
    tensor.shape = std::move(shape);
    tensor.bytes = values.size() * 4;
    tensor.data = std::make_shared<std::byte[]>(std::max<size_t>(tensor.bytes, 1));
    if (tensor.bytes > 0) std::memcpy(tensor.data.get(), values.data(), tensor.bytes);
    return tensor;
}

std::string fileOf(const std::string& header, size_t dataBytes) {
    std::string bytes(8, '\0');
    for (size_t i = 0; i < 8; ++i) bytes[i] = char(uint64_t(header.size()) >> (8 * i));
    return bytes + header + std::string(dataBytes, 'x');
}

} // namespace

class TestSafetensors : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;

    std::filesystem::path write(const std::string& bytes) {
        const std::filesystem::path path = folder_.filePath("file.safetensors").toStdString();
        std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
        return path;
    }

    /// Empty when the file was read; else the message.
    std::string refusal(const std::filesystem::path& path) {
        try {
            readSafetensors(path);
            return {};
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::model) return std::string("wrong kind: ") + error.what();
            return error.what();
        }
    }

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void deepAndCrowdedHeadersAreRefused() {
        const std::string deep = "{\"a\": " + std::string(1'000'000, '[');
        QVERIFY(refusal(write(fileOf(deep, 0))).find("nested deeper") != std::string::npos);
        std::string crowded = "{\"a\": [0";
        for (int i = 0; i < 2'500'000; ++i) crowded += ",0";
        QVERIFY(refusal(write(fileOf(crowded + "]}", 0))).find("more than") != std::string::npos);
    }

    void whatIsNoFileIsNotWaitedFor() {
        const std::filesystem::path pipe = folder_.filePath("pipe").toStdString();
        QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
        for (const std::filesystem::path& path : {pipe, std::filesystem::path("/dev/zero")})
            QVERIFY(refusal(path).find("not an ordinary file") != std::string::npos);
    }

    void whatIsWrittenIsRead() {
        SafetensorsFile content;
        content.metadata = {{"cristae.card", "{\"name\": \"µ\"}"}, {"format", "pt"}};
        content.tensors.push_back(floats("z", {2, 3}, {1, 2, 3, 4, 5, 6}));
        content.tensors.push_back(floats("empty", {0, 4}, {}));
        content.tensors.push_back(floats("a", {}, {7}));
        const std::filesystem::path path = folder_.filePath("good.safetensors").toStdString();
        writeSafetensors(path, content);
        const SafetensorsFile back = readSafetensors(path);
        QCOMPARE(back.metadata, content.metadata);
        QCOMPARE(back.tensors.size(), size_t(3));
        for (const NamedTensor& tensor : content.tensors) {
            const NamedTensor* found = back.find(tensor.name);
            QVERIFY(found);
            QCOMPARE(found->shape, tensor.shape);
            QCOMPARE(found->bytes, tensor.bytes);
            QCOMPARE(std::memcmp(found->data.get(), tensor.data.get(), tensor.bytes), 0);
        }
        QCOMPARE(back.tensors.front().name, std::string("z"));
        const SafetensorsFile header = readSafetensorsHeader(path);
        QVERIFY(!header.tensors.front().data);
        QCOMPARE(header.tensors.front().shape, content.tensors.front().shape);
    }

    void pythonsReaderAgreesOnTheLayout() {
        // The layout by hand, as the format's page gives it.
        const std::string header =
            R"({"__metadata__":{"k":"v"},"t":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]}}  )";
        const SafetensorsFile file = readSafetensors(write(fileOf(header, 4)));
        QCOMPARE(file.metadata.at("k"), std::string("v"));
        QCOMPARE(file.tensors.at(0).bytes, size_t(4));
        QCOMPARE(char(file.tensors.at(0).data[3]), 'x');
    }

    void lyingHeadersAreRefused_data() {
        QTest::addColumn<QByteArray>("bytes");
        const auto row = [](const char* name, const std::string& bytes) {
            QTest::newRow(name) << QByteArray(bytes.data(), qsizetype(bytes.size()));
        };
        const auto one = [](const std::string& entry) { return "{\"t\":" + entry + "}"; };
        row("empty", "");
        row("seven bytes", "1234567");
        row("header beyond the file", std::string("\xff\x00\x00\x00\x00\x00\x00\x00", 8) + "{}");
        row("header of exabytes", std::string(8, '\xff') + "{}");
        row("header of 200 MB", std::string("\x00\xc2\xeb\x0b\x00\x00\x00\x00", 8) + "{}");
        row("not JSON", fileOf("{\"t\":", 0));
        row("a list", fileOf("[]", 0));
        row("deep", fileOf("{\"t\":" + std::string(100000, '['), 0));
        row("no description", fileOf(one("3"), 4));
        row("no dtype", fileOf(one(R"({"shape":[1],"data_offsets":[0,4]})"), 4));
        row("unknown dtype", fileOf(one(R"({"dtype":"F5","shape":[1],"data_offsets":[0,4]})"), 4));
        row("offsets beyond", fileOf(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})"), 4));
        row("shape and bytes", fileOf(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})"), 4));
        row("overflow",
            fileOf(one(R"({"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]})"), 0));
        row("negative side", fileOf(one(R"({"dtype":"F32","shape":[-1],"data_offsets":[0,4]})"), 4));
        row("fraction", fileOf(one(R"({"dtype":"F32","shape":[1.0],"data_offsets":[0,4]})"), 4));
        row("backwards", fileOf(one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,0]})"), 4));
        row("gap before", fileOf(one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})"), 8));
        row("gap behind", fileOf(one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})"), 8));
        row("overlap",
            fileOf(
                R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}})",
                6));
        row("same bytes twice",
            fileOf(
                R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                4));
        row("metadata no texts", fileOf(R"({"__metadata__":{"a":1}})", 0));
        row("metadata a list", fileOf(R"({"__metadata__":[]})", 0));
    }
    void lyingHeadersAreRefused() {
        QFETCH(QByteArray, bytes);
        const std::filesystem::path path = write(bytes.toStdString());
        QElapsedTimer timer;
        timer.start();
        const std::string message = refusal(path);
        QVERIFY2(message.find("file.safetensors") != std::string::npos, message.c_str());
        QVERIFY(timer.elapsed() < 1000);
    }

    void everyTruncationIsRefused() {
        SafetensorsFile content;
        content.tensors.push_back(floats("weights", {3}, {1, 2, 3}));
        const std::filesystem::path path = folder_.filePath("whole.safetensors").toStdString();
        writeSafetensors(path, content);
        std::ifstream stream(path, std::ios::binary);
        const std::string whole((std::istreambuf_iterator<char>(stream)), {});
        for (size_t length = 0; length < whole.size(); ++length)
            QVERIFY2(!refusal(write(whole.substr(0, length))).empty(), qPrintable(QString::number(length)));
        QVERIFY(refusal(write(whole)).empty());
    }

    void everyFlippedBitIsRefused() {
        SafetensorsFile content;
        content.metadata = {{"cristae.card", R"({"name": "cells", "threshold": 0.5})"}, {"format", "pt"}};
        content.tensors.push_back(floats("a", {2, 3}, {1, 2, 3, 4, 5, 6}));
        content.tensors.push_back(floats("b", {4}, {7, 8, 9, 10}));
        const std::vector<std::byte> whole = safetensorsBytes(content);
        int refusedByHeader = 0;
        for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
            std::string bytes(reinterpret_cast<const char*>(whole.data()), whole.size());
            bytes[bit / 8] = char(bytes[bit / 8] ^ (1 << (bit % 8)));
            const std::filesystem::path path = write(bytes);
            QVERIFY2(!refusal(path).empty(),
                     qPrintable(QString("bit %1 of %2").arg(bit).arg(whole.size() * 8)));
            try { // what is listed without reading the tensors
                QCOMPARE(readSafetensorsHeader(path).metadata, content.metadata);
            } catch (const Error&) {
                ++refusedByHeader;
            }
        }
        QCOMPARE(refusedByHeader, int(8 * (whole.size() - 40)));
    }

    void equalContentsGiveEqualBytes() {
        SafetensorsFile content;
        content.metadata = {{"k", "v"}};
        content.tensors.push_back(floats("t", {2}, {1, 2}));
        const std::filesystem::path path = folder_.filePath("first.safetensors").toStdString();
        writeSafetensors(path, content);
        const SafetensorsFile back = readSafetensors(path);
        QCOMPARE(back.metadata, content.metadata); // without the checksums, which belong to the file
        QVERIFY(safetensorsBytes(back) == safetensorsBytes(content));
    }

    void checksumsAreAskedForOnlyWhereTheyAre() {
        const std::string plain =
            R"({"__metadata__":{"k":"v"},"t":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})";
        QVERIFY(refusal(write(fileOf(plain, 4))).empty());
        for (const char* key : {"cristae.sha256.header", "cristae.sha256.tensors"}) {
            std::string half = plain;
            half.replace(half.find("\"k\":\"v\""), 7,
                         fmt::format("\"{}\":\"{}\"", key, std::string(64, '0')));
            const std::string message = refusal(write(fileOf(half, 4)));
            QVERIFY2(message.find("damaged") != std::string::npos, message.c_str());
        }
    }

    void missingFilesAndFolders() {
        QVERIFY(refusal("/nonexistent/model.safetensors").find("/nonexistent/model.safetensors") !=
                std::string::npos);
        QVERIFY(!refusal(folder_.path().toStdString()).empty());
        QVERIFY_THROWS_EXCEPTION(Error, writeSafetensors("/nonexistent/model.safetensors", {}));
    }
};

QTEST_GUILESS_MAIN(TestSafetensors)
#include "tst_safetensors.moc"
