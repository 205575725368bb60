#!/bin/sh
# build.sh [--native | --check]: see ../wasi.sh.
set -eu
cd "$(dirname "$0")"
MODE=${1:-}
. ../wasi.sh
build_sample montecarlo montecarlo.c option.c philox.c ../common/files.c ../common/real.c
