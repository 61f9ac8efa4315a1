// LayersPanel: rows of classes.
#include "ui/window/layers_panel.h"
#include "core/tools/slice_edits.h"
#include "ui/panels/parts.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/window/tool_strip.h"
#include "ui/window/workbench.h"

#include <QColorDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMouseEvent>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSlider>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>
#include <utility>

namespace cristae {

namespace {

QColor colourOf(const LabelClass& entry) {
    return QColor(entry.colour.r, entry.colour.g, entry.colour.b);
}

QToolButton* smallButton(QWidget* parent, const QString& iconName, IconTone tone, const QString& words) {
    auto* button = new QToolButton(parent);
    button->setIcon(icon(iconName, tone));
    button->setIconSize({16, 16});
    button->setFixedSize(24, 24);
    button->setStyleSheet(QStringLiteral("padding: 2px;"));
    button->setToolTip(words);
    button->setAccessibleName(words);
    return button;
}

} // namespace

LayersPanel::LayersPanel(Workbench& bench, QWidget* parent) : QWidget(parent), bench_(bench) {
    setObjectName(QStringLiteral("layersPanel"));
    setAttribute(Qt::WA_StyledBackground);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->setSpacing(4);
    auto* head = new QHBoxLayout;
    head->setContentsMargins(8, 0, 4, 0);
    head->addWidget(headingLabel(tr("Layers and classes"), this), 1);
    add_ = smallButton(this, QStringLiteral("plus"), IconTone::text, tr("Add a class"));
    add_->setObjectName(QStringLiteral("addClass"));
    connect(add_, &QToolButton::clicked, this, &LayersPanel::addClass);
    head->addWidget(add_);
    layout->addLayout(head);

    auto* list = new QWidget(this);
    rows_ = new QVBoxLayout(list);
    rows_->setContentsMargins(0, 0, 0, 0);
    rows_->setSpacing(2);
    auto* scroll = new QScrollArea(this);
    scroll->setWidget(list);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setMinimumHeight(72);
    scroll->setMaximumHeight(176);
    layout->addWidget(scroll, 1);
    empty_ = secondaryLabel(tr("No classes yet. Predict, or add one with +."), list);
    empty_->setContentsMargins(8, 4, 8, 4);

    auto* foot = new QHBoxLayout;
    foot->setContentsMargins(8, 4, 8, 0);
    foot->setSpacing(8);
    auto* word = secondaryLabel(tr("Opacity"), this);
    word->setWordWrap(false);
    foot->addWidget(word);
    opacity_ = new QSlider(Qt::Horizontal, this);
    opacity_->setObjectName(QStringLiteral("opacity"));
    opacity_->setAccessibleName(tr("Opacity of labels"));
    opacity_->setToolTip(tr("Opacity of the labels  Ctrl+[  Ctrl+]"));
    opacity_->setRange(0, 100);
    foot->addWidget(opacity_, 1);
    opacityText_ = secondaryLabel({}, this);
    opacityText_->setWordWrap(false);
    opacityText_->setMinimumWidth(36);
    opacityText_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    foot->addWidget(opacityText_);
    layout->addLayout(foot);

    connect(opacity_, &QSlider::valueChanged, this, [this](int percent) {
        OverlayStyle style = bench_.overlayStyle();
        style.fill = percent / 100.0;
        bench_.setOverlayStyle(style);
    });
    countLater_.setSingleShot(true);
    countLater_.setInterval(200);
    connect(&countLater_, &QTimer::timeout, this, &LayersPanel::count);
    connect(&bench_, &Workbench::classesChanged, this, &LayersPanel::rebuild);
    connect(&bench_, &Workbench::documentChanged, this, &LayersPanel::rebuild);
    connect(&bench_, &Workbench::toolChanged, this, &LayersPanel::showCurrent);
    connect(&bench_, &Workbench::displayChanged, this, &LayersPanel::showStyle);
    connect(&bench_, &Workbench::labelsChanged, &countLater_, qOverload<>(&QTimer::start));
    connect(&bench_, &Workbench::viewChanged, this, [this] {
        if (!countLater_.isActive()) countLater_.start();
    });
    rebuild();
    showStyle();
}

void LayersPanel::rebuild() {
    // Hiding a row ends the typing of a name in it, which may change the classes and come here again.
    while (!rowOf_.empty())
        for (const auto& [value, row] : std::exchange(rowOf_, {})) {
            row->hide();
            row->deleteLater(); // the click that led here may still be on its way through the row
        }
    shareOf_.clear();
    while (QLayoutItem* item = rows_->takeAt(0)) delete item;
    const Document* document = bench_.document();
    add_->setEnabled(document);
    add_->setToolTip(document ? tr("Add a class") : tr("Open an image first"));
    const bool none = !document || document->classes().empty();
    empty_->setVisible(none);
    rows_->addWidget(empty_);
    int number = 1;
    if (document)
        for (const LabelClass& entry : document->classes().classes()) {
            QWidget* row = makeRow(entry, number++);
            rowOf_[entry.value] = row;
            rows_->addWidget(row);
        }
    rows_->addStretch(1);
    showCurrent();
    countLater_.start();
}

QWidget* LayersPanel::makeRow(const LabelClass& entry, int number) {
    auto* row = new QWidget(this);
    row->setObjectName(QStringLiteral("classRow"));
    row->setAttribute(Qt::WA_StyledBackground);
    row->setFixedHeight(32);
    const QString name = QString::fromStdString(entry.name);
    row->setToolTip(number <= 9
                        ? tr("Click or press %1 to paint %2; double-click renames").arg(number).arg(name)
                        : QString());
    row->setProperty("value", entry.value);
    row->installEventFilter(this);
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(4, 0, 4, 0);
    layout->setSpacing(4);
    const uint32_t value = entry.value;
    auto* swatch = smallButton(row, QStringLiteral("plus"), IconTone::text, tr("Colour of %1").arg(name));
    swatch->setIcon(colourChip(colourOf(entry), 14, palette().color(QPalette::Mid)));
    connect(swatch, &QToolButton::clicked, this, [this, value] { chooseColour(value); });
    auto* label = new QLabel(name, row);
    label->setObjectName(QStringLiteral("className"));
    label->setAttribute(Qt::WA_TransparentForMouseEvents);
    label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* share = secondaryLabel({}, row);
    share->setWordWrap(false);
    share->setAttribute(Qt::WA_TransparentForMouseEvents);
    shareOf_[value] = share;
    auto* eye =
        smallButton(row, entry.visible ? QStringLiteral("eye") : QStringLiteral("eye-off"),
                    IconTone::secondary, entry.visible ? tr("Hide %1").arg(name) : tr("Show %1").arg(name));
    connect(eye, &QToolButton::clicked, this, [this, value, name, visible = entry.visible] {
        change(value, visible ? tr("Hide %1").arg(name) : tr("Show %1").arg(name),
               [](LabelClass& changed) { changed.visible = !changed.visible; });
    });
    auto* lock = smallButton(row, entry.locked ? QStringLiteral("lock") : QStringLiteral("unlock"),
                             entry.locked ? IconTone::text : IconTone::secondary,
                             entry.locked ? tr("Unlock %1: strokes and predictions may change it").arg(name)
                                          : tr("Lock %1: strokes and predictions leave it alone").arg(name));
    connect(lock, &QToolButton::clicked, this, [this, value, name, locked = entry.locked] {
        change(value, locked ? tr("Unlock %1").arg(name) : tr("Lock %1").arg(name),
               [](LabelClass& changed) { changed.locked = !changed.locked; });
    });
    layout->addWidget(swatch);
    layout->addWidget(label, 1);
    layout->addWidget(share);
    layout->addWidget(eye);
    layout->addWidget(lock);
    return row;
}

bool LayersPanel::eventFilter(QObject* watched, QEvent* event) {
    auto* row = qobject_cast<QWidget*>(watched);
    if (!row || row->objectName() != QLatin1String("classRow")) return false;
    const uint32_t value = row->property("value").toUInt();
    if (event->type() == QEvent::MouseButtonPress &&
        static_cast<QMouseEvent*>(event)->button() == Qt::LeftButton)
        bench_.setCurrentLabel(value);
    if (event->type() == QEvent::MouseButtonDblClick) rename(value);
    if (event->type() == QEvent::ContextMenu) {
        rowMenu(value, static_cast<QContextMenuEvent*>(event)->globalPos());
        return true;
    }
    return false;
}

void LayersPanel::showCurrent() {
    for (const auto& [value, row] : rowOf_) {
        const bool current = value == bench_.currentLabel();
        if (row->property("current").toBool() == current) continue;
        row->setProperty("current", current);
        row->style()->unpolish(row);
        row->style()->polish(row);
    }
}

void LayersPanel::showStyle() {
    const int percent = int(std::lround(bench_.overlayStyle().fill * 100));
    const QSignalBlocker block(opacity_);
    opacity_->setValue(percent);
    opacityText_->setText(tr("%1 %").arg(percent));
}

void LayersPanel::count() {
    const Document* document = bench_.document();
    if (!document || rowOf_.empty()) return;
    using Counts = std::map<uint32_t, int64_t>;
    const int64_t slice = bench_.view().slice;
    bench_.jobs().start<Counts>(
        Queue::view, tr("Counting"),
        [labels = document->labels().snapshot(), slice](const Progress&) {
            return labels.countsInSlice(slice);
        },
        [this, document](Counts counts) {
            if (document != bench_.document()) return;
            const double all = double(document->info().extent().y * document->info().extent().x);
            for (const auto& [value, label] : shareOf_) {
                const auto found = counts.find(value);
                const double percent = found == counts.end() ? 0 : 100.0 * double(found->second) / all;
                label->setText(percent == 0    ? tr("–")
                               : percent < 0.1 ? tr("< 0.1 %")
                                               : tr("%1 %").arg(percent, 0, 'f', 1));
                label->setToolTip(tr("Share of this slice"));
            }
        },
        {}, {}, false);
}

void LayersPanel::change(uint32_t value, const QString& words, const std::function<void(LabelClass&)>& edit) {
    if (!bench_.document()) return;
    ClassTable classes = bench_.document()->classes();
    const LabelClass* found = classes.find(value);
    if (!found) return;
    LabelClass entry = *found;
    edit(entry);
    classes.set(entry);
    bench_.document()->setClasses(classes, words.toStdString());
}

void LayersPanel::addClass() {
    if (!bench_.document()) return;
    ClassTable classes = bench_.document()->classes();
    uint32_t value = 1;
    while (classes.find(value)) ++value;
    QString name = classes.empty() ? QStringLiteral("mitochondria") : tr("class %1").arg(value);
    LabelClass entry;
    entry.value = value;
    entry.name = name.toStdString();
    entry.colour = standardColour(entry.name, value);
    classes.set(entry);
    bench_.document()->setClasses(classes, tr("Add class %1").arg(name).toStdString());
    bench_.setCurrentLabel(value);
    rename(value);
}

void LayersPanel::rename(uint32_t value) {
    const auto found = rowOf_.find(value);
    if (found == rowOf_.end()) return;
    auto* label = found->second->findChild<QLabel*>(QStringLiteral("className"));
    auto* edit = new QLineEdit(label->text(), found->second);
    edit->setObjectName(QStringLiteral("classNameEdit"));
    edit->setAccessibleName(tr("Name of the class"));
    edit->setGeometry(label->geometry().adjusted(-4, -2, 4, 2).united(QRect(label->x() - 4, 2, 120, 28)));
    edit->show();
    edit->selectAll();
    edit->setFocus();
    connect(edit, &QLineEdit::editingFinished, this, [this, edit, value] {
        edit->blockSignals(true); // hiding takes the focus, which would finish a second time
        const QString name = edit->text().trimmed();
        edit->hide();
        edit->deleteLater();
        if (name.isEmpty() || !bench_.document()) return;
        const LabelClass* other = bench_.document()->classes().findByName(name.toStdString());
        if (other && other->value != value) {
            bench_.showRemark(tr("There is a class “%1” already.").arg(name));
            return;
        }
        change(value, tr("Rename class to %1").arg(name), [&](LabelClass& entry) {
            // A colour nobody has chosen follows the name: "nuclei" gets the colour of nuclei.
            if (entry.colour == standardColour(entry.name, value))
                entry.colour = standardColour(name.toStdString(), value);
            entry.name = name.toStdString();
        });
    });
}

void LayersPanel::chooseColour(uint32_t value) {
    const LabelClass* entry = bench_.document() ? bench_.document()->classes().find(value) : nullptr;
    if (!entry) return;
    auto* dialog = new QColorDialog(colourOf(*entry), window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setOption(QColorDialog::DontUseNativeDialog);
    dialog->setWindowTitle(tr("Colour of %1").arg(QString::fromStdString(entry->name)));
    connect(dialog, &QColorDialog::colorSelected, this, [this, value](const QColor& colour) {
        change(value, tr("Change colour"), [&](LabelClass& changed) { changed.colour = fromQColor(colour); });
    });
    dialog->open();
}

void LayersPanel::removeClass(uint32_t value) {
    Document* document = bench_.document();
    const LabelClass* entry = document ? document->classes().find(value) : nullptr;
    if (!entry) return;
    const QString words = tr("Remove class %1").arg(QString::fromStdString(entry->name));
    // Its voxels go first: a value without a class would be invisible and still be there.
    Workbench::LabelWork work;
    work.words = words;
    work.make = [value](const LabelSnapshot& labels, const Progress& progress) {
        return withoutLabel(labels, value, progress);
    };
    work.enter = [document, value, words](const std::function<void()>& labels) {
        labels();
        ClassTable classes = document->classes();
        classes.remove(value);
        document->setClasses(classes, words.toStdString());
    };
    bench_.changeLabels(std::move(work));
}

void LayersPanel::rowMenu(uint32_t value, QPoint where) {
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    connect(menu->addAction(tr("Rename")), &QAction::triggered, this, [this, value] { rename(value); });
    connect(menu->addAction(tr("Colour…")), &QAction::triggered, this,
            [this, value] { chooseColour(value); });
    connect(menu->addAction(tr("Remove class and its labels")), &QAction::triggered, this,
            [this, value] { removeClass(value); });
    menu->popup(where);
}

} // namespace cristae
