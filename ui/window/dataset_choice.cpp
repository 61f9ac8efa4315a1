// datasetChoices.
#include "ui/window/dataset_choice.h"

namespace cristae {

std::vector<DatasetInfo> datasetChoices(const Error& error, const std::filesystem::path& file,
                                        const OpenOptions& options) {
    if (error.kind() != ErrorKind::input || !options.dataset.empty() ||
        !std::filesystem::is_regular_file(file))
        return {};
    try {
        std::vector<DatasetInfo> choices = listDatasets(file);
        if (choices.size() >= 2) return choices;
    } catch (const Error&) {
    }
    return {};
}

} // namespace cristae
