// Error: the one exception type of Cristae; its message says what happened, to what, and what to do.
#pragma once
#include <stdexcept>
#include <string>

namespace cristae {

enum class ErrorKind {
    usage,     // a parameter or flag that cannot be
    input,     // a file or data that cannot be read or does not fit
    output,    // a result that cannot be written
    model,     // a model that cannot be loaded or does not fit
    device,    // a device that is absent or failed
    memory,    // not enough memory
    cancelled, // the user asked to stop
    internal   // a broken promise inside Cristae
};

class Error : public std::runtime_error {
public:
    Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
    ErrorKind kind() const { return kind_; }

private:
    ErrorKind kind_;
};

/// The exit code of the command line for an error: 2 usage, 3 input or output, 4 model or device, 5 memory,
/// 130 cancelled, 1 internal.
int exitCode(ErrorKind kind);

} // namespace cristae
