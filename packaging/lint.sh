#!/usr/bin/env bash
# Checks how the tree is written: layout, spelling, scripts, headers, static analysis and commit messages.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
    cat <<'TEXT'
usage: packaging/lint.sh [GATE ...]
       packaging/lint.sh --message FILE    checks the text of one commit message, as a hook of git

Installs what is missing and runs the gates (all of them, or those that are named); ends in one line for each:
  format    clang-format on every source file
  spelling  codespell on every text
  scripts   shellcheck on every script
  sizes     no file above 1 MB but model packages and samples, and no archives
  commits   subjects of up to 72 characters and a body that says why, for the commits of the change
  headers   every header compiles by itself
  tidy      clang-tidy on the source files of the change, up to 40 of them: those with the most changed lines

The change is what came since the branch left origin/main, or in the last day of the branch where that is nothing;
CRISTAE_LINT_BASE=REVISION names another start. CRISTAE_TIDY_FILES=N looks at N files, 0 at all.
TEXT
}

all_gates=(format spelling scripts sizes commits headers tidy)
gates=()
message=
while (($#)); do
    case "$1" in
        --message)
            message="${2:?--message needs the file with the text}"
            shift
            ;;
        -h | --help)
            usage
            exit 0
            ;;
        *)
            [[ " ${all_gates[*]} " == *" $1 "* ]] || die "unknown gate '$1'; packaging/lint.sh --help lists them."
            gates+=("$1")
            ;;
    esac
    shift
done
if [[ ${#gates[@]} -eq 0 ]]; then gates=("${all_gates[@]}"); fi

cd "$root"
work="$root/build/lint"
tidy_files="${CRISTAE_TIDY_FILES:-40}"
mkdir -p "$work"

wants() { [[ " ${gates[*]} " == *" $1 "* ]]; }

# Sources that are ours: as git knows them, without what was deleted since.
sources() {
    local file
    git ls-files -- "$@" | while read -r file; do
        if [[ -e $file ]]; then printf '%s\n' "$file"; fi
    done
}

# The commit that the change starts from.
change_base() {
    local base last
    if [[ -n ${CRISTAE_LINT_BASE:-} ]]; then
        git rev-parse --verify --quiet "$CRISTAE_LINT_BASE^{commit}" || die "no such revision: $CRISTAE_LINT_BASE"
        return
    fi
    base="$(git merge-base HEAD origin/main 2>/dev/null || true)"
    if [[ -z $base || $base == "$(git rev-parse HEAD)" ]]; then
        last="$(git log -1 --format=%ct HEAD)"
        base="$(git rev-list -1 --before="$((last - 86400))" HEAD)"
    fi
    if [[ -z $base ]]; then base="$(git rev-list --max-parents=0 HEAD | tail -n 1)"; fi
    printf '%s\n' "$base"
}

# Each gate prints what is wrong, sets `checked` to what it looked at, and fails if anything is wrong.
gate_format() {
    local version
    version="$(clang-format --version | grep -o '[0-9]\+' | head -n 1)"
    mapfile -t files < <(sources '*.cpp' '*.h')
    # Other versions lay out a few lines differently.
    if ((version != 14)); then
        checked="not checked: the tree is laid out by clang-format 14, here is $version"
        return
    fi
    checked="${#files[@]} files"
    printf '%s\0' "${files[@]}" | xargs -0 -n 50 -P "$(nproc)" clang-format --dry-run -Werror
}

gate_spelling() {
    mapfile -t files < <(sources '*.cpp' '*.h' '*.md' '*.txt' '*.cmake' '*.sh' '*.yaml' '*.json' '.ci/*')
    checked="${#files[@]} texts"
    codespell "${files[@]}"
}

gate_scripts() {
    mapfile -t files < <(sources '*.sh' '.ci/*')
    checked="${#files[@]} scripts"
    shellcheck "${files[@]}"
}

# What is committed once is cloned for ever.
gate_sizes() {
    mapfile -t files < <(sources ':!models/zoo/*.safetensors' ':!resources/samples')
    checked="${#files[@]} files"
    stat -c '%s %n' "${files[@]}" | awk '
        $1 > 1000000 {print $2 ": above 1 MB; large files belong into a data set or a release."; failed = 1}
        /\.(whl|zip|tar|tgz|gz|xz|7z|deb|so|o|a)$/ {print $2 ": archives and built files do not belong here."; failed = 1}
        END {exit failed}'
}

# check_message NAME: reads a commit message; says what is wrong with it.
check_message() {
    local subject second body
    IFS= read -r subject || true
    IFS= read -r second || true
    body="$(cat)"
    if ((${#subject} > 72)); then
        printf '%s: the subject has %d characters, 72 at most: %s\n' "$1" "${#subject}" "$subject"
        return 1
    fi
    if [[ -n ${second//[[:space:]]/} || -z ${body//[[:space:]]/} ]]; then
        printf '%s: no body, after an empty line, says why: %s\n' "$1" "$subject"
        return 1
    fi
}

gate_commits() {
    local base commit failed=0 count=0
    base="$(change_base)"
    for commit in $(git rev-list --no-merges "$base..HEAD"); do
        count=$((count + 1))
        git log -1 --format=%B "$commit" | check_message "$(git log -1 --format=%h "$commit")" || failed=1
    done
    checked="$count commits since $(git log -1 --format=%h "$base")"
    return "$failed"
}

# Configures a build folder in which every file has a command of its own; nothing is linked there.
configure() {
    if [[ -n ${configured:-} ]]; then return; fi
    cmake --preset lint "-DCRISTAE_TORCH_DIR=$torch_dir" >"$work/configure.log" 2>&1 || {
        cat "$work/configure.log"
        return 1
    }
    configured=yes
}

gate_headers() {
    configure || return
    checked="$(sources '*.h' ':!models/train/gloo_headers' | wc -l) headers"
    cmake --build "$work" --parallel "${CRISTAE_JOBS:-$(build_jobs)}" --target cristae_headers >"$work/headers.log" || {
        grep -v '^\[' "$work/headers.log"
        return 1
    }
}

# The source files of the change, those with the most changed lines first. A header is looked at through the source file
# that it belongs to.
changed_sources() {
    local added removed file
    git diff --numstat --no-renames "$1" -- 'core/*' 'models/*' 'ui/*' 'app/*' | while read -r added removed file; do
        file="${file%.h}.cpp"
        file="${file%.cpp.cpp}.cpp"
        if [[ $file == *.cpp && -e $file ]]; then printf '%d %s\n' "$((added + removed))" "$file"; fi
    done | awk '{lines[$2] += $1} END {for (file in lines) print lines[file], file}' | sort -k1,1nr -k2 | cut -d' ' -f2
}

gate_tidy() {
    local base
    configure || return
    base="$(change_base)"
    mapfile -t changed < <(changed_sources "$base")
    local files=("${changed[@]}")
    if ((tidy_files > 0)); then files=("${changed[@]:0:tidy_files}"); fi
    checked="${#files[@]} of ${#changed[@]} files changed since $(git log -1 --format=%h "$base")"
    if ((${#files[@]} == 0)); then return; fi
    printf '%s\0' "${files[@]}" |
        xargs -0 -n 1 -P "${CRISTAE_JOBS:-$(build_jobs)}" clang-tidy -p "$work" --quiet >"$work/tidy.log" 2>"$work/tidy-notes.log" || {
        cat "$work/tidy.log"
        grep -E 'error:' "$work/tidy-notes.log" || true
        return 1
    }
}

if [[ -n $message ]]; then
    # git takes lines with # for its own.
    grep -v '^#' "$message" | check_message "commit message" || exit 1
    exit 0
fi

say "Checking: ${gates[*]}"
need_packages git clang-format clang-tidy codespell shellcheck
if wants headers || wants tidy; then
    mapfile -t fetching < <(torch_packages)
    need_packages "${core_packages[@]}" "${window_packages[@]}" "${fetching[@]}"
    need_torch
fi

results=()
failed=
for gate in "${gates[@]}"; do
    say "$gate"
    checked=
    started=$SECONDS
    if "gate_$gate"; then verdict=ok; else verdict=FAILED failed=yes; fi
    results+=("$(printf 'lint: %-8s %-6s %s, %d s' "$gate" "$verdict" "$checked" "$((SECONDS - started))")")
done
printf '%s\n' "${results[@]}"
[[ -z $failed ]] || die "the lines above that say FAILED name the gates; what each found stands further up."
