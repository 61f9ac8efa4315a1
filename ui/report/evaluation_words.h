// Words and digits of an evaluation, for the page and for the report.
#pragma once
#include "core/measure/comparison.h"

#include <QString>

namespace cristae {

/// "Dice (F1)", "95 % Hausdorff distance, nm": what a person reads of a metric's name.
QString metricTitle(const std::string& name);
/// With the digits that mean something: "0.8743", "75", "12.4"; "not defined" for NaN.
QString metricValue(const Metric& metric);
/// "Pixels", "Objects" … of a group of metricGroups().
QString metricGroupTitle(const std::string& group);
/// The group that a metric belongs to.
std::string metricGroupOf(const std::string& metric);
/// "85.2 %"; a dash for a part of nothing.
QString percentWords(int64_t part, int64_t whole);

} // namespace cristae
