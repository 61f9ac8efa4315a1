// The form of a training's settings: every network shows its own options.
#include "core/learn/recipe.h"
#include "tests/ui/fake_engine.h"
#include "ui/dialogs/recipe_dialog.h"
#include "ui/panels/train_page.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QApplication>
#include <QButtonGroup>
#include <QComboBox>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTest>
#include <QToolButton>

using namespace cristae;

class TestRecipeForm : public QObject {
    Q_OBJECT
    std::unique_ptr<FakeWorld> world_;
    std::unique_ptr<Workbench> bench_;
    std::unique_ptr<TrainPage> page_;

    RecipeDialog* openForm() {
        for (auto* button : page_->findChildren<QToolButton*>())
            if (button->text() == QStringLiteral("Customise…")) QTest::mouseClick(button, Qt::LeftButton);
        return page_->findChild<RecipeDialog*>();
    }
    static void chooseNetwork(RecipeDialog* form, const QString& key) {
        auto* box = form->findChild<QComboBox*>("architecture");
        box->setCurrentIndex(box->findData(key));
    }

private Q_SLOTS:
    void init() {
        QTest::failOnWarning(QRegularExpression(QStringLiteral("^(?!This plugin does not support)")));
        world_ = std::make_unique<FakeWorld>();
        bench_ = std::make_unique<Workbench>(*world_->session);
        page_ = std::make_unique<TrainPage>(*bench_);
        page_->resize(380, 800);
        page_->show();
    }
    void cleanup() {
        page_.reset();
        bench_.reset();
        world_.reset();
    }

    void everyNetworkHasItsOwnOptions() {
        RecipeDialog* form = openForm();
        QVERIFY(form);
        QTRY_VERIFY(form->findChild<QSpinBox*>("network-deepem3d-slicesIn"));
        auto* line = form->findChild<QLineEdit*>("network");
        QVERIFY(!line->isVisible()); // the line of text has made room
        // The U-Net's levels are the recipe's own, its shallow levels are not.
        QVERIFY(form->findChild<QSpinBox*>("levels")->isVisible());
        QVERIFY(!form->findChild<QSpinBox*>("network-unet-levels"));
        QTRY_VERIFY(form->findChild<QSpinBox*>("network-unet-shallow")->isVisible());
        QVERIFY(!form->findChild<QSpinBox*>("network-deepem3d-slicesIn")->isVisible());
        QCOMPARE(form->values().at("network").get<std::string>(), std::string());

        chooseNetwork(form, "deepem3d");
        auto* frames = form->findChild<QSpinBox*>("network-deepem3d-slicesIn");
        QVERIFY(frames->isVisible());
        QVERIFY(!form->findChild<QSpinBox*>("levels")->isVisible());
        QCOMPARE(frames->maximum(), 5);
        QVERIFY(!frames->toolTip().isEmpty());
        frames->setValue(3);
        form->findChild<QSpinBox*>("network-deepem3d-divisor")->setValue(2);
        QCOMPARE(form->values().at("network").get<std::string>(), std::string("slicesIn=3, divisor=2"));
        QSignalSpy chosen(form, &RecipeDialog::chosen);
        for (auto* button : form->findChildren<QPushButton*>())
            if (button->text() == QStringLiteral("Use these settings"))
                QTest::mouseClick(button, Qt::LeftButton);
        QCOMPARE(chosen.count(), 1);
        QCOMPARE(page_->recipe().at("network").get<std::string>(), std::string("slicesIn=3, divisor=2"));
        QCOMPARE(page_->recipe().at("architecture").get<std::string>(), std::string("deepem3d"));
    }

    void aRecipeFillsTheForm() {
        nlohmann::json recipe = namedRecipes()[0].values;
        recipe["architecture"] = "deepem3d";
        recipe["network"] = "divisor=8";
        page_->setRecipe(recipe, QStringLiteral("own"));
        RecipeDialog* form = openForm();
        QTRY_VERIFY(form->findChild<QSpinBox*>("network-deepem3d-divisor"));
        QCOMPARE(form->findChild<QSpinBox*>("network-deepem3d-divisor")->value(), 8);
        QCOMPARE(form->findChild<QSpinBox*>("network-deepem3d-slicesIn")->value(), 1);
        QCOMPARE(form->values().at("network").get<std::string>(), std::string("divisor=8"));
        // A named recipe sets everything, the network's options too.
        for (auto* button : form->findChildren<QPushButton*>())
            if (button->text() == QString::fromStdString(namedRecipes()[1].title))
                QTest::mouseClick(button, Qt::LeftButton);
        QCOMPARE(form->values().at("network").get<std::string>(),
                 namedRecipes()[1].values.at("network").get<std::string>());
        chooseNetwork(form, "resunet"); // nothing of its own
        QCOMPARE(form->values().at("network").get<std::string>(), std::string());
    }

    void withoutAnEngineTheLineStays() {
        RecipeDialog form(recipeSchema(), namedRecipes()[1].values);
        form.show();
        auto* line = form.findChild<QLineEdit*>("network");
        QVERIFY(line->isVisible());
        line->setText("slicesIn=3");
        QCOMPARE(form.values().at("network").get<std::string>(), std::string("slicesIn=3"));
    }
};

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    applyTheme(application, ThemeKind::dark);
    TestRecipeForm test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_recipe_form.moc"
