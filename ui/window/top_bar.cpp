// TopBar.
#include "ui/window/top_bar.h"
#include "core/base/text.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QAction>
#include <QFrame>
#include <QHBoxLayout>
#include <QPushButton>
#include <QToolButton>

#include <cmath>

namespace cristae {

namespace {

QString number(double nm) {
    const double rounded = std::round(nm * 100) / 100;
    return QString::number(rounded, 'g', 6);
}

QString sizeWords(const VoxelSize& size, bool stack) {
    if (!size.knownInPlane()) return TopBar::tr("pixel size unknown");
    if (!stack)
        return *size.xNm == *size.yNm ? TopBar::tr("%1 nm").arg(number(*size.xNm))
                                      : TopBar::tr("%1 × %2 nm").arg(number(*size.xNm), number(*size.yNm));
    return TopBar::tr("%1 × %2 × %3 nm")
        .arg(number(*size.xNm), number(*size.yNm), size.zNm ? number(*size.zNm) : QStringLiteral("?"));
}

} // namespace

TopBar::TopBar(Workbench& bench, const Actions& actions, QWidget* parent) : QWidget(parent), bench_(bench) {
    setObjectName(QStringLiteral("topBar"));
    setAttribute(Qt::WA_StyledBackground);
    setFixedHeight(44);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 4, 8, 5);
    layout->setSpacing(4);
    auto button = [&](QAction* action, bool words) {
        auto* result = new QToolButton(this);
        result->setDefaultAction(action);
        result->setIconSize({18, 18});
        result->setProperty("bar", words);
        result->setToolButtonStyle(words ? Qt::ToolButtonTextBesideIcon : Qt::ToolButtonIconOnly);
        result->setFocusPolicy(Qt::TabFocus);
        result->setMinimumHeight(32);
        if (!words) result->setMinimumWidth(32);
        layout->addWidget(result);
        return result;
    };
    button(actions.open, true);
    button(actions.exportLabels, true);
    auto* line = new QFrame(this);
    line->setProperty("bar", QStringLiteral("line"));
    line->setFixedSize(1, 22);
    layout->addSpacing(4);
    layout->addWidget(line);
    layout->addSpacing(4);
    button(actions.undo, false);
    button(actions.redo, false);

    layout->addStretch(1);
    auto* segments = new QFrame(this);
    segments->setObjectName(QStringLiteral("segments"));
    segments_ = segments;
    auto* inner = new QHBoxLayout(segments);
    inner->setContentsMargins(2, 2, 2, 2);
    inner->setSpacing(2);
    for (QAction* action : {actions.sideBySide, actions.overlay, actions.swipe, actions.planes}) {
        auto* segment = new QToolButton(segments);
        segment->setDefaultAction(action);
        segment->setToolButtonStyle(Qt::ToolButtonTextOnly);
        segment->setFocusPolicy(Qt::TabFocus);
        inner->addWidget(segment);
    }
    layout->addWidget(segments);
    layout->addStretch(1);

    file_ = new QToolButton(this);
    file_->setObjectName(QStringLiteral("fileWords"));
    file_->setFocusPolicy(Qt::TabFocus);
    connect(file_, &QToolButton::clicked, this, &TopBar::voxelSizeWanted);
    layout->addWidget(file_);
    layout->addSpacing(8);
    predict_ = new QPushButton(tr("Predict"), this);
    predict_->setObjectName(QStringLiteral("topPredict"));
    predict_->setProperty("primary", true);
    predict_->setIconSize({16, 16});
    predict_->setIcon(icon(QStringLiteral("play"), IconTone::onAccent));
    predict_->setFocusPolicy(Qt::TabFocus);
    connect(predict_, &QPushButton::clicked, this, &TopBar::predictWanted);
    layout->addWidget(predict_);

    connect(&bench_, &Workbench::documentChanged, this, &TopBar::showFile);
    connect(&bench_, &Workbench::voxelSizeChanged, this, &TopBar::showFile);
    showFile();
}

void TopBar::setPredictState(bool running, const QString& obstacle) {
    predict_->setText(running ? tr("Cancel") : tr("Predict"));
    predict_->setIcon(icon(running ? QStringLiteral("stop") : QStringLiteral("play"),
                           obstacle.isEmpty() || running ? IconTone::onAccent : IconTone::secondary));
    predict_->setEnabled(running || obstacle.isEmpty());
    predict_->setToolTip(running ? tr("Stops the prediction; the labels stay as they were")
                         : obstacle.isEmpty()
                             ? tr("Predict with the settings of the Predict page  Ctrl+Return")
                             : obstacle);
}

void TopBar::showFile() {
    const Document* document = bench_.document();
    file_->setVisible(document);
    segments_->setVisible(document); // the start page has nothing to look at in several ways
    if (!document) return;
    const ImageInfo& info = document->info();
    QString name = QString::fromStdString(info.path.filename().string());
    if (name.isEmpty()) name = tr("image");
    const QString size = sizeWords(document->voxelSize(), info.extent().z > 1);
    file_->setText(fontMetrics().elidedText(name, Qt::ElideMiddle, 220) + QStringLiteral(" · ") + size);
    const QString source = QString::fromStdString(document->voxelSize().source);
    file_->setToolTip(tr("%1\n%2\nClick to see or enter the pixel size")
                          .arg(QString::fromStdString(info.path.string()),
                               source.isEmpty() ? tr("The file does not state its pixel size.")
                                                : tr("Pixel size from: %1").arg(source)));
    file_->setAccessibleName(file_->text());
}

} // namespace cristae
