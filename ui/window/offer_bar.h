// OfferBar: a sentence with buttons above the canvas that stays until it is answered or closed.
#pragma once
#include <QFrame>

#include <functional>

class QHBoxLayout;

namespace cristae {

class OfferBar : public QFrame {
    Q_OBJECT
public:
    explicit OfferBar(const QString& sentence, QWidget* parent = nullptr);
    /// A press runs `chosen` and takes the bar away.
    void addChoice(const QString& words, const QString& objectName, std::function<void()> chosen);

private:
    QHBoxLayout* layout_ = nullptr;
};

} // namespace cristae
