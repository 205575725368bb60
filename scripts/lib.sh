# shellcheck shell=bash
# Words, endings and processes: used by every other piece.

say() { printf '%s\n' "$*"; }
note() { printf 'rx: %s\n' "$*" >&2; }

# die CODE TEXT…
die() {
    local code=$1
    shift
    note "$*"
    exit "$code"
}

is_root() { [ "$(id -u)" -eq 0 ]; }
has() { command -v "$1" >/dev/null 2>&1; }

# Twelve hex digits that differ between checkouts.
checkout_hash() { printf '%s' "$RX_ROOT" | sha256sum | cut -c1-12; }

# A private folder with a short path: a Unix socket's path may have 108 bytes, and a checkout may be deep.
short_dir() {
    local dir
    dir=${XDG_RUNTIME_DIR:-/tmp}/rxelon-$(id -u)-$(checkout_hash)
    [ -d "$dir" ] || mkdir -m 700 "$dir"
    [ -O "$dir" ] || die 70 "$dir belongs to somebody else"
    printf '%s' "$dir"
}

# unmount_below DIR: what a killed program left mounted there keeps the folder from being deleted.
unmount_below() {
    local mount
    [ -r /proc/mounts ] || return 0
    while read -r _ mount _; do
        umount "$mount" 2>/dev/null || true
    done < <(awk -v dir="$1/" 'index($2, dir) == 1' /proc/mounts | sort -rk 2)
}

# wait_until SECONDS COMMAND…: true as soon as the command is; false after the deadline.
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.1
    done
}

# one_at_a_time NAME COMMAND…: waits for other runs of this checkout that do the same.
one_at_a_time() {
    local lock=$RX_STATE/$1.lock
    shift
    mkdir -p "$RX_STATE"
    if has flock; then
        # The lock's descriptor must not reach daemons that the command starts: they would hold it for ever.
        {
            flock -n 9 || { note "waiting for another run in this checkout"; flock 9; }
            "$@" 9>&-
        } 9>"$lock"
    else
        "$@"
    fi
}

# Processes that this run started, and what to do at its end, latest first.
RX_PIDS=()
RX_ENDINGS=()

at_end() { RX_ENDINGS=("$1" ${RX_ENDINGS[@]+"${RX_ENDINGS[@]}"}); }

# start_process NAME LOG COMMAND…: in the background; its id goes to RX_LAST_PID.
start_process() {
    local log=$2
    shift 2
    "$@" </dev/null >>"$log" 2>&1 &
    RX_LAST_PID=$!
    RX_PIDS+=("$RX_LAST_PID")
}

# stop_process PID: asks, waits up to 15 seconds, then insists.
stop_process() {
    kill -TERM "$1" 2>/dev/null || return 0
    wait_until 15 process_gone "$1" || kill -KILL "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

process_gone() { ! kill -0 "$1" 2>/dev/null || [ "$(ps -o stat= -p "$1" 2>/dev/null | cut -c1)" = Z ]; }

# forget_process PID: it was stopped on purpose.
forget_process() {
    local pid kept=()
    for pid in "${RX_PIDS[@]}"; do
        [ "$pid" = "$1" ] || kept+=("$pid")
    done
    RX_PIDS=("${kept[@]}")
}

stop_processes() {
    local i
    for ((i = ${#RX_PIDS[@]} - 1; i >= 0; i--)); do
        stop_process "${RX_PIDS[i]}"
    done
    RX_PIDS=()
}

finish() {
    local code=$? ending
    trap - EXIT INT TERM
    stop_processes
    for ending in ${RX_ENDINGS[@]+"${RX_ENDINGS[@]}"}; do
        "$ending" || true
    done
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
