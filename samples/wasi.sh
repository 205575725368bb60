# Sourced by the samples' build scripts: compiles C for WASI preview 1, so that the same tools give the same bytes.
# Needs (Debian): clang lld wasi-libc libclang-rt-14-dev-wasm32. Recorded with clang 14.0.6, wasi-libc 0.0~git20220510.

# wasi_build OUTPUT SOURCE…
wasi_build() {
    output=$1
    shift
    "${CLANG:-clang}" --target=wasm32-wasi -std=c11 -D_POSIX_C_SOURCE=200809L -O2 -Wall -Wextra -Werror -ffp-contract=off -fno-ident \
        --sysroot="${WASI_SYSROOT:-/usr}" -I"${WASI_SYSROOT:-/usr}/include/wasm32-wasi" \
        -L"${WASI_SYSROOT:-/usr}/lib/wasm32-wasi" \
        -Wl,--strip-all -Wl,-z,stack-size=262144 -o "$output" "$@"
}

# native_build OUTPUT SOURCE…: the same program for this machine, to try it without a sandbox.
native_build() {
    output=$1
    shift
    "${CC:-cc}" -std=c11 -D_POSIX_C_SOURCE=200809L -O2 -Wall -Wextra \
        -ffp-contract=off -fno-math-errno -o "$output" "$@" -lm
}

# build_sample NAME SOURCE…: handles the arguments `--native` and `--check`.
#   (none)     writes NAME.wasm beside the source
#   --native   writes an executable NAME for this machine into .rx/samples
#   --check    builds elsewhere and says whether the bytes equal the checked-in NAME.wasm
build_sample() {
    name=$1
    shift
    case ${MODE:-} in
        --native)
            mkdir -p ../../.rx/samples
            native_build "../../.rx/samples/$name" "$@"
            echo "built .rx/samples/$name"
            ;;
        --check)
            fresh=$(mktemp)
            wasi_build "$fresh" "$@"
            if cmp -s "$fresh" "$name.wasm"; then
                echo "$name.wasm is what these sources and this compiler give"
                rm -f "$fresh"
            else
                rm -f "$fresh"
                echo "$name.wasm differs: the sources changed, or the compiler is not the recorded one" >&2
                exit 1
            fi
            ;;
        "") wasi_build "$name.wasm" "$@" && echo "built $name.wasm" ;;
        *) echo "usage: build.sh [--native | --check]" >&2 && exit 2 ;;
    esac
}
