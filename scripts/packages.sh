# shellcheck shell=bash
# What the machine must have. With root and apt it is installed, otherwise what is missing is named.

# ensure_packages COMMAND-OR-FILE PACKAGE …, in pairs. Fails with 69 when something stays missing.
ensure_packages() {
    local missing=()
    while [ $# -gt 1 ]; do
        case $1 in
            /*) [ -e "$1" ] || missing+=("$2") ;;
            *) has "$1" || missing+=("$2") ;;
        esac
        shift 2
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    if ! is_root || ! has apt-get; then
        note "missing: ${missing[*]} (Debian package names; as root ./rx installs them itself)"
        return 69
    fi
    note "installing ${missing[*]}"
    one_at_a_time apt install_packages "${missing[@]}"
}

install_packages() {
    local log=$RX_STATE/apt.log
    export DEBIAN_FRONTEND=noninteractive
    local get=(apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300)
    "${get[@]}" install -y --no-install-recommends "$@" >"$log" 2>&1 && return 0
    # The package lists may be old or absent.
    { "${get[@]}" update && "${get[@]}" install -y --no-install-recommends "$@"; } >"$log" 2>&1 \
        || { note "cannot install $*; see $log"; return 69; }
}

ensure_sdk() {
    has dotnet || die 69 "the .NET SDK of global.json is needed (https://dot.net)"
    has git || ensure_packages git git
    export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
    # The SDK itself aborts on a machine without ICU; the product never needs it. (A shell of its own keeps the shell's remark away.)
    if ! bash -c 'dotnet --version; exit $?' >/dev/null 2>&1; then
        export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
        dotnet --version >/dev/null || die 69 "the .NET SDK of global.json is needed"
    fi
    # Build servers would outlive this script.
    export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
}

# The engine that tests and demo use; started by docker_up.
ensure_engine() {
    ensure_packages dockerd docker.io iptables iptables ip iproute2 /bin/busybox busybox-static
}

# What builds the virtual machine's image and runs it.
ensure_vm() {
    ensure_packages qemu-system-x86_64 qemu-system-x86 setpriv util-linux busybox busybox-static cpio cpio mksquashfs squashfs-tools \
        apt-get apt dpkg-deb dpkg
}

# A clock of their own for the processes that a test gives one to.
ensure_faketime() {
    compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null && return 0
    ensure_packages faketime faketime
}

# What only the container tests need.
ensure_registry() {
    has docker-registry && return 0
    ensure_packages docker-registry docker-registry || return
    # The package starts a registry on every address of the machine.
    if has systemctl; then systemctl disable --now docker-registry >/dev/null 2>&1 || true; fi
}

# Node.js runs the interoperability checks of tests/interop.
ensure_node() {
    local dir=$RX_ROOT/tests/interop
    [ -f "$dir/package-lock.json" ] || return 0
    ensure_packages node nodejs npm npm || return
    local major
    major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
    [ "$major" -ge 18 ] || { note "Node.js 18 or later is needed, this is $(node --version)"; return 69; }
    local stamp=$RX_STATE/interop.sha256 now
    now=$(sha256sum <"$dir/package-lock.json")
    [ -d "$dir/node_modules" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$now" ] && return 0
    note "installing the packages of tests/interop"
    (cd "$dir" && npm ci --no-audit --no-fund --loglevel=error >&2) || return
    mkdir -p "$RX_STATE"
    printf '%s' "$now" >"$stamp"
}
