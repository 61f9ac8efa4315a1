// MessageBar: errors and remarks above the canvas, never in a box that blocks.
#pragma once
#include <QFrame>
#include <QTimer>

class QLabel;
class QPushButton;
class QToolButton;

namespace cristae {

class MessageBar : public QFrame {
    Q_OBJECT
public:
    explicit MessageBar(QWidget* parent = nullptr);
    /// Stays until it is closed; "Details" copies everything.
    void showError(const QString& title, const QString& message);
    /// Goes by itself. Does not push an error aside.
    void showRemark(const QString& message);
    QString text() const;

private:
    void setKind(const QString& kind);
    QLabel *icon_ = nullptr, *words_ = nullptr;
    QPushButton* details_ = nullptr;
    QToolButton* close_ = nullptr;
    QTimer fade_;
    QString copied_;
    bool error_ = false;
};

} // namespace cristae
