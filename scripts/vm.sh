# shellcheck shell=bash
# The virtual machine's image of this checkout, for tests, demo and bench.

# Builds it unless it is there, and sets RXELON_TEST_VM to its folder; or fails with 69 and says why.
vm_image() {
    local dir=$RX_STATE/samples/vm-primes log=$RX_STATE/vm.log
    if [ -n "${RXELON_TEST_VM:-}" ]; then
        [ -f "$RXELON_TEST_VM/manifest.json" ] && return 0
        note "there is no image at RXELON_TEST_VM=$RXELON_TEST_VM"
        return 69
    fi
    ensure_vm || return
    mkdir -p "$RX_STATE"
    # Debian's package lists may be absent, or older than its kernel.
    if ! sh samples/vm-primes/build.sh "$dir" >"$log" 2>&1 \
        && ! { is_root && apt-get -qq update >>"$log" 2>&1 && sh samples/vm-primes/build.sh "$dir" >>"$log" 2>&1; }; then
        tail -n 3 "$log" >&2
        note "the virtual machine's image cannot be built; see $log"
        return 69
    fi
    export RXELON_TEST_VM=$dir/image
}
