// PredictPage, what it does: the request, the job, and the result entering the document.
#include "ui/panels/predict_page.h"

#include "ui/panels/model_list.h"
#include "ui/panels/parts.h"
#include "ui/panels/predict_rows.h"
#include "ui/panels/sized_source.h"
#include "ui/window/workbench.h"

#include "core/session/forecast.h"

#include <QDoubleSpinBox>
#include <QLabel>
#include <QLocale>
#include <QMessageBox>
#include <QProgressBar>
#include <QPushButton>
#include <QRegularExpression>
#include <QSpinBox>
#include <QTimer>

#include <algorithm>
#include <cmath>
#include <map>

namespace cristae {

/// What the worker brings back: the result, and the labels with it applied.
struct PredictPage::Predicted {
    PredictionResult result;
    LabelLayer after;
};

PredictPage::PredictPage(Workbench& workbench, QWidget* parent) : QWidget(parent), workbench_(workbench) {
    buildLayout();
    engineTimer_ = new QTimer(this);
    engineTimer_->setInterval(150);
    connect(engineTimer_, &QTimer::timeout, this, [this] {
        if (workbench_.session().engineLoaded()) engineArrived();
    });
    engineTimer_->start();
    estimateTimer_ = new QTimer(this);
    estimateTimer_->setSingleShot(true);
    estimateTimer_->setInterval(400);
    connect(estimateTimer_, &QTimer::timeout, this, &PredictPage::askEstimate);
    connect(&workbench_, &Workbench::documentChanged, this, [this] {
        cancel();
        setSentence(remarks_, {});
        inverted_.clear();
        rebuildRows();
        updateWhere();
        updateState();
    });
    connect(&workbench_, &Workbench::voxelSizeChanged, this, [this] {
        rebuildRows();
        updateState();
    });
    connect(&workbench_.jobs(), &Jobs::jobsChanged, this, &PredictPage::updateState);
    connect(&workbench_, &Workbench::stateChanged, this, [this] {
        if (isVisible()) updateState();
    });
    connect(&workbench_, &Workbench::viewChanged, this, [this] {
        if (PredictWhere(where_->currentData().toInt()) == PredictWhere::region) updateState();
    });
    updateWhere();
    updateState();
    refreshModels();
}

PredictPage::~PredictPage() {
    cancel();
}

void PredictPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    QTimer::singleShot(0, this, &PredictPage::loadEngine); // after the first paint
}

void PredictPage::loadEngine() {
    if (engineAsked_ || engineReady_) return;
    engineAsked_ = true;
    Session* session = &workbench_.session();
    workbench_.jobs().start<bool>(
        Queue::compute, tr("Loading the engine"),
        [session](const Progress&) { return session->engine(), true; },
        [self = QPointer(this)](bool) {
            if (self) self->engineArrived();
        },
        [self = QPointer(this)](const Error& error) {
            if (!self) return;
            self->engineError_ = QString::fromUtf8(error.what());
            self->engineTimer_->stop();
            self->updateState();
        },
        {}, false);
}

void PredictPage::engineArrived() {
    if (engineReady_) return;
    engineReady_ = true;
    engineTimer_->stop();
    NetworkLoader& networks = *workbench_.session().engine().networks;
    devices_ = networks.devices();
    for (const DeviceInfo& device : devices_) device_->addItem(text(device.label), text(device.id));
    QStringList sentences;
    for (const std::string& remark : networks.remarks()) sentences << text(remark);
    device_->setToolTip(sentences.join(QLatin1Char('\n')));
    updateState();
}

void PredictPage::refreshModels() {
    readModels(workbench_, this, [this](std::vector<ModelPackage> models) { showModels(std::move(models)); });
}

void PredictPage::showModels(std::vector<ModelPackage> models) {
    models_ = std::move(models);
    modelsKnown_ = true;
    rebuildRows();
    updateState();
    Q_EMIT modelsListed();
}

void PredictPage::useModel(const QString& modelName) {
    wantedModel_ = modelName;
    refreshModels();
}

Job* PredictPage::running() const {
    return job_ && (job_->state() == Job::State::running || job_->state() == Job::State::waiting)
               ? job_.data()
               : nullptr;
}

bool PredictPage::hasModel(const std::string& title) const {
    return std::ranges::any_of(models_, [&](const ModelPackage& model) { return model.card.title == title; });
}

QString PredictPage::wantedNames() const {
    QStringList names;
    for (const auto& row : rows_)
        if (row->wanted()) names << text(row->name);
    return names.join(tr(", "));
}

Box3 PredictPage::visibleRegion() const {
    const Document* document = workbench_.document();
    const ViewState& view = workbench_.view();
    const Extent3 extent = document->info().extent();
    const Box3 slice = Box3::ofSlice(extent, std::clamp<int64_t>(view.slice, 0, extent.z - 1));
    const QSize pane = paneSize_ ? paneSize_() : QSize();
    if (pane.isEmpty() || view.zoom <= 0) return slice;
    const double halfY = pane.height() / 2.0 / view.zoom, halfX = pane.width() / 2.0 / view.zoom;
    const Box3 seen{
        slice.z0, int64_t(std::floor(view.centreY - halfY)), int64_t(std::floor(view.centreX - halfX)),
        slice.z1, int64_t(std::ceil(view.centreY + halfY)),  int64_t(std::ceil(view.centreX + halfX))};
    return seen.intersected(slice);
}

PredictionRequest PredictPage::request() const {
    PredictionRequest request;
    for (const auto& row : rows_) {
        if (!row->wanted()) continue;
        const ModelPackage& package = models_[row->chosen()];
        auto entry =
            std::find_if(request.models.begin(), request.models.end(),
                         [&](const ModelRequest& known) { return known.package.file == package.file; });
        if (entry == request.models.end()) {
            request.models.push_back({package, {}, std::nullopt});
            entry = std::prev(request.models.end());
            if (threshold_->value() > 0) entry->threshold = threshold_->value();
            entry->invert = inverted_.contains(package.file.string());
        }
        entry->classes.push_back(row->name);
    }
    const int64_t slice = workbench_.view().slice;
    PredictionSettings& settings = request.settings;
    switch (PredictWhere(where_->currentData().toInt())) {
    case PredictWhere::slice:
        settings.firstSlice = slice, settings.endSlice = slice + 1;
        break;
    case PredictWhere::all:
        settings.firstSlice = 0, settings.endSlice = -1;
        break;
    case PredictWhere::range:
        settings.firstSlice = first_->value() - 1, settings.endSlice = last_->value();
        break;
    case PredictWhere::region:
        settings.firstSlice = slice, settings.endSlice = slice + 1;
        if (workbench_.document()) settings.region = visibleRegion();
        break;
    }
    settings.averaging = Averaging(averaging_->currentData().toInt());
    request.device = device_->currentData().toString().toStdString();
    return request;
}

QString PredictPage::obstacle() const {
    if (!workbench_.document()) return tr("Open an image first, then choose the classes to find.");
    if (!modelsKnown_) return tr("Reading the list of models…");
    if (rows_.empty())
        return tr(
            "No model is installed yet. <a href=\"train\">Train one</a> from images that you have labelled.");
    if (!engineError_.isEmpty()) return engineError_;
    if (!engineReady_) return tr("The engine is still loading…");
    if (wantedNames().isEmpty()) return tr("Choose at least one class to find.");
    if (PredictWhere(where_->currentData().toInt()) == PredictWhere::range &&
        first_->value() > last_->value())
        return tr("The first slice (%1) lies after the last (%2).").arg(first_->value()).arg(last_->value());
    if (PredictWhere(where_->currentData().toInt()) == PredictWhere::region && visibleRegion().empty())
        return tr("No part of the image is visible; move it into view or choose another place.");
    return {};
}

QString PredictPage::whereWords(const PredictionSettings& settings) const {
    if (workbench_.document()->info().extent().z == 1) return {};
    if (settings.endSlice == settings.firstSlice + 1) return tr(" on slice %1").arg(settings.firstSlice + 1);
    if (settings.endSlice < 0) return tr(" on all slices");
    return tr(" on slices %1–%2").arg(settings.firstSlice + 1).arg(settings.endSlice);
}

void PredictPage::predict() {
    if (running()) return;
    if (const QString sentence = obstacle(); !sentence.isEmpty()) {
        updateState();
        QString plain = sentence;
        plain.remove(QRegularExpression(QStringLiteral("<[^>]*>")));
        workbench_.showRemark(plain);
        return;
    }
    const auto concerns =
        predictionConcerns(imageForJobs(*workbench_.document())->info(), request(),
                           estimatedKey_ == requestKey() ? estimatedSeconds_ : std::nullopt);
    if (concerns.empty()) return start();
    QStringList sentences;
    for (const std::string& concern : concerns) sentences << text(concern);
    auto* question = new QMessageBox(QMessageBox::NoIcon, tr("Predict?"),
                                     sentences.join(QStringLiteral("\n\n")), QMessageBox::Cancel, window());
    question->setObjectName(QStringLiteral("predictionConcerns"));
    question->setAttribute(Qt::WA_DeleteOnClose);
    question->addButton(tr("Predict anyway"), QMessageBox::AcceptRole);
    question->setDefaultButton(QMessageBox::Cancel);
    connect(question, &QMessageBox::accepted, this, &PredictPage::start);
    question->open();
}

void PredictPage::start() {
    if (running() || !obstacle().isEmpty()) return;
    const Document& document = *workbench_.document();
    const PredictionRequest wanted = request();
    WriteRule rule;
    rule.keepHuman = keepHuman_->isChecked();
    for (const LabelClass& known : document.classes().classes())
        if (known.locked) rule.lockedLabels.push_back(known.value);
    setSentence(remarks_, {});
    if (lookJob_) lookJob_->cancel(); // the prediction goes first

    Session* session = &workbench_.session();
    const QString words = tr("Predict %1%2").arg(wantedNames(), whereWords(wanted.settings));
    // The labels of a whole stack are many tiles: they are made in the worker too, and the document only
    // takes them over.
    const auto work = [session, wanted, rule, image = imageForJobs(document), labels = document.labels(),
                       classes = document.classes()](const Progress& progress) {
        Predicted predicted{session->predictLabels(*image, labels.snapshot(), labels.generation(), classes,
                                                   wanted, rule, progress),
                            labels};
        predicted.after.apply(predicted.result.delta);
        return predicted;
    };
    job_ = workbench_.jobs().start<Predicted>(Queue::compute, tr("Predicting %1").arg(wantedNames()), work,
                                              [self = QPointer(this), words](Predicted predicted) {
                                                  if (self) self->takeResult(std::move(predicted), words);
                                              });
    connect(job_, &Job::changed, this, &PredictPage::updateProgress);
    connect(job_, &Job::ended, this, &PredictPage::updateState);
    updateState();
}

void PredictPage::cancel() {
    if (Job* job = running()) job->cancel();
}

void PredictPage::takeResult(Predicted taken, const QString& words) {
    PredictionResult& result = taken.result;
    Document& document = *workbench_.document(); // another document would have cancelled the job
    // Classes may have been added or renamed meanwhile: the names decide, and the values follow them.
    ClassTable classes = document.classes();
    std::map<uint32_t, uint32_t> moved;
    for (const uint32_t value : result.values) {
        const LabelClass* predictedClass = result.classes.find(value);
        if (!predictedClass) throw Error(ErrorKind::internal, "A predicted class has no name.");
        const bool isNew = !classes.findByName(predictedClass->name);
        LabelClass entry = classes.ensure(predictedClass->name);
        if (isNew) {
            entry.colour = predictedClass->colour;
            classes.set(entry);
        }
        if (entry.value != value) moved[value] = entry.value;
    }
    if (!moved.empty())
        for (TileDelta& tile : result.delta.tiles)
            for (TileDelta::Run& run : tile.runs)
                if (const auto it = moved.find(run.after.label); it != moved.end())
                    run.after.label = it->second;

    Workbench::LabelWork work;
    work.words = words;
    work.enter = [&document, classes, words = words.toStdString(),
                  provenance = result.provenance](const std::function<void()>& labels) {
        if (!(classes == document.classes())) document.setClasses(classes, words);
        labels();
        document.addHistory(provenance, words);
    };
    uint32_t current = result.values.empty() ? 0 : result.values.front();
    if (const auto it = moved.find(current); it != moved.end()) current = it->second;
    QStringList sentences;
    for (const std::string& remark : result.remarks) sentences << text(remark);
    QStringList kept;
    if (result.keptByHand > 0)
        kept << tr("%1 voxels protected by hand").arg(QLocale().toString(qlonglong(result.keptByHand)));
    if (result.keptLocked > 0)
        kept << tr("%1 voxels of locked classes").arg(QLocale().toString(qlonglong(result.keptLocked)));
    if (!kept.isEmpty()) sentences.prepend(tr("Left as they are: %1.").arg(kept.join(tr(", "))));
    const bool protectedAny = !kept.isEmpty();
    work.done = [self = QPointer(this), bench = &workbench_, current, sentences,
                 protectedAny](bool found) mutable {
        if (current) bench->setCurrentLabel(current);
        if (!self) return;
        if (!found)
            sentences.prepend(protectedAny
                                  ? tr("No label changed.")
                                  : tr("No label changed: the labels agree with the prediction already."));
        setSentence(self->remarks_, sentences.join(QLatin1Char('\n')));
        Q_EMIT self->predicted();
    };
    // Strokes made meanwhile stay: then the change is fitted to them first.
    std::optional<LabelLayer> after;
    if (moved.empty())
        after = std::move(taken.after);
    else
        workbench_.release(std::make_shared<LabelLayer>(std::move(taken.after)));
    workbench_.enterLabels(std::move(result.delta), std::move(after), std::move(work));
}

void PredictPage::updateState() {
    updateHelp();
    const QString sentence = obstacle();
    const bool isRunning = running();
    predict_->setVisible(!isRunning);
    predict_->setEnabled(sentence.isEmpty());
    predict_->setToolTip(QString(sentence).remove(QRegularExpression(QStringLiteral("<[^>]*>"))));
    setSentence(obstacle_, isRunning ? QString() : sentence);
    progress_->setVisible(isRunning);
    const Document* document = workbench_.document();
    improve_->setVisible(!isRunning && sentence.isEmpty() && document &&
                         (document->undoStack().canUndo() || !document->completeParts().empty()));
    if (isRunning)
        updateProgress();
    else if (sentence.isEmpty())
        estimateTimer_->start();
    // An estimate of other settings is none.
    if (isRunning || !sentence.isEmpty() || estimatedKey_ != requestKey()) setSentence(estimate_, {});
    showLook();
    Q_EMIT stateChanged();
}

void PredictPage::updateProgress() {
    const Job* job = running();
    if (!job) return;
    bar_->setValue(int(std::lround(job->fraction() * 1000)));
    QStringList words;
    const Job* other = workbench_.jobs().current();
    if (job->state() == Job::State::waiting)
        words << (other && other != job ? tr("Waiting for “%1”").arg(other->title()) : tr("Starting"));
    else
        words << (job->words().isEmpty() ? tr("Predicting") : job->words());
    if (const QString left = leftWords(job->secondsLeft()); !left.isEmpty()) words << left;
    progressWords_->setText(words.join(QStringLiteral(" · ")));
}

} // namespace cristae
