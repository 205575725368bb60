#!/bin/sh
# The image's command. Input arrives as files in /in or on stdin; tables leave through /out.
set -eu
set -- /in/*
if [ -f "$1" ]; then
    cat "$@"
else
    cat
fi | gawk -v out=/out -f /report.awk
