// ForcedEnd: the system asks the program to end; nobody is asked, unsaved labels are kept, and it takes
// seconds.
#pragma once
#include <QObject>

#include <functional>

namespace cristae {

class Recovery;
class Workbench;

class ForcedEnd : public QObject {
    Q_OBJECT
public:
    ForcedEnd(Workbench& bench, Recovery& recovery, QObject* parent = nullptr);
    /// Gives up computations, keeps unsaved labels, lets labels that are being saved come to their end for a
    /// moment, then calls `end`, once. Later calls have no effect.
    void begin(std::function<void()> end);

private:
    void letSavingEnd();
    void finish();
    Workbench& bench_;
    Recovery& recovery_;
    std::function<void()> end_;
    bool begun_ = false;
};

} // namespace cristae
