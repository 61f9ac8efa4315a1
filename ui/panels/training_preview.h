// TrainingPreview: the validation image with prediction against truth; a click shows it large.
#pragma once
#include <QDialog>
#include <QImage>
#include <QPointer>
#include <QWidget>

namespace cristae {

class TrainingPreview : public QWidget {
    Q_OBJECT
public:
    explicit TrainingPreview(QWidget* parent = nullptr);
    void show(const QImage& image, const QImage& comparison, const QString& caption);
    using QWidget::show;
    void clear();
    const QImage& comparison() const { return comparison_; }

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override { return {320, heightForWidth(320)}; }
    QSize minimumSizeHint() const override { return {200, 120}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void enlarge();
    QImage image_, comparison_;
    QString caption_;
    QPointer<QDialog> large_;
};

} // namespace cristae
