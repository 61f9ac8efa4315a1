// RecipeDialog: one field for each option of the schema, grouped.
#include "ui/dialogs/recipe_dialog.h"

#include "core/learn/recipe.h"
#include "ui/dialogs/augment_preview.h"
#include "ui/dialogs/network_form.h"
#include "ui/panels/parts.h"
#include "ui/theme/theme.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>
#include <set>

namespace cristae {

RecipeDialog::RecipeDialog(const Schema& schema, const nlohmann::json& values, QWidget* parent)
    : QDialog(parent), schema_(schema) {
    setWindowTitle(tr("Custom recipe"));
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
        forms_[heading] = form;
        for (const Option& option : schema_.options()) {
            if (option.group != heading) continue;
            const OptionField field = makeOptionField(option, inside, [this] { check(); });
            addOptionRow(form, option, field, text(option.key));
            fields_[option.key] = field;
        }
        column->addLayout(form);
    }
    if (const auto kind = fields_.find("architecture"); kind != fields_.end()) {
        auto* box = qobject_cast<QComboBox*>(kind->second.widget);
        for (int i = 0; i < box->count(); ++i)
            box->setItemText(i, networkTitle(box->itemData(i).toString().toStdString()));
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

namespace {
/// Options of the U-Net that recipes hold by themselves.
const std::set<std::string> ofUnet{"levels", "base", "normalisation", "upsampling"};
} // namespace

void RecipeDialog::setNetworks(const std::vector<std::pair<std::string, Schema>>& networks) {
    const auto line = fields_.find("network"), kind = fields_.find("architecture");
    if (networks_ || networks.empty() || line == fields_.end() || kind == fields_.end()) return;
    const std::string words = line->second.get().get<std::string>();
    networks_ = new NetworkForm(networks, {{"unet", ofUnet}}, line->second.widget->parentWidget());
    QFormLayout* form = forms_.at(schema_.find("network")->group);
    int row = 0;
    QFormLayout::ItemRole role;
    form->getWidgetPosition(line->second.widget, &row, &role);
    form->setRowVisible(row, false);
    form->insertRow(row + 1, networks_);
    fields_["network"] = {
        line->second.widget, [this] { return nlohmann::json(networks_->text()); },
        [this](const nlohmann::json& value) { networks_->setText(value.get<std::string>()); }};
    connect(qobject_cast<QComboBox*>(kind->second.widget), &QComboBox::currentIndexChanged, this,
            &RecipeDialog::chooseNetwork);
    connect(networks_, &NetworkForm::changed, this, &RecipeDialog::check);
    chooseNetwork();
    networks_->setText(words);
}

/// Shows the options of the chosen network and hides those of others.
void RecipeDialog::chooseNetwork() {
    const std::string network = fields_.at("architecture").get().get<std::string>();
    for (const std::string& key : ofUnet)
        if (const auto field = fields_.find(key); field != fields_.end())
            forms_.at(schema_.find(key)->group)->setRowVisible(field->second.widget, network == "unet");
    networks_->setNetwork(network);
}

nlohmann::json RecipeDialog::values() const {
    nlohmann::json values = nlohmann::json::object();
    for (const auto& [key, field] : fields_) values[key] = field.get();
    return values;
}

void RecipeDialog::setValues(const nlohmann::json& values) {
    for (const auto& [key, field] : fields_)
        if (values.contains(key)) field.set(values.at(key));
    // After the kind of network, whose options it names.
    if (networks_ && values.contains("network")) fields_.at("network").set(values.at("network"));
    check();
}

void RecipeDialog::check() {
    if (!ok_) return; // still building
    QStringList sentences;
    for (const std::string& sentence : schema_.complaints(values())) sentences << text(sentence);
    if (networks_)
        for (const std::string& sentence : networks_->complaints()) sentences << text(sentence);
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
