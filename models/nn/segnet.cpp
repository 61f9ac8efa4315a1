// SegNet (Badrinarayanan, Kendall, Cipolla 2015): the 13 convolutions of VGG16 and their mirror image, with
// unpooling at the places of the maxima.
#include "models/nn/pooling_codec.h"

namespace cristae {

std::unique_ptr<Architecture> makeSegnetArchitecture() {
    return std::make_unique<PoolingCodecArchitecture>("segnet", "SegNet", 5, false);
}

} // namespace cristae
