// The parts of a ZIP archive that are stored without compression, which is how torch.save writes.
#pragma once
#include "core/base/input_file.h"

#include <cstdint>
#include <map>
#include <string>

namespace cristae {

/// Reads the directory at once and the parts when asked; sizes and places are checked against the file.
class ZipArchive {
public:
    struct Part {
        uint64_t begin = 0, bytes = 0;
    };

    /// Throws Error{model} with the bare reason ("it is no ZIP archive."): cut off, damaged, compressed.
    explicit ZipArchive(const InputFile& file);

    /// The part whose name this is, behind the one folder that everything lies in. Throws Error{model} if it
    /// lacks.
    Part part(const std::string& name) const;
    /// `count` bytes of a part from `offset` on; throws Error{model} if they are not all in it.
    std::string read(const Part& part, uint64_t offset, uint64_t count) const;

private:
    std::string bytesAt(uint64_t at, uint64_t count) const;
    void readDirectory(const std::string& directory, uint64_t entries);
    uint64_t dataBegin(uint64_t localHeader) const;

    const InputFile& file_;
    std::map<std::string, Part> parts_;
    std::string folder_; // "archive/"
};

} // namespace cristae
