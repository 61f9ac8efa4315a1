// What tests ask of the remarks and sizes of an image.
#pragma once
#include "core/image/image_info.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

inline std::string remarksOf(const cristae::ImageInfo& info) {
    std::string all;
    for (const std::string& remark : info.remarks) all += remark + "\n";
    return all;
}

/// True if one of the remarks holds the words.
inline bool has(const cristae::ImageInfo& info, const std::string& words) {
    return std::ranges::any_of(
        info.remarks, [&](const std::string& each) { return each.find(words) != std::string::npos; });
}

/// Nanometres that agree to five digits; none where 0 is wanted.
inline bool near(const std::optional<double>& nm, double wanted) {
    return wanted > 0 ? nm && std::abs(*nm / wanted - 1) < 1e-5 : !nm.has_value();
}
