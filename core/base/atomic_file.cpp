// placeholder
#include "core/base/atomic_file.h"
