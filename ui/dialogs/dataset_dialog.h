// DatasetDialog: which of several datasets in an HDF5 file to open.
#pragma once
#include "core/io/format.h"

#include <QDialog>

class QLineEdit;
class QTableWidget;

namespace cristae {

/// Open with open(); ends in chosen() or nothing.
class DatasetDialog : public QDialog {
    Q_OBJECT
public:
    DatasetDialog(const QString& path, std::vector<SceneInfo> datasets, QWidget* parent = nullptr);

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
    QLineEdit* axes_ = nullptr;
};

} // namespace cristae
