// What tests ask of errors: the sentence, and that no cut file is read.
#pragma once
#include "core/base/error.h"
#include "core/io/format.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

/// The message of the Error that an action throws; "no error" if it throws none, and marked where the error
/// is of another kind than asked for.
inline std::string messageOf(const std::function<void()>& action,
                             std::optional<cristae::ErrorKind> kind = {}) {
    try {
        action();
    } catch (const cristae::Error& error) {
        return !kind || error.kind() == *kind ? error.what() : std::string("wrong kind: ") + error.what();
    }
    return "no error";
}

/// Likewise of what could not be read, or written.
inline std::string inputErrorOf(const std::function<void()>& action) {
    return messageOf(action, cristae::ErrorKind::input);
}
inline std::string outputErrorOf(const std::function<void()>& action) {
    return messageOf(action, cristae::ErrorKind::output);
}

/// Opens an image and reads all of it.
inline cristae::Pixels readWhole(const std::filesystem::path& path,
                                 const cristae::OpenOptions& options = {}) {
    const auto source = cristae::openImage(path, options);
    return source->read(0, cristae::Box3::ofExtent(source->info().extent()));
}

inline std::string openingErrorOf(const std::filesystem::path& path) {
    return messageOf([&] { static_cast<void>(cristae::openImage(path)); });
}

/// Cuts the file at every eighth and at its last byte. Empty if every cut gives an Error that names the file,
/// else what went wrong.
inline std::string cutsThatAreRead(const std::filesystem::path& path) {
    const auto whole = std::filesystem::file_size(path);
    const auto cut = path.parent_path() / ("cut" + path.extension().string());
    for (unsigned eighth = 0; eighth <= 8; ++eighth) {
        const auto kept = eighth < 8 ? whole * eighth / 8 : whole - 1;
        std::filesystem::copy_file(path, cut, std::filesystem::copy_options::overwrite_existing);
        std::filesystem::resize_file(cut, kept);
        const std::string message = messageOf([&] { static_cast<void>(readWhole(cut)); });
        if (message.find(cut.filename().string()) == std::string::npos || message.back() != '.')
            return std::to_string(kept) + " of " + std::to_string(whole) + " bytes: " + message;
    }
    std::filesystem::remove(cut);
    return {};
}
