# shellcheck shell=bash
# Counts of a test run, read from the TRX files that `dotnet test` writes.

# trx_counts FILE: passed failed skipped. The format's own count of skipped tests stays 0, so it is total - executed.
trx_counts() {
    sed -n 's/.*<Counters \([^>]*\)>.*/\1/p' "$1" | head -n 1 | awk '
        {
            for (i = 1; i <= NF; i++)
                if (split($i, pair, "=") == 2) {
                    gsub(/[^0-9]/, "", pair[2])
                    n[pair[1]] = pair[2] + 0
                }
            found = 1
        }
        END {
            if (!found) exit 1
            print n["passed"], n["executed"] - n["passed"], n["total"] - n["executed"]
        }'
}

# trx_failures FILE: names of the tests that failed.
trx_failures() {
    grep -o '<UnitTestResult [^>]*outcome="Failed"[^>]*>' "$1" \
        | sed 's/.*testName="\([^"]*\)".*/\1/; s/&quot;/"/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g' || true
}

RX_PASSED=0
RX_FAILED=0
RX_SKIPPED=0

count_results() {
    RX_PASSED=$((RX_PASSED + $1))
    RX_FAILED=$((RX_FAILED + $2))
    RX_SKIPPED=$((RX_SKIPPED + $3))
}

print_sum() { say "$RX_PASSED passed, $RX_FAILED failed, $RX_SKIPPED skipped"; }

# True when the run may be called good: nothing failed, something ran, and under CI nothing was left out.
results_good() {
    [ "$RX_FAILED" -eq 0 ] && [ "$RX_PASSED" -gt 0 ] && { [ "${CI:-}" != true ] || [ "$RX_SKIPPED" -eq 0 ]; }
}
