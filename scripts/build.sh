# shellcheck shell=bash
# One configuration for everything, so that nothing is built twice.
RX_CONFIGURATION=Release

# build_projects PROJECT…: quiet unless it fails. What is up to date is left alone. The compiler's warnings are errors here; the
# analyzers, which take longer than the compiler, are `./rx lint`'s.
build_projects() { one_at_a_time build compile "$@"; }

compile() {
    local log=$RX_STATE/build.log server project failed=0
    server=rx-$(checkout_hash)
    mkdir -p "$RX_STATE"
    : >"$log"
    for project in "$@"; do
        if ! dotnet build "$project" -c "$RX_CONFIGURATION" -nologo -v minimal -clp:NoSummary -p:RunAnalyzers=false \
            -p:UseSharedCompilation=true -p:SharedCompilationId="$server" >>"$log" 2>&1; then
            grep -E 'error|warning' "$log" | sort -u | head -n 40 >&2 || tail -n 40 "$log" >&2
            note "$project does not build; all of it is in $log"
            failed=1
            break
        fi
    done
    stop_compiler "$server"
    return "$failed"
}

# One compiler for all projects is warm after the first; it is this checkout's own and would stay for ten minutes.
stop_compiler() {
    local version compiler
    version=$(dotnet --version)
    compiler=$(dotnet --list-sdks | sed -n "s/^$version \[\(.*\)\]\$/\1/p")/$version/Roslyn/bincore/VBCSCompiler.dll
    if [ -f "$compiler" ]; then
        dotnet "$compiler" -pipename:"$1" -shutdown >/dev/null 2>&1 || true
    fi
}

# binary PROJECT NAME: the path of a built program.
binary() { printf '%s' "$RX_ROOT/src/$1/bin/$RX_CONFIGURATION/net10.0/$2"; }

rxelon() { "$(binary Rxelon.Cli rxelon)" "$@"; }
rxelon_hub() { "$(binary Rxelon.Hub rxelon-hub)" "$@"; }
rxelon_node() { "$(binary Rxelon.Node rxelon-node)" "$@"; }
rxelon_pbm() { "$(binary Rxelon.Pbm rxelon-pbm)" "$@"; }

# build_product: what demo and up run, skipped when no source changed since the last time.
build_product() {
    local stamp=$RX_STATE/product.sha256 now
    now=$(sources_hash)
    if [ "$(cat "$stamp" 2>/dev/null)" = "$now" ] && [ -x "$(binary Rxelon.Hub rxelon-hub)" ]; then
        return 0
    fi
    note "building (the first time takes a minute or two)"
    build_projects src/Rxelon.Hub src/Rxelon.Node src/Rxelon.Cli src/Rxelon.Pbm || exit 1
    printf '%s' "$now" >"$stamp"
}

sources_hash() {
    git ls-files -z --cached --others --exclude-standard -- src hocon '*.props' global.json \
        | LC_ALL=C sort -z | xargs -0 sha256sum 2>/dev/null | sha256sum
}
