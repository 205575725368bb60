# shellcheck shell=bash
# A container engine for this command of this checkout: its data, its socket, its process. Other checkouts and other commands
# have others; the one of the machine is never touched.

# Sets RXELON_TEST_DOCKER to the engine's address, or fails with 69 and says why. An engine that is already given there is used
# and left alone.
docker_up() {
    if [ -n "${RXELON_TEST_DOCKER:-}" ]; then
        engine_answers && return 0
        note "no engine answers at RXELON_TEST_DOCKER=$RXELON_TEST_DOCKER"
        return 69
    fi
    if ! is_root; then
        note "starting a container engine needs root; or give one: RXELON_TEST_DOCKER=unix:///…/docker.sock"
        return 69
    fi
    ensure_engine || return
    RX_ENGINE_DIR=$(short_dir)/$RX_COMMAND
    mkdir -p "$RX_ENGINE_DIR"
    export RXELON_TEST_DOCKER=unix://$RX_ENGINE_DIR/docker.sock
    start_engine
}

engine_answers() { docker -H "$RXELON_TEST_DOCKER" version >/dev/null 2>&1; }

start_engine() {
    local log=$RX_STATE/docker/$RX_COMMAND/dockerd.log driver bridge
    mkdir -p "$(dirname "$log")"
    if engine_answers; then
        # Left by a run that was killed: a command runs once at a time, so nobody else uses it.
        RX_ENGINE_PID=$(cat "$RX_ENGINE_DIR/docker.pid")
        at_end docker_down
        return 0
    fi
    # Sandboxes have no network, so neither has this engine: no bridge, no rules in the machine's tables.
    bridge=(--bridge=none --iptables=false --ip6tables=false --ip-masq=false)
    for driver in overlay2 vfs; do
        mkdir -p "$RX_ENGINE_DIR"
        rm -f "$RX_ENGINE_DIR/docker.pid" "$RX_ENGINE_DIR/docker.sock"
        : >"$log"
        dockerd --data-root "$RX_STATE/docker/$RX_COMMAND/$driver" --exec-root "$RX_ENGINE_DIR/exec" \
            --pidfile "$RX_ENGINE_DIR/docker.pid" -H "$RXELON_TEST_DOCKER" --storage-driver "$driver" "${bridge[@]}" </dev/null >>"$log" 2>&1 &
        RX_ENGINE_PID=$!
        if wait_until 40 engine_settled && engine_answers; then
            at_end docker_down
            return 0
        fi
        docker_down
    done
    tail -n 5 "$log" >&2
    note "the container engine did not start; see $log"
    unset RXELON_TEST_DOCKER
    return 69
}

# Answers, or has ended.
engine_settled() { engine_answers || process_gone "$RX_ENGINE_PID"; }

docker_down() {
    [ -n "${RX_ENGINE_PID:-}" ] || return 0
    stop_process "$RX_ENGINE_PID"
    RX_ENGINE_PID=
    unmount_below "$RX_STATE/docker/$RX_COMMAND"
    rm -rf "$RX_ENGINE_DIR"
    rmdir "$(dirname "$RX_ENGINE_DIR")" 2>/dev/null || true
}
