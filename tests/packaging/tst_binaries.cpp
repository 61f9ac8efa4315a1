// Every program and library that is built here: hardened, and loading nothing from where it happens to be
// started.
#include "run_program.h"

#include <QDirIterator>
#include <QImage>
#include <QImageReader>
#include <QLibraryInfo>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QtTest>

using namespace cristae;

namespace {

const QDir build(CRISTAE_BINARY_DIR);
const bool sanitized = CRISTAE_SANITIZED;
#ifdef __x86_64__
constexpr bool marksJumps = true; // -fcf-protection
#else
constexpr bool marksJumps = false;
#endif

bool startsLikeAProgram(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) && file.read(4) == "\177ELF";
}

// Programs, modules and shared libraries in a folder and those below it; links (LibTorch) are not followed.
QStringList binariesIn(const QString& folder) {
    QStringList found;
    QDirIterator files(folder, QDir::Files | QDir::NoSymLinks, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        const QString path = files.next();
        if (!path.endsWith(".o") && startsLikeAProgram(path)) found.append(path);
    }
    found.sort();
    return found;
}

QStringList ownBinaries() {
    QStringList all;
    for (const char* folder : {"bin", "lib", "tests"}) all += binariesIn(build.filePath(folder));
    // What CMake tried while it configured, and what tests load into a program.
    all.removeIf([](const QString& path) {
        return path.contains("/CMakeFiles/") || path.contains("/tests/support/");
    });
    return all;
}

// What readelf says of a file, in English.
QByteArray described(const QString& path) {
    return runProgram("readelf", {"-W", "-h", "-l", "-d", "-n", "--dyn-syms", path}, build.path(),
                      {"LC_ALL=C"})
        .out;
}

QStringList matchesOf(const QByteArray& text, const char* pattern) {
    QStringList found;
    auto matches = QRegularExpression(pattern).globalMatch(QString::fromLatin1(text));
    while (matches.hasNext()) found.append(matches.next().captured(1));
    return found;
}

// The elements of the run paths that the loader would not look for in one known folder.
QStringList strayRunPaths(const QByteArray& description) {
    QStringList stray;
    for (const QString& path : matchesOf(description, "\\((?:RUNPATH|RPATH)\\).*\\[(.*)\\]"))
        for (const QString& element : path.split(':')) {
            const bool beside = element == "$ORIGIN" || element.startsWith("$ORIGIN/");
            if (!beside && !(element.startsWith('/') && QFileInfo(element).isDir()))
                stray.append('"' + element + '"');
        }
    return stray;
}

// How often the instruction endbr64 stands in a file.
qsizetype jumpTargets(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll().count("\xf3\x0f\x1e\xfa") : 0;
}

void compile(const QStringList& arguments, const QString& folder) {
    const Outcome outcome = runProgram(CRISTAE_CXX, arguments, folder);
    QVERIFY2(outcome.code == 0, outcome.err.constData());
}

void writeText(const QString& path, const QByteArray& text) {
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size());
}

} // namespace

class TestBinaries : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        QTest::failOnWarning(QRegularExpression(".?"));
        if (runProgram("readelf", {"--version"}, build.path()).code != 0) QSKIP("No readelf here.");
        const Outcome outcome = runProgram(
            CRISTAE_CMAKE, {"--install", build.path(), "--prefix", installed(), "--component", "program"},
            dir_.path());
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        QVERIFY(binariesIn(installed()).size() >= 2);
        QVERIFY(ownBinaries().size() > 10);
    }

    void theCheckFindsStrayPaths() {
        QCOMPARE(strayRunPaths("(RUNPATH)  Library runpath: [$ORIGIN/../lib:/usr]"), QStringList());
        QCOMPARE(strayRunPaths("(RUNPATH)  Library runpath: [/usr:]"), QStringList{"\"\""});
        QCOMPARE(strayRunPaths("(RPATH)  Library rpath: [lib:/nowhere:$ORIGINAL]"),
                 (QStringList{"\"lib\"", "\"/nowhere\"", "\"$ORIGINAL\""}));
    }

    void runPathsNameKnownFolders() {
        for (const QString& path : ownBinaries() + binariesIn(installed())) {
            const QStringList stray = strayRunPaths(described(path));
            QVERIFY2(stray.isEmpty(), qPrintable(path + ": " + stray.join(", ")));
        }
        // An installation stands for itself.
        for (const QString& path : binariesIn(installed()))
            for (const QString& element : matchesOf(described(path), "\\((?:RUNPATH|RPATH)\\).*\\[(.*)\\]"))
                QVERIFY2(element.startsWith("$ORIGIN"), qPrintable(path + ": " + element));
    }

    void everythingIsHardened() {
        // Objects of the C library go into every program: without their note on jumps ours can have none. The
        // places that may be jumped to are marked in any case.
        writeText(dir_.filePath("empty.cpp"), "int main() {}\n");
        compile({"-fcf-protection", "empty.cpp", "-o", "empty"}, dir_.path());
        const bool notesJumps = described(dir_.filePath("empty")).contains("IBT");
        for (const QString& path : ownBinaries() + binariesIn(installed())) {
            const QByteArray text = described(path);
            const auto holds = [&](bool condition, const char* what) {
                if (!condition) QTest::qFail(qPrintable(path + ": " + what), __FILE__, __LINE__);
            };
            holds(text.contains("DYN ("), "its addresses are fixed");
            holds(text.contains("INTERP") == text.contains(" PIE"), "the program is not marked as PIE");
            holds(text.contains("BIND_NOW") || text.contains("Flags: NOW"),
                  "symbols are bound late (-z now)");
            holds(text.contains("GNU_RELRO"), "its tables stay writable (-z relro)");
            holds(QRegularExpression("GNU_STACK.*RW ").match(QString::fromLatin1(text)).hasMatch(),
                  "its stack can be executed");
            holds(text.contains("__stack_chk_fail"), "no stack protector");
            if (marksJumps) holds(jumpTargets(path) > 50, "no -fcf-protection");
            if (notesJumps) holds(text.contains("IBT") && text.contains("SHSTK"), "no -fcf-protection");
        }
    }

    void buffersAreCompared() {
        if (sanitized) QSKIP("The sanitizers watch these functions themselves.");
        for (const QString& path : binariesIn(build.filePath("bin")) + binariesIn(build.filePath("lib")))
            QVERIFY2(!matchesOf(described(path), "(__\\w+_chk)@").filter("mem").isEmpty(), qPrintable(path));
    }

    // Arrows and check marks of the style sheet are SVG; Qt says nothing where it cannot draw them.
    void theWindowsPluginsAreHere() {
        QVERIFY(QImageReader::supportedImageFormats().contains("svg"));
        QVERIFY(QDir(QLibraryInfo::path(QLibraryInfo::PluginsPath)).exists("platforms/libqxcb.so"));
    }

    // A folder of data with libraries named like those that the programs load, each of which would leave a
    // trace.
    void nothingIsLoadedFromTheCurrentFolder() {
        const QString data = dir_.filePath("data");
        QVERIFY(QDir().mkpath(data));
        writeText(dir_.filePath("fake.cpp"), "#include <cstdio>\n"
                                             "int fake() { return 0; }\n"
                                             "__attribute__((constructor)) void leaveTrace() {\n"
                                             "    std::fclose(std::fopen(\"loaded\", \"w\"));\n"
                                             "}\n");
        compile({"-shared", "-fPIC", "../fake.cpp", "-Wl,-soname,libtiff.so.6", "-o", "libtiff.so.6"}, data);
        QSet<QString> names;
        for (const QString& path : binariesIn(build.filePath("bin")) + binariesIn(build.filePath("lib")) +
                                       binariesIn(build.filePath("lib/torch/lib")))
            for (const QString& name : matchesOf(described(path), "\\(NEEDED\\).*\\[(.*)\\]"))
                if (name != "libc.so.6" && !name.startsWith("ld-linux")) names.insert(name);
        QVERIFY(names.contains("libtiff.so.6"));
        for (const QString& name : names)
            if (name != "libtiff.so.6") QVERIFY(QFile::copy(data + "/libtiff.so.6", data + "/" + name));

        // The trap works: a program with the run path that CMake leaves in a build folder falls into it.
        writeText(dir_.filePath("victim.cpp"), "int fake();\nint main() { return fake(); }\n");
        compile({"../victim.cpp", "./libtiff.so.6", "-Wl,-rpath,/nowhere:", "-o", "../victim"}, data);
        runProgram(dir_.filePath("victim"), {}, data);
        QVERIFY(QFile::remove(data + "/loaded"));

        QVERIFY(QImage(64, 64, QImage::Format_Grayscale8).save(data + "/x.png"));
        QStringList programs = binariesIn(build.filePath("bin")) + binariesIn(installed() + "/bin");
        for (const QString& program : programs) {
            const bool window = program.endsWith("/cristae");
            const Outcome outcome =
                runProgram(program, window ? QStringList{"--version"} : QStringList{"info", "x.png"}, data);
            QVERIFY2(outcome.code == 0, outcome.err.constData());
            QVERIFY2(!QFile::exists(data + "/loaded"), qPrintable(program));
        }
        // The engine is loaded later, and LibTorch with it.
        const Outcome outcome = runProgram(
            build.filePath("bin/cristae-cli"),
            {"predict", "x.png", "--model", "mitochondria", "--pixel-size", "10", "--output", "labels.tif"},
            data);
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        QVERIFY(!QFile::exists(data + "/loaded"));
    }

private:
    QString installed() const { return dir_.filePath("installed"); }

    QTemporaryDir dir_;
};

QTEST_GUILESS_MAIN(TestBinaries)
#include "tst_binaries.moc"
