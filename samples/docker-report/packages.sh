#!/bin/sh
# Writes real data for the report to stdout: this machine's Debian packages, or, elsewhere, this project's files.
set -eu
echo name,version,architecture,KiB,section,priority
if command -v dpkg-query >/dev/null; then
    dpkg-query -W -f='${Package},${Version},${Architecture},${Installed-Size},${Section},${Priority}\n' | LC_ALL=C sort
else
    cd "$(dirname "$0")/../.."
    git ls-files | LC_ALL=C sort | while IFS= read -r file; do
        case $file in *,*) continue ;; esac
        printf '%s,0,any,%d,%s,file\n' "$file" "$((($(wc -c <"$file") + 1023) / 1024))" "${file%%/*}"
    done
fi
