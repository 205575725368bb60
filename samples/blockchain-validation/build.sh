#!/bin/sh
# build.sh [--native | --check]: see ../wasi.sh.
set -eu
cd "$(dirname "$0")"
MODE=${1:-}
. ../wasi.sh
build_sample blockchain blockchain.c block.c chain.c ledger.c sha256.c ../common/files.c
