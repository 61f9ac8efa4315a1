#!/bin/bash
# Builds the tests of the window with the address and undefined-behaviour sanitizers, without LibTorch, and runs them.
# They end the window in every order with work under way: a use of what is gone already is a finding.
set -euo pipefail
cd "$(dirname "$0")/.."

cmake --preset asan -DCRISTAE_MODELS=OFF
mapfile -t tests < <(sed -n 's/^cristae_test(\(tst_[a-z_]*\).*/\1/p' tests/ui/CMakeLists.txt)
cmake --build --preset asan --target "${tests[@]}"

export ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
# Times that are measured mean nothing here: the sanitizers make everything slower.
ctest --preset asan -R "^($(IFS='|'; echo "${tests[*]}"))$" -E '^(tst_canvas|tst_large_labels|tst_predict_page)$' "$@"
