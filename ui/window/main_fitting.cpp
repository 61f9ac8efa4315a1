// MainWindow: which model is fitted to corrections, and where the result goes.
#include "ui/panels/fit_panel.h"
#include "ui/panels/predict_page.h"
#include "ui/panels/train_page.h"
#include "ui/window/correct_page.h"
#include "ui/window/main_window.h"

namespace cristae {

void MainWindow::connectFitting() {
    FitPanel* fit = correct_->fitPanel();
    fit->setModelInUse([this] { return modelInUse(); });
    fit->setTaken([this](const std::string& title) { return predict_->hasModel(title); });
    connect(predict_, &PredictPage::stateChanged, fit, &FitPanel::updateState);
    connect(predict_, &PredictPage::improveWanted, this, [this, fit] {
        showPage(Page::correct);
        fit->start();
    });
    connect(fit, &FitPanel::modelsChanged, predict_, &PredictPage::refreshModels);
    connect(fit, &FitPanel::runLeft, train_, &TrainPage::refreshRuns);
    connect(fit, &FitPanel::useModel, this, [this](const QString& model) {
        predict_->useModel(model);
        showPage(Page::predict);
    });
}

/// The chosen model that knows the class in hand, else the first chosen one.
std::optional<ModelPackage> MainWindow::modelInUse() const {
    const std::vector<ModelRequest> chosen = predict_->request().models;
    if (chosen.empty()) return std::nullopt;
    const Document* document = bench_.document();
    const LabelClass* painted = document ? document->classes().find(bench_.currentLabel()) : nullptr;
    for (const ModelRequest& model : chosen)
        for (const ModelClass& c : model.package.card.classes)
            if (painted && c.name == painted->name) return model.package;
    return chosen.front().package;
}

} // namespace cristae
