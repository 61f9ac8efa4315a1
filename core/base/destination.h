// Destination: where a job may write; the one place that keeps results from destroying inputs and each other.
#pragma once
#include "core/base/error.h"

#include <filesystem>
#include <memory>
#include <string>

namespace cristae {

/// What happens to a result that stands under the name already.
enum class Existing { refuse, replace };

class Destination;

/// The files of one job: what it reads, and which results it has begun. Copies share what they know;
/// thread-safe.
class JobFiles {
public:
    explicit JobFiles(Existing existing = Existing::refuse);
    /// A file, a link, or a folder with its members that the job reads and that no result of it may touch.
    /// What does not exist is passed over.
    void addInput(const std::filesystem::path& path);
    void setExisting(Existing existing) { existing_ = existing; }
    /// A result of this job.
    Destination to(const std::filesystem::path& target) const;

private:
    friend class Destination;
    struct Known;
    std::shared_ptr<Known> known_;
    Existing existing_;
};

/// The name of a result with what protects everything else. A plain path stands for a job without inputs
/// that replaces nothing.
class Destination {
public:
    Destination(std::filesystem::path target); // NOLINT(google-explicit-constructor)
    Destination(const std::string& target) : Destination(std::filesystem::path(target)) {} // NOLINT
    Destination(const char* target) : Destination(std::filesystem::path(target)) {}        // NOLINT
    Destination(const std::filesystem::path& target, Existing existing);

    const std::filesystem::path& path() const { return path_; }
    /// Another result of the same job: the folder of a stack, the description beside its values.
    Destination at(const std::filesystem::path& other) const;
    /// The same result of a job that reads `input` too.
    Destination reading(const std::filesystem::path& input) const;

    /// The place where a file can be written, links followed. Throws Error{output} when there stands an input
    /// of the job, another result of it, something that is no regular file, a file with several names, or a
    /// file that is not to be replaced; when the folder is missing or may not be written in.
    std::filesystem::path checkFile() const;
    /// Likewise a folder, which is replaced only if this program made it and it holds nothing else.
    std::filesystem::path checkFolder() const;
    /// Remembers the place as a result of the job, so that no other result takes it. Throws Error{output}.
    void claim(const std::filesystem::path& place) const;
    void release(const std::filesystem::path& place) const;

private:
    friend class JobFiles;
    Destination(std::filesystem::path target, Existing existing, std::shared_ptr<JobFiles::Known> known);
    std::filesystem::path checkedPlace(bool folder) const;
    void requireNoInput(const std::filesystem::path& place) const;
    std::filesystem::path path_;
    Existing existing_;
    std::shared_ptr<JobFiles::Known> known_;
};

/// The sentence for a failed write: what happened to `target` by errno and the remedy.
Error outputError(const std::filesystem::path& target, int errorNumber);
/// The folder that an entry lies in; "." for a bare name.
std::filesystem::path folderOf(const std::filesystem::path& path);

} // namespace cristae
