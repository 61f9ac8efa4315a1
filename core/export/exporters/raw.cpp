// RAW: the values one after the other, and NAME.json beside it with shape, type, byte order, voxel size and
// classes.
#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/base/hash.h"
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

class RawSink : public SliceSink {
public:
    RawSink(const std::filesystem::path& target, const ExportDescription& description)
        : description_(description), jsonPath_(std::filesystem::path(target).replace_extension(".json")),
          file_(target), check_(target, description.info) {
        fd_ = ::open(file_.temporaryPath().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd_ < 0) throw outputError(target, errno);
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
        // Both files lie on the disk before either takes its name, so that a full disk changes nothing. The
        // description comes last: where it stands, the values stand too.
        AtomicFile jsonFile(jsonPath_);
        writeFileAtomically(jsonFile.temporaryPath(), describe().dump(2) + "\n");
        file_.commit([&](const std::filesystem::path& path) {
            if (sha256OfFile(path) != hash)
                throw Error(ErrorKind::output, fmt::format("“{}” was not written: reading it back gave other "
                                                           "bytes. The disk may be failing; choose another.",
                                                           file_.target().string()));
        });
        jsonFile.commit();
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
    std::filesystem::path jsonPath_;
    AtomicFile file_;
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
    std::unique_ptr<SliceSink> create(const std::filesystem::path& target,
                                      const ExportDescription& description) const override {
        if (extensionOf(target) == "json")
            throw Error(ErrorKind::output, fmt::format("“{}” was not written: its description takes the name "
                                                       "with .json. End the name with .raw.",
                                                       target.string()));
        return std::make_unique<RawSink>(target, description);
    }
};

} // namespace

std::unique_ptr<Exporter> makeRawExporter() {
    return std::make_unique<RawExporter>();
}

} // namespace cristae
