# shellcheck shell=bash
# The admin's client for the network that runs: RXELON_DATA, or the one of `up`, or of `demo --keep`.

rx_pbm() {
    ensure_sdk
    build_product
    local data
    for data in "${RXELON_DATA:-}" "$RX_STATE/up/hub" "$RX_STATE/demo/net/hub"; do
        [ -n "$data" ] && [ -f "$data/hub.json" ] || continue
        kill -0 "$(json_number "$data/hub.json" pid)" 2>/dev/null || continue
        RX_HUB_DATA=$data
        admin "$@"
        return
    done
    die 69 "no hub runs here (./rx up starts one; RXELON_DATA names the data directory of another)"
}
