# shellcheck shell=bash
# What a reviewer should not have to look for. Every finding is printed, the end tells whether there were any.

RX_MOST_LINES=400      # of a source file; tests may have 500
RX_MOST_TEST_LINES=500

rx_lint() {
    ensure_sdk
    RX_FINDINGS=0
    lint_shell
    lint_text
    lint_feeds
    lint_house_rules
    lint_samples
    lint_format
    if [ "$RX_FINDINGS" -gt 0 ]; then
        note "lint: $RX_FINDINGS findings"
        exit 1
    fi
    say "lint: clean"
}

finding() {
    say "lint: $*"
    RX_FINDINGS=$((RX_FINDINGS + 1))
}

# tracked PATTERN…: files of this checkout, also new ones that are not ignored.
tracked() {
    local file
    git ls-files --cached --others --exclude-standard -- "$@" | while IFS= read -r file; do
        if [ -f "$file" ]; then printf '%s\n' "$file"; fi
    done
}

lint_shell() {
    local file shell
    while IFS= read -r file; do
        case $(head -n 1 "$file") in
            '#!/bin/sh'*) shell=sh ;;
            *) shell=bash ;;
        esac
        "$shell" -n "$file" || finding "$file: shell syntax"
    done < <(tracked rx .ci/run '*.sh')
}

# Text is UTF-8 without a byte order mark (which the tools put into solution files), with LF line ends.
lint_text() {
    local file
    while IFS= read -r file; do
        finding "$file: byte order mark"
    done < <(tracked ':!*.sln' | xargs -d '\n' grep -lI $'^\xEF\xBB\xBF' 2>/dev/null)
    while IFS= read -r file; do
        finding "$file: CRLF line ends"
    done < <(tracked | xargs -d '\n' grep -lI $'\r$' 2>/dev/null)
}

# Where packages come from is the machine's business, never the repository's.
lint_feeds() {
    local file
    while IFS= read -r file; do
        finding "$file: no package feed configuration in the repository"
    done < <(git ls-files --cached --others --exclude-standard | grep -iE '(^|/)nuget\.config$')
    while IFS= read -r file; do
        finding "$file: names a package feed"
    done < <(tracked '*packages.lock.json' '*package-lock.json' \
        | xargs -r -d '\n' grep -lE '"resolved": *"https?:|"(source|feed)": *"https?:')
}

lint_house_rules() {
    local line file most
    while IFS= read -r line; do
        finding "$line"
    done < <(tracked 'src/*.cs' 'tests/*.cs' 'bench/*.cs' \
        | xargs -r -d '\n' grep -nE \
            'NotImplemented[E]xception|Thread\.Sleep\(|//.*\b(TO[D]O|FIX[M]E)\b|catch( \([^)]*\))? *\{ *\}' 2>/dev/null)
    while IFS= read -r file; do
        most=$RX_MOST_LINES
        [[ $file == tests/* ]] && most=$RX_MOST_TEST_LINES
        [ "$(wc -l <"$file")" -le "$most" ] || finding "$file: more than $most lines"
    done < <(tracked 'src/*.cs' 'tests/*.cs' 'bench/*.cs')
}

# The checked-in modules are what their sources give; other compilers than the recorded one give other bytes.
lint_samples() {
    local sample
    if ! clang --version 2>/dev/null | grep -q 'version 14\.0\.6' || [ ! -f /usr/include/wasm32-wasi/wasi/api.h ]; then
        say "lint: samples not compared (needs clang 14.0.6, lld, wasi-libc)"
        return 0
    fi
    for sample in samples/*/*.wasm; do
        sample=$(basename "$(dirname "$sample")")
        sh "samples/$sample/build.sh" --check >/dev/null || finding "samples/$sample: build.sh gives another module"
    done
}

# Formatting, and every analyzer that a plain build runs: a finding of one that cannot mend it counts as well.
lint_format() {
    local log=$RX_STATE/format.log
    mkdir -p "$RX_STATE"
    if ! dotnet restore Rxelon.sln -v quiet -nologo >"$log" 2>&1; then
        tail -n 20 "$log"
        finding "the solution does not restore"
        return 0
    fi
    dotnet format Rxelon.sln --verify-no-changes --no-restore >"$log" 2>&1 && return 0
    grep -E '(error|warning) ' "$log" | sed "s|$RX_ROOT/||g; s| \[.*||" | sort -u | head -n 60
    finding "dotnet format would change files or found what an analyzer refuses (all of it in $log)"
}
