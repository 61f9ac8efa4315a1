// Package writer: one write for card and weights, checked copies, names that nothing has.
#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/input_file.h"
#include "core/segment/package_writer.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <cstring>
#include <fstream>

using namespace cristae;
namespace fs = std::filesystem;

namespace {

ModelCard cardOf(const std::string& name) {
    ModelCard card;
    card.name = card.title = name;
    card.classes = {{"cells", {}, 0.5}};
    return card;
}

std::vector<NamedTensor> weights(float first) {
    const std::vector<float> values{first, 2, 3};
    NamedTensor tensor{"w", "F32", {3}, std::make_shared<std::byte[]>(12), 12};
    std::memcpy(tensor.data.get(), values.data(), 12);
    return {tensor};
}

std::string bytesOf(const fs::path& file) {
    return readTextFile(file);
}

} // namespace

class TestPackageWriter : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        QTest::failOnWarning(QRegularExpression(".?"));
        folder_ = std::make_unique<QTemporaryDir>();
    }

    void publishingIsOneWrite() {
        ModelPackage draft = writePackage(in("draft.safetensors"), cardOf("cells"), weights(1));
        QCOMPARE(draft.card.name, std::string("cells"));
        const ModelPackage old = writePackage(in("model.safetensors"), cardOf("old"), weights(9));
        const std::string before = bytesOf(old.file);
        draft.card.scores = {{"data", "Dice", 0.9, ""}}; // known only after the draft was loaded
        QVERIFY(!isPublished(draft, old.file));
        QCOMPARE(bytesOf(old.file), before);
        const ModelPackage made = publishPackage(draft, {old.file, Existing::replace});
        QCOMPARE(made.card.scores.size(), size_t(1));
        QCOMPARE(made.file, old.file);
        QVERIFY(isPublished(draft, old.file));
        QVERIFY(!isPublished(draft, in("none.safetensors")));
        // Equal cards and weights are equal files, whatever was there before.
        publishPackage(draft, in("again.safetensors"));
        QCOMPARE(bytesOf(in("again.safetensors")), bytesOf(old.file));
        publishPackage(made, {made.file, Existing::replace});
        QCOMPARE(bytesOf(in("again.safetensors")), bytesOf(old.file));
    }

    void aDamagedDraftReplacesNothing() {
        const ModelPackage draft = writePackage(in("draft.safetensors"), cardOf("cells"), weights(1));
        const ModelPackage old = writePackage(in("model.safetensors"), cardOf("old"), weights(9));
        const std::string before = bytesOf(old.file);
        std::string bytes = bytesOf(draft.file);
        bytes.back() = char(bytes.back() ^ 4);
        std::ofstream(draft.file, std::ios::binary) << bytes;
        QVERIFY_EXCEPTION_THROWN(publishPackage(draft, {old.file, Existing::replace}), Error);
        QVERIFY_EXCEPTION_THROWN(copyPackage(draft.file, {old.file, Existing::replace}), Error);
        QCOMPARE(bytesOf(old.file), before);
    }

    void copiesAreEqualByteForByte() {
        const ModelPackage package = writePackage(in("model.safetensors"), cardOf("cells"), weights(1));
        QCOMPARE(copyPackage(package.file, in("copy.safetensors")).card.name, std::string("cells"));
        QCOMPARE(bytesOf(in("copy.safetensors")), bytesOf(package.file));
        QVERIFY_EXCEPTION_THROWN(copyPackage(package.file, in("no/copy.safetensors")), Error);
    }

    void shippedPackagesAreRead() {
        int count = 0;
        for (const auto& entry : fs::directory_iterator(CRISTAE_SOURCE_DIR "/models/zoo"))
            if (entry.path().extension() == ".safetensors") {
                QVERIFY(!readSafetensors(entry.path()).tensors.empty());
                ++count;
            }
        if (count == 0) QSKIP("No shipped models in models/zoo.");
        QCOMPARE(listModelPackages(CRISTAE_SOURCE_DIR "/models/zoo").size(), size_t(count));
    }

    void namesThatNothingHas() {
        QCOMPARE(freePackageName(in("m.safetensors")), in("m.safetensors"));
        std::ofstream(in("m.safetensors")) << "x";
        fs::create_symlink("nowhere", in("m-2.safetensors"));
        QCOMPARE(freePackageName(in("m.safetensors")), in("m-3.safetensors"));
    }

private:
    fs::path in(const char* name) const { return folder_->filePath(QString::fromLatin1(name)).toStdString(); }
    std::unique_ptr<QTemporaryDir> folder_;
};

QTEST_GUILESS_MAIN(TestPackageWriter)
#include "tst_package_writer.moc"
