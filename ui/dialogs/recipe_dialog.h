// RecipeDialog: every setting of a training run as a form made from the schema.
#pragma once
#include "ui/dialogs/option_field.h"

#include <QDialog>

#include <map>

class QHBoxLayout;
class QLabel;
class QPushButton;

namespace cristae {

class AugmentPreview;
class NetworkForm;

/// Open with open(); chosen() brings the values when the user agrees.
class RecipeDialog : public QDialog {
    Q_OBJECT
public:
    RecipeDialog(const Schema& schema, const nlohmann::json& values, QWidget* parent = nullptr);
    nlohmann::json values() const;
    void setValues(const nlohmann::json& values);
    /// Stands beside the form and follows it.
    void setPreview(AugmentPreview* preview);
    /// The networks with their own options, each by the word that recipes use: the form then shows those of
    /// the chosen one instead of a line of text. Once; options of the U-Net that are a recipe's own stay.
    void setNetworks(const std::vector<std::pair<std::string, Schema>>& networks);

Q_SIGNALS:
    void chosen(const nlohmann::json& values);

private:
    void chooseNetwork();
    void check();
    const Schema& schema_;
    std::map<std::string, OptionField> fields_;
    std::map<std::string, QFormLayout*> forms_; // of each group
    NetworkForm* networks_ = nullptr;
    AugmentPreview* preview_ = nullptr;
    QHBoxLayout* middle_ = nullptr;
    QLabel* complaint_ = nullptr;
    QPushButton* ok_ = nullptr;
};

} // namespace cristae
