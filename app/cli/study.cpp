// cristae-cli study: reproduces a published experiment, or repeats it on other data.
#include "app/cli/console.h"
#include "app/cli/verbs.h"

#include "core/base/error.h"
#include "core/base/own_folder.h"
#include "core/learn/data_list.h"
#include "core/session/study.h"
#include "core/session/study_data.h"
#ifdef CRISTAE_HAS_REPORT
#include "ui/report/study_chart.h"
#endif

#include <fmt/format.h>

namespace cristae {

namespace {

struct StudyArguments {
    std::string name, data, dataRoot = ".", images, labels, model, output, device = "auto";
    std::vector<std::string> settings;
    uint64_t seed = 1;
    int threads = 0;
    bool quick = false, inverted = false, list = false;
};

TrainingSet dataOf(const StudyArguments& args, const Study& study, const Session& session,
                   const Progress& progress) {
    if (args.images.empty() != args.labels.empty())
        throw Error(ErrorKind::usage, "--images and --labels go together; name both.");
    if (args.images.empty()) {
        const auto list =
            args.data.empty() ? studyData(study, session.paths()) : std::filesystem::path(args.data);
        return loadDataList(list, args.dataRoot, progress).set;
    }
    LabelMeaning meaning;
    meaning.inverted = args.inverted;
    TrainingSet set = loadTrainingSet(pairImagesAndLabels(args.images, args.labels, Role::train), meaning,
                                      {"structure"}, progress);
    shareOut(set);
    return set;
}

int run(const StudyArguments& args, CommandLine& line) {
    if (args.list || args.name.empty()) {
        for (const auto& study : allStudies())
            printResult("{:<16} {}\n{:<16} {}\n", study->key(), study->title(), "", study->question());
        return 0;
    }
    const Study& study = findStudy(args.name);
    StudySettings settings;
    settings.folder = args.output.empty() ? std::filesystem::path("study-" + study.key())
                                          : std::filesystem::path(args.output);
    requireStudyFolder(settings.folder);
    settings.quick = args.quick;
    settings.recipeSettings = args.settings;
    settings.device = args.device;
    settings.threads = args.threads;
    settings.seed = args.seed;
    StudyResult result;
    {
        const ConsoleProgress progress(line.quiet);
        if (study.wantsLabels())
            settings.set = dataOf(args, study, line.session, PartProgress(progress, 0, 0));
        if (study.wantsModel())
            settings.model = line.session.findModel(args.model.empty() ? "mitochondria" : args.model);
        result = runStudy(study, line.session, settings, progress);
    }
#ifdef CRISTAE_HAS_REPORT
    writeStudyChart(ownFile(settings.folder / "chart"), result);
#endif
    for (const std::string& sentence : settings.set.remarks) addRemark(line, sentence);
    if (line.json)
        printJson(line, {{"folder", settings.folder.string()},
                         {"title", result.title},
                         {"columns", result.columns},
                         {"rows", result.rows},
                         {"notes", result.notes}});
    else
        printResult("{}\n{}\n", studyText(result), settings.folder.string());
    return 0;
}

} // namespace

void addStudy(CLI::App& app, CommandLine& line) {
    auto* verb = app.add_subcommand(
        "study", "Reproduce a published experiment on labelled data: table, chart and CSV");
    auto args = std::make_shared<StudyArguments>();
    verb->add_option("NAME", args->name, "Which study; without one they are listed");
    verb->add_flag("--list", args->list, "List the studies");
    verb->add_option("--data", args->data,
                     "A data list (JSON) with slices to train, validate and test on; else the list that is "
                     "closest to the published study");
    verb->add_option("--data-root", args->dataRoot, "Base folder of the paths in the data list");
    verb->add_option("--images", args->images, "A stack or a folder of images, instead of a list");
    verb->add_option("--labels", args->labels, "Labels of the same slices");
    verb->add_flag("--labels-inverted", args->inverted, "The label value 0 means the class");
    verb->add_option("--model", args->model, "Model, for studies of a trained one");
    verb->add_option("--output", args->output,
                     "Output folder; else study-NAME. A study that was stopped continues in it");
    verb->add_flag("--quick", args->quick, "Reduced size, for two processor cores");
    verb->add_option("--set", args->settings,
                     "key=value over every recipe of the study; may be given several times");
    verb->add_option("--device", args->device, "auto, cpu, cuda or cuda:N");
    verb->add_option("--threads", args->threads, "Processor threads; 0 = all");
    verb->add_option("--seed", args->seed, "Seed of every random number");
    addJson(*verb, line);
    verb->callback([args, &line] { line.run = [args, &line] { return run(*args, line); }; });
}

} // namespace cristae
