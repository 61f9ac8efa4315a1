// Study: an experiment that varies one setting at a time; its results as table, chart and CSV.
#pragma once
#include "core/session/session.h"

#include <map>

namespace cristae {

struct StudySettings {
    std::filesystem::path folder;            // of everything the study leaves: steps, runs, models
    bool quick = true;                       // a size that two processor cores finish; else that of a GPU
    TrainingSet set;                         // labelled data with all three roles, for studies that train
    std::optional<ModelPackage> model;       // for studies of a trained model
    std::vector<std::string> recipeSettings; // key=value over every recipe of the study
    std::string device = "auto";
    int threads = 0;
    uint64_t seed = 1;
};

/// A part of a study that is done once: its values are kept in the folder.
struct StudyStep {
    std::string id; // a file name
    std::string words;
    std::function<nlohmann::json(const Progress&)> run;
};

struct StudySeries {
    std::string name;
    std::vector<double> x, y;
};

struct StudyResult {
    std::string title, question;
    std::vector<std::string> columns;
    std::vector<std::vector<nlohmann::json>> rows; // text, number, or null where there is none
    std::string xTitle, yTitle;
    std::vector<std::string> xLabels; // names of x = 0, 1, 2 …; empty: x is a number
    bool ordered = false;             // the names follow each other, so that curves join their points
    std::vector<StudySeries> series;
    std::vector<std::string> notes; // what differs from the published study
};

class Study {
public:
    virtual ~Study() = default;
    virtual std::string key() const = 0; // the word on the command line
    virtual std::string title() const = 0;
    virtual std::string question() const = 0;
    virtual bool wantsLabels() const { return true; } // a training set
    virtual bool wantsModel() const { return false; }
    /// Name of the data list that comes nearest to the published study's data, in the folder of studyData();
    /// empty = any data.
    virtual std::string defaultData() const { return {}; }
    /// All steps in order. Throws Error{usage, input} when the settings do not fit.
    virtual std::vector<StudyStep> steps(Session& session, const StudySettings& settings) const = 0;
    /// `measured`: the values of every step by its id.
    virtual StudyResult result(const StudySettings& settings,
                               const std::map<std::string, nlohmann::json>& measured) const = 0;
};

const std::vector<std::unique_ptr<Study>>& allStudies();
/// Throws Error{usage} naming the studies there are.
const Study& findStudy(const std::string& key);

/// The list of a study's default data, whose paths start at a folder of the public data sets it names. Throws
/// Error{usage} where there is none.
std::filesystem::path studyData(const Study& study, const SessionPaths& paths);

/// Throws Error{output} where runStudy() could not keep its files in the folder: to be asked before the data
/// are read. Makes nothing.
void requireStudyFolder(const std::filesystem::path& folder);

/// Runs the steps that the folder does not hold yet and writes table.csv, table.txt and result.json there. A
/// study that was cancelled or killed goes on where it was; a training within it too. Throws
/// Error{usage} when the folder holds a study of other settings, and what the steps throw.
StudyResult runStudy(const Study& study, Session& session, const StudySettings& settings,
                     const Progress& progress);

/// RFC 4180 with a heading line and dot decimals.
std::string studyCsv(const StudyResult& result);
/// Title, question, aligned table and notes.
std::string studyText(const StudyResult& result);

} // namespace cristae
