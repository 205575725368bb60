#!/bin/sh
# build.sh [--native | --check]: see ../wasi.sh.
set -eu
cd "$(dirname "$0")"
MODE=${1:-}
. ../wasi.sh
build_sample pathtracer pathtracer.c trace.c scene.c png.c
