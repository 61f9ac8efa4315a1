// NumberBox: a field for a number of any size, written with the digits that it has.
#pragma once
#include "core/base/number.h"

#include <QDoubleSpinBox>
#include <QKeyEvent>
#include <QLineEdit>
#include <QLocale>
#include <QStyle>

namespace cristae {

/// Shows 0.002 and 1e-05 as they are written, without a tail of zeros. Takes 4.5 and 4,5 in every locale.
/// What cannot be taken (1,234, which has two readings; a number out of range) stays in the field, is marked
/// by the property `wrong`, and leaves the value as it was.
class NumberBox : public QDoubleSpinBox {
public:
    explicit NumberBox(QWidget* parent, int decimals = 10) : QDoubleSpinBox(parent) {
        setDecimals(decimals);
        setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
        connect(lineEdit(), &QLineEdit::textChanged, this, [this] {
            setProperty("wrong", !isAcceptable());
            style()->unpolish(this);
            style()->polish(this);
        });
    }
    /// False while the words in the field are no number that can be taken.
    bool isAcceptable() const {
        QString words = lineEdit()->text();
        int position = 0;
        return validate(words, position) == QValidator::Acceptable;
    }
    QString textFromValue(double value) const override { return QLocale::c().toString(value, 'g', 6); }
    double valueFromText(const QString& words) const override { return read(words).value_or(value()); }
    QValidator::State validate(QString& words, int&) const override {
        const auto value = read(words);
        return value && *value >= minimum() && *value <= maximum() ? QValidator::Acceptable
                                                                   : QValidator::Intermediate;
    }

protected:
    // Qt would put back the old number, and the dialog would take that one.
    void keyPressEvent(QKeyEvent* event) override {
        const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
        if (!enter || isAcceptable()) QDoubleSpinBox::keyPressEvent(event);
    }
    void focusOutEvent(QFocusEvent* event) override {
        if (isAcceptable())
            QDoubleSpinBox::focusOutEvent(event);
        else
            QWidget::focusOutEvent(event);
    }

private:
    std::optional<double> read(QString words) const {
        if (!specialValueText().isEmpty() && words == specialValueText()) return minimum();
        if (!suffix().isEmpty() && words.endsWith(suffix())) words.chop(suffix().size());
        return decimalNumber(words.toStdString());
    }
};

} // namespace cristae
