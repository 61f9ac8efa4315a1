// RecipeDialog: one field for each option of the schema, grouped.
#include "ui/dialogs/recipe_dialog.h"

#include "core/learn/recipe.h"
#include "ui/dialogs/augment_preview.h"
#include "ui/dialogs/number_box.h"
#include "ui/panels/parts.h"
#include "ui/theme/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>
#include <limits>

namespace cristae {

RecipeDialog::RecipeDialog(const Schema& schema, const nlohmann::json& values, QWidget* parent)
    : QDialog(parent), schema_(schema) {
    setWindowTitle(tr("Own recipe"));
    auto* layout = new QVBoxLayout(this);
    auto* area = new QScrollArea(this);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    auto* inside = new QWidget;
    auto* column = new QVBoxLayout(inside);
    QFormLayout* form = nullptr;
    std::string group;
    std::vector<std::string> groups; // in the order of first appearance; options of one group may lie apart
    for (const Option& option : schema_.options())
        if (std::find(groups.begin(), groups.end(), option.group) == groups.end())
            groups.push_back(option.group);
    for (const std::string& heading : groups) {
        column->addWidget(headingLabel(text(heading), inside));
        form = new QFormLayout;
        form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
        form->setContentsMargins(0, 0, 0, 12);
        for (const Option& option : schema_.options()) {
            if (option.group != heading) continue;
            Field field = makeField(option);
            field.widget->setObjectName(text(option.key));
            field.widget->setToolTip(text(option.help));
            field.widget->setAccessibleName(text(option.label));
            field.widget->setAccessibleDescription(text(option.help));
            auto* label = new QLabel(text(option.label), inside);
            label->setToolTip(text(option.help));
            label->setBuddy(field.widget);
            label->setMinimumWidth(170);
            form->addRow(label, field.widget);
            fields_[option.key] = field;
        }
        column->addLayout(form);
    }
    area->setWidget(inside);
    middle_ = new QHBoxLayout;
    middle_->addWidget(area, 1);
    layout->addLayout(middle_, 1);
    complaint_ = complaintLabel(this);
    layout->addWidget(complaint_);

    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    ok_ = buttons->button(QDialogButtonBox::Ok);
    ok_->setText(tr("Use these settings"));
    setStyleProperty(ok_, "primary", true);
    for (const NamedRecipe& recipe : namedRecipes()) {
        QPushButton* button = buttons->addButton(text(recipe.title), QDialogButtonBox::ResetRole);
        button->setToolTip(tr("Sets all fields to this recipe. %1").arg(text(recipe.description)));
        connect(button, &QPushButton::clicked, this, [this, &recipe] { setValues(recipe.values); });
    }
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        Q_EMIT chosen(this->values());
        accept();
    });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    setValues(values);
    resize(520, 640);
}

RecipeDialog::Field RecipeDialog::makeField(const Option& option) {
    const QString unit = option.unit.empty() ? QString() : QStringLiteral(" ") + text(option.unit);
    switch (option.type) {
    case Option::Type::boolean: {
        auto* box = new QCheckBox(this);
        connect(box, &QCheckBox::toggled, this, &RecipeDialog::check);
        return {box, [box] { return nlohmann::json(box->isChecked()); },
                [box](const nlohmann::json& value) { box->setChecked(value.get<bool>()); }};
    }
    case Option::Type::integer: {
        auto* box = new QSpinBox(this);
        constexpr double most = std::numeric_limits<int>::max();
        box->setRange(int(std::max(option.minimum.value_or(-most), -most)),
                      int(std::min(option.maximum.value_or(most), most)));
        box->setSuffix(unit);
        connect(box, &QSpinBox::valueChanged, this, &RecipeDialog::check);
        return {box, [box] { return nlohmann::json(int64_t(box->value())); },
                [box](const nlohmann::json& value) { box->setValue(value.get<int>()); }};
    }
    case Option::Type::real: {
        auto* box = new NumberBox(this);
        box->setRange(option.minimum.value_or(-1e9), option.maximum.value_or(1e9));
        box->setSuffix(unit);
        connect(box, &QDoubleSpinBox::valueChanged, this, &RecipeDialog::check);
        return {box, [box] { return nlohmann::json(box->value()); },
                [box](const nlohmann::json& value) { box->setValue(value.get<double>()); }};
    }
    case Option::Type::choice: {
        auto* box = new QComboBox(this);
        for (const std::string& one : option.choices)
            box->addItem(text(one).replace(QLatin1Char('_'), QLatin1Char(' ')), text(one));
        connect(box, &QComboBox::currentIndexChanged, this, &RecipeDialog::check);
        return {box, [box] { return nlohmann::json(box->currentData().toString().toStdString()); },
                [box](const nlohmann::json& value) {
                    box->setCurrentIndex(box->findData(text(value.get<std::string>())));
                }};
    }
    case Option::Type::text:
        break;
    }
    auto* line = new QLineEdit(this);
    connect(line, &QLineEdit::textChanged, this, &RecipeDialog::check);
    return {line, [line] { return nlohmann::json(line->text().toStdString()); },
            [line](const nlohmann::json& value) { line->setText(text(value.get<std::string>())); }};
}

nlohmann::json RecipeDialog::values() const {
    nlohmann::json values = nlohmann::json::object();
    for (const auto& [key, field] : fields_) values[key] = field.get();
    return values;
}

void RecipeDialog::setValues(const nlohmann::json& values) {
    for (const auto& [key, field] : fields_)
        if (values.contains(key)) field.set(values.at(key));
    check();
}

void RecipeDialog::check() {
    if (!ok_) return; // still building
    QStringList sentences;
    for (const std::string& sentence : schema_.complaints(values())) sentences << text(sentence);
    setSentence(complaint_, sentences.join(QLatin1Char('\n')));
    ok_->setEnabled(sentences.isEmpty());
    if (preview_ && sentences.isEmpty()) preview_->setRecipe(values());
}

void RecipeDialog::setPreview(AugmentPreview* preview) {
    preview_ = preview;
    middle_->addWidget(preview);
    resize(width() + preview->sizeHint().width(), height());
    check();
}

} // namespace cristae
