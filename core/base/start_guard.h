// StartGuard: what a program looks at without being asked when it starts must not end every start.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cristae {

/// Keeps a small file, a mark, for each file that is being looked at, in a folder of the program. A mark
/// whose process is gone names what that process did not get past: a crash, or a read that hung until the
/// program was ended. Such files are left out until they change or tryAgain() is called. Thread-safe. Without
/// a folder, or where marks cannot be written, nothing is guarded and nothing fails.
class StartGuard {
public:
    /// Reads the marks that earlier processes left. An empty path guards nothing.
    explicit StartGuard(std::filesystem::path folder = {});
    ~StartGuard();
    StartGuard(const StartGuard&) = delete;
    StartGuard& operator=(const StartGuard&) = delete;

    /// The time in which a file is looked at; its end removes the mark.
    class Attempt {
    public:
        Attempt() = default;
        Attempt(Attempt&&) noexcept = default;
        Attempt& operator=(Attempt&&) noexcept = default;

    private:
        friend class StartGuard;
        struct Mark;
        std::shared_ptr<Mark> mark_;
    };
    /// Nothing if the file is left out: an earlier process did not get past it, or an attempt of this one has
    /// not come back from it for seconds.
    std::optional<Attempt> attempt(const std::filesystem::path& file);
    /// Files that are left out at present, in the order of their names.
    std::vector<std::filesystem::path> leftOut() const;
    /// Removes the marks of earlier processes.
    void tryAgain();

private:
    struct State;
    std::shared_ptr<State> state_; // also held by attempts that have not come back
};

} // namespace cristae
