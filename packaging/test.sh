#!/usr/bin/env bash
# Installs what is missing, builds Cristae with its tests and runs all of them.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
    cat <<'TEXT'
usage: packaging/test.sh [CTEST ARGUMENTS]

Installs what is missing, builds Cristae with its tests (packaging/build.sh --tests) and runs all tests; needs no display.
Arguments go to ctest, for instance: packaging/test.sh -R tiff
Tests that need the real micrographs skip, saying so, where the folder is absent
(packaging/build.sh -DCRISTAE_TEST_DATA=FOLDER says where it is).
TEXT
    exit 0
fi

"$root/packaging/build.sh" --tests
cd "$root"
if [[ -z ${XDG_RUNTIME_DIR:-} ]]; then # Qt complains where a bare machine sets none
    export XDG_RUNTIME_DIR="$root/build/release/runtime"
    mkdir -p "$XDG_RUNTIME_DIR"
    chmod 0700 "$XDG_RUNTIME_DIR"
fi
export QT_QPA_PLATFORM=offscreen
say "Running the tests"
exec ctest --test-dir build/release --output-on-failure --no-tests=error -j2 "$@"
