# shellcheck shell=bash
# A container engine of this checkout's own: its data, its socket, its process. It is stopped by who started it.

# Sets RXELON_TEST_DOCKER to the engine's address, or fails with 69 and says why. One that is already given there is used and left alone.
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
    RX_ENGINE_DIR=$(short_dir)
    export RXELON_TEST_DOCKER=unix://$RX_ENGINE_DIR/docker.sock
    # Another run of this checkout may have one up: two runs share it, the one that started it stops it.
    engine_answers && return 0
    one_at_a_time engine start_engine
}

engine_answers() { docker -H "$RXELON_TEST_DOCKER" version >/dev/null 2>&1; }

start_engine() {
    engine_answers && return 0
    local log=$RX_STATE/docker/dockerd.log driver bridge
    mkdir -p "$RX_STATE/docker"
    # Sandboxes have no network, so neither has this engine: no bridge, no rules in the machine's tables.
    bridge=(--bridge=none --iptables=false --ip6tables=false --ip-masq=false)
    for driver in overlay2 vfs; do
        rm -f "$RX_ENGINE_DIR/docker.pid" "$RX_ENGINE_DIR/docker.sock"
        : >"$log"
        dockerd --data-root "$RX_STATE/docker/$driver" --exec-root "$RX_ENGINE_DIR/exec" --pidfile "$RX_ENGINE_DIR/docker.pid" \
            -H "$RXELON_TEST_DOCKER" --storage-driver "$driver" "${bridge[@]}" </dev/null >>"$log" 2>&1 &
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
    rm -rf "$RX_ENGINE_DIR/exec" "$RX_ENGINE_DIR/docker.sock" "$RX_ENGINE_DIR/docker.pid"
    rmdir "$RX_ENGINE_DIR" 2>/dev/null || true
}
