// One file, or a folder of numbered files.
#include "core/export/image_files.h"

#include "core/base/own_folder.h"
#include "core/base/text.h"
#include "core/export/metadata.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>

namespace cristae {

namespace fs = std::filesystem;

namespace {

bool isStack(const ExportDescription& description) {
    return description.info.extent().z > 1;
}

std::string stemOf(const std::string& name) {
    return fs::path(name).stem().string();
}

/// Names of the source's slices are kept when they are proper file names and sort in the order of the slices.
bool usableNames(const ExportDescription& description) {
    const auto& names = description.sliceNames;
    if (int64_t(names.size()) != description.info.extent().z) return false;
    for (size_t i = 0; i < names.size(); ++i) {
        const std::string stem = stemOf(names[i]);
        if (stem.empty() || stem.front() == '.' || names[i].find('/') != std::string::npos ||
            stem.size() > 200)
            return false;
        if (i > 0 && !naturalLess(stemOf(names[i - 1]), stem)) return false;
    }
    return true;
}

} // namespace

fs::path placeOfImageFiles(const fs::path& target, const ExportDescription& description) {
    if (!isStack(description)) return target;
    fs::path place = target;
    if (!place.has_filename()) place = place.parent_path(); // "folder/"
    const std::string extension = lowerCase(place.extension().string());
    if (extension == ".png" || extension == ".jpg" || extension == ".jpeg") place.replace_extension();
    return place;
}

ImageFilesSink::ImageFilesSink(const Destination& target, ExportDescription description,
                               std::string extension, bool lossless, SliceConverter convert,
                               SliceEncoder encode)
    : description_(std::move(description)), extension_(std::move(extension)),
      metadata_(metadataLine(description_)), lossless_(lossless), stack_(isStack(description_)),
      useSliceNames_(usableNames(description_)),
      file_(target.at(placeOfImageFiles(target.path(), description_)),
            stack_ ? AtomicFile::Kind::folder : AtomicFile::Kind::file),
      convert_(std::move(convert)), encode_(std::move(encode)), given_(file_.target(), description_.info) {
    stem_ = file_.target().filename().string();
    if (!stack_) return;
    std::error_code failed;
    fs::create_directory(file_.temporaryPath(), failed);
    if (failed) throw outputError(file_.target(), failed.value());
}

std::string ImageFilesSink::fileName(int64_t z) const {
    if (useSliceNames_) return fmt::format("{}.{}", stemOf(description_.sliceNames[size_t(z)]), extension_);
    const size_t digits = std::max<size_t>(4, fmt::formatted_size("{}", description_.info.extent().z - 1));
    return fmt::format("{}_{:0{}}.{}", stem_, z, digits, extension_);
}

void ImageFilesSink::write(int64_t z, const Pixels& slice) {
    given_.requireNext(z, slice);
    given_.add(slice);
    const Pixels stored = convert_ ? convert_(slice) : slice;
    if (!stored_) {
        ImageInfo info = description_.info;
        info.type = stored.type();
        info.channels = stored.channels();
        stored_.emplace(file_.target(), info);
    }
    stored_->add(stored);
    encode_(stack_ ? file_.temporaryPath() / fileName(z) : file_.temporaryPath(), file_.target(), stored,
            metadata_, description_.info.voxelSize);
}

void ImageFilesSink::finish() {
    given_.requireComplete();
    if (stack_) {
        std::vector<std::string> names;
        for (int64_t z = 0; z < given_.count(); ++z) names.push_back(fileName(z));
        markResultFolder(file_.temporaryPath(), names);
    }
    file_.commit([&](const fs::path& path) {
        if (lossless_)
            stored_->compare(path);
        else
            stored_->decode(path);
    });
}

} // namespace cristae
