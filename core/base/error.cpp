// Exit codes of errors, as the command line promises them.
#include "core/base/error.h"

namespace cristae {

int exitCode(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::usage:
        return 2;
    case ErrorKind::input:
    case ErrorKind::output:
        return 3;
    case ErrorKind::model:
    case ErrorKind::device:
        return 4;
    case ErrorKind::memory:
        return 5;
    case ErrorKind::cancelled:
        return 130;
    case ErrorKind::internal:
        return 1;
    }
    return 1;
}

} // namespace cristae
