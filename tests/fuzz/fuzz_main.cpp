// fuzz_readers [--seconds N] [--count N] [--seed S] [--format NAME] [--only N] [--out FOLDER] [--known FILE]:
// changed files are read as the program reads them. Each batch runs in a child, so that a crash or a hang is
// one finding.
#include "tests/fuzz/targets.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <new>
#include <set>
#include <sstream>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using namespace fuzz;

constexpr unsigned secondsOfOne = 10; // longer is a hang
constexpr uint64_t batch = 500;

struct Settings {
    double seconds = 60;
    uint64_t count = 0, seed = 1; // count: of each format; 0: as many as fit into the time
    std::string format, known;
    long long only = -1;
    fs::path out = "fuzz-findings";
};

/// Shared with the child.
struct Progress {
    uint64_t current = 0, read = 0;
};

struct Report {
    uint64_t executions = 0, read = 0, findings = 0;
    std::map<std::string, uint64_t> known; // crashes inside a library, by their place
};

Bytes input(const Target& target, const std::vector<Bytes>& seeds, uint64_t seed, uint64_t number) {
    uint64_t mixed = seed;
    for (const char* c = target.name; *c; ++c) mixed = mixed * 131 + uint8_t(*c);
    Random random(mixed * 1000003 + number);
    Bytes bytes = random.of(seeds);
    if (number >= seeds.size())
        target.change(bytes, seeds, random);
    else
        bytes = seeds[number]; // each seed once as it is
    return bytes;
}

void write(const fs::path& file, const Bytes& bytes) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

/// In the child: executions from `first` on; what goes wrong ends it with a signal.
[[noreturn]] void runBatch(const Target& target, const std::vector<Bytes>& seeds, const Settings& settings,
                           uint64_t first, uint64_t end, const fs::path& file, const fs::path& log,
                           Progress& shared) {
    const int errors = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(errors, STDERR_FILENO);
    for (shared.current = first; shared.current < end; ++shared.current) {
        write(file, input(target, seeds, settings.seed, shared.current));
        ::alarm(secondsOfOne);
        try {
            shared.read += target.read(file);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "WRONG: %s\n", error.what());
            std::_Exit(3);
        }
    }
    std::_Exit(0);
}

/// Where a report of the sanitizer says that it happened: the innermost function with a name that is neither
/// the sanitizer's nor the C library's: "H5HL_offset_into (libhdf5)".
std::string placeOf(const fs::path& log) {
    std::ifstream stream(log);
    bool inFrames = false;
    for (std::string line; std::getline(stream, line);) {
        if (line.starts_with("WRONG: ") || line.find("runtime error") != std::string::npos)
            return line.substr(0, 200);
        if (!line.starts_with("    #")) {
            if (inFrames) break; // the stacks behind the first one tell of the memory
            continue;
        }
        inFrames = true;
        const size_t in = line.find(" in ");
        if (in == std::string::npos) continue; // a function without a name
        const std::string frame = line.substr(in + 4);
        static const char* noise[] = {"sanitizer", "asan",          "sysdeps",     "libc.so",
                                      "H5MM_",     "__interceptor", "operator new"};
        if (std::ranges::any_of(noise,
                                [&](const char* word) { return frame.find(word) != std::string::npos; }))
            continue;
        const std::string function = frame.substr(0, frame.find_first_of(" ("));
        return function +
               (frame.find("libhdf5") != std::string::npos ? " (libhdf5)" : frame.substr(function.size()));
    }
    return "no report";
}

std::set<std::string> linesOf(const std::string& file) {
    std::set<std::string> lines;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);)
        if (!line.empty() && line.front() != '#') lines.insert(line);
    return lines;
}

void judge(const Target& target, const Settings& settings, const fs::path& file, const fs::path& log,
           int status, uint64_t number, const std::set<std::string>& known, Report& report) {
    std::string place = placeOf(log);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        place = fmt::format("a hang of {} s", secondsOfOne);
    else if (WIFSIGNALED(status) && place == "no report")
        place = fmt::format("signal {}", WTERMSIG(status));
    if (known.contains(place)) {
        ++report.known[place];
        return;
    }
    ++report.findings;
    fs::create_directories(settings.out);
    const fs::path saved =
        settings.out / fmt::format("{}-{}-{}{}", target.name, settings.seed, number, target.extension);
    fs::copy_file(file, saved, fs::copy_options::overwrite_existing);
    fs::copy_file(log, saved.string() + ".log", fs::copy_options::overwrite_existing);
    fmt::print("FOUND {} {}: {}\n  {} (again: --format {} --seed {} --only {})\n", target.name, number, place,
               saved.string(), target.name, settings.seed, number);
    std::fflush(stdout);
}

Report fuzzTarget(const Target& target, const Settings& settings, double seconds, const fs::path& scratch,
                  const std::set<std::string>& known) {
    const std::vector<Bytes> seeds = target.seeds(scratch);
    auto* shared = static_cast<Progress*>(
        ::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    if (shared == MAP_FAILED) throw std::bad_alloc();
    new (shared) Progress;
    const fs::path file = scratch / (std::string("input") + target.extension), log = scratch / "log";
    Report report;
    const auto begin = std::chrono::steady_clock::now();
    const auto spent = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    uint64_t next = 0;
    while (settings.count ? next < settings.count : spent() < seconds) {
        const uint64_t end = settings.count ? std::min(next + batch, settings.count) : next + batch;
        std::fflush(stdout);
        const pid_t child = ::fork();
        if (child == 0) runBatch(target, seeds, settings, next, end, file, log, *shared);
        int status = 0;
        while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
        }
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
            next = end;
            continue;
        }
        judge(target, settings, file, log, status, shared->current, known, report);
        next = shared->current + 1;
        if (report.findings >= 20) break; // enough to begin with
    }
    report.executions = next;
    report.read = shared->read;
    ::munmap(shared, sizeof(Progress));
    return report;
}

Settings parse(int argc, char** argv) {
    Settings settings;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string flag = argv[i], value = argv[i + 1];
        if (flag == "--seconds")
            settings.seconds = std::stod(value);
        else if (flag == "--count")
            settings.count = std::stoull(value);
        else if (flag == "--seed")
            settings.seed = std::stoull(value);
        else if (flag == "--format")
            settings.format = value;
        else if (flag == "--only")
            settings.only = std::stoll(value);
        else if (flag == "--out")
            settings.out = value;
        else if (flag == "--known")
            settings.known = value;
        else
            throw std::invalid_argument(flag);
    }
    if (argc % 2 == 0) throw std::invalid_argument(argv[argc - 1]);
    return settings;
}

int runAll(const Settings& settings, const fs::path& scratch) {
    const std::set<std::string> known = linesOf(settings.known);
    std::vector<const Target*> chosen;
    for (const Target& target : targets())
        if (settings.format.empty() || settings.format == target.name) chosen.push_back(&target);
    uint64_t executions = 0, findings = 0, knownCrashes = 0;
    for (const Target* target : chosen) {
        if (settings.only >= 0) {
            const fs::path file = scratch / (std::string("input") + target->extension);
            write(file, input(*target, target->seeds(scratch), settings.seed, uint64_t(settings.only)));
            fmt::print("{}\n", target->read(file) ? "read" : "refused");
            continue;
        }
        const Report report =
            fuzzTarget(*target, settings, settings.seconds / double(chosen.size()), scratch, known);
        fmt::print("{:<12} {:>8} executions, {:>7} read whole, {} findings\n", target->name,
                   report.executions, report.read, report.findings);
        for (const auto& [place, count] : report.known) {
            fmt::print("  known crash inside a library, {} times: {}\n", count, place);
            knownCrashes += count;
        }
        executions += report.executions;
        findings += report.findings;
    }
    if (settings.only < 0)
        fmt::print("{} executions with seed {}, {} findings, {} known crashes inside libraries\n", executions,
                   settings.seed, findings, knownCrashes);
    return findings ? 1 : 0;
}

} // namespace

int main(int argc, char** argv) {
    char folder[] = "/tmp/cristae-fuzz-XXXXXX";
    if (!::mkdtemp(folder)) return 2;
    int code = 2;
    try {
        code = runAll(parse(argc, argv), folder);
    } catch (const std::invalid_argument& error) {
        fmt::print(stderr, "unknown argument {}; see the first line of tests/fuzz/fuzz_main.cpp\n",
                   error.what());
    }
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    return code;
}
