# shellcheck shell=bash
# Functions for demo/run, docs/site/build, .ci/run and the run scripts in test/. To be sourced; changes to the project's root.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root" || exit

# Packages of Debian 12, by purpose. need_packages() finds the arrays by their names.
# shellcheck disable=SC2034
{
    packages_build=(g++ cmake ninja-build ccache libboost1.81-dev libboost-json1.81-dev libboost-test1.81-dev
        libsqlite3-dev libxxhash-dev libfmt-dev libcli11-dev libintelrdfpmath-dev libkainjow-mustache-dev librapidcheck-dev zlib1g-dev
        python3)
    packages_bench=(libbenchmark-dev libsigc++-3.0-dev pkg-config)
    packages_fuzz=(clang lld libclang-rt-14-dev llvm-14)
    packages_lint=(clang-format clang-tidy)
    packages_site=(mkdocs-material doxygen cmark-gfm graphviz python3)
    packages_portability=(debootstrap)
    packages_package=(lintian dpkg-dev)
}

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

installed() {
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# need_packages GROUP... : installs the missing packages of the groups above (build, bench, ...); silent if none is missing
need_packages() {
    local group package
    local -a wanted=() missing=() as_root=()
    for group in "$@"; do
        local -n packages="packages_$group"
        wanted+=("${packages[@]}")
    done
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        printf 'No apt here, so this script installs nothing. On Debian 12 it would see to: %s\n' "${wanted[*]}"
        return
    fi
    for package in "${wanted[@]}"; do
        installed "$package" || missing+=("$package")
    done
    if ((${#missing[@]} == 0)); then
        return
    fi
    if ((EUID != 0)); then
        command -v sudo >/dev/null || die "These packages are missing, and installing them needs root (no sudo here). Run as root:
    apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
        as_root=(sudo)
        sudo -v # asks for the password here, because the output of apt-get is not shown
    fi
    printf 'Installing from Debian: %s\n' "${missing[*]}"
    mkdir -p build
    # --no-remove: Boost 1.81 could replace another installed version of Boost. The owner of the machine must decide that.
    quietly build/apt.log "apt-get update" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -q update
    quietly build/apt.log "apt-get install" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -q install -y --no-install-recommends --no-remove "${missing[@]}"
}

# quietly LOG TITLE COMMAND... : runs the command with its output in LOG and prints one line; if it fails, also the end of LOG
quietly() {
    local log=$1 title=$2 started=$SECONDS ticker="" code=0
    shift 2
    mkdir -p "$(dirname "$log")"
    : >"$log"
    # The command runs in the foreground, so that Ctrl-C reaches it. Its progress is shown by a background job.
    if [[ -t 1 ]]; then
        show_progress "$log" "$title" $$ &
        ticker=$!
    fi
    "$@" >"$log" 2>&1 </dev/null || code=$?
    if [[ -n $ticker ]]; then
        kill "$ticker" 2>/dev/null || true
        wait "$ticker" 2>/dev/null || true
        printf '\r\033[K'
    fi
    if ((code != 0)); then
        printf '%s failed (exit code %d) after %d s. The end of %s:\n' "$title" "$code" $((SECONDS - started)) "$log"
        tail -n 40 "$log" | sed 's/^/    /'
        return "$code"
    fi
    printf '%s: done in %d s\n' "$title" $((SECONDS - started))
}

# show_progress LOG TITLE PID : shows the last line of LOG again and again, as long as process PID runs
show_progress() {
    local started=$SECONDS line
    while kill -0 "$3" 2>/dev/null; do
        line=$(tail -n 1 "$1" 2>/dev/null | tr -d '\000-\037' | cut -c 1-60) || line=""
        printf '\r\033[K%s: %d s  %s' "$2" $((SECONDS - started)) "$line"
        sleep 0.3
    done
}

# build PRESET [TARGET] : configures if necessary, and builds
build() {
    local preset=$1
    # So clones share the compiler cache, even in different folders.
    local -x CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
    local -a target=()
    if (($# > 1)); then
        target=(--target "$2")
    fi
    # Ninja notices later changes of CMake files, but not of the presets.
    if [[ ! build/$preset/build.ninja -nt CMakePresets.json ]]; then
        quietly "build/$preset/configure.log" "configure $preset" cmake --preset "$preset" || return
    fi
    quietly "build/$preset/build.log" "build ${2:-$preset}" \
        cmake --build --preset "$preset" "${target[@]}" --parallel "$(nproc)"
}
