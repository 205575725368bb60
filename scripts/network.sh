# shellcheck shell=bash
# A hub, accounts and nodes on this machine, all below one folder, on ports that the system picks.

# json_text FILE KEY, json_number FILE KEY: members of the small flat files that the programs write.
json_text() { sed -n "s/.*\"$2\" *: *\"\([^\"]*\)\".*/\1/p" "$1" | head -n 1; }
json_number() { sed -n "s/.*\"$2\" *: *\([0-9][0-9]*\).*/\1/p" "$1" | head -n 1; }

# use_network DIR: names its parts. User and operator have a home of their own, so ~/.config is never touched.
use_network() {
    RX_NET=$1
    RX_HUB_DATA=$RX_NET/hub
    export RXELON_HOME=$RX_NET/accounts
    mkdir -p "$RX_NET/logs" "$RXELON_HOME"
    chmod 700 "$RX_NET" "$RXELON_HOME"
}

# The hub wrote that it listens, and it is the one that was just started.
hub_ready() {
    [ -f "$RX_HUB_DATA/hub.json" ] && [ "$(json_number "$RX_HUB_DATA/hub.json" pid)" = "$RX_HUB_PID" ]
}

hub_settled() { hub_ready || process_gone "$RX_HUB_PID"; }

# start_hub HTTP-PORT EDGE-PORT: 0 lets the system pick. Sets RX_URL.
start_hub() {
    local log=$RX_NET/logs/hub.log
    rm -f "$RX_HUB_DATA/hub.json"
    start_process hub "$log" "$(binary Rxelon.Hub rxelon-hub)" run --data "$RX_HUB_DATA" \
        --http "http://127.0.0.1:$1" --edge "127.0.0.1:$2"
    RX_HUB_PID=$RX_LAST_PID
    wait_until 90 hub_settled && hub_ready || { tail -n 20 "$log" >&2; die 70 "the hub did not start; see $log"; }
    RX_URL=$(json_text "$RX_HUB_DATA/hub.json" httpUrl)
    RX_URL=${RX_URL%/}
}

admin() { rxelon_pbm --data "$RX_HUB_DATA" "$@"; }

# as PROFILE ARGS…: the user's command line with that account.
as() {
    local profile=$1
    shift
    RXELON_PROFILE=$profile rxelon "$@"
}

# account_of PROFILE [--operator]: creates it when it is new; its id goes to RX_ACCOUNT.
account_of() {
    local profile=$1 marker=$RX_NET/logs/$1.account
    shift
    if [ ! -s "$marker" ]; then
        as "$profile" account create --hub "$RX_URL" --name "$profile" "$@" >"$RX_NET/logs/$profile.create" 2>&1 \
            || { cat "$RX_NET/logs/$profile.create" >&2; die 70 "no account for $profile"; }
        grep -oE 'a_[a-z2-7]{26}' "$RX_NET/logs/$profile.create" | head -n 1 >"$marker"
    fi
    RX_ACCOUNT=$(cat "$marker")
    [ -n "$RX_ACCOUNT" ] || die 70 "no account id in $RX_NET/logs/$profile.create"
}

balance_of() { as "$1" account show --json | sed -n 's/.*"available" *: *\([0-9][0-9]*\).*/\1/p' | head -n 1; }

# tokens MICROS: as people write it.
tokens() { awk -v m="$1" 'BEGIN { printf "%.6f", m / 1e6 }'; }

# join_node NAME OPERATOR-ACCOUNT: once; later calls find the state of the first.
join_node() {
    local state=$RX_NET/$1 token
    [ -d "$state" ] && [ -f "$RX_NET/logs/$1.joined" ] && return 0
    token=$(admin nodes token -account "$2" | grep -oE 'rxj_[A-Za-z0-9_.-]+' | head -n 1)
    [ -n "$token" ] || die 70 "the hub gave no join token"
    rxelon_node join "$RX_URL" "$token" --name "$1" --state "$state" >>"$RX_NET/logs/$1.log" 2>&1 \
        || { tail -n 20 "$RX_NET/logs/$1.log" >&2; die 70 "$1 could not join"; }
    : >"$RX_NET/logs/$1.joined"
}

# run_node NAME ARGS…
run_node() {
    local name=$1
    shift
    start_process "$name" "$RX_NET/logs/$name.log" "$(binary Rxelon.Node rxelon-node)" run --state "$RX_NET/$name" "$@"
}

nodes_online() { [ "$(admin nodes list 2>/dev/null | grep -c ' online, ')" -ge "$1" ]; }

# await_nodes COUNT
await_nodes() {
    wait_until 60 nodes_online "$1" || { admin nodes list >&2 || true; die 70 "the nodes did not connect; see $RX_NET/logs"; }
}

# node_arguments: what this machine can offer. Wasm always; containers when an engine may be started or is given; virtual machines when
# their image can be built.
node_arguments() {
    local kinds=wasm docker=()
    RX_CONTAINERS=no
    if [ -n "${RXELON_TEST_DOCKER:-}" ] || { is_root && [ "$(uname -s)" = Linux ]; }; then
        if docker_up; then
            RX_CONTAINERS=yes
            kinds=$kinds,docker
            docker=(--docker "$RXELON_TEST_DOCKER")
        fi
    fi
    RX_MACHINES=no
    if [ "$(uname -sm)" = "Linux x86_64" ] && vm_image 2>>"$RX_STATE/vm.log"; then
        RX_MACHINES=yes
        kinds=$kinds,vm
        rxelon_node vm-image add "$RXELON_TEST_VM" --vm-images "$RX_STATE/vm-images" >/dev/null
    fi
    RX_NODE_ARGS=(--executors "$kinds" --vm-images "$RX_STATE/vm-images" ${docker[@]+"${docker[@]}"})
    # A node refuses to run where plaintext could be swapped out; a demonstration has no secrets.
    if [ -r /proc/swaps ] && [ "$(wc -l </proc/swaps)" -gt 1 ]; then
        RX_NODE_ARGS+=(--allow-swap)
    fi
}
