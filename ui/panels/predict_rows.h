// One row of the "Find" list: a class that some installed model finds.
#pragma once
#include "ui/panels/predict_page.h"

#include <QCheckBox>
#include <QComboBox>

namespace cristae {

struct PredictPage::ClassRow {
    std::string name;
    Colour colour;
    std::vector<size_t> candidates; // indices into models_, in the order of the combo
    QWidget* widget = nullptr;
    QCheckBox* check = nullptr;
    QComboBox* model = nullptr;
    QLabel* fit = nullptr; // how the chosen model suits the image

    bool wanted() const { return check->isChecked(); }
    size_t chosen() const { return candidates[size_t(std::max(0, model->currentIndex()))]; }
};

/// What the "Where" combo offers; stored as the items' data.
enum class PredictWhere { slice, all, range, region };

} // namespace cristae
