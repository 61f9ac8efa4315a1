// RAW: the values one after the other, and NAME.json beside it with shape, type, byte order, voxel size and
// classes.
#include "core/base/atomic_file.h"
#include "core/base/hash.h"
#include "core/base/input_file.h"
#include "core/base/json.h"
#include "core/export/metadata.h"
#include "core/export/slice_check.h"
#include "core/io/file_access.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace cristae {

namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "RAW files are written in the order of this machine and called little-endian.");

/// NAME.json beside NAME.raw. One that describes anything else is never replaced.
Destination descriptionBeside(const Destination& target) {
    const auto path = std::filesystem::path(target.path()).replace_extension(".json");
    std::error_code ignored;
    if (std::filesystem::is_regular_file(path, ignored)) {
        nlohmann::json there;
        try {
            there = parseJson(readTextFile(path));
        } catch (const Error&) { // nor one that can't be read
        }
        if (!there.is_object() || there.value("file", nlohmann::json()) != target.path().filename().string())
            throw Error(
                ErrorKind::output,
                fmt::format("“{}” was not written: its description would take the place of “{}”, which "
                            "belongs to something else. Choose another name.",
                            target.path().string(), path.string()));
    }
    return target.at(path);
}

class RawSink : public SliceSink {
public:
    RawSink(const Destination& target, const ExportDescription& description)
        : description_(description), file_(target), jsonFile_(descriptionBeside(target)),
          check_(target.path(), description.info) {
        fd_ = ::open(file_.temporaryPath().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd_ < 0) throw outputError(target.path(), errno);
    }
    ~RawSink() override {
        if (fd_ >= 0) ::close(fd_);
    }

    void write(int64_t z, const Pixels& slice) override {
        check_.requireNext(z, slice);
        check_.add(slice);
        whole_.add(slice.asBytes());
        for (auto bytes = slice.asBytes(); !bytes.empty();) {
            const ssize_t wrote = ::write(fd_, bytes.data(), bytes.size());
            if (wrote < 0 && errno == EINTR) continue;
            if (wrote <= 0) throw outputError(file_.target(), wrote < 0 ? errno : ENOSPC);
            bytes = bytes.subspan(size_t(wrote));
        }
    }

    void finish() override {
        check_.requireComplete();
        const int fd = std::exchange(fd_, -1);
        if (::close(fd) != 0) throw outputError(file_.target(), errno);
        const std::string hash = whole_.finish();
        const std::string text = describe().dump(2) + "\n";
        writeNewFile(jsonFile_.temporaryPath(), std::as_bytes(std::span(text.data(), text.size())),
                     jsonFile_.target());
        if (sha256OfFile(file_.temporaryPath()) != hash || readTextFile(jsonFile_.temporaryPath()) != text)
            throw Error(ErrorKind::output, fmt::format("“{}” was not written: reading it back gave other "
                                                       "bytes. The disk may be failing; choose another.",
                                                       file_.target().string()));
        AtomicFile::commitTogether({&file_, &jsonFile_});
    }

private:
    nlohmann::json describe() const {
        const ImageInfo& info = description_.info;
        nlohmann::json json = parseJson(metadataLine(description_));
        json["file"] = file_.target().filename().string();
        json["shape"] = {info.extent().z, info.extent().y, info.extent().x};
        json["axes"] = "zyx";
        if (info.channels > 1) {
            json["shape"] = {info.extent().z, info.channels, info.extent().y, info.extent().x};
            json["axes"] = "zcyx";
        }
        json["type"] = name(info.type);
        json["byteOrder"] = "little";
        return json;
    }

    ExportDescription description_;
    AtomicFile file_, jsonFile_;
    SliceCheck check_;
    Sha256 whole_;
    int fd_ = -1;
};

class RawExporter : public Exporter {
public:
    std::string name() const override { return "RAW"; }
    std::string key() const override { return "raw"; }
    std::vector<std::string> extensions() const override { return {"raw"}; }
    bool lossless() const override { return true; }
    std::string complaint(const ExportDescription&) const override { return {}; }
    std::unique_ptr<SliceSink> create(const Destination& target,
                                      const ExportDescription& description) const override {
        if (extensionOf(target.path()) == "json")
            throw Error(ErrorKind::output, fmt::format("“{}” was not written: its description takes the name "
                                                       "with .json. End the name with .raw.",
                                                       target.path().string()));
        return std::make_unique<RawSink>(target, description);
    }
};

} // namespace

std::unique_ptr<Exporter> makeRawExporter() {
    return std::make_unique<RawExporter>();
}

} // namespace cristae
