// TiffFile: a libtiff handle on an open descriptor that keeps libtiff's complaints instead of printing them.
#pragma once
#include "core/io/file_access.h"

#include <memory>
#include <string>
#include <tiffio.h>

namespace cristae {

/// One handle serves one thread at a time.
class TiffFile {
public:
    /// Reading. Throws Error{input} with libtiff's words if even the first directory cannot be read.
    explicit TiffFile(std::shared_ptr<const InputFile> file);
    /// Writing a new file at `path`; `big` makes it a BigTIFF. Throws Error{output}, naming `target`.
    TiffFile(const std::filesystem::path& path, const std::filesystem::path& target, bool big);
    ~TiffFile();
    TiffFile(const TiffFile&) = delete;
    TiffFile& operator=(const TiffFile&) = delete;

    TIFF* get() const { return tiff_; }
    /// The complaints since the last call, in libtiff's words; empty if there was none.
    std::string takeComplaints();
    /// What libtiff remarked on since the last call although it went on, in its words; empty if there was
    /// nothing. Several codecs (fax, PackBits, JPEG) fill in damaged data and say so only here.
    std::string takeDoubts();
    /// Errno of the first failed write, 0 if none.
    int writeError() const;
    /// Writes what is pending and closes; throws Error{output}.
    void finishWriting();

    struct Client;

private:
    std::unique_ptr<Client> client_;
    TIFF* tiff_ = nullptr;
};

} // namespace cristae
