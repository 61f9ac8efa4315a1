// The list of models.
#include "ui/panels/model_list.h"
#include "ui/window/workbench.h"

#include <QCoreApplication>
#include <QPointer>

namespace cristae {

namespace {
constexpr std::chrono::seconds longestSilence(8);
}

void readModels(Workbench& bench, QObject* receiver, std::function<void(std::vector<ModelPackage>)> then) {
    const QString title = QCoreApplication::translate("ModelList", "Reading the list of models");
    const size_t leftOut = bench.session().startGuard().leftOut().size();
    bench.jobs().start<std::vector<ModelPackage>>(
        Queue::background, title, [session = &bench.session()](const Progress&) { return session->models(); },
        [receiver = QPointer(receiver), then](std::vector<ModelPackage> models) {
            if (receiver) then(std::move(models));
        },
        [&bench, receiver = QPointer(receiver), then, title, leftOut](const Error& error) {
            if (!receiver) return;
            if (bench.session().startGuard().leftOut().size() > leftOut)
                return readModels(bench, receiver, then);
            bench.showError(title, QString::fromUtf8(error.what()));
            then({});
        },
        {}, false, longestSilence);
}

} // namespace cristae
