// NetworkForm: the options of the chosen network as a form, kept as the text that recipes hold.
#pragma once
#include "ui/dialogs/option_field.h"

#include <QWidget>

#include <map>
#include <set>

class QFormLayout;

namespace cristae {

/// What a network is called: "Deep Residual U-Net" for "resunet"; the word itself where it has no other name.
QString networkTitle(const std::string& network);

class NetworkForm : public QWidget {
    Q_OBJECT
public:
    /// The networks by the word that recipes use, with their options; options named in `elsewhere` have a
    /// place of their own for the network of that word.
    NetworkForm(const std::vector<std::pair<std::string, Schema>>& networks,
                const std::map<std::string, std::set<std::string>>& elsewhere, QWidget* parent = nullptr);

    /// Shows the form of a network; what was set of the others is kept.
    void setNetwork(const std::string& network);
    /// "slicesIn=3, divisor=2"; what it does not name is as published. A text that cannot be read leaves the
    /// form as published.
    void setText(const std::string& words);
    /// What differs from the published network.
    std::string text() const;
    /// Sentences on what is out of range.
    std::vector<std::string> complaints() const;

Q_SIGNALS:
    void changed();

private:
    struct Network {
        Schema schema;
        QWidget* form = nullptr;
        std::map<std::string, OptionField> fields;
    };
    std::map<std::string, Network> networks_;
    std::string current_;
};

} // namespace cristae
