# shellcheck shell=bash
# Self-contained programs: all four in one folder rxelon-VERSION-RID with one runtime, packed, with checksums.

RX_RIDS=(linux-x64 linux-arm64 win-x64 osx-arm64)
# The hub last: where a library comes with a package and with the web runtime, the runtime's copy stays.
RX_PROGRAMS=(Rxelon.Pbm Rxelon.Cli Rxelon.Node Rxelon.Hub)

rx_publish() {
    ensure_sdk
    local rids=("$@") rid version log=$RX_STATE/publish.log unavailable=()
    [ ${#rids[@]} -gt 0 ] || rids=("${RX_RIDS[@]}")
    version=$(sed -n 's:.*<VersionPrefix>\(.*\)</VersionPrefix>.*:\1:p' Directory.Build.props)
    mkdir -p artifacts "$RX_STATE"
    : >"$log"
    for rid in "${rids[@]}"; do
        note "publishing $rid"
        publish_rid "$rid" "$version" "$log" || unavailable+=("$rid")
    done
    (cd artifacts && find . -maxdepth 1 -type f \( -name '*.tar.gz' -o -name '*.zip' \) -printf '%f\n' \
        | LC_ALL=C sort | xargs -r sha256sum >SHA256SUMS)
    say "artifacts:"
    sed 's/^/  /' artifacts/SHA256SUMS
    [ ${#unavailable[@]} -eq 0 ] || die 69 "not published: ${unavailable[*]}; see $log"
}

# publish_rid RID VERSION LOG
publish_rid() {
    local name=rxelon-$2-$1 project
    local target=artifacts/$name
    rm -rf "$target" "$target.tar.gz" "$target.zip"
    for project in "${RX_PROGRAMS[@]}"; do
        if ! dotnet publish "src/$project" -c "$RX_CONFIGURATION" -r "$1" --self-contained true -nologo -v quiet \
            -p:DebugType=none -p:PublishDocumentationFiles=false -p:PublishReferencesDocumentationFiles=false \
            -o "$target" >>"$3" 2>&1; then
            rm -rf "$target"
            explain_failure "$1" "$project" "$3"
            return 1
        fi
    done
    cp LICENSE CHANGELOG.md "$target/"
    pack "$name" "$1"
    rm -rf "$target"
}

explain_failure() {
    if tail -n 40 "$3" | grep -qE 'NU1101|NU1102|NETSDK1112|NU1301'; then
        note "$1: its runtime packs cannot be restored from the package feed of this machine ($2)"
    else
        note "$1: $2 does not publish"
        grep -E 'error' "$3" | sort -u | tail -n 5 >&2 || true
    fi
}

# The same input gives the same archive: fixed times and owners, sorted names.
pack() {
    case $2 in
        win-*)
            has zip || ensure_packages zip zip
            (cd artifacts && find "$1" -exec touch -h -d @315532800 {} + \
                && find "$1" -type f | LC_ALL=C sort | TZ=UTC zip -qX@ "$1.zip")
            ;;
        *)
            tar -C artifacts --sort=name --mtime=@315532800 --owner=0 --group=0 --numeric-owner -c "$1" \
                | gzip -n9 >"artifacts/$1.tar.gz"
            ;;
    esac
}
