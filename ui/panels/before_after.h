// BeforeAfter: two predictions of one slice side by side; a click shows them large.
#pragma once
#include <QDialog>
#include <QImage>
#include <QPointer>
#include <QWidget>

namespace cristae {

class BeforeAfter : public QWidget {
    Q_OBJECT
public:
    explicit BeforeAfter(QWidget* parent = nullptr);
    /// Empty images leave their side grey.
    void showBefore(const QImage& image, const QString& title);
    void showAfter(const QImage& image, const QString& title);
    void clear();
    const QImage& before() const { return sides_[0].image; }
    const QImage& after() const { return sides_[1].image; }

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override { return {320, heightForWidth(320)}; }
    QSize minimumSizeHint() const override { return {200, heightForWidth(200)}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    struct Side {
        QImage image;
        QString title;
    };
    void take(int side, const QImage& image, const QString& title);
    void enlarge();
    Side sides_[2];
    QPointer<QDialog> large_;
};

} // namespace cristae
