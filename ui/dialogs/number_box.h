// NumberBox: a field for a number of any size, written with the digits that it has.
#pragma once
#include <QDoubleSpinBox>
#include <QLocale>

namespace cristae {

/// Shows 0.002 and 1e-05 as they are written, without a tail of zeros.
class NumberBox : public QDoubleSpinBox {
public:
    explicit NumberBox(QWidget* parent, int decimals = 10) : QDoubleSpinBox(parent) {
        setDecimals(decimals);
        setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    }
    QString textFromValue(double value) const override { return QLocale::c().toString(value, 'g', 6); }
    double valueFromText(const QString& words) const override { return QLocale::c().toDouble(bare(words)); }
    QValidator::State validate(QString& words, int&) const override {
        bool ok = false;
        const double value = QLocale::c().toDouble(bare(words), &ok);
        return ok && value >= minimum() && value <= maximum() ? QValidator::Acceptable
                                                              : QValidator::Intermediate;
    }

private:
    QString bare(QString words) const {
        if (words.endsWith(suffix())) words.chop(suffix().size());
        return words.trimmed();
    }
};

} // namespace cristae
