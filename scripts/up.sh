# shellcheck shell=bash
# A small network that stays: stop it with Ctrl-C, start it again with the same state.

rx_up() {
    ensure_sdk
    build_product
    one_at_a_time up run_up
}

run_up() {
    use_network "$RX_STATE/up"
    node_arguments
    # The same addresses at each start, if they are free: accounts remember the hub's.
    local http=0 edge=0
    if [ -s "$RX_NET/ports" ]; then
        read -r http edge <"$RX_NET/ports"
    fi
    start_hub "$http" "$edge"
    printf '%s %s\n' "${RX_URL##*:}" "$(json_number "$RX_HUB_DATA/hub.json" edgePort)" >"$RX_NET/ports"

    account_of operator --operator
    join_node node1 "$RX_ACCOUNT"
    account_of user
    if [ ! -f "$RX_NET/granted" ]; then
        admin accounts grant -account "$RX_ACCOUNT" -amount 100 >/dev/null
        : >"$RX_NET/granted"
    fi
    # The state stays while the product is built anew: its admin allows this build, its operator announces the engine of this time.
    admin integrity allow -digest "$("$(binary Rxelon.Node rxelon-node)" measure | cut -d ' ' -f 1)" >/dev/null
    local isolated
    isolated=$(admin nodes list | awk '/ Isolated / && /application-changed/ { print $1 }')
    if [ -n "$isolated" ]; then
        say "  node1 was isolated: the product was built anew while it ran. This build is allowed, the alarm cleared."
        admin nodes clear-alarm -node "$isolated" -reason "built anew while it ran" >/dev/null
    fi
    run_node node1 "${RX_NODE_ARGS[@]}" --announce-changes
    await_nodes 1
    print_directions
    say "Ctrl-C stops it; what it knows stays in ${RX_NET#"$RX_ROOT"/}."
    wait_for_end
}

# How to use a network that runs, from another terminal.
print_directions() {
    local cli
    cli=$(binary Rxelon.Cli rxelon)
    cat <<TEXT

hub      $RX_URL   (API description: $RX_URL/openapi/v1.json)
logs     $RX_NET/logs
engine   ${RXELON_TEST_DOCKER:-none}

In another terminal:
  export RXELON_HOME=$RXELON_HOME RXELON_PROFILE=user
  alias rxelon=$cli
  rxelon account show
  rxelon run wasm samples/wordstats/wordstats.wasm --input - -- count < LICENSE
  rxelon submit -f samples/pathtracer/task.yaml --out bands
  ./rx pbm nodes list
  ./rx pbm help
TEXT
}

# Until a signal comes, or a process of the network ends by itself.
wait_for_end() {
    local pid
    while :; do
        for pid in "${RX_PIDS[@]}"; do
            if process_gone "$pid"; then
                tail -n 20 "$RX_NET"/logs/*.log >&2
                die 70 "a process of the network ended; see $RX_NET/logs"
            fi
        done
        sleep 1 &
        wait $! || true
    done
}
