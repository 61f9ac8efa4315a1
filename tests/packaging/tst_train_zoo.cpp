// packaging/train-zoo.sh trains, scores and writes the card, goes on where it was killed, and refuses what it
// cannot make; tried with a made-up cristae-cli that notes how it is called.
#include "run_program.h"

#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QtTest>

using namespace cristae;

namespace {

/// Notes its arguments; a training leaves a run folder, with its end unless the file "killed" is there.
const char* const madeUpProgram = R"(#!/usr/bin/env bash
echo "$PWD" "$@" >>"$CALLS"
case "$1" in
    train)
        mkdir -p cells.run
        if [[ -f killed ]]; then echo '{"starts": []}' >cells.run/run.json; exit 143; fi
        echo '{"starts": [], "end": {"words": "done"}}' >cells.run/run.json
        echo weights >models/zoo/cells.safetensors ;;
    score) [[ -f DATA/image.tif ]] ;;
    models) echo "# A card" ;;
esac
)";

QByteArray bytesOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class TestTrainZoo : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        QTest::failOnWarning(QRegularExpression(".?"));
        dir_ = std::make_unique<QTemporaryDir>();
        for (const char* file : {"packaging/train-zoo.sh", "packaging/common.sh"}) {
            QVERIFY(QDir().mkpath(QFileInfo(in(file)).path()));
            QVERIFY(QFile::copy(QStringLiteral(CRISTAE_SOURCE_DIR "/") + file, in(file)));
        }
        for (const char* file : {"models/zoo/recipes/cells.data.json", "models/zoo/recipes/cells.recipe.json",
                                 "models/zoo/recipes/cells.scores.json", "data/image.tif"})
            write(file, "{}");
        write("build/release/bin/cristae-cli", madeUpProgram);
        QVERIFY(QFile::setPermissions(in("build/release/bin/cristae-cli"),
                                      QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
    }

    void whatItCannotMakeIsRefused_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("words");
        QTest::newRow("no name") << QStringList{} << QByteArray("known are: cells");
        QTest::newRow("unknown") << QStringList{"mice"} << QByteArray("no model 'mice'");
        QTest::newRow("path") << QStringList{"recipes/cells"} << QByteArray("known are: cells");
        QTest::newRow("two") << QStringList{"cells", "mice"} << QByteArray("one model at a time");
        QTest::newRow("flag") << QStringList{"cells", "--fast"} << QByteArray("unknown argument '--fast'");
        QTest::newRow("no data") << QStringList{"cells"} << QByteArray("--data names the folder");
        QTest::newRow("gone") << QStringList{"cells", "--data", "nowhere"} << QByteArray("no folder nowhere");
        QTest::newRow("number") << QStringList{"cells", "--threads", "x"} << QByteArray("is no number");
        QTest::newRow("build") << QStringList{"cells", "--data", "data", "--preset", "dev"}
                               << QByteArray("packaging/build.sh --preset dev");
        QTest::newRow("value") << QStringList{"cells", "--data"} << QByteArray("--data needs a value");
    }
    void whatItCannotMakeIsRefused() {
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, words);
        const Outcome outcome = make(arguments);
        QCOMPARE(outcome.code, 1);
        QVERIFY2(outcome.err.contains(words), outcome.err.constData());
        QVERIFY(calls().isEmpty());
    }

    void fromDataToCard() {
        const Outcome outcome = make({"cells", "--data", "data", "--threads", "2"});
        QVERIFY2(outcome.code == 0, (outcome.out + outcome.err).constData());
        const QStringList made = calls();
        QCOMPARE(made.size(), 4);
        const QString at = QDir(in("build/zoo")).canonicalPath();
        QCOMPARE(made[0], at + " train --data models/zoo/recipes/cells.data.json --data-root DATA --recipe "
                               "models/zoo/recipes/cells.recipe.json --output models/zoo/cells.safetensors "
                               "--run-folder cells.run --overwrite");
        const QString scores = at + " score models/zoo/cells.safetensors --data "
                                    "models/zoo/recipes/cells.scores.json --data-root DATA --threads 2 ";
        QCOMPARE(made[1], scores + "--write");
        QCOMPARE(made[2],
                 scores + "--average none --per-image cells.images.csv --worst cells.worst.png --overwrite");
        QCOMPARE(bytesOf(in("models/zoo/cells.md")), QByteArray("# A card\n"));
        // What has been trained is only scored again.
        QCOMPARE(make({"cells", "--data", "data"}).code, 0);
        QCOMPARE(calls().size(), 7);
        QVERIFY(calls()[4].contains(" score "));
    }

    void aKilledRunGoesOn() {
        write("build/zoo/killed", "");
        QCOMPARE(make({"cells", "--data", "data"}).code, 143);
        QVERIFY(QFile::remove(in("build/zoo/killed")));
        QCOMPARE(make({"cells", "--data", "data"}).code, 0);
        QVERIFY2(calls()[1].endsWith(" train --resume --run-folder cells.run"), qPrintable(calls()[1]));
    }

    void scoresAlone() {
        Outcome outcome = make({"cells", "--data", "data", "--score-only"});
        QCOMPARE(outcome.code, 1);
        QVERIFY(outcome.err.contains("no models/zoo/cells.safetensors"));
        write("models/zoo/cells.safetensors", "weights");
        outcome = make({"--score-only", "cells", "--data", in("data"), "--average", "flips"});
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        QCOMPARE(calls().size(), 3);
        QVERIFY(calls()[0].endsWith(" --write --average flips") && calls()[1].contains(" --average flips "));
    }

private:
    QString in(const QString& file) const { return dir_->filePath(file); }
    void write(const QString& name, const QByteArray& text) const {
        QVERIFY(QDir().mkpath(QFileInfo(in(name)).path()));
        QFile file(in(name));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size());
    }
    Outcome make(const QStringList& arguments) const {
        return runProgram(in("packaging/train-zoo.sh"), arguments, dir_->path(), {"CALLS=" + in("calls")});
    }
    QStringList calls() const {
        return QString::fromUtf8(bytesOf(in("calls"))).split('\n', Qt::SkipEmptyParts);
    }
    std::unique_ptr<QTemporaryDir> dir_;
};

QTEST_GUILESS_MAIN(TestTrainZoo)
#include "tst_train_zoo.moc"
