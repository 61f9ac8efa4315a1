# Functions shared by build.sh, run.sh and test.sh; read with `source`, not run.
# shellcheck shell=bash disable=SC2034
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
torch_version=2.11.0

say() { printf '== %s\n' "$*"; }
die() {
    printf 'Cristae: %s\n' "$*" >&2
    exit 1
}

# What the build and the program need. "a|b" takes the first that the distribution offers.
core_packages=(
    g++ cmake ninja-build ccache
    libopencv-core-dev libopencv-imgproc-dev
    libtiff-dev libpng-dev libjpeg-dev libhdf5-dev
    libssl-dev libfmt-dev libcli11-dev nlohmann-json3-dev
)
# Qt reads SVG with a plug-in that is a package of its own in newer systems.
window_packages=(qt6-base-dev "qt6-svg-dev|libqt6svg6-dev" "qt6-svg-plugins|libqt6svg6" qt6-qpa-plugins fonts-inter)

installed() { [[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)" == installed ]]; }

# Prints the entries of which the alternative that the distribution offers first is not installed.
missing_packages() {
    local entry
    for entry in "$@"; do
        if ! installed "${entry%%|*}" && ! installed "$(available_package "$entry")"; then printf '%s\n' "$entry"; fi
    done
}

# Takes "a|b" to the one that apt can install.
available_package() {
    local alternative
    for alternative in ${1//|/ }; do
        if apt-cache show "$alternative" >/dev/null 2>&1; then
            printf '%s\n' "$alternative"
            return
        fi
    done
    printf '%s\n' "${1%%|*}"
}

# Installs what is missing of its arguments, or says how.
need_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "No apt here: taking for granted that these are installed under the names of this system: $*"
        return
    fi
    local missing=() entry
    mapfile -t missing < <(missing_packages "$@")
    if [[ ${#missing[@]} -eq 0 ]]; then return; fi

    local as_root=()
    if [[ $(id -u) -ne 0 ]]; then
        if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
            as_root=(sudo -n)
        else
            local names=()
            for entry in "${missing[@]}"; do names+=("$(available_package "$entry")"); done
            die "these packages are missing and only root can install them. Please run, then start this again:
    sudo apt-get update && sudo apt-get install -y --no-install-recommends ${names[*]}"
        fi
    fi
    say "Refreshing the package lists (apt-get update)"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 update ||
        say "The lists could not be refreshed; going on with those that are here"
    local names=()
    for entry in "${missing[@]}"; do names+=("$(available_package "$entry")"); done
    say "Installing with apt-get: ${names[*]}"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 \
        -o Dpkg::Use-Pty=0 install -y --no-install-recommends "${names[@]}" ||
        die "apt-get could not install: ${names[*]}. Its last lines say why; then start this again."
}

# "cuda" where there is an NVIDIA driver or CRISTAE_CUDA=1, else "cpu"; CRISTAE_CUDA=0 means cpu in any case.
torch_flavour() {
    case "${CRISTAE_CUDA:-auto}" in
        1 | yes | on) echo cuda ;;
        0 | no | off) echo cpu ;;
        *) if [[ -e /proc/driver/nvidia/version ]]; then echo cuda; else echo cpu; fi ;;
    esac
}

# Prints the packages that need_torch will need.
torch_packages() {
    if [[ -n ${CRISTAE_TORCH_DIR:-} || -e $root/.deps/libtorch-$torch_version-$(torch_flavour)/.complete ]]; then return; fi
    if ! command -v unzip >/dev/null; then echo unzip; fi
    if ! python3 -m pip --version >/dev/null 2>&1; then printf '%s\n' python3-pip ca-certificates; fi
}

# Sets torch_dir: the folder with include/ and lib/ of LibTorch, fetched if need be.
need_torch() {
    if [[ -n ${CRISTAE_TORCH_DIR:-} ]]; then
        torch_dir="$(cd "$CRISTAE_TORCH_DIR" 2>/dev/null && pwd)" ||
            die "CRISTAE_TORCH_DIR names a folder that is not there: $CRISTAE_TORCH_DIR"
        [[ -e $torch_dir/lib/libtorch_cpu.so && -e $torch_dir/include/torch/csrc/api/include/torch/torch.h ]] ||
            die "CRISTAE_TORCH_DIR holds no LibTorch (include/ and lib/ are looked for): $torch_dir"
        say "Using the LibTorch in $torch_dir"
        return
    fi
    local flavour folder
    flavour="$(torch_flavour)"
    folder="$root/.deps/libtorch-$torch_version-$flavour"
    torch_dir="$folder/torch"
    if [[ -e $folder/.complete ]]; then return; fi
    [[ $(uname -m) == x86_64 ]] ||
        die "LibTorch is fetched for x86_64 only. Give one for $(uname -m) with CRISTAE_TORCH_DIR=FOLDER (the folder that holds include/ and lib/)."

    local need_mb=2500 sets=(cpu) size="0.5 GB"
    if [[ $flavour == cuda ]]; then need_mb=11000 sets=(cpu cuda) size="2.5 GB"; fi
    mkdir -p "$root/.deps"
    local free_mb
    free_mb=$(($(df -Pk "$root/.deps" | awk 'NR == 2 {print $4}') / 1024))
    ((free_mb >= need_mb)) ||
        die "LibTorch needs $need_mb MB in $root/.deps while it is unpacked, but only $free_mb MB are free."

    local work
    work="$(mktemp -d "$root/.deps/.fetch-XXXXXX")"
    # shellcheck disable=SC2064
    trap "rm -rf '$work'" EXIT
    fetch_wheels "$work" "$size" "${sets[@]}"
    unpack_wheels "$work" "$flavour"
    rm -rf "$folder"
    mv "$work/unpacked" "$folder"
    rm -rf "$work"
    trap - EXIT
}

# fetch_wheels WORK SIZE SET...: downloads the files that the lists name into WORK/wheels and checks them.
fetch_wheels() {
    local work="$1" size="$2" set sum file name version
    shift 2
    local requirements=() lists=() platforms=() platform
    for set in "$@"; do
        lists+=("$root/packaging/libtorch-$set.sha256")
        while read -r sum file; do
            if [[ $sum == \#* || -z $file ]]; then continue; fi
            name="${file%%-*}"
            version="${file#*-}"
            requirements+=("${name//_/-}==${version%%-*}")
        done <"${lists[-1]}"
    done
    # pip matches each platform by its exact name.
    for platform in manylinux_2_28 manylinux_2_27 manylinux_2_25 manylinux_2_18 manylinux_2_17 manylinux2014 manylinux1; do
        platforms+=(--platform "${platform}_x86_64")
    done
    say "Fetching LibTorch $torch_version (about $size) into .deps; this happens once"
    mkdir -p "$work/wheels" "$work/tmp"
    TMPDIR="$work/tmp" python3 -m pip download --quiet --disable-pip-version-check --no-cache-dir --no-deps \
        --only-binary=:all: --python-version 3.11 --implementation cp --abi cp311 --abi none "${platforms[@]}" \
        --dest "$work/wheels" "${requirements[@]}" ||
        die "LibTorch could not be downloaded. Is there a connection to the package index? Start this again, or give a LibTorch that is already here with CRISTAE_TORCH_DIR=FOLDER."
    say "Checking the downloaded files against packaging/libtorch-*.sha256"
    (cd "$work/wheels" && cat "${lists[@]}" | sha256sum --check --strict --quiet -) ||
        die "a downloaded file of LibTorch is not the one this program was made with; nothing was unpacked."
}

# unpack_wheels WORK FLAVOUR: headers and libraries of the wheels into WORK/unpacked.
unpack_wheels() {
    local work="$1" flavour="$2" wheel
    say "Unpacking LibTorch"
    mkdir "$work/unpacked"
    # Neither the Python module nor, on the CPU, the CUDA part is used.
    local leave=('torch/lib/libtorch_python.so' 'torch/lib/libshm*')
    if [[ $flavour == cpu ]]; then leave+=('torch/lib/libtorch_cuda*' 'torch/lib/libtorch_nvshmem.so' 'torch/lib/libc10_cuda.so' 'torch/lib/libcaffe2_nvrtc.so'); fi
    for wheel in "$work"/wheels/*.whl; do
        if [[ $(basename "$wheel") == torch-* ]]; then
            unzip -q "$wheel" 'torch/include/*' 'torch/lib/*' 'torch/share/*' -x "${leave[@]}" -d "$work/unpacked"
        else
            unzip -q -o "$wheel" 'nvidia/*' -d "$work/unpacked"
        fi
        rm "$wheel"
    done
    [[ -e $work/unpacked/torch/lib/libtorch_cpu.so ]] || die "LibTorch was unpacked, but its library is not there."
    date -u +%Y-%m-%dT%H:%M:%SZ >"$work/unpacked/.complete"
}

# Compile jobs: one a core, but no more than memory holds (a file with LibTorch's headers takes about 1.5 GB).
build_jobs() {
    local cores memory_kb limit
    cores="$(nproc)"
    memory_kb="$(awk '/^MemAvailable/ {print $2}' /proc/meminfo)"
    limit="$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)"
    if [[ $limit =~ ^[0-9]+$ ]] && ((limit / 1024 < memory_kb)); then memory_kb=$((limit / 1024)); fi
    local jobs=$((memory_kb / 2000000))
    if ((jobs > cores)); then jobs=$cores; fi
    if ((jobs < 1)); then jobs=1; fi
    echo "$jobs"
}
