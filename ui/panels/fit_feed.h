// FitFeed: what a fit says while it runs, with pictures of a slice that it is not trained on.
#pragma once
#include "core/labels/class_table.h"
#include "ui/panels/training_feed.h"

namespace cristae {

/// The image with each class's pixels of at least that probability in its colour and outlined; probability
/// f32 [K, 1, Y, X], where its size is that of the image. At most 1024 px wide.
QImage predictedImage(const Pixels& image, const Pixels& probability, const std::vector<Colour>& colours,
                      const std::vector<double>& thresholds);

struct FitPicture {
    bool before = false;
    QImage image;
    int64_t step = 0, slice = 0;
};

class FitFeed : public TrainingFeed {
public:
    // Training thread.
    /// Before the first epoch: the colours of the classes.
    void setColours(std::vector<Colour> colours) { colours_ = std::move(colours); }
    void showBefore(const QImage& image, int64_t slice);
    void onEpoch(const EpochReport& report) override;

    // Any thread.
    std::vector<FitPicture> takePictures();

private:
    std::vector<Colour> colours_;
    std::mutex pictureMutex_;
    std::vector<FitPicture> pictures_;
};

} // namespace cristae
