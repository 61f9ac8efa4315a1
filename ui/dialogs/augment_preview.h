// AugmentPreview: what the augmentations of a recipe make of a piece of the user's own image, drawn anew
// every second.
#pragma once
#include "core/learn/training_set.h"
#include "ui/jobs/jobs.h"

#include <QImage>
#include <QPointer>
#include <QTimer>
#include <QWidget>

#include <functional>
#include <nlohmann/json.hpp>

class QCheckBox;
class QComboBox;
class QLabel;

namespace cristae {

/// Reads the piece to show: one slice, at most about 1024 pixels on a side. Runs off the UI thread.
using SampleReader = std::function<TrainingSlice(const Progress&)>;

/// The keys of the recipe's schema that are probabilities of an augmentation.
std::vector<std::string> augmentationKeys();
/// The recipe with only this augmentation, and that always; `key` empty: as it is. With "none": without any.
nlohmann::json withOnly(const nlohmann::json& recipe, const std::string& key);

class AugmentPreview : public QWidget {
    Q_OBJECT
public:
    AugmentPreview(Jobs& jobs, SampleReader read, QWidget* parent = nullptr);
    ~AugmentPreview() override;
    /// A complete recipe without complaints.
    void setRecipe(const nlohmann::json& recipe);
    /// Shows one augmentation by its key, or all together (empty).
    void choose(const std::string& key);
    const QImage& original() const { return original_; }
    const QImage& changed() const { return changed_; }

public Q_SLOTS:
    /// Another draw of the random numbers.
    void drawAgain();

Q_SIGNALS:
    void drawn();

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void refresh();
    void showPictures();
    Jobs& jobs_;
    SampleReader read_;
    std::shared_ptr<const TrainingSlice> sample_;
    nlohmann::json recipe_;
    QImage original_, changed_;
    uint64_t draw_ = 0;
    bool stale_ = false;
    QPointer<Job> job_;
    QTimer timer_;
    QComboBox* which_ = nullptr;
    QCheckBox* live_ = nullptr;
    QLabel *before_ = nullptr, *after_ = nullptr, *words_ = nullptr;
};

} // namespace cristae
