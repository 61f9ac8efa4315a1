// DatasetDialog: which of several images in a file to open, and how their axes are read.
#pragma once
#include "core/io/format.h"

#include <QDialog>

class QPushButton;
class QTableWidget;

namespace cristae {

class AxesForm;
class Workbench;

/// Open with open(); ends in chosen() or nothing.
class DatasetDialog : public QDialog {
    Q_OBJECT
public:
    /// One dataset: only its axes are asked for.
    DatasetDialog(Workbench& bench, const QString& path, std::vector<SceneInfo> datasets,
                  QWidget* parent = nullptr);

    /// Selects the first dataset that looks like labels.
    void preferLabels();

Q_SIGNALS:
    /// axes is empty unless the user has changed them.
    void chosen(const QString& path, const QString& dataset, const QString& axes);

private:
    void accept() override;
    void selectionChanged();
    QString path_;
    std::vector<SceneInfo> datasets_;
    QTableWidget* table_ = nullptr;
    AxesForm* axes_ = nullptr;
    QPushButton* open_ = nullptr;
};

} // namespace cristae
