#!/bin/sh
# The image's command.
#
#   render.sh tile WIDTH HEIGHT TILE TILES     raw RGB rows of that tile to stdout, as the pathtracer's join takes them
#   render.sh frame WIDTH HEIGHT FRAME FRAMES  /out/frame-NNNN.png, the clock running from 0 to 1
#
# /in/scene.pov is drawn when there is one, otherwise the image's own scene.
set -eu
scene=/scene.pov
[ -f /in/scene.pov ] && scene=/in/scene.pov
kind=$1 width=$2 height=$3 part=$4 parts=$5

# pov ARGUMENTS…: one thread; what it tells is shown when it fails.
pov() {
    if ! povray "+I$scene" "+W$width" "+H$height" +WT1 +A0.0 +R3 -J -D -P "$@" 2>/tmp/told; then
        tail -n 20 /tmp/told >&2
        exit 1
    fi
}

case $kind in
    tile)
        first=$((height * part / parts)) end=$((height * (part + 1) / parts))
        [ "$first" -lt "$end" ] || exit 0
        pov "+SR$((first + 1))" "+ER$end" +FP +O/tmp/tile.ppm
        # The picture has the whole size, and the tile's rows stand where they belong, behind a header of text.
        all=$((width * height * 3))
        tail -c "$all" /tmp/tile.ppm | tail -c +$((first * width * 3 + 1)) | head -c $(((end - first) * width * 3))
        rm /tmp/tile.ppm
        ;;
    frame)
        name=000$part
        name=/out/frame-${name#"${name%????}"}.png
        clock=$((part * 100000 / parts))
        clock=00000$clock
        pov "+K0.${clock#"${clock%?????}"}" +FN "+O$name"
        echo "$name"
        ;;
    *)
        echo "usage: render.sh tile|frame WIDTH HEIGHT PART PARTS" >&2
        exit 64
        ;;
esac
