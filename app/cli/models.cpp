// cristae-cli models: the installed model packages.
#include "app/cli/console.h"
#include "app/cli/verbs.h"

#include "core/base/json.h"
#include "core/segment/card_text.h"

#include <fmt/format.h>

namespace cristae {

void addModels(CLI::App& app, CommandLine& line) {
    auto* verb = app.add_subcommand(
        "models", "List the installed models, one a line: what they find, pixel size and licence");
    auto json = std::make_shared<bool>(false);
    auto card = std::make_shared<std::string>();
    verb->add_flag("--json", *json, "Print one JSON array of model cards");
    verb->add_option("--card", *card,
                     "Print all about this model (name or file) as Markdown: data, scores, licence");
    verb->callback([json, card, &line] {
        line.run = [json, card, &line] {
            if (!card->empty()) {
                printResult("{}", cardMarkdown(line.session.findModel(*card).card));
                return 0;
            }
            std::vector<std::string> remarks;
            std::vector<ModelPackage> packages = line.session.models(&remarks);
            if (*json) {
                nlohmann::json list = nlohmann::json::array();
                for (ModelPackage& package : packages) {
                    nlohmann::json entry = toJson(package.card);
                    entry["file"] = package.file.string();
                    entry["sha256"] = packageHash(package);
                    list.push_back(std::move(entry));
                }
                printResult("{}\n", jsonText(list));
            } else {
                printResult("{}", packages.empty()
                                      ? "No models are installed; train one with cristae-cli train.\n"
                                      : modelTable(packages));
            }
            for (const std::string& remark : remarks) printError("{}\n", remark);
            return 0;
        };
    });
}

} // namespace cristae
