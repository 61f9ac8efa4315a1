// predict --find-scale: the table of assumed pixel sizes.
#pragma once
#include "app/cli/verbs.h"

#include "core/session/scale_search.h"

namespace cristae {

/// Prints what the model finds at five assumed pixel sizes of the image, as a table or JSON; writes nothing.
/// Returns the exit code. Throws as Session::scaleCandidates() does.
int findScale(CommandLine& line, const std::string& input, const TileSourcePtr& image,
              const ScaleRequest& request, const Progress& progress);

} // namespace cristae
