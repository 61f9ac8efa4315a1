#!/usr/bin/env bash
# Installs what is missing and builds Cristae: build/release/bin/cristae and cristae-cli.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
    cat <<'TEXT'
usage: packaging/build.sh [--preset NAME] [--tests] [-DNAME=VALUE ...]

Installs what is missing (with apt), fetches LibTorch into .deps (once) and builds Cristae into build/PRESET:
build/release/bin/cristae is the window, build/release/bin/cristae-cli the command line.

  --preset NAME   release (default), dev (warnings are errors), asan (sanitizers), core-only (neither Qt nor LibTorch)
  --tests         build the tests too
  -DNAME=VALUE    handed to CMake

CRISTAE_TORCH_DIR=FOLDER   use the LibTorch there (it holds include/ and lib/) instead of fetching one
CRISTAE_CUDA=1 or 0        fetch the CUDA set, or the CPU set, whatever the machine has
CRISTAE_JOBS=N             compile N files at a time
CRISTAE_WERROR=1           take warnings for errors, as the preset dev does
TEXT
}

preset=release
tests=
definitions=("-DCRISTAE_WERROR=${CRISTAE_WERROR:-OFF}")
while (($#)); do
    case "$1" in
        --preset)
            preset="${2:?--preset needs a name}"
            shift
            ;;
        --tests) tests=yes ;;
        -D*) definitions+=("$1") ;;
        -h | --help)
            usage
            exit 0
            ;;
        *) die "unknown argument '$1'; packaging/build.sh --help lists them." ;;
    esac
    shift
done

cd "$root"
torch_dir=
if [[ $preset == core-only ]]; then
    need_packages "${core_packages[@]}"
else
    mapfile -t fetching < <(torch_packages)
    need_packages "${core_packages[@]}" "${window_packages[@]}" "${fetching[@]}"
    need_torch
    definitions+=("-DCRISTAE_TORCH_DIR=$torch_dir")
fi

say "Configuring (build/$preset)"
log="$root/build/$preset-configure.log"
mkdir -p build
cmake --preset "$preset" "${definitions[@]}" >"$log" 2>&1 || {
    cat "$log" >&2
    die "CMake could not configure the build; the lines above say why."
}
targets=(cristae_program)
if [[ -n $tests || $preset == core-only ]]; then targets=(all); fi
jobs="${CRISTAE_JOBS:-$(build_jobs)}"
say "Building with $jobs jobs (minutes the first time, seconds later)"
cmake --build "build/$preset" --parallel "$jobs" --target "${targets[@]}"
