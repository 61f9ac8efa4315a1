// ToolOptions: size, "paints over" and a hint.
#include "ui/window/tool_options.h"
#include "core/base/text.h"
#include "ui/theme/theme.h"
#include "ui/window/tool_list.h"
#include "ui/window/workbench.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>

#include <cmath>

namespace cristae {

namespace {
// The slider moves in sixteenths of an octave, so that small sizes are as easy to set as large ones.
int positionOf(double radius) {
    return int(std::lround(std::log2(radius) * 16));
}
double radiusOf(int position) {
    return std::exp2(position / 16.0);
}
} // namespace

/// A control for one option of a tool's schema.
struct ToolOptions::OptionField {
    QString tool;
    Option option;
    QLabel* word = nullptr;
    QWidget* widget = nullptr;
};

ToolOptions::~ToolOptions() = default;

ToolOptions::ToolOptions(Workbench& bench, QWidget* parent)
    : QWidget(parent), bench_(bench), tools_(allTools()) {
    setObjectName(QStringLiteral("toolOptions"));
    setAttribute(Qt::WA_StyledBackground);
    setFixedHeight(40);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 0, 16, 0);
    layout->setSpacing(8);
    title_ = headingLabel({}, this);
    sizeWord_ = secondaryLabel(tr("Size"), this);
    size_ = new QSlider(Qt::Horizontal, this);
    size_->setObjectName(QStringLiteral("brushSize"));
    size_->setAccessibleName(tr("Brush size"));
    size_->setRange(positionOf(0.5), positionOf(256));
    size_->setFixedWidth(120);
    sizeText_ = new QLabel(this);
    sizeText_->setMinimumWidth(104);
    overWord_ = secondaryLabel(tr("Paints over"), this);
    over_ = new QComboBox(this);
    over_->setObjectName(QStringLiteral("paintsOver"));
    over_->setAccessibleName(tr("Paints over"));
    over_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    hint_ = secondaryLabel({}, this);
    hint_->setWordWrap(false);
    hint_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    hint_->setMinimumWidth(0);
    hint_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    for (QLabel* word : {sizeWord_, overWord_}) word->setWordWrap(false);
    layout->addWidget(title_);
    layout->addSpacing(8);
    layout->addWidget(sizeWord_);
    layout->addWidget(size_);
    layout->addWidget(sizeText_);
    row_ = layout;
    buildOptions();
    layout->addWidget(overWord_);
    layout->addWidget(over_);
    layout->addWidget(hint_, 1);

    connect(size_, &QSlider::valueChanged, this,
            [this](int position) { bench_.setBrushRadius(radiusOf(position)); });
    connect(over_, &QComboBox::activated, this, [this](int index) {
        const QVariant value = over_->itemData(index);
        bench_.setOnlyOver(value.isValid() ? std::optional<uint32_t>(value.toUInt()) : std::nullopt);
    });
    connect(&bench_, &Workbench::toolChanged, this, &ToolOptions::showTool);
    connect(&bench_, &Workbench::voxelSizeChanged, this, &ToolOptions::showTool);
    connect(&bench_, &Workbench::classesChanged, this, &ToolOptions::fillOver);
    connect(&bench_, &Workbench::documentChanged, this, &ToolOptions::fillOver);
    fillOver();
    showTool();
}

void ToolOptions::buildOptions() {
    for (const auto& tool : tools_)
        for (const Option& option : tool->options().options()) {
            OptionField field{QString::fromStdString(tool->key()), option, nullptr, nullptr};
            const QString name = QString::fromStdString(option.label);
            const auto set = [this, key = field.tool, option](const nlohmann::json& value) {
                bench_.setToolOption(key, option.key, value);
            };
            if (option.type == Option::Type::boolean) {
                auto* box = new QCheckBox(name, this);
                connect(box, &QCheckBox::toggled, this, [set](bool on) { set(on); });
                field.widget = box;
            } else {
                auto* box = new QDoubleSpinBox(this);
                box->setDecimals(option.type == Option::Type::integer ? 0 : 1);
                box->setRange(option.minimum.value_or(-1e6), option.maximum.value_or(1e6));
                if (!option.unit.empty())
                    box->setSuffix(QLatin1Char(' ') + QString::fromStdString(option.unit));
                connect(box, &QDoubleSpinBox::valueChanged, this, [set](double value) { set(value); });
                field.widget = box;
                field.word = secondaryLabel(name, this);
                field.word->setWordWrap(false);
                row_->addWidget(field.word);
            }
            field.widget->setObjectName(field.tool + QLatin1Char('-') + QString::fromStdString(option.key));
            field.widget->setAccessibleName(name);
            field.widget->setToolTip(QString::fromStdString(option.help));
            row_->addWidget(field.widget);
            fields_.push_back(std::move(field));
        }
}

void ToolOptions::showOptions() {
    for (const OptionField& field : fields_) {
        const bool shown = field.tool == bench_.tool();
        if (field.word) field.word->setVisible(shown);
        field.widget->setVisible(shown);
        const nlohmann::json set = bench_.toolOptions(field.tool);
        const nlohmann::json value = set.value(field.option.key, field.option.defaultValue);
        const QSignalBlocker block(field.widget);
        if (auto* box = qobject_cast<QCheckBox*>(field.widget))
            box->setChecked(value.get<bool>());
        else
            static_cast<QDoubleSpinBox*>(field.widget)->setValue(value.get<double>());
    }
}

void ToolOptions::fillOver() {
    const QSignalBlocker block(over_);
    over_->clear();
    over_->addItem(tr("everything not locked"));
    over_->addItem(tr("background only"), 0u);
    if (bench_.document())
        for (const LabelClass& entry : bench_.document()->classes().classes())
            over_->addItem(tr("%1 only").arg(QString::fromStdString(entry.name)), entry.value);
    showTool();
}

void ToolOptions::showTool() {
    const QString tool = bench_.tool();
    for (const ToolWords& words : toolList())
        if (words.key == tool) {
            title_->setText(words.title);
            hint_->setText(tool == QLatin1String("brush") || tool == QLatin1String("eraser")
                               ? tr("[ ] size   X swap with eraser   1–9 class")
                               : words.hint);
            hint_->setToolTip(words.hint);
        }
    const bool radius = tool == QLatin1String("brush") || tool == QLatin1String("eraser");
    for (QWidget* widget : std::initializer_list<QWidget*>{sizeWord_, size_, sizeText_})
        widget->setVisible(radius);
    showOptions();
    const bool paints = tool != QLatin1String("browse") && tool != QLatin1String("pick") &&
                        tool != QLatin1String("complete") && tool != QLatin1String("measure") &&
                        tool != QLatin1String("explain");
    over_->setVisible(paints);
    overWord_->setVisible(paints);
    overWord_->setText(tool == QLatin1String("eraser") ? tr("Erases") : tr("Paints over"));
    const QSignalBlocker block(size_);
    size_->setValue(positionOf(bench_.brushRadius()));
    const double diameter = 2 * bench_.brushRadius();
    QString text = tr("%1 px").arg(diameter, 0, 'f', diameter < 10 ? 1 : 0);
    if (bench_.document() && bench_.document()->voxelSize().xNm)
        text += QStringLiteral(" · ") +
                QString::fromStdString(lengthText(diameter * *bench_.document()->voxelSize().xNm));
    sizeText_->setText(text);
    const QSignalBlocker blockOver(over_);
    const int index = bench_.onlyOver() ? over_->findData(*bench_.onlyOver()) : 0;
    over_->setCurrentIndex(std::max(0, index));
}

} // namespace cristae
