// OptionField: the control for one option of a schema.
#pragma once
#include "core/base/schema.h"

#include <QString>
#include <functional>

class QFormLayout;
class QWidget;

namespace cristae {

struct OptionField {
    QWidget* widget = nullptr;
    std::function<nlohmann::json()> get;
    std::function<void(const nlohmann::json&)> set;
};

/// A box, a spin box, a list or a line, with the option's range, unit, name and help; `changed` is called
/// whenever it changes.
OptionField makeOptionField(const Option& option, QWidget* parent, std::function<void()> changed);
/// Adds the field with its label as a row; its object name is `name`.
void addOptionRow(QFormLayout* form, const Option& option, const OptionField& field, const QString& name);

} // namespace cristae
