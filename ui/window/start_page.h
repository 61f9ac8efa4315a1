// StartPage: the calm first page: drop target, samples and recent files.
#pragma once
#include <QWidget>

class QGridLayout;
class QVBoxLayout;
class QLabel;

namespace cristae {

class Workbench;

class StartPage : public QWidget {
    Q_OBJECT
public:
    explicit StartPage(Workbench& bench, QWidget* parent = nullptr);
    /// Reads the list of recent files and makes missing thumbnails in the background.
    void refresh();
    /// Remembers a file as opened now.
    static void rememberRecent(const QString& path);
    static QStringList recentFiles();
    /// The drop target lights up while something is dragged over the window.
    void setDropHint(bool on);

Q_SIGNALS:
    void openWanted();
    void fileChosen(const QString& path);

protected:
    void changeEvent(QEvent* event) override;

private:
    void buildSamples(QVBoxLayout* column);
    void showRecent(const QStringList& files);
    void drawMark();
    void thumbnail(const QString& path, QLabel* target, QSize size);
    Workbench& bench_;
    QLabel* mark_ = nullptr;
    QWidget* drop_ = nullptr;
    QVBoxLayout* recent_ = nullptr;
    QWidget* recentBox_ = nullptr;
};

} // namespace cristae
