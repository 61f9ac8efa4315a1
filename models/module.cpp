// The module's one entry: hands networks and trainer to the program that loaded it.
#include "core/learn/trainer.h"
#include "models/run/torch_loader.h"
#include "models/train/trainer.h"

extern "C" __attribute__((visibility("default"))) void cristaeCreateEngine(cristae::Engine* engine) {
    engine->networks = cristae::makeTorchLoader();
    engine->trainer = cristae::makeTrainer();
}
