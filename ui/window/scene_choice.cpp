// sceneChoices.
#include "ui/window/scene_choice.h"

namespace cristae {

std::vector<SceneInfo> sceneChoices(const Error& error, const std::filesystem::path& file,
                                    const OpenOptions& options) {
    if (error.kind() != ErrorKind::input || !options.scene.empty() || !std::filesystem::is_regular_file(file))
        return {};
    try {
        std::vector<SceneInfo> choices = listScenes(file);
        if (choices.size() >= 2) return choices;
    } catch (const Error&) {
    }
    return {};
}

} // namespace cristae
