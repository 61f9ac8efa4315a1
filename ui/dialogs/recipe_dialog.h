// RecipeDialog: every setting of a training run as a form made from the schema.
#pragma once
#include "core/base/schema.h"

#include <QDialog>

#include <functional>
#include <map>

class QHBoxLayout;
class QLabel;
class QPushButton;

namespace cristae {

class AugmentPreview;

/// Open with open(); chosen() brings the values when the user agrees.
class RecipeDialog : public QDialog {
    Q_OBJECT
public:
    RecipeDialog(const Schema& schema, const nlohmann::json& values, QWidget* parent = nullptr);
    nlohmann::json values() const;
    void setValues(const nlohmann::json& values);
    /// Stands beside the form and follows it.
    void setPreview(AugmentPreview* preview);

Q_SIGNALS:
    void chosen(const nlohmann::json& values);

private:
    struct Field {
        QWidget* widget = nullptr;
        std::function<nlohmann::json()> get;
        std::function<void(const nlohmann::json&)> set;
    };
    Field makeField(const Option& option);
    void check();
    const Schema& schema_;
    std::map<std::string, Field> fields_;
    AugmentPreview* preview_ = nullptr;
    QHBoxLayout* middle_ = nullptr;
    QLabel* complaint_ = nullptr;
    QPushButton* ok_ = nullptr;
};

} // namespace cristae
