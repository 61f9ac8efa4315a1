// Recovery: labels that were not saved when the program had to end; kept in its data folder, offered at the
// next start.
#pragma once
#include "core/io/format.h"
#include "core/session/session.h"
#include "ui/jobs/workers.h"

#include <QDateTime>
#include <QObject>

#include <chrono>
#include <filesystem>
#include <functional>
#include <vector>

namespace cristae {

class Workbench;

/// One folder under SessionPaths::recovered: "labels.tif", and "image.json", which says what they belong to.
struct RecoveredLabels {
    std::filesystem::path folder;
    std::filesystem::path image; // empty: the image was in no file
    OpenOptions options;         // with which it was open
    QDateTime written;
    std::filesystem::path labels() const { return folder / "labels.tif"; }
};

/// Writes labels and what they belong to into a new folder under `parent`. Throws Error{output}.
RecoveredLabels writeRecovered(Session& session, const LabelExport& labels, const OpenOptions& openedWith,
                               const std::filesystem::path& parent);
/// What earlier processes left under `parent`, newest first; folders that are not whole are passed over.
std::vector<RecoveredLabels> readRecovered(const std::filesystem::path& parent);

class Recovery : public QObject {
    Q_OBJECT
public:
    explicit Recovery(Workbench& bench);
    ~Recovery() override;

    /// Writes the unsaved labels of the document on a thread of its own; `then` runs on the UI thread when
    /// they stand on the disk or could not be written, and at once if there are none.
    void keep(std::function<void()> then);
    /// The same, but waits for the end, `limit` at most.
    void keepNow(std::chrono::milliseconds limit);
    /// Opens the image with these labels. They are kept until the document is saved or left.
    void restore(const RecoveredLabels& labels);
    void discard(const RecoveredLabels& labels);
    /// The person has saved the document, or said that its changes may go.
    void forget();

private:
    void written(const std::vector<std::filesystem::path>& folders);
    Workbench& bench_;
    std::vector<std::filesystem::path> kept_; // folders with labels of the present document
    Workers writer_{1};                       // no queue of Jobs: those may be held up
};

} // namespace cristae
