#!/usr/bin/env bash
# Installs what is missing, builds Cristae and opens its window on the sample micrograph.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
    cat <<'TEXT'
usage: packaging/run.sh [FILE ...]

Installs what is missing, builds Cristae (packaging/build.sh) and opens the window on FILE, or on the sample micrograph.
TEXT
    exit 0
fi

"$root/packaging/build.sh"

if [[ -z ${DISPLAY:-} && -z ${WAYLAND_DISPLAY:-} && -z ${QT_QPA_PLATFORM:-} ]]; then
    die "built, but there is no display here to open a window on. Start build/release/bin/cristae in a desktop session, or use build/release/bin/cristae-cli."
fi
# Without this Qt would first look for a Wayland plug-in that the packages above do not bring, and complain.
if [[ -n ${DISPLAY:-} ]]; then export QT_QPA_PLATFORM="${QT_QPA_PLATFORM:-xcb}"; fi
if [[ $(locale charmap 2>/dev/null) != UTF-8 ]]; then export LC_ALL=C.UTF-8; fi
if (($# == 0)); then set -- "$root/resources/samples/fly_medulla.h5"; fi
say "Opening $*"
exec "$root/build/release/bin/cristae" "$@"
