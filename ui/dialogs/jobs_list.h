// JobsList: all jobs with their words, bars and errors; each can be cancelled here.
#pragma once
#include <QDialog>

class QLabel;
class QVBoxLayout;

namespace cristae {

class Jobs;

/// Open with show(); it may stay open beside the work.
class JobsList : public QDialog {
    Q_OBJECT
public:
    explicit JobsList(Jobs& jobs, QWidget* parent = nullptr);

private:
    void rebuild();
    Jobs& jobs_;
    QVBoxLayout* rows_ = nullptr;
    QLabel* empty_ = nullptr;
};

} // namespace cristae
