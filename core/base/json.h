// JSON that came from outside: parsed within limits of size, depth and number of values.
#pragma once
#include "core/base/error.h"

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace cristae {

/// Far above what Cristae or any program of the field writes, far below what exhausts stack or memory:
/// comparing, copying and printing a value recurse as deep as it is nested, and a value takes some twenty
/// times its text.
struct JsonLimits {
    size_t bytes = size_t(64) << 20;
    size_t depth = 64;         // arrays and objects inside each other
    size_t values = 2'000'000; // items of arrays and objects together
};

/// Why a text is beyond the limits ("it is nested deeper than 64 levels"); empty if it is within. Linear in
/// the text, no recursion and no memory.
std::string beyondLimits(std::string_view text, const JsonLimits& limits = {});

/// The value of the text, or a discarded one (is_discarded()) if it is not JSON or beyond the limits. All
/// JSON of Cristae is parsed here.
nlohmann::json parseJson(std::string_view text, const JsonLimits& limits = {});

/// The value in a file. Throws Error{kind}: as readTextFile does, not JSON, beyond the limits.
nlohmann::json readJsonFile(const std::filesystem::path& path, ErrorKind kind = ErrorKind::input,
                            const JsonLimits& limits = {});

/// The value as text for people and programs, indented by two. Bytes that are no UTF-8 (names of files and
/// datasets may hold any) become U+FFFD instead of an exception.
std::string jsonText(const nlohmann::json& value);

} // namespace cristae
