// Recipes: the named ones are complete and legal, files overlay the balanced one, wrong ones are refused with
// every complaint.
#include "core/base/error.h"
#include "core/learn/recipe.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <sys/stat.h>

using namespace cristae;

class TestRecipe : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }
    void namedRecipesAreLegal() {
        QCOMPARE(int(namedRecipes().size()), 3);
        for (const NamedRecipe& recipe : namedRecipes()) {
            QVERIFY(recipeSchema().complaints(recipe.values).empty());
            QCOMPARE(recipe.values.size(), recipeSchema().options().size());
            QVERIFY(!recipe.description.empty());
            QVERIFY(loadRecipe(recipe.name) == recipe.values);
        }
    }
    void fileOverlaysTheBalancedRecipe() {
        const nlohmann::json recipe = written(R"({"steps": 7, "loss": "ce_dice"})");
        QCOMPARE(recipe.at("steps").get<int>(), 7);
        QVERIFY(recipe.at("loss") == "ce_dice");
        QVERIFY(recipe.at("batch") == loadRecipe("balanced").at("batch"));
    }
    void olderRecipesKeepTheirMeaning() {
        // Slices were reversed as often as mirrored before that had a probability of its own.
        QCOMPARE(written(R"({"flip": 0.25})").at("reverseZ").get<double>(), 0.25);
        QCOMPARE(written(R"({"flip": 0.25, "reverseZ": 0})").at("reverseZ").get<double>(), 0.0);
        QCOMPARE(written("{}").at("reverseZ"), loadRecipe("balanced").at("flip"));
        QCOMPARE(completeRecipe({{"steps", 3}}).size(), recipeSchema().options().size());
    }
    void optionsOfNetworkAndLossAreTextOrObject() {
        const nlohmann::json object = written(R"({"network": {"slicesIn": 3, "filter": "effective 5x5"}})");
        QVERIFY(object.at("network") == "filter=effective 5x5, slicesIn=3");
        const Schema schema{
            {"slicesIn", "Slices", Option::Type::integer, 1, 1.0, 31.0, {}, "", "", ""},
            {"filter", "Filter", Option::Type::choice, "3x3", {}, {}, {"3x3", "effective 5x5"}, "", "", ""}};
        const nlohmann::json options = optionsFromText(schema, object.at("network"));
        QCOMPARE(options.at("slicesIn").get<int>(), 3);
        QVERIFY(options.at("filter") == "effective 5x5");
        QVERIFY(optionsFromText(schema, "") == schema.defaults());
        QVERIFY(optionsFromText(schema, " , slicesIn=5 ,").at("slicesIn") == 5);
        QVERIFY_EXCEPTION_THROWN(optionsFromText(schema, "slices=5"), Error);
        QVERIFY_EXCEPTION_THROWN(optionsFromText(schema, "slicesIn=much"), Error);
    }
    void wrongFilesAreRefused() {
        const auto message = [&](const char* text) {
            try {
                written(text);
            } catch (const Error& error) {
                return QString::fromStdString(error.what());
            }
            return QString();
        };
        const QString both = message(R"({"steps": -1, "colour": "red"})");
        QVERIFY2(both.contains("steps") && both.contains("colour"), qPrintable(both));
        QVERIFY(message("{steps").contains("not JSON"));
        QVERIFY_EXCEPTION_THROWN(loadRecipe("no such recipe"), Error);
        const std::string deep(100'000, '[');
        QVERIFY(message(deep.c_str()).contains("nested deeper"));
    }
    void whatIsNoFileIsNotWaitedFor() {
        const std::string pipe = folder_.filePath("pipe").toStdString();
        QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
        for (const std::string& name : {pipe, std::string("/dev/zero")}) {
            try {
                loadRecipe(name);
                QFAIL("it was read");
            } catch (const Error& error) {
                QVERIFY2(QString(error.what()).contains("not an ordinary file"), error.what());
            }
        }
    }

private:
    nlohmann::json written(const char* text) {
        const QString path = folder_.filePath("recipe.json");
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly)) throw std::runtime_error("cannot write");
        file.write(text);
        file.close();
        return loadRecipe(path.toStdString());
    }
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestRecipe)
#include "tst_recipe.moc"
