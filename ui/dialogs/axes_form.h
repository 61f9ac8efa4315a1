// AxesForm: which dimension of an array is which axis, with a preview of a slice read that way.
#pragma once
#include "core/io/format.h"

#include <QPointer>
#include <QString>
#include <QTimer>
#include <QWidget>

#include <memory>
#include <vector>

class QComboBox;
class QHBoxLayout;
class QImage;
class QLabel;

namespace cristae {

class Job;
class Workbench;

class AxesForm : public QWidget {
    Q_OBJECT
public:
    explicit AxesForm(Workbench& bench, QWidget* parent = nullptr);
    ~AxesForm() override;

    /// Shows an array with its axes as they were stated, guessed or set before. Reads its middle slice in the
    /// background.
    void setArray(const QString& path, const SceneInfo& scene);
    /// A letter for each dimension; empty unless rows and columns are among them.
    QString axes() const;

Q_SIGNALS:
    void changed();

private:
    struct Preview;
    QString letters() const;
    void exchange(int dimension);
    void describe();
    void read();
    void show(const Preview& preview);

    Workbench& bench_;
    QString path_;
    SceneInfo scene_;
    QHBoxLayout* row_ = nullptr;
    std::vector<QComboBox*> boxes_; // one a dimension, slowest first
    QString before_;                // letters before the latest choice
    QLabel *words_ = nullptr, *picture_ = nullptr;
    QTimer wait_;
    QPointer<Job> reading_;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

} // namespace cristae
