# shellcheck shell=bash
# Builds once, runs every test project, ends with the line `N passed, N failed, N skipped`.

RX_TEST_MINUTES=30  # per project; a hanging test is ended earlier
RX_HANG_MINUTES=7

rx_test() {
    ensure_sdk
    one_at_a_time test run_all_tests "$@"
}

run_all_tests() {
    local projects=() project
    if [ $# -eq 0 ]; then
        projects=(tests/*/*.Tests.csproj)
    else
        for project in "$@"; do
            projects+=("$(test_project "$project")")
        done
    fi
    local sets=("${projects[@]}")
    # Everything is built, also what no test refers to: it must compile as well.
    [ $# -eq 0 ] && sets=(Rxelon.sln)
    note "building"
    build_projects "${sets[@]}" &
    local built=$!
    # Meanwhile, since most of this waits for others. What cannot be set up fails the tests that need it, each with its own
    # sentence; the others still run.
    ensure_node || note "the checks in tests/interop will fail"
    if [ "$(uname -s)" = Linux ]; then
        docker_up || note "the container tests will fail"
        vm_image || note "the virtual machine tests will fail"
        ensure_faketime || note "the tests of jumping clocks will fail"
        ensure_registry || note "the tests of pulled images will fail"
    fi
    if ! wait "$built"; then
        count_results 0 1 0
        stop_quietly
        print_sum
        exit 1
    fi

    rm -rf "$RX_STATE/test"
    mkdir -p "$RX_STATE/test"
    # The whole system mostly waits for its processes; what only computes runs beside it. What looks at the clock runs alone.
    local whole=() beside=() alone=()
    for project in "${projects[@]}"; do
        case $project in
            *Rxelon.System.Tests*) whole+=("$project") ;;
            *Rxelon.Client.Tests* | *Rxelon.Domain.Tests* | *Rxelon.Shared.Tests*) beside+=("$project") ;;
            *) alone+=("$project") ;;
        esac
    done
    for project in ${alone[@]+"${alone[@]}"}; do
        run_tests "$project"
        tell_tests "$project"
    done
    local runner=
    if [ ${#whole[@]} -gt 0 ]; then
        run_tests "${whole[@]}" &
        runner=$!
    fi
    for project in ${beside[@]+"${beside[@]}"}; do
        run_tests "$project"
        tell_tests "$project"
    done
    if [ -n "$runner" ]; then
        wait "$runner"
        tell_tests "${whole[@]}"
    fi
    stop_quietly
    print_sum
    results_good || exit 1
}

# The engine's end must not print after the last line.
stop_quietly() { docker_down >/dev/null 2>&1 || true; }

test_project() {
    local name
    for name in "$1" "tests/$1/$1.csproj" "tests/Rxelon.$1.Tests/Rxelon.$1.Tests.csproj"; do
        [ -f "$name" ] && printf '%s' "$name" && return 0
    done
    die 2 "there is no test project '$1'"
}

# Runs one project; .rx/test/NAME.{log,trx,end} say how it went.
run_tests() {
    local name code=0 started=$SECONDS filter=() limit=()
    name=$(basename "$1" .csproj)
    [ "${RX_LIVE:-}" = 1 ] || filter=(--filter "Category!=Live")
    has timeout && limit=(timeout -k 20 "${RX_TEST_MINUTES}m")
    ${limit[@]+"${limit[@]}"} dotnet test "$1" --no-build -c "$RX_CONFIGURATION" --nologo -v quiet \
        --logger "console;verbosity=normal" --logger "trx;LogFileName=$name.trx" --results-directory "$RX_STATE/test" \
        ${filter[@]+"${filter[@]}"} \
        --blame-hang-timeout "${RX_HANG_MINUTES}m" --blame-hang-dump-type none >"$RX_STATE/test/$name.log" 2>&1 </dev/null || code=$?
    printf '%s %s\n' "$code" "$((SECONDS - started))" >"$RX_STATE/test/$name.end"
}

# Prints and counts what run_tests left.
tell_tests() {
    local name log trx code took counts
    name=$(basename "$1" .csproj)
    log=$RX_STATE/test/$name.log
    trx=$RX_STATE/test/$name.trx
    read -r code took <"$RX_STATE/test/$name.end" || { code=1 took=0; }

    if [ ! -f "$trx" ]; then
        count_results 0 1 0
        say "  $name: ended with $code before any result ($log)"
        tail -n 20 "$log"
        return 0
    fi
    counts=$(trx_counts "$trx") || counts="0 1 0"
    # A run that crashed or hung has results for the tests before that only.
    if [ "$code" -ne 0 ] && [ "$(cut -d' ' -f2 <<<"$counts")" -eq 0 ]; then
        counts="$(cut -d' ' -f1 <<<"$counts") 1 $(cut -d' ' -f3 <<<"$counts")"
        say "  $name: the run ended with $code ($log)"
        tail -n 20 "$log"
    fi
    # shellcheck disable=SC2086
    count_results $counts
    # shellcheck disable=SC2086
    say "  $name: $(printf '%d passed, %d failed, %d skipped' $counts), $took s"
    if [ "$(cut -d' ' -f2 <<<"$counts")" -ne 0 ]; then
        trx_failures "$trx" | sed 's/^/    failed: /'
        say "    details: $log"
    fi
}
