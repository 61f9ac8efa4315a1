// All studies, in the order in which they are listed.
#include "core/session/study.h"

namespace cristae {

std::unique_ptr<Study> makeTrainingSizeStudy();
std::unique_ptr<Study> makeAugmentationStudy();
std::unique_ptr<Study> makeHyperparametersStudy();
std::unique_ptr<Study> makeArchitecturesStudy();
std::unique_ptr<Study> makeFramesStudy();
std::unique_ptr<Study> makeRobustnessStudy();
std::unique_ptr<Study> makeScalingStudy();
std::unique_ptr<Study> makeGlandsStudy();
std::unique_ptr<Study> makeFineTuneStudy();

const std::vector<std::unique_ptr<Study>>& allStudies() {
    static const auto studies = [] {
        std::vector<std::unique_ptr<Study>> list;
        list.push_back(makeTrainingSizeStudy());
        list.push_back(makeAugmentationStudy());
        list.push_back(makeHyperparametersStudy());
        list.push_back(makeArchitecturesStudy());
        list.push_back(makeFramesStudy());
        list.push_back(makeRobustnessStudy());
        list.push_back(makeScalingStudy());
        list.push_back(makeGlandsStudy());
        list.push_back(makeFineTuneStudy());
        return list;
    }();
    return studies;
}

} // namespace cristae
