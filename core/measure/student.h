// Student's t distribution: the factor of confidence intervals of means.
#pragma once
#include <cstdint>

namespace cristae {

/// The 97.5 % quantile of Student's t with n ≥ 1 degrees of freedom, so that mean ± factor · standard error
/// holds 95 %. Hill 1970, Algorithm 396 (doi:10.1145/355598.355600), to four digits or more.
double studentFactor95(int64_t degrees);

} // namespace cristae
