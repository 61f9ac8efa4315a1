// ExportDialog: choices in, one file out, written in the background.
#include "ui/dialogs/export_dialog.h"

#include "core/labels/label_source.h"
#include "ui/dialogs/chosen_file.h"
#include "ui/dialogs/object_form.h"
#include "ui/panels/parts.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QComboBox>
#include <QDateTime>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QLocale>
#include <QMessageBox>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace cristae {

namespace {
enum class Where { slice, all, range };
} // namespace

ExportDialog::ExportDialog(Workbench& workbench, QWidget* parent) : QDialog(parent), workbench_(workbench) {
    setWindowTitle(tr("Export labels"));
    setAttribute(Qt::WA_DeleteOnClose);
    buildLayout();
    connect(&workbench_, &Workbench::documentChanged, this, &QDialog::reject);
    formatChanged();
}

ExportDialog::~ExportDialog() = default; // a running export goes on; its end is said in the window

void ExportDialog::buildLayout() {
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(12);
    auto* form = new QFormLayout;
    form->setVerticalSpacing(10);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);

    what_ = new QComboBox(this);
    what_->setObjectName(QStringLiteral("what"));
    what_->addItem(tr("Label image of the chosen classes"), int(ResultKind::labels));
    what_->addItem(tr("Mask of one class (0 and 255)"), int(ResultKind::mask));
    what_->addItem(tr("Object ids of one class"), int(ResultKind::objects));
    form->addRow(tr("Content"), what_);

    const Document* document = workbench_.document();
    classes_ = new QListWidget(this);
    classes_->setObjectName(QStringLiteral("classes"));
    classes_->setAccessibleName(tr("Classes to write"));
    classes_->setSelectionMode(QAbstractItemView::NoSelection);
    oneClass_ = new QComboBox(this);
    oneClass_->setObjectName(QStringLiteral("oneClass"));
    if (document)
        for (const LabelClass& known : document->classes().classes()) {
            const QIcon icon(swatch(known.colour, devicePixelRatioF()));
            auto* item = new QListWidgetItem(icon, text(known.name), classes_);
            item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsUserCheckable);
            item->setCheckState(Qt::Checked);
            item->setData(Qt::UserRole, known.value);
            oneClass_->addItem(icon, text(known.name), known.value);
        }
    classes_->setFixedHeight(std::clamp(classes_->count(), 1, 6) * 26 + 6);
    auto* classStack = new QVBoxLayout;
    classStack->addWidget(classes_);
    classStack->addWidget(oneClass_);
    form->addRow(tr("Classes"), classStack);

    objects_ = new ObjectForm(document && document->info().extent().z > 1, this);
    form->addRow(QString(), objects_);

    where_ = new QComboBox(this);
    where_->setObjectName(QStringLiteral("exportWhere"));
    const int slices = document ? int(document->info().extent().z) : 1;
    if (slices > 1) {
        where_->addItem(tr("All %n slices", nullptr, slices), int(Where::all));
        where_->addItem(tr("This slice (%1)").arg(workbench_.view().slice + 1), int(Where::slice));
        where_->addItem(tr("Slices from … to …"), int(Where::range));
        form->addRow(tr("Slices"), where_);
    } else {
        where_->addItem(tr("The image"), int(Where::all));
        where_->hide();
    }
    range_ = new QWidget(this);
    auto* rangeRow = new QHBoxLayout(range_);
    rangeRow->setContentsMargins(0, 0, 0, 0);
    first_ = new QSpinBox(range_);
    last_ = new QSpinBox(range_);
    first_->setAccessibleName(tr("First slice"));
    last_->setAccessibleName(tr("Last slice"));
    for (QSpinBox* box : {first_, last_}) box->setRange(1, slices);
    last_->setValue(slices);
    rangeRow->addWidget(first_, 1);
    rangeRow->addWidget(new QLabel(tr("to"), range_));
    rangeRow->addWidget(last_, 1);
    form->addRow(QString(), range_);
    range_->hide();

    format_ = new QComboBox(this);
    format_->setObjectName(QStringLiteral("format"));
    for (const auto& one : workbench_.session().exporters())
        format_->addItem(tr("%1 (.%2)").arg(text(one->name()), text(one->extensions().front())),
                         text(one->key()));
    form->addRow(tr("Format"), format_);
    formatWords_ = secondaryLabel(QString(), this);
    form->addRow(QString(), formatWords_);

    target_ = new QLineEdit(this);
    target_->setObjectName(QStringLiteral("target"));
    auto* browseButton = new QPushButton(tr("Browse…"), this);
    auto* targetRow = new QHBoxLayout;
    targetRow->addWidget(target_, 1);
    targetRow->addWidget(browseButton);
    form->addRow(tr("File"), targetRow);
    layout->addLayout(form);

    complaint_ = complaintLabel(this);
    complaint_->setObjectName(QStringLiteral("complaint"));
    layout->addWidget(complaint_);
    bar_ = new QProgressBar(this);
    bar_->setRange(0, 1000);
    bar_->setTextVisible(false);
    bar_->hide();
    layout->addWidget(bar_);
    layout->addStretch(1);
    auto* buttons = new QDialogButtonBox(this);
    close_ = buttons->addButton(tr("Close"), QDialogButtonBox::RejectRole);
    write_ = buttons->addButton(tr("Export"), QDialogButtonBox::AcceptRole);
    write_->setObjectName(QStringLiteral("write"));
    setStyleProperty(write_, "primary", true);
    layout->addWidget(buttons);

    connect(close_, &QPushButton::clicked, this, [this] {
        if (job_) job_->cancel();
        reject();
    });
    connect(write_, &QPushButton::clicked, this, &ExportDialog::write);
    connect(browseButton, &QPushButton::clicked, this, &ExportDialog::browse);
    connect(target_, &QLineEdit::textEdited, this, [this] { targetTyped_ = true; });
    connect(target_, &QLineEdit::textChanged, this, &ExportDialog::update);
    connect(format_, &QComboBox::currentIndexChanged, this, &ExportDialog::formatChanged);
    for (QComboBox* box : {what_, where_, oneClass_})
        connect(box, &QComboBox::currentIndexChanged, this, &ExportDialog::update);
    for (QSpinBox* box : {first_, last_}) connect(box, &QSpinBox::valueChanged, this, &ExportDialog::update);
    connect(classes_, &QListWidget::itemChanged, this, &ExportDialog::update);
    setMinimumWidth(480);
}

const Exporter* ExportDialog::exporter() const {
    const int index = format_->currentIndex();
    const auto& all = workbench_.session().exporters();
    return index >= 0 && index < int(all.size()) ? all[size_t(index)].get() : nullptr;
}

ResultKind ExportDialog::kind() const {
    return ResultKind(what_->currentData().toInt());
}

std::vector<uint32_t> ExportDialog::values() const {
    if (kind() != ResultKind::labels)
        return oneClass_->count() ? std::vector<uint32_t>{oneClass_->currentData().toUInt()}
                                  : std::vector<uint32_t>();
    std::vector<uint32_t> values;
    for (int i = 0; i < classes_->count(); ++i)
        if (classes_->item(i)->checkState() == Qt::Checked)
            values.push_back(classes_->item(i)->data(Qt::UserRole).toUInt());
    return values;
}

std::pair<int64_t, int64_t> ExportDialog::slices() const {
    const int64_t count = workbench_.document()->info().extent().z, current = workbench_.view().slice;
    switch (Where(where_->currentData().toInt())) {
    case Where::slice:
        return {current, current + 1};
    case Where::range:
        return {first_->value() - 1, last_->value()};
    case Where::all:
        break;
    }
    return {0, count};
}

QString ExportDialog::complaint() const {
    const Document* document = workbench_.document();
    if (!document) return tr("Open an image first.");
    if (document->classes().empty())
        return tr("There are no labels to write yet: predict or paint something first.");
    const Exporter* how = exporter();
    if (!how) return tr("No format can hold this content; choose other content.");
    if (values().empty()) return tr("Tick at least one class.");
    const auto [first, end] = slices();
    if (first >= end) return tr("The first slice lies after the last.");
    if (target_->text().trimmed().isEmpty()) return tr("Choose the file to write.");
    const QFileInfo target(target_->text().trimmed());
    if (!target.dir().exists()) return tr("There is no folder %1; choose another.").arg(target.dir().path());
    const std::string image = document->info().path.string();
    const QString standing = place().canonicalFilePath(),
                  original = QFileInfo(text(image)).canonicalFilePath();
    if (!original.isEmpty() && original == standing)
        return tr("This is the image itself; choose another name.");
    if (!original.isEmpty() && !standing.isEmpty() && original.startsWith(standing + QLatin1Char('/')))
        return tr("The slices would replace the folder %1, which holds the image itself; choose another "
                  "name.")
            .arg(standing);
    return text(how->complaint(description()));
}

ExportDescription ExportDialog::description() const {
    const Document* document = workbench_.document();
    const auto [first, end] = slices();
    ExportDescription description;
    const ImageInfo& info = document->info();
    description.info.levels = {{end - first, info.extent().y, info.extent().x}};
    description.info.voxelSize = document->voxelSize();
    description.info.axes = "zyx";
    description.info.type =
        kind() == ResultKind::mask ? PixelType::u8 : labelTypeFor(uint32_t(values().size()));
    description.objects = kind() == ResultKind::objects;
    for (const uint32_t value : values())
        if (const LabelClass* known = document->classes().find(value)) description.classes.push_back(*known);
    for (size_t i = 0; i < description.classes.size(); ++i)
        description.classes[i].value = kind() == ResultKind::mask ? 255u : uint32_t(i + 1);
    description.original = document->image();
    description.firstSlice = first;
    return description;
}

QFileInfo ExportDialog::place() const {
    const QString path = QFileInfo(target_->text().trimmed()).absoluteFilePath();
    return QFileInfo(text(exporter()->placeOf(path.toStdString(), description()).string()));
}

void ExportDialog::formatChanged() {
    const Exporter* how = exporter();
    const Document* document = workbench_.document();
    if (!how || !document) return update();
    const QString extension = text(how->extensions().front());
    formatWords_->setText(how->lossless() ? tr("Lossless: the file is read back and compared.")
                                          : tr("Lossy: for viewing, not for measuring."));
    const QFileInfo image(text(document->info().path.string()));
    QFileInfo now(target_->text().trimmed());
    const QString folder = now.path().isEmpty() || target_->text().isEmpty()
                               ? (image.filePath().isEmpty() ? QDir::homePath() : image.path())
                               : now.path();
    const QString stem = targetTyped_ && !now.completeBaseName().isEmpty() ? now.completeBaseName()
                         : image.completeBaseName().isEmpty()              ? tr("labels")
                                                              : tr("%1 labels").arg(image.completeBaseName());
    target_->setText(QDir(folder).filePath(stem + QLatin1Char('.') + extension));
    update();
}

void ExportDialog::setFormat(const QString& key) {
    if (const int index = format_->findData(key); index >= 0) format_->setCurrentIndex(index);
}

void ExportDialog::setTarget(const QString& path) {
    targetTyped_ = true;
    target_->setText(path);
}

void ExportDialog::browse() {
    const Exporter* how = exporter();
    auto* dialog = new QFileDialog(this, tr("Export labels"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setOption(QFileDialog::DontConfirmOverwrite); // Export asks: it knows what will stand there
    if (how) {
        QStringList patterns;
        for (const std::string& extension : how->extensions())
            patterns << QStringLiteral("*.") + text(extension);
        dialog->setNameFilter(tr("%1 (%2)").arg(text(how->name()), patterns.join(QLatin1Char(' '))));
        dialog->setDefaultSuffix(text(how->extensions().front()));
    }
    dialog->selectFile(target_->text());
    connect(dialog, &QFileDialog::fileSelected, this, &ExportDialog::setTarget);
    dialog->open();
}

void ExportDialog::update() {
    const bool one = kind() != ResultKind::labels;
    classes_->setVisible(!one);
    oneClass_->setVisible(one);
    objects_->setVisible(kind() == ResultKind::objects);
    range_->setVisible(Where(where_->currentData().toInt()) == Where::range);
    const QString sentence = complaint();
    setSentence(complaint_, sentence);
    write_->setEnabled(sentence.isEmpty() && !job_);
    write_->setToolTip(sentence);
    bar_->setVisible(job_);
    close_->setText(job_ ? tr("Cancel") : tr("Close"));
}

void ExportDialog::write() {
    if (job_ || !complaint().isEmpty()) return update();
    if (const auto there = replaced())
        askToReplace(*there);
    else
        writeNow();
}

std::optional<QFileInfo> ExportDialog::replaced() const {
    const QFileInfo there = place();
    if (there.exists()) return there;
    if (exporter()->key() != "raw") return {};
    const QFileInfo beside(there.dir().filePath(there.completeBaseName() + QStringLiteral(".json")));
    return beside.exists() ? std::optional(beside) : std::nullopt;
}

void ExportDialog::askToReplace(const QFileInfo& there) {
    const QLocale locale;
    QString facts;
    if (there.isDir()) {
        const int files = int(QDir(there.filePath()).entryList(QDir::Files).size());
        facts = tr("The folder holds %n files; all of them would be replaced.", nullptr, files);
    } else {
        facts = tr("It holds %1 and was last changed on %2.")
                    .arg(locale.formattedDataSize(there.size()),
                         locale.toString(there.lastModified(), QLocale::ShortFormat));
    }
    auto* box = new QMessageBox(QMessageBox::NoIcon, tr("Replace?"),
                                there.isDir() ? tr("There is a folder “%1” already.").arg(there.fileName())
                                              : tr("There is a file “%1” already.").arg(there.fileName()),
                                QMessageBox::Cancel, this);
    box->setObjectName(QStringLiteral("replaceQuestion"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(facts);
    auto* replace = box->addButton(tr("Replace"), QMessageBox::DestructiveRole);
    replace->setObjectName(QStringLiteral("replace"));
    box->setDefaultButton(QMessageBox::Cancel);
    connect(replace, &QPushButton::clicked, this, &ExportDialog::writeNow);
    box->open();
}

void ExportDialog::writeNow() {
    if (job_ || !complaint().isEmpty()) return update();
    const Document& document = *workbench_.document();
    const auto [first, end] = slices();
    LabelExport what;
    what.labels = document.labels().snapshot();
    what.classes = document.classes();
    what.voxelSize = document.voxelSize();
    what.image = document.image();
    what.history = document.history();
    what.kind = kind();
    what.values = values();
    what.objects = objects_->rule();
    what.firstSlice = first;
    what.endSlice = end;
    Session* session = &workbench_.session();
    const QString path = QFileInfo(target_->text().trimmed()).absoluteFilePath();
    job_ = workbench_.jobs().start<std::filesystem::path>(
        Queue::writing, tr("Exporting %1").arg(QFileInfo(path).fileName()),
        [session, what, how = exporter(), target = chosenFile(workbench_, path)](const Progress& progress) {
            return session->exportLabels(what, *how, target, progress);
        },
        [self = QPointer(this), bench = QPointer(&workbench_), path](std::filesystem::path place) {
            if (bench)
                bench->showRemark(
                    tr("The labels were written to %1.").arg(QString::fromStdString(place.string())));
            if (!self) return;
            Q_EMIT self->written(path);
            self->accept();
        },
        [self = QPointer(this), bench = QPointer(&workbench_)](const Error& error) {
            const QString sentence = QString::fromUtf8(error.what());
            if (bench && !self) bench->showError(tr("Export"), sentence);
            if (!self) return;
            self->job_ = nullptr;
            self->update();
            setSentence(self->complaint_, sentence);
        });
    connect(job_, &Job::changed, this, [this] {
        if (job_) bar_->setValue(int(std::lround(job_->fraction() * 1000)));
    });
    update();
}

} // namespace cristae
