// PredictPage, whether the image suits the chosen models: inverted grey values, unlike the training data.
#include "ui/canvas/explanation_layer.h"
#include "ui/panels/parts.h"
#include "ui/panels/predict_page.h"
#include "ui/panels/sized_source.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace cristae {

void PredictPage::buildLook(QVBoxLayout& column) {
    const auto button = [&](const QString& words, const char* name) {
        auto* made = new QPushButton(words, this);
        made->setObjectName(QLatin1String(name));
        made->hide();
        column.addWidget(made);
        return made;
    };
    unlike_ = complaintLabel(this);
    unlike_->setObjectName(QStringLiteral("unlike"));
    column.addWidget(unlike_);
    doubts_ = button(tr("Show doubtful regions"), "doubts");
    doubts_->setToolTip(tr("Colours the regions of the view in which the model contradicts itself about the "
                           "mirrored image; Escape removes them."));
    inversion_ = secondaryLabel(QString(), this);
    inversion_->setObjectName(QStringLiteral("inversion"));
    inversion_->hide();
    column.addWidget(inversion_);
    invert_ = button(QString(), "invert");
    connect(invert_, &QPushButton::clicked, this, &PredictPage::invertChosen);
    connect(doubts_, &QPushButton::clicked, this, [this] {
        PredictionRequest wanted = request();
        wanted.settings.firstSlice = workbench_.view().slice;
        wanted.settings.region = visibleRegion();
        workbench_.explanation().showDoubts(wanted);
    });
}

/// Looks at the image with the chosen models when the computer has nothing else to do.
void PredictPage::askLook() {
    if (running() || (lookJob_ && !lookJob_->over()) || !obstacle().isEmpty() || lookKey_ == requestKey())
        return;
    Session* session = &workbench_.session();
    const PredictionRequest wanted = request();
    lookJob_ = workbench_.jobs().start<std::vector<Likeness>>(
        Queue::compute, tr("Comparing with the training data"),
        [session, wanted, image = imageForJobs(*workbench_.document())](const Progress& progress) {
            return session->likeness(*image, wanted, progress);
        },
        [self = QPointer(this), wanted, key = requestKey()](std::vector<Likeness> found) {
            if (!self) return;
            self->lookJob_ = nullptr;
            if (key != self->requestKey()) return; // the next estimate asks again
            self->lookKey_ = key;
            self->looks_.clear();
            for (size_t i = 0; i < found.size(); ++i)
                self->looks_[wanted.models[i].package.file.string()] = found[i];
            self->showLook();
        },
        [](const Error&) {}, {}, false); // a model or image that is broken says so when it is used
}

/// The file of a chosen model that is inverted, or would be better so; null if none.
const std::string* PredictPage::invertible() const {
    for (const auto& [file, look] : looks_)
        if (inverted_.contains(file) || look.invertHelps()) return &file;
    return nullptr;
}

void PredictPage::invertChosen() {
    const std::string* file = invertible();
    if (!file) return;
    if (!inverted_.erase(*file)) inverted_.insert(*file);
    updateState();
}

void PredictPage::showLook() {
    const bool known = lookKey_ == requestKey() && !looks_.empty() && obstacle().isEmpty();
    const auto titleOf = [this](const std::string& file) {
        for (const ModelPackage& package : models_)
            if (package.file.string() == file)
                return text(package.card.title.empty() ? package.card.name : package.card.title);
        return QString();
    };
    QStringList unlike;
    for (const auto& [file, look] : looks_) {
        if (!known) break;
        if (look.unlike())
            unlike << tr("This image looks unlike the training data of “%1”: check the result.")
                          .arg(titleOf(file));
        else if (!look.confidence.foundAny())
            unlike << tr("“%1” finds nothing in the middle of the view's slice: check the pixel size and the "
                         "model.")
                          .arg(titleOf(file));
    }
    setSentence(unlike_, unlike.join(QLatin1Char('\n')));
    const Document* document = workbench_.document();
    doubts_->setVisible(known && (!unlike.isEmpty() || !document->history().empty()));
    const std::string* file = known ? invertible() : nullptr;
    const bool isInverted = file && inverted_.contains(*file);
    setSentence(
        inversion_,
        !file ? QString()
        : isInverted
            ? tr("Dark and bright are exchanged for “%1”; the image stays as it is.").arg(titleOf(*file))
            : tr("Dark and bright seem to be exchanged: “%1” is surer of the inverted image.")
                  .arg(titleOf(*file)));
    invert_->setText(isInverted ? tr("Do not invert") : tr("Invert for the model"));
    invert_->setVisible(file);
}

} // namespace cristae
