#!/bin/sh
# build.sh [--native | --check]: see ../wasi.sh.
set -eu
cd "$(dirname "$0")"
MODE=${1:-}
. ../wasi.sh
build_sample groupby groupby.c table.c ../common/csv.c ../common/files.c
