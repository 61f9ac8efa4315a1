#!/usr/bin/env bash
# Runs the program on the small inputs of ../shared/data/cases and compares with their right values; needs a build.
# Names of cases as arguments run only those.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2
test=build/release/tests/tst_cases
[[ -x $test ]] || {
    echo "cases.sh: there is no build yet; run packaging/build.sh first." >&2
    exit 2
}
QT_QPA_PLATFORM=offscreen exec "$test" "$@"
