// ExportDialog: what to write, how, which slices, where to; says at once what cannot be.
#pragma once
#include "core/export/exporter.h"
#include "core/session/session.h"

#include <QDialog>
#include <QFileInfo>
#include <QPointer>
#include <optional>

class QButtonGroup;
class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QProgressBar;
class QPushButton;
class QSpinBox;

namespace cristae {

class Job;
class ObjectForm;
class Workbench;

/// Open with open(); it stays until the file is written or the user closes it.
class ExportDialog : public QDialog {
    Q_OBJECT
public:
    explicit ExportDialog(Workbench& workbench, QWidget* parent = nullptr);
    ~ExportDialog() override;

    void setTarget(const QString& path);
    /// By the exporter's key, "tiff".
    void setFormat(const QString& key);
    /// The sentence that says why it cannot be written so; empty if it can.
    QString complaint() const;

public Q_SLOTS:
    /// Writes in the background; asks first where something would be replaced.
    void write();

Q_SIGNALS:
    void written(const QString& path);

private:
    void buildLayout();
    void browse();
    void update();
    void formatChanged();
    const Exporter* exporter() const;
    std::vector<uint32_t> values() const;
    ResultKind kind() const;
    std::pair<int64_t, int64_t> slices() const;
    ExportDescription description() const;
    /// What will stand there: the file, or the folder of a stack.
    QFileInfo place() const;
    /// Of that, or of what is written beside it, what exists already.
    std::optional<QFileInfo> replaced() const;
    void askToReplace(const QFileInfo& there);
    void writeNow();

    Workbench& workbench_;
    QPointer<Job> job_;
    bool targetTyped_ = false;
    QComboBox *what_ = nullptr, *format_ = nullptr, *where_ = nullptr, *oneClass_ = nullptr;
    QListWidget* classes_ = nullptr;
    ObjectForm* objects_ = nullptr;
    QWidget* range_ = nullptr;
    QSpinBox *first_ = nullptr, *last_ = nullptr;
    QLineEdit* target_ = nullptr;
    QLabel *complaint_ = nullptr, *formatWords_ = nullptr;
    QProgressBar* bar_ = nullptr;
    QPushButton *write_ = nullptr, *close_ = nullptr;
};

} // namespace cristae
