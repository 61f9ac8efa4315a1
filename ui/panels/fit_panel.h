// FitPanel: a model is fitted to the corrections of the open document while one goes on working.
#pragma once
#include "core/session/fitting.h"

#include <QPointer>
#include <QWidget>

#include <functional>
#include <memory>

class QCheckBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QTimer;

namespace cristae {

class BeforeAfter;
class FitFeed;
class Job;
class Workbench;
struct FinishedRun;

class FitPanel : public QWidget {
    Q_OBJECT
public:
    explicit FitPanel(Workbench& workbench, QWidget* parent = nullptr);
    ~FitPanel() override;

    /// The model that predicts now; nothing: strokes make a first one.
    void setModelInUse(std::function<std::optional<ModelPackage>()> model) { model_ = std::move(model); }
    /// The models there are, for a free name.
    void setTaken(std::function<bool(const std::string& title)> taken) { taken_ = std::move(taken); }
    Job* running() const;
    const BeforeAfter& pictures() const { return *pictures_; }

public Q_SLOTS:
    void start();
    void stopAndKeep();
    /// Ends the run; it is offered on the Train page, to be resumed.
    void cancel();
    void useIt();
    /// The model in use stays; the fitted one is deleted.
    void goBack();
    void updateState();

Q_SIGNALS:
    void useModel(const QString& modelName);
    void modelsChanged();
    /// A run was cancelled and can be resumed.
    void runLeft();

private:
    void buildLayout();
    void takeUpdates();
    void finished(const FinishedRun& finished);
    QString knownWords() const;
    QString runningWords() const;
    void strokeBackground();

    Workbench& workbench_;
    std::function<std::optional<ModelPackage>()> model_;
    std::function<bool(const std::string&)> taken_;
    std::shared_ptr<FitFeed> feed_;
    QPointer<Job> job_;
    std::optional<ModelPackage> made_;
    QString problem_, suggested_;
    QTimer* timer_ = nullptr;
    QLabel *explanation_ = nullptr, *known_ = nullptr, *words_ = nullptr, *complaint_ = nullptr,
           *end_ = nullptr;
    QCheckBox* complete_ = nullptr;
    QLineEdit* name_ = nullptr;
    QDoubleSpinBox* minutes_ = nullptr;
    QPushButton *rectangle_ = nullptr, *background_ = nullptr, *start_ = nullptr, *stop_ = nullptr,
                *cancel_ = nullptr, *use_ = nullptr, *back_ = nullptr;
    QProgressBar* bar_ = nullptr;
    QWidget *setup_ = nullptr, *runBox_ = nullptr, *endBox_ = nullptr;
    BeforeAfter* pictures_ = nullptr;
};

} // namespace cristae
