// OptionField: which control an option gets.
#include "ui/dialogs/option_field.h"

#include "ui/dialogs/number_box.h"
#include "ui/panels/parts.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSpinBox>

#include <algorithm>
#include <limits>

namespace cristae {

OptionField makeOptionField(const Option& option, QWidget* parent, std::function<void()> changed) {
    const QString unit = option.unit.empty() ? QString() : QStringLiteral(" ") + text(option.unit);
    switch (option.type) {
    case Option::Type::boolean: {
        auto* box = new QCheckBox(parent);
        QObject::connect(box, &QCheckBox::toggled, box, changed);
        return {box, [box] { return nlohmann::json(box->isChecked()); },
                [box](const nlohmann::json& value) { box->setChecked(value.get<bool>()); }};
    }
    case Option::Type::integer: {
        auto* box = new QSpinBox(parent);
        constexpr double most = std::numeric_limits<int>::max();
        box->setRange(int(std::max(option.minimum.value_or(-most), -most)),
                      int(std::min(option.maximum.value_or(most), most)));
        box->setSuffix(unit);
        QObject::connect(box, &QSpinBox::valueChanged, box, changed);
        return {box, [box] { return nlohmann::json(int64_t(box->value())); },
                [box](const nlohmann::json& value) { box->setValue(value.get<int>()); }};
    }
    case Option::Type::real: {
        auto* box = new NumberBox(parent);
        box->setRange(option.minimum.value_or(-1e9), option.maximum.value_or(1e9));
        box->setSuffix(unit);
        QObject::connect(box, &QDoubleSpinBox::valueChanged, box, changed);
        return {box, [box] { return nlohmann::json(box->value()); },
                [box](const nlohmann::json& value) { box->setValue(value.get<double>()); }};
    }
    case Option::Type::choice: {
        auto* box = new QComboBox(parent);
        for (const std::string& one : option.choices)
            box->addItem(text(one).replace(QLatin1Char('_'), QLatin1Char(' ')), text(one));
        QObject::connect(box, &QComboBox::currentIndexChanged, box, changed);
        return {box, [box] { return nlohmann::json(box->currentData().toString().toStdString()); },
                [box](const nlohmann::json& value) {
                    box->setCurrentIndex(box->findData(text(value.get<std::string>())));
                }};
    }
    case Option::Type::text:
        break;
    }
    auto* line = new QLineEdit(parent);
    QObject::connect(line, &QLineEdit::textChanged, line, changed);
    return {line, [line] { return nlohmann::json(line->text().toStdString()); },
            [line](const nlohmann::json& value) { line->setText(text(value.get<std::string>())); }};
}

void addOptionRow(QFormLayout* form, const Option& option, const OptionField& field, const QString& name) {
    ignoreWheel(field.widget); // forms scroll
    field.widget->setObjectName(name);
    field.widget->setToolTip(text(option.help));
    field.widget->setAccessibleName(text(option.label));
    field.widget->setAccessibleDescription(text(option.help));
    auto* label = new QLabel(text(option.label), field.widget->parentWidget());
    label->setToolTip(text(option.help));
    label->setBuddy(field.widget);
    label->setMinimumWidth(170);
    form->addRow(label, field.widget);
}

} // namespace cristae
