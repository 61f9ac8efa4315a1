// NumberBox: a field for a number of any size, written with the digits that it has.
#pragma once
#include "core/base/number.h"

#include <QDoubleSpinBox>
#include <QLocale>

namespace cristae {

/// Shows 0.002 and 1e-05 as they are written, without a tail of zeros. Takes 4.5 and 4,5 in every locale;
/// what has two readings (1,234) is not accepted.
class NumberBox : public QDoubleSpinBox {
public:
    explicit NumberBox(QWidget* parent, int decimals = 10) : QDoubleSpinBox(parent) {
        setDecimals(decimals);
        setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    }
    QString textFromValue(double value) const override { return QLocale::c().toString(value, 'g', 6); }
    double valueFromText(const QString& words) const override { return read(words).value_or(value()); }
    QValidator::State validate(QString& words, int&) const override {
        const auto value = read(words);
        return value && *value >= minimum() && *value <= maximum() ? QValidator::Acceptable
                                                                   : QValidator::Intermediate;
    }

private:
    std::optional<double> read(const QString& words) const {
        if (!specialValueText().isEmpty() && words == specialValueText()) return minimum();
        return decimalNumber(bare(words).toStdString());
    }
    QString bare(QString words) const {
        if (words.endsWith(suffix())) words.chop(suffix().size());
        return words.trimmed();
    }
};

} // namespace cristae
