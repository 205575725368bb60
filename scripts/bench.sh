# shellcheck shell=bash
# The measured promises. Needs a machine that does nothing else.

rx_bench() {
    ensure_sdk
    one_at_a_time bench run_bench "$@"
}

run_bench() {
    build_projects src/Rxelon.Hub src/Rxelon.Node src/Rxelon.Cli src/Rxelon.Pbm bench/Rxelon.Bench || exit 1
    if [ "$(uname -s)" = Linux ]; then
        docker_up || note "rows with containers will say that they did not run"
        vm_image || note "the row with virtual machines will say that it did not run"
    fi
    dotnet run --no-build -c "$RX_CONFIGURATION" --project bench/Rxelon.Bench -- "$@"
}
