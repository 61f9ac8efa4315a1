// NetworkForm.
#include "ui/dialogs/network_form.h"

#include "core/base/error.h"
#include "core/learn/recipe.h"
#include "ui/panels/parts.h"
#include "ui/theme/theme.h"

#include <QFormLayout>
#include <QLabel>
#include <QVBoxLayout>

namespace cristae {

QString networkTitle(const std::string& network) {
    // Proper names: the same in every language.
    static const std::map<std::string, const char*> titles{{"unet", "U-Net"},
                                                           {"resunet", "Deep Residual U-Net"},
                                                           {"segnet", "SegNet"},
                                                           {"usegnet", "U-SegNet"},
                                                           {"fcdensenet", "FC-DenseNet (Tiramisu)"},
                                                           {"multiresunet", "MultiResUNet"},
                                                           {"deepem3d", "DeepEM3D"},
                                                           {"unet3d", "3D U-Net"},
                                                           {"maskrcnn", "Mask R-CNN"}};
    const auto found = titles.find(network);
    return found == titles.end() ? text(network) : QString::fromUtf8(found->second);
}

NetworkForm::NetworkForm(const std::vector<std::pair<std::string, Schema>>& networks,
                         const std::map<std::string, std::set<std::string>>& elsewhere, QWidget* parent)
    : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    for (const auto& [name, schema] : networks) {
        Network& network = networks_[name];
        network.schema = schema;
        network.form = new QWidget(this);
        auto* form = new QFormLayout(network.form);
        form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
        form->setContentsMargins(0, 0, 0, 0);
        const auto other = elsewhere.find(name);
        for (const Option& option : schema.options()) {
            if (other != elsewhere.end() && other->second.contains(option.key)) continue;
            const OptionField field = makeOptionField(option, network.form, [this] { Q_EMIT changed(); });
            addOptionRow(form, option, field,
                         QStringLiteral("network-%1-%2").arg(cristae::text(name), cristae::text(option.key)));
            network.fields[option.key] = field;
        }
        if (network.fields.empty())
            form->addRow(secondaryLabel(tr("This network has no options of its own."), network.form));
        column->addWidget(network.form);
        network.form->hide();
    }
    setText({});
}

void NetworkForm::setNetwork(const std::string& network) {
    current_ = network;
    for (auto& [name, one] : networks_) one.form->setVisible(name == network);
    Q_EMIT changed();
}

void NetworkForm::setText(const std::string& words) {
    for (auto& [name, network] : networks_) {
        nlohmann::json values = network.schema.defaults();
        if (name == current_) {
            try {
                values = optionsFromText(network.schema, words);
            } catch (const Error&) {
            }
        }
        for (const auto& [key, field] : network.fields) field.set(values.at(key));
    }
}

std::string NetworkForm::text() const {
    const auto found = networks_.find(current_);
    if (found == networks_.end()) return {};
    std::string words;
    for (const Option& option : found->second.schema.options()) { // in the order of the schema
        const auto field = found->second.fields.find(option.key);
        if (field == found->second.fields.end()) continue;
        const nlohmann::json value = field->second.get();
        if (value == option.defaultValue) continue;
        words += (words.empty() ? "" : ", ") + option.key + "=" +
                 (value.is_string() ? value.get<std::string>() : value.dump());
    }
    return words;
}

std::vector<std::string> NetworkForm::complaints() const {
    const auto found = networks_.find(current_);
    if (found == networks_.end()) return {};
    nlohmann::json values = found->second.schema.defaults();
    for (const auto& [key, field] : found->second.fields) values[key] = field.get();
    return found->second.schema.complaints(values);
}

} // namespace cristae
