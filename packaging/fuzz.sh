#!/usr/bin/env bash
# Builds the readers with sanitizers and without window and engine, runs their tests and the mutation fuzz.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
    cat <<'TEXT'
usage: packaging/fuzz.sh [SECONDS [ARGUMENTS]]

Installs what is missing, builds the readers of files with AddressSanitizer and UBSan (build/core-asan; neither the window
nor LibTorch), runs their tests where Qt 6 Test is installed, and reads changed files for SECONDS (60). Ends with 1 if
something was found; the files then lie in build/core-asan/fuzz-findings, with the command that shows each again.
ARGUMENTS go to the fuzz: --seed N, --format NAME, --count N.

CRISTAE_JOBS=N   compile N files at a time
TEXT
    exit 0
fi
seconds="${1:-60}"
if (($#)); then shift; fi
[[ $seconds =~ ^[0-9]+$ ]] || die "unknown argument '$seconds'; packaging/fuzz.sh --help lists them."

cd "$root"
need_packages "${core_packages[@]}"
build="$root/build/core-asan"
say "Configuring (build/core-asan)"
mkdir -p build
cmake --preset core-asan >build/core-asan-configure.log 2>&1 || {
    cat build/core-asan-configure.log >&2
    die "CMake could not configure the build; the lines above say why."
}
targets=(fuzz_readers)
tests=(tst_broken_files tst_folder tst_hdf5 tst_hostile_hdf5 tst_hostile_tiff tst_input_file tst_json tst_pictures tst_real_files tst_tiff
    tst_tiff_corners)
if grep -q '^Qt6Test_DIR:PATH=/' "$build/CMakeCache.txt"; then targets+=("${tests[@]}"); fi
say "Building the readers with sanitizers"
cmake --build "$build" --parallel "${CRISTAE_JOBS:-$(build_jobs)}" --target "${targets[@]}"

# Memory that a foreign library never gives back is not a fault of the readers.
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=1100
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
if ((${#targets[@]} > 1)); then
    say "Running the readers' tests"
    pattern="$(IFS='|'; printf '%s' "${tests[*]}")"
    ctest --test-dir "$build" --output-on-failure --no-tests=error -j2 -R "^($pattern)\$"
fi
say "Reading changed files for $seconds seconds"
exec "$build/tests/fuzz_readers" --seconds "$seconds" --known "$root/tests/fuzz/known_library_crashes.txt" \
    --out "$build/fuzz-findings" "$@"
