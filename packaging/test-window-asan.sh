#!/usr/bin/env bash
# Builds the tests of the window with sanitizers, without LibTorch, and runs them.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
    cat <<'TEXT'
usage: packaging/test-window-asan.sh [CTEST ARGUMENTS]

Installs what is missing, builds the tests of the window with AddressSanitizer and UBSan (build/asan, without LibTorch) and
runs them. They end the window in every order with work under way: a use of what is gone already is a finding.
Arguments go to ctest, for instance: packaging/test-window-asan.sh -R closing
TEXT
    exit 0
fi

cd "$root"
need_packages "${core_packages[@]}" "${window_packages[@]}"
cmake --preset asan -DCRISTAE_MODELS=OFF
mapfile -t tests < <(sed -n 's/^cristae_test(\(tst_[a-z_]*\).*/\1/p' tests/ui/CMakeLists.txt)
cmake --build build/asan --parallel "${CRISTAE_JOBS:-$(build_jobs)}" --target "${tests[@]}"

export ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
pattern="$(IFS='|'; printf '%s' "${tests[*]}")"
# Times that are measured mean nothing here: the sanitizers make everything slower.
exec ctest --preset asan -R "^($pattern)\$" -E '^(tst_canvas|tst_large_labels|tst_predict_page)$' "$@"
