#!/bin/sh
# The rounds of task.yaml as single tasks, one after another: the same model, for a hub without rounds and for those who want to see
# every step. `rxelon` must be set up. by-hand.sh [DIR]
set -eu
dir=${1:-$(dirname "$0")/../../.rx/samples/ai-training}
rm -rf "$dir"
mkdir -p "$dir/round/out"
dir=$(cd "$dir" && pwd)
cd "$(dirname "$0")"
columns=$(head -n 1 penguins.csv)
set -- "$columns" species Adelie,Chinstrap,Gentoo bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g
# The same four parts each time, each a file: rows and the model both are input here.
mkdir "$dir/shards"
split -l 87 -d -a 6 penguins.csv "$dir/shards/"
round=0 model=
while [ "$round" -lt 20 ] && [ ! -e "$dir/round/out/stop" ]; do
    rm -rf "$dir/results"
    for shard in "$dir"/shards/*; do
        results=$dir/results/${shard##*/}
        mkdir -p "$results"
        # shellcheck disable=SC2086
        rxelon --quiet run wasm train.wasm --input "$shard" $model --out "$results" -- gradient "$@" "/in/${shard##*/}"
    done
    rxelon --quiet run wasm train.wasm --input "$dir/results" --out "$dir/reduced" -- reduce
    cat "$dir/reduced/stdout"
    for file in model stop; do
        [ ! -e "$dir/reduced/$file" ] || mv "$dir/reduced/$file" "$dir/round/out/$file"
    done
    model="--input $dir/round"
    round=$((round + 1))
done
rxelon --quiet run wasm train.wasm --input penguins.csv --input "$dir/round" -- evaluate "$@" /in/penguins.csv
