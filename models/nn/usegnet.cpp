// U-SegNet (Kumar, Nagar, Arora, Gupta 2018): SegNet with one skip connection of the U-Net, at the upper
// level. Three poolings by default, since the authors work on small patches; 5 make it a full SegNet with the
// skip.
#include "models/nn/pooling_codec.h"

namespace cristae {

std::unique_ptr<Architecture> makeUsegnetArchitecture() {
    return std::make_unique<PoolingCodecArchitecture>("usegnet", "U-SegNet", 3, true);
}

} // namespace cristae
