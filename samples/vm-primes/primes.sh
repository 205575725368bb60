#!/bin/busybox sh
# Counts the primes of part $1 of $2 below $3: numbers FROM to TO by trial division with primes up to the root.
# Prints one line; leaves the largest prime in /out.
set -eu
exec busybox awk -v part="$1" -v parts="$2" -v below="$3" '
    BEGIN {
        from = int(below * part / parts)
        to = int(below * (part + 1) / parts)
        for (n = 2; n * n < to; n++) {
            prime = 1
            for (i = 1; i <= small && divisor[i] * divisor[i] <= n; i++)
                if (n % divisor[i] == 0) { prime = 0; break }
            if (prime) divisor[++small] = n
        }
        for (n = from < 2 ? 2 : from; n < to; n++) {
            prime = 1
            for (i = 1; i <= small && divisor[i] * divisor[i] <= n; i++)
                if (n % divisor[i] == 0) { prime = 0; break }
            if (prime) { count++; last = n }
        }
        printf "primes from %d below %d: %d\n", from, to, count
        print last > ("/out/largest-" part)
    }'
