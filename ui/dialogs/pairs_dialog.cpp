// PairsDialog: paths in, pairs shown, rows out.
#include "ui/dialogs/pairs_dialog.h"

#include "ui/panels/parts.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTableWidget>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>
#include <set>

namespace cristae {

namespace {

enum class Meaning { foreground, inverted, valuesAreClasses, boundaries };
enum class Split { train, validation, everyFifth };

struct Inspection {
    std::vector<TrainingPair> pairs;
    std::vector<int64_t> values; // of the first label slice that has any
};

/// Values of the first label image, at most 20 of them.
std::vector<int64_t> valuesOf(const TileSource& labels, const Progress& progress) {
    std::set<int64_t> values;
    for (int64_t z = 0; z < std::min<int64_t>(labels.info().extent().z, 3); ++z) {
        const Pixels slice = labels.read(0, Box3::ofSlice(labels.info().extent(), z), progress);
        withPixelType(slice.type(), [&](auto tag) {
            using T = decltype(tag);
            T last{};
            for (const T value : slice.values<T>())
                if ((value != last || values.empty()) && values.size() < 20)
                    values.insert(int64_t(last = value));
        });
    }
    if (labels.info().unlabelled) values.erase(*labels.info().unlabelled);
    return {values.begin(), values.end()};
}

} // namespace

PairsDialog::PairsDialog(Workbench& workbench, QWidget* parent) : QDialog(parent), workbench_(workbench) {
    setWindowTitle(tr("Add images with labels"));
    setAttribute(Qt::WA_DeleteOnClose);
    buildLayout();
    delay_ = new QTimer(this);
    delay_->setSingleShot(true);
    delay_->setInterval(300);
    connect(delay_, &QTimer::timeout, this, &PairsDialog::inspect);
    update();
}

PairsDialog::~PairsDialog() {
    for (Job* job : {inspecting_.data(), reading_.data()})
        if (job) job->cancel();
}

void PairsDialog::buildLayout() {
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(12);
    layout->addWidget(secondaryLabel(
        tr("Two folders, or two stacks: images and labels are paired by name or by page."), this));
    auto* form = new QFormLayout;
    const auto pathRow = [&](const QString& words, const char* objectName) {
        auto* line = new QLineEdit(this);
        line->setObjectName(QLatin1String(objectName));
        auto* folder = new QPushButton(tr("Folder…"), this);
        auto* file = new QPushButton(tr("File…"), this);
        auto* row = new QHBoxLayout;
        row->addWidget(line, 1);
        row->addWidget(folder);
        row->addWidget(file);
        form->addRow(words, row);
        connect(line, &QLineEdit::textChanged, this, [this] { delay_->start(); });
        connect(folder, &QPushButton::clicked, this, [this, line] { browse(line, true); });
        connect(file, &QPushButton::clicked, this, [this, line] { browse(line, false); });
        return line;
    };
    images_ = pathRow(tr("Images"), "images");
    labels_ = pathRow(tr("Labels"), "labels");
    meaning_ = new QComboBox(this);
    meaning_->setObjectName(QStringLiteral("meaning"));
    meaning_->addItem(tr("every value except 0 is the structure"), int(Meaning::foreground));
    meaning_->addItem(tr("0 is the structure, the rest is background"), int(Meaning::inverted));
    meaning_->addItem(tr("each value is a class of its own"), int(Meaning::valuesAreClasses));
    meaning_->addItem(tr("values are object ids; learn the boundaries between them"),
                      int(Meaning::boundaries));
    form->addRow(tr("Label values"), meaning_);
    valuesWords_ = secondaryLabel(QString(), this);
    form->addRow(QString(), valuesWords_);
    names_ = new QLineEdit(this);
    names_->setObjectName(QStringLiteral("classNames"));
    names_->setPlaceholderText(tr("mitochondria"));
    names_->setToolTip(
        tr("Names of the classes; several in the order of their values, separated by commas."));
    form->addRow(tr("Class names"), names_);
    role_ = new QComboBox(this);
    role_->setObjectName(QStringLiteral("split"));
    role_->addItem(tr("training, every fifth for validation"), int(Split::everyFifth));
    role_->addItem(tr("training"), int(Split::train));
    role_->addItem(tr("validation"), int(Split::validation));
    form->addRow(tr("Use for"), role_);
    layout->addLayout(form);

    found_ = secondaryLabel(QString(), this);
    layout->addWidget(found_);
    table_ = new QTableWidget(0, 3, this);
    table_->setObjectName(QStringLiteral("pairs"));
    table_->setHorizontalHeaderLabels({tr("Image"), tr("Labels"), tr("Size")});
    table_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    table_->horizontalHeader()->setSectionResizeMode(1, QHeaderView::Stretch);
    table_->horizontalHeader()->setSectionResizeMode(2, QHeaderView::ResizeToContents);
    table_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table_->verticalHeader()->hide();
    table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table_->setSelectionMode(QAbstractItemView::NoSelection);
    layout->addWidget(table_, 1);
    complaint_ = complaintLabel(this);
    complaint_->setObjectName(QStringLiteral("complaint"));
    layout->addWidget(complaint_);

    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    take_ = buttons->addButton(tr("Add"), QDialogButtonBox::AcceptRole);
    take_->setObjectName(QStringLiteral("take"));
    setStyleProperty(take_, "primary", true);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(take_, &QPushButton::clicked, this, &PairsDialog::take);
    connect(meaning_, &QComboBox::currentIndexChanged, this, &PairsDialog::update);
    connect(names_, &QLineEdit::textChanged, this, &PairsDialog::update);
    resize(640, 560);
}

void PairsDialog::setPaths(const QString& images, const QString& labels) {
    images_->setText(images);
    labels_->setText(labels);
    inspect();
}

void PairsDialog::setClassNames(const QString& names) {
    names_->setText(names);
}

void PairsDialog::browse(QLineEdit* target, bool folder) {
    auto* dialog =
        new QFileDialog(this, folder ? tr("Choose a folder of images") : tr("Choose an image or a stack"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(folder ? QFileDialog::Directory : QFileDialog::ExistingFile);
    if (!target->text().isEmpty()) dialog->selectFile(target->text());
    connect(dialog, &QFileDialog::fileSelected, this,
            [target](const QString& path) { target->setText(path); });
    dialog->open();
}

void PairsDialog::inspect() {
    delay_->stop();
    if (inspecting_) inspecting_->cancel();
    pairs_.clear();
    labelValues_.clear();
    problem_.clear();
    const std::string images = images_->text().trimmed().toStdString(),
                      labels = labels_->text().trimmed().toStdString();
    if (images.empty() || labels.empty()) return update();
    inspecting_ = workbench_.jobs().start<Inspection>(
        Queue::files, tr("Pairing images and labels"),
        [images, labels](const Progress& progress) {
            Inspection found{pairImagesAndLabels(images, labels, Role::train), {}};
            if (!found.pairs.empty()) found.values = valuesOf(*found.pairs.front().labels, progress);
            return found;
        },
        [self = QPointer(this)](Inspection found) {
            if (!self) return;
            self->pairs_ = std::move(found.pairs);
            self->labelValues_ = std::move(found.values);
            const bool classes = self->labelValues_.size() > 2 && self->labelValues_.size() <= 16;
            const auto wanted = classes                          ? Meaning::valuesAreClasses
                                : self->labelValues_.size() > 16 ? Meaning::boundaries
                                                                 : Meaning::foreground;
            self->meaning_->setCurrentIndex(self->meaning_->findData(int(wanted)));
            self->update();
        },
        [self = QPointer(this)](const Error& error) {
            if (!self) return;
            self->problem_ = QString::fromUtf8(error.what());
            self->update();
        },
        {}, false);
    update();
}

std::vector<std::string> PairsDialog::classNames() const {
    std::vector<std::string> names;
    for (const QString& name : names_->text().split(QLatin1Char(','), Qt::SkipEmptyParts))
        if (!name.trimmed().isEmpty()) names.push_back(name.trimmed().toStdString());
    return names;
}

LabelMeaning PairsDialog::meaning() const {
    LabelMeaning meaning;
    switch (Meaning(meaning_->currentData().toInt())) {
    case Meaning::foreground:
        break;
    case Meaning::inverted:
        meaning.inverted = true;
        break;
    case Meaning::boundaries:
        meaning.boundariesOfIds = true;
        break;
    case Meaning::valuesAreClasses:
        for (const int64_t value : labelValues_)
            if (value != 0) meaning.valuesOfClass.push_back({value});
        break;
    }
    return meaning;
}

void PairsDialog::update() {
    table_->setRowCount(int(pairs_.size()));
    for (int i = 0; i < int(pairs_.size()); ++i) {
        const TrainingPair& pair = pairs_[size_t(i)];
        const Extent3 e = pair.image->info().extent();
        const QString size =
            e.z > 1 ? tr("%1 × %2 × %3").arg(e.x).arg(e.y).arg(e.z) : tr("%1 × %2").arg(e.x).arg(e.y);
        const QString words[] = {imageName(pair.image->info()), imageName(pair.labels->info()), size};
        for (int c = 0; c < 3; ++c) table_->setItem(i, c, new QTableWidgetItem(words[c]));
    }
    QStringList values;
    for (const int64_t value : labelValues_) values << QString::number(value);
    setSentence(valuesWords_, values.isEmpty() ? QString()
                              : values.size() >= 20
                                  ? tr("More than 19 different values: object ids.")
                                  : tr("Values found: %1.").arg(values.join(QStringLiteral(", "))));
    setSentence(found_, pairs_.empty() ? QString() : tr("%n pairs found.", nullptr, int(pairs_.size())));

    const size_t wanted = std::max<size_t>(1, meaning().valuesOfClass.size());
    QString sentence = problem_;
    if (images_->text().trimmed().isEmpty() || labels_->text().trimmed().isEmpty())
        sentence = tr("Choose the images and their labels.");
    else if (sentence.isEmpty() && pairs_.empty())
        sentence = inspecting_ ? tr("Reading…") : QString();
    else if (sentence.isEmpty() && classNames().size() != wanted)
        sentence = wanted == 1
                       ? tr("Enter the name of the class, for example mitochondria.")
                       : tr("The labels hold %1 classes; give %1 names separated by commas.").arg(wanted);
    setSentence(complaint_, sentence);
    take_->setEnabled(sentence.isEmpty() && !pairs_.empty() && !reading_);
    take_->setToolTip(sentence);
    take_->setText(pairs_.empty() ? tr("Add") : tr("Add %n pairs", nullptr, int(pairs_.size())));
}

void PairsDialog::take() {
    std::vector<TrainingPair> pairs = pairs_;
    const auto split = Split(role_->currentData().toInt());
    std::vector<TrainingPair> chosen;
    for (size_t i = 0; i < pairs.size(); ++i) {
        TrainingPair& pair = pairs[i];
        const int64_t slices = pair.image->info().extent().z;
        if (split == Split::everyFifth && pairs.size() == 1 && slices > 1) {
            // One stack: its last fifth, so that neighbours of training slices are not what is judged on.
            TrainingPair rest = pair;
            pair.firstSlice = 0;
            pair.endSlice = slices - std::max<int64_t>(1, slices / 5);
            rest.firstSlice = pair.endSlice;
            rest.endSlice = slices;
            rest.role = Role::validation;
            chosen.push_back(pair);
            chosen.push_back(rest);
            continue;
        }
        const bool validation = split == Split::validation ||
                                (split == Split::everyFifth &&
                                 (i % 5 == 4 || (pairs.size() < 5 && i + 1 == pairs.size() && i > 0)));
        pair.role = validation ? Role::validation : Role::train;
        chosen.push_back(pair);
    }
    const LabelMeaning how = meaning();
    const std::vector<std::string> names = classNames();
    complaint_->hide();
    reading_ = workbench_.jobs().start<std::vector<DataSetRow>>(
        Queue::files, tr("Reading images with labels"),
        [chosen, how, names](const Progress& progress) {
            std::vector<DataSetRow> rows;
            for (size_t i = 0; i < chosen.size(); ++i) {
                const double count = double(chosen.size());
                rows.push_back(describeRow(chosen[i], how, names,
                                           PartProgress(progress, double(i) / count, double(i + 1) / count)));
            }
            return rows;
        },
        [self = QPointer(this)](std::vector<DataSetRow> rows) {
            if (!self) return;
            Q_EMIT self->taken(rows);
            self->accept();
        },
        [self = QPointer(this)](const Error& error) {
            if (!self) return;
            self->problem_ = QString::fromUtf8(error.what());
            self->reading_ = nullptr;
            self->update();
        });
    take_->setEnabled(false);
    take_->setText(tr("Reading…"));
}

} // namespace cristae
