#!/usr/bin/env bash
# Tries both commands of the README and the DEB on a bare system of a Debian or Ubuntu suite.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
    cat <<'TEXT'
usage: packaging/test-on.sh SUITE [OPTIONS]

Makes a minimal system of SUITE (bookworm, trixie, noble …) with debootstrap, clones the last commit into it and there
  run    runs packaging/run.sh and waits until its window shows the sample micrograph,
  test   runs packaging/test.sh,
  deb    makes the DEB; installs it in another bare system of the suite, predicts the sample and opens the window.
Needs root. Displays are served from outside, so that the systems hold nothing but what the scripts and the DEB ask for.

  --folder DIR     where the systems are made (default: build/test-on); about 10 GB while it runs
  --mirror URL     the archive to install from (default: the one that apt uses here)
  --libtorch DIR   a .deps folder that already holds LibTorch, instead of fetching it in there
  --ccache DIR     a compiler cache to share; one per suite is enough
  --data DIR       the folder of real micrographs, for the tests that need them
  --only STEPS     run, test or deb; several with commas
  --again          use the systems of the last call as it left them, with the commit of now
TEXT
}

suite=
folder="$root/build/test-on"
mirror=
libtorch=
ccache=
data=
steps=run,test,deb
again=
while (($#)); do
    case "$1" in
        -h | --help)
            usage
            exit 0
            ;;
        --folder | --mirror | --libtorch | --ccache | --data | --only)
            value="${2:?$1 needs a value}"
            case "$1" in
                --folder) folder="$value" ;;
                --mirror) mirror="$value" ;;
                --libtorch) libtorch="$(realpath -e "$value")" ;;
                --ccache) ccache="$(realpath -m "$value")" ;;
                --data) data="$(realpath -e "$value")" ;;
                --only) steps="$value" ;;
            esac
            shift
            ;;
        --again) again=yes ;;
        -*) die "unknown argument '$1'; packaging/test-on.sh --help lists them." ;;
        *) suite="$1" ;;
    esac
    shift
done
[[ -n $suite ]] || die "which suite? For instance: packaging/test-on.sh trixie"
[[ $(id -u) -eq 0 ]] || die "only root can make another system; start this with sudo."
need_packages debootstrap xvfb x11-utils x11-apps xdotool

# Mounts and processes of this call end with it: it runs in namespaces of its own.
if [[ -z ${CRISTAE_TEST_ON:-} ]]; then
    arguments=("$suite" --folder "$folder" --only "$steps")
    if [[ -n $mirror ]]; then arguments+=(--mirror "$mirror"); fi
    if [[ -n $libtorch ]]; then arguments+=(--libtorch "$libtorch"); fi
    if [[ -n $ccache ]]; then arguments+=(--ccache "$ccache"); fi
    if [[ -n $data ]]; then arguments+=(--data "$data"); fi
    if [[ -n $again ]]; then arguments+=(--again); fi
    CRISTAE_TEST_ON=yes exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
        "$root/packaging/test-on.sh" "${arguments[@]}"
fi

trap 'exit 130' INT TERM # the first process of a namespace ignores them otherwise

mkdir -p "$folder"
folder="$(realpath "$folder")"
bare="$folder/$suite-bare"       # as debootstrap made it
builder="$folder/$suite-builder" # where the repository is cloned to
user="$folder/$suite-user"       # where the DEB is installed
display=

# The archive that apt takes this system's packages from, if it serves the suite as well.
apt_mirror() {
    # shellcheck disable=SC2016 # apt fills it in
    apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | sort | uniq -c | sort -rn |
        awk '{print $2}' | while read -r site; do
        if /usr/lib/apt/apt-helper download-file "$site/dists/$suite/Release" "$folder/$suite-Release" >/dev/null 2>&1; then
            printf '%s\n' "$site"
            break
        fi
    done
}

make_bare_system() {
    if [[ -e $bare/.complete ]]; then return; fi
    if [[ -z $mirror ]]; then mirror="$(apt_mirror)"; fi
    [[ -n $mirror ]] || die "no archive that apt uses here serves '$suite'; name one with --mirror URL."
    say "Making a bare $suite from $mirror"
    rm -rf "$bare"
    debootstrap --variant=minbase --include=git,ca-certificates "$suite" "$bare" "$mirror" >"$folder/$suite-debootstrap.log" 2>&1 || {
        tail -n 5 "$folder/$suite-debootstrap.log" >&2
        die "debootstrap could not make a bare $suite; $folder/$suite-debootstrap.log says why."
    }
    # Ubuntu keeps what the build and the window need in another component.
    if grep -q '^ID=ubuntu' "$bare/etc/os-release"; then
        printf 'deb %s %s main universe\n' "$mirror" "$suite" >"$bare/etc/apt/sources.list"
    fi
    touch "$bare/.complete"
}

# copy_system TO [KEEP]: a fresh system like the bare one (or, with KEEP, the one that is there), with what the kernel
# gives mounted in it.
copy_system() {
    local system="$1" keep="${2:-}"
    if [[ -z $keep || ! -d $system ]]; then
        rm -rf "$system"
        cp -a --reflink=auto "$bare" "$system"
    fi
    cp -L /etc/resolv.conf "$system/etc/resolv.conf"
    mount -t proc proc "$system/proc"
    mount -t sysfs -o ro sysfs "$system/sys"
    mount --rbind /dev "$system/dev"
    mkdir -p "$system/tmp/.X11-unix"
    mount --bind /tmp/.X11-unix "$system/tmp/.X11-unix"
}

# What pip needs to reach the index as it does here.
hand_in_pip() {
    local system="$1"
    if [[ -e /etc/pip.conf ]]; then cp -L /etc/pip.conf "$system/etc/pip.conf"; fi
    if [[ -d /usr/local/share/ca-certificates ]]; then
        cp -a /usr/local/share/ca-certificates/. "$system/usr/local/share/ca-certificates/"
        inside "$system" update-ca-certificates >/dev/null 2>&1
    fi
}

# inside SYSTEM COMMAND...: runs it there as root with a plain environment.
inside() {
    local system="$1"
    shift
    chroot "$system" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
        DISPLAY="$display" CCACHE_DIR=/srv/ccache \
        ${CRISTAE_JOBS:+CRISTAE_JOBS="$CRISTAE_JOBS"} ${CRISTAE_CUDA:+CRISTAE_CUDA="$CRISTAE_CUDA"} "$@"
}

clone_into_builder() {
    local checkout="$builder/srv/cristae"
    mkdir -p "$builder/mnt/source" "$builder/srv/shared"
    mount --bind -o ro "$root" "$builder/mnt/source"
    if [[ -d $checkout/.git ]]; then
        inside "$builder" git -c safe.directory='*' -C /srv/cristae fetch --quiet /mnt/source HEAD
        inside "$builder" git -C /srv/cristae reset --quiet --hard FETCH_HEAD
    else
        inside "$builder" git -c safe.directory='*' clone --quiet /mnt/source /srv/cristae
    fi
    if [[ -n $libtorch ]]; then
        mkdir -p "$checkout/.deps"
        mount --bind -o ro "$libtorch" "$checkout/.deps"
    else
        hand_in_pip "$builder"
    fi
    if [[ -n $ccache ]]; then
        mkdir -p "$ccache" "$builder/srv/ccache"
        mount --bind "$ccache" "$builder/srv/ccache"
    fi
    if [[ -n $data ]]; then
        mkdir -p "$builder/srv/shared/data"
        mount --bind -o ro "$data" "$builder/srv/shared/data"
    fi
}

start_display() {
    mkdir -p /tmp/.X11-unix
    local number=90
    while [[ -e /tmp/.X11-unix/X$number || -e /tmp/.X$number-lock ]]; do number=$((number + 1)); done
    display=":$number"
    Xvfb "$display" -screen 0 1600x1000x24 -nolisten tcp -ac >"$folder/$suite-display.log" 2>&1 &
    local tries
    for ((tries = 0; tries < 100; ++tries)); do
        if xwininfo -display "$display" -root >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    die "the display for the window did not start; $folder/$suite-display.log says why."
}

# The window that shows the sample: viewable, named after the file, and with a picture in it. Prints its number.
sample_window() {
    local id
    id="$(xwininfo -display "$display" -root -tree 2>/dev/null | awk '/"[^"]*fly_medulla/ {print $1; exit}')"
    if [[ -z $id ]]; then return 1; fi
    xwininfo -display "$display" -id "$id" 2>/dev/null | grep -q 'Map State: IsViewable' || return 1
    # A micrograph hardly shrinks, an empty window to next to nothing.
    (($(xwd -silent -display "$display" -id "$id" 2>/dev/null | gzip -c | wc -c) > 150000)) || return 1
    printf '%s\n' "$id"
}

# opens_the_window WHAT MINUTES COMMAND...: the command must put the sample on the screen and end well when it is closed.
opens_the_window() {
    local what="$1" minutes="$2" log="$folder/$suite-$1.log" id='' code=0 deadline
    shift 2
    deadline=$((SECONDS + minutes * 60))
    "$@" >"$log" 2>&1 &
    local process=$!
    while kill -0 "$process" 2>/dev/null && ((SECONDS < deadline)); do
        if id="$(sample_window)"; then break; fi
        sleep 1
    done
    if [[ -z $id ]]; then
        kill "$process" 2>/dev/null || true
        tail -n 20 "$log" >&2
        die "$suite: $what showed no window with the sample; $log says more."
    fi
    xwd -silent -display "$display" -id "$id" >"$folder/$suite-$what.xwd"
    DISPLAY="$display" xdotool windowfocus --sync "$id" key ctrl+q
    for ((deadline = SECONDS + 60; SECONDS < deadline; )); do
        if ! kill -0 "$process" 2>/dev/null; then break; fi
        sleep 0.5
    done
    if kill -0 "$process" 2>/dev/null; then
        kill "$process"
        die "$suite: $what did not close its window on Ctrl+Q."
    fi
    wait "$process" || code=$?
    ((code == 0)) || die "$suite: $what ended with code $code; $log says more."
}

step_run() {
    say "$suite: packaging/run.sh"
    opens_the_window run.sh 180 inside "$builder" /srv/cristae/packaging/run.sh
    report "run.sh opened the window on the sample"
}

step_test() {
    say "$suite: packaging/test.sh"
    local log="$folder/$suite-test.sh.log" code=0
    DISPLAY='' inside "$builder" /srv/cristae/packaging/test.sh >"$log" 2>&1 || code=$?
    grep -E '% tests passed|tests failed' "$log" || true
    if ((code != 0)); then
        grep -E '\*\*\*|error:' "$log" | head -n 20 >&2 || tail -n 20 "$log" >&2
        die "$suite: test.sh ended with code $code; $log says more."
    fi
    report "test.sh: $(grep -E '% tests passed' "$log")"
}

step_deb() {
    say "$suite: the DEB"
    local log="$folder/$suite-deb.log" deb
    inside "$builder" /srv/cristae/packaging/build.sh >"$log" 2>&1 ||
        die "$suite: build.sh failed; $log says why."
    inside "$builder" apt-get -q install -y --no-install-recommends file dpkg-dev >>"$log" 2>&1
    rm -rf "$builder/srv/package"
    inside "$builder" cpack --config /srv/cristae/build/release/CPackConfig.cmake -G DEB -B /srv/package >>"$log" 2>&1 ||
        die "$suite: cpack failed; $log says why."
    deb="$(cd "$builder/srv/package" && echo *.deb)"
    copy_system "$user"
    cp "$builder/srv/package/$deb" "$user/srv/"
    {
        inside "$user" dpkg-deb --field "/srv/$deb" Depends
        inside "$user" env DEBIAN_FRONTEND=noninteractive apt-get -q update
        inside "$user" env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "/srv/$deb"
    } >>"$log" 2>&1 || die "$suite: the DEB could not be installed; $log says why."
    local sample=/usr/share/cristae/samples/fly_medulla.h5
    inside "$user" sh -c "cd /srv && cristae-cli predict $sample --model mitochondria --slices 0:1 --output labels.tif && cristae-cli info labels.tif" \
        >>"$log" 2>&1 || die "$suite: the installed program did not predict; $log says why."
    opens_the_window deb-window 2 inside "$user" cristae "$sample"
    report "DEB ($(du -h "$user/srv/$deb" | cut -f1)) installed on a bare system, predicted, opened its window"
}

results=()
report() {
    results+=("$suite: $* ($((SECONDS / 60)) minutes since the start)")
    say "${results[-1]}"
}

main() {
    make_bare_system
    start_display
    copy_system "$builder" "$again"
    clone_into_builder
    local step
    for step in ${steps//,/ }; do
        case "$step" in
            run | test | deb) "step_$step" ;;
            *) die "unknown step '$step': run, test or deb." ;;
        esac
    done
    say "Done"
    printf '%s\n' "${results[@]}"
}
main && exit # on one line, because this file may have changed meanwhile
