// The list of models, read in the background.
#pragma once
#include "core/segment/model_card.h"

#include <functional>
#include <vector>

class QObject;

namespace cristae {

class Workbench;

/// Reads the shipped and the user's models and hands them to `then` on the UI thread, unless the receiver is
/// gone. A file that does not answer is left out (StartGuard) and reading begins anew; an error is shown in
/// the window and the list is empty.
void readModels(Workbench& bench, QObject* receiver, std::function<void(std::vector<ModelPackage>)> then);

} // namespace cristae
