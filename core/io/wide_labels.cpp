// Numbering ids anew in one pass over the slices.
#include "core/io/wide_labels.h"

#include "core/base/input_file.h"
#include "core/image/wide_values.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <unordered_map>

namespace cristae {

namespace {

constexpr uint32_t unlabelledNumber = std::numeric_limits<uint32_t>::max();

using Numbers = std::unordered_map<uint64_t, uint32_t>;

class RenumberedIds : public TileSource {
public:
    RenumberedIds(TileSourcePtr source, ImageInfo info, Numbers numbers)
        : source_(std::move(source)), info_(std::move(info)), numbers_(std::move(numbers)) {
        info_.type = PixelType::u32;
        info_.levels = {source_->info().extent()};
    }
    const ImageInfo& info() const override { return info_; }
    std::string id() const override { return source_->id() + "|renumbered"; }
    Pixels read(int level, const Box3& box, const Progress& progress) const override {
        if (level != 0) throw Error(ErrorKind::internal, "Labels have one level only.");
        const auto ids = dynamic_cast<const WideValues&>(*source_).readWide(box, progress);
        Pixels labels(PixelType::u32, 1, box.extent());
        const auto out = labels.values<uint32_t>();
        for (size_t i = 0; i < out.size(); ++i)
            out[i] = i > 0 && ids[i] == ids[i - 1] ? out[i - 1] : numbers_.at(ids[i]);
        return labels;
    }

private:
    TileSourcePtr source_;
    ImageInfo info_;
    Numbers numbers_;
};

/// What an id becomes before it is numbered: 0, not labelled, or nothing yet.
std::optional<uint32_t> fixedNumber(uint64_t id, bool isSigned, const std::set<int64_t>& missing,
                                    const ImageInfo& info) {
    if (id == 0) return 0;
    const auto value = int64_t(id);
    if ((isSigned || value >= 0) && missing.contains(value)) return unlabelledNumber;
    if (!isSigned) return id == std::numeric_limits<uint64_t>::max() ? std::optional(0u) : std::nullopt;
    if (value == -1) return unlabelledNumber;
    if (value >= 0) return std::nullopt;
    throw inputError(info.path, fmt::format("it holds the negative number {}, which is no id; only −1 means "
                                            "“not labelled”. Name it with --unlabelled if it means that too.",
                                            value));
}

} // namespace

TileSourcePtr renumberedIds(const TileSourcePtr& source, const std::set<int64_t>& missing,
                            const Progress& progress) {
    const auto* wide = dynamic_cast<const WideValues*>(source.get());
    if (!wide || !wide->isWide() || source->info().channels != 1) return source;
    ImageInfo info = source->info();
    const Extent3& e = info.extent();
    Numbers numbers;
    uint32_t next = 1;
    bool beyond = false, anyMissing = false;
    for (int64_t z = 0; z < e.z; ++z) {
        progress.throwIfCancelled();
        progress.report(double(z) / double(e.z), "numbering ids");
        const auto ids = wide->readWide(Box3::ofSlice(e, z), progress);
        for (size_t i = 0; i < ids.size(); ++i) {
            if (i > 0 && ids[i] == ids[i - 1]) continue;
            if (numbers.contains(ids[i])) continue;
            const auto fixed = fixedNumber(ids[i], wide->isSigned(), missing, info);
            anyMissing = anyMissing || fixed == unlabelledNumber;
            beyond = beyond || (!fixed && ids[i] > std::numeric_limits<uint32_t>::max());
            if (!fixed && next == unlabelledNumber)
                throw inputError(info.path, "it holds more ids than 32 bits can number. Read a part of it.");
            numbers.emplace(ids[i], fixed ? *fixed : next++);
        }
    }
    if (!beyond) return source;
    std::erase_if(info.remarks, [](const std::string& remark) { return remark.starts_with("The 64-bit"); });
    info.remarks.push_back(
        fmt::format("Its {} ids are numbered anew, from 1 on in the order of their first voxels.", next - 1));
    if (anyMissing) info.unlabelled = unlabelledNumber;
    return std::make_shared<RenumberedIds>(source, std::move(info), std::move(numbers));
}

} // namespace cristae
