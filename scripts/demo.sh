# shellcheck shell=bash
# The whole thing on one machine: hub, two nodes, accounts, real tasks, results, receipts of who did what.

rx_demo() {
    local keep=no
    while [ $# -gt 0 ]; do
        case $1 in
            --keep) keep=yes ;;
            --exit) keep=no ;;
            *) die 2 "demo: unknown option $1 (--exit, --keep)" ;;
        esac
        shift
    done
    ensure_sdk
    build_product
    one_at_a_time demo run_demo "$keep"
}

# run_demo KEEP
run_demo() {
    # A demonstration starts from nothing each time, and leaves nothing mounted: the node that it kills cannot tidy up.
    demo_unmount
    at_end demo_unmount
    rm -rf "$RX_STATE/demo"
    use_network "$RX_STATE/demo/net"
    RX_RESULTS=$RX_STATE/demo/results
    RX_SUMMARY=()
    mkdir -p "$RX_RESULTS"

    step "Starting a hub and two nodes"
    node_arguments
    start_hub 0 0
    say "  hub        $RX_URL"
    account_of operator --operator
    RX_OPERATOR=$RX_ACCOUNT
    account_of user
    admin accounts grant -account "$RX_ACCOUNT" -amount 100 >/dev/null
    say "  user       $RX_ACCOUNT, granted 100 tokens"
    say "  operator   $RX_OPERATOR"
    local node
    for node in node1 node2; do
        join_node "$node" "$RX_OPERATOR"
        run_node "$node" "${RX_NODE_ARGS[@]}"
    done
    RX_NODE2_PID=$RX_LAST_PID
    await_nodes 2
    local before_user before_operator
    before_user=$(balance_of user)
    before_operator=$(balance_of operator)

    demo_wordstats
    demo_pathtracer
    demo_docker
    demo_vm
    demo_failover
    demo_summary "$before_user" "$before_operator"
    demo_ledger "$1"
    if [ "$1" = yes ]; then
        print_directions
        say "Ctrl-C stops it."
        wait_for_end
    fi
}

step() { printf '\n== %s\n' "$*"; }

# task NAME OUT ARGS…: runs one task as the user, shows its progress, keeps its time for the summary. The word @out in the
# arguments becomes the folder: options must stand before the `--` of a program's own arguments.
task() {
    local name=$1 out=$2 started=$SECONDS before after
    shift 2
    before=$(balance_of user)
    mkdir -p "$out"
    as user "${@/#@out/"$out"}" || die 1 "the task $name did not succeed; logs: $RX_NET/logs"
    after=$(balance_of user)
    RX_SUMMARY+=("$(printf '%-12s %4d s   %s tokens   %s' \
        "$name" $((SECONDS - started)) "$(tokens $((before - after)))" "${out#"$RX_ROOT"/}")")
}

demo_wordstats() {
    step "wordstats: counts words of a text in 9 encrypted parts, then merges the counts (WebAssembly)"
    task wordstats "$RX_RESULTS/wordstats" submit -f samples/wordstats/task.yaml --out @out
    task merge "$RX_RESULTS/report" run wasm samples/wordstats/wordstats.wasm --input "$RX_RESULTS/wordstats" --out @out -- merge
    head -n 12 "$(stdout_of "$RX_RESULTS/report")" | sed 's/^/  | /'
}

demo_pathtracer() {
    step "pathtracer: draws a picture in 12 bands on both nodes, then joins them into a PNG (WebAssembly)"
    task pathtracer "$RX_RESULTS/bands" submit -f samples/pathtracer/task.yaml --out @out
    task join "$RX_RESULTS/picture" run wasm samples/pathtracer/pathtracer.wasm --input "$RX_RESULTS/bands" --out @out \
        -- join 480 270
}

demo_docker() {
    step "docker-report: a report on this machine's packages in a container image that is built here"
    if [ "$RX_CONTAINERS" != yes ]; then
        say "  left out: no container engine (needs root on Linux, or RXELON_TEST_DOCKER)"
        return 0
    fi
    local dir=$RX_STATE/samples/docker-report
    if ! ensure_packages apt-get apt dpkg-deb dpkg /bin/busybox busybox-static \
        || ! sh samples/docker-report/build.sh "$dir" >"$RX_NET/logs/image.log" 2>&1; then
        say "  left out: the image cannot be built here (needs Debian packages; see $RX_NET/logs/image.log)"
        return 0
    fi
    docker -H "$RXELON_TEST_DOCKER" load -qi "$dir/image.tar" >/dev/null
    say "  image      $(cat "$dir/image.id")"
    task report "$RX_RESULTS/packages" submit -f "$dir/task.yaml" --out @out
    head -n 16 "$(stdout_of "$RX_RESULTS/packages")" | sed 's/^/  | /'
}

demo_vm() {
    step "vm-primes: counts primes in a virtual machine of Debian's kernel and busybox, without a network device (QEMU)"
    if [ "$RX_MACHINES" != yes ]; then
        say "  left out: no virtual machine can be built here (needs Linux on x86-64 and Debian packages; see $RX_STATE/vm.log)"
        return 0
    fi
    say "  image      $(cat "$RX_STATE/samples/vm-primes/image.id")"
    task primes "$RX_RESULTS/primes" submit -f "$RX_STATE/samples/vm-primes/task.yaml" --out @out
    sed 's/^/  | /' "$(stdout_of "$RX_RESULTS/primes")"
}

# The file that holds a one-part task's standard output.
stdout_of() { find "$1" -type f -name 'stdout*' | LC_ALL=C sort | head -n 1; }

# A split job whose second node dies half-way: its unfinished parts move, and the result is the same to the last bit.
demo_unmount() { unmount_below "$RX_STATE/demo"; }

demo_failover() {
    step "failover: a simulation in 16 parts; node2 is killed with -9 in the middle (WebAssembly)"
    local before task out=$RX_RESULTS/paths started=$SECONDS
    before=$(balance_of user)
    task=$(as user run wasm samples/monte-carlo/montecarlo.wasm --split count:16 --merge none --memory 64MiB --time 5m --detach \
        -- part "$RX_DEMO_PATHS" 1 '{part}' '{parts}' 2>&1 | grep -oE 't_[a-z2-7]{26}' | head -n 1)
    [ -n "$task" ] || die 1 "the simulation was not submitted"
    wait_until 120 parts_done "$task" 3 || die 1 "no part of $task was finished"
    kill -KILL "$RX_NODE2_PID"
    wait "$RX_NODE2_PID" 2>/dev/null || true
    forget_process "$RX_NODE2_PID"
    say "  killed     node2, when $(done_parts "$task") of 16 parts were accepted"
    as user task watch "$task" || die 1 "the simulation did not survive its node"
    moved_parts "$task" | sed 's/^/  moved      /'
    mkdir -p "$out"
    as user task result "$task" --merge none --out "$out" >/dev/null || die 1 "the results of $task cannot be fetched"
    as user run wasm samples/monte-carlo/montecarlo.wasm --input "$out" --out "$RX_RESULTS/price" -- merge >/dev/null \
        || die 1 "the parts do not fit together"
    head -n 4 "$(stdout_of "$RX_RESULTS/price")" | sed 's/^/  | /'
    RX_SUMMARY+=("$(printf '%-12s %4d s   %s tokens   %s' \
        failover $((SECONDS - started)) "$(tokens $((before - $(balance_of user))))" "${out#"$RX_ROOT"/}")")
}

# About ten seconds of two cores.
RX_DEMO_PATHS=12000000

# One line a part: number, phase, attempt, node.
part_lines() {
    as user task show "$1" --json | tr -d ' \n' | grep -oE '"part":[0-9]+,"phase":"[a-zA-Z-]+","attempt":[0-9]+,"node":"?[a-z0-9_]*' \
        | sed -E 's/"part":([0-9]+),"phase":"([a-zA-Z-]+)","attempt":([0-9]+),"node":"?([a-z0-9_]*)/\1 \2 \3 \4/'
}

done_parts() { part_lines "$1" | grep -ci ' accepted ' || true; }

parts_done() { [ "$(done_parts "$1")" -ge "$2" ]; }

moved_parts() { part_lines "$1" | awk '$3 > 1 { printf "part %d: attempt %d, on node %s\n", $1, $3, $4 }'; }

# demo_summary USER-BEFORE OPERATOR-BEFORE
demo_summary() {
    step "Summary"
    printf '  %s\n' "${RX_SUMMARY[@]}"
    say "  picture      $(find "$RX_RESULTS/picture" -name image.png | head -n 1)"
    # The operator's share is gathered for a short while before it is paid out.
    wait_until 15 operator_paid "$2" || note "the operator's pay is still on its way"
    say "  user         $(tokens "$1") -> $(tokens "$(balance_of user)") tokens"
    say "  operator     $(tokens "$2") -> $(tokens "$(balance_of operator)") tokens"
    admin nodes list | sed 's/^/  /'
}

operator_paid() { [ "$(balance_of operator)" -gt "$1" ]; }

# demo_ledger KEEP: a receipt that needs no hub, and an edited journal that cannot hide.
demo_ledger() {
    local receipt=$RX_RESULTS/wordstats.receipt.json task key http edge found=0
    step "Ledger: proves what happened, also to people who do not trust the hub"
    task=$(as user task list --json | grep -oE 't_[a-z2-7]{26}' | tail -n 1)
    as user task receipt "$task" --out "$receipt" --wait 30s >/dev/null || die 1 "no receipt for $task"
    key=$(admin ledger status | awk '$1 == "key" { print $2; exit }')
    say "  receipt    ${receipt#"$RX_ROOT"/} ($(wc -c <"$receipt") bytes, of the first task)"
    say "  page       $RX_URL/ledger/"
    http=${RX_URL##*:} edge=$(json_number "$RX_HUB_DATA/hub.json" edgePort)
    stop_process "$RX_HUB_PID"

    step "The hub is stopped; the receipt is checked with nothing but the log's public key"
    say "  rxelon ledger verify RECEIPT --key $key"
    shown as user ledger verify "$receipt" --key "$key" || die 1 "the receipt does not verify"
    say "  rxelon ledger recompute-payout RECEIPT"
    shown as user ledger recompute-payout "$receipt" --key "$key" || die 1 "the receipt's money is not what the formula gives"

    step "Somebody edits a copy of the journal; the audit of the untouched one comes first"
    shown rxelon_hub ledger audit --data "$RX_HUB_DATA" || die 1 "the audit found differences where nobody changed anything"
    tampered_copy "$RX_STATE/demo/tampered"
    say "  in the copy, one letter of the name 'wordstats' is another (two tasks have that name)"
    shown rxelon_hub ledger audit --data "$RX_STATE/demo/tampered" || found=$?
    [ "$found" -eq 1 ] || die 1 "the audit did not find the edited row"

    if [ "$1" = yes ]; then
        forget_process "$RX_HUB_PID"
        start_hub "$http" "$edge"
        await_nodes 2
    fi
}

# shown COMMAND…: its output set in; its exit code is kept.
shown() {
    "$@" 2>&1 | sed 's/^/  | /'
    return "${PIPESTATUS[0]}"
}

# tampered_copy DIR: the hub's data with one letter of the journal changed behind everybody's back. Pages that SQLite has moved leave
# old copies of a row behind, so every copy of it is changed.
tampered_copy() {
    local offset edited=no
    rm -rf "$1"
    cp -a "$RX_HUB_DATA" "$1"
    while IFS=: read -r offset _; do
        printf 'W' | dd of="$1/journal.db" bs=1 seek=$((offset + 8)) conv=notrunc status=none
        edited=yes
    done < <(grep -abo '"name":"wordstats"' "$1/journal.db")
    [ "$edited" = yes ] || die 1 "the journal holds no task that could be edited"
}
