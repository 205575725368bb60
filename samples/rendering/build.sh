#!/bin/sh
# Builds an image with POV-Ray, without a registry and without an engine: files of Debian packages, put into one layer and
# described by hand (docker image format 1.2). The same packages give the same image id. Needs apt-get, dpkg,
# busybox-static, GNU tar.
#
#   build.sh [DIR]    default .rx/samples/rendering: image.tar, image.id, picture.yaml, animation.yaml
#
# Where cpio and squashfs-tools are, the same files also become a virtual machine: vm/image, frame-vm.yaml.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../.rx/samples/rendering}
umask 022
mkdir -p "$out/debs"
out=$(cd "$out" && pwd)
root=$out/root all=$out/unpacked

failed() {
    echo "rendering: $1" >&2
    exit 69
}

# Everything that POV-Ray needs, as on a machine without any package. The fonts, sounds and so on among it are left behind below.
needed() {
    apt-get -s -o Dir::State::status=/dev/null -o APT::Install-Recommends=0 -o APT::Install-Suggests=0 install povray 2>/dev/null \
        | sed -n 's/^Inst \([^ ]*\) .*/\1/p' | LC_ALL=C sort
}
packages=$(needed)
if [ -z "$packages" ] && [ "$(id -u)" -eq 0 ]; then
    apt-get -qq update >&2
    packages=$(needed)
fi
[ -n "$packages" ] || failed "the package lists do not know povray (try: apt-get update)"
rm -rf "$root" "$all" "$out/image"
mkdir -p "$root/bin" "$root/in" "$root/out" "$root/tmp" "$root/lib64" "$root/usr/lib" "$root/usr/bin" "$all" "$out/image/layer"
missing=
for package in $packages; do
    ls "$out/debs/${package}_"*.deb >/dev/null 2>&1 || missing="$missing $package"
done
# shellcheck disable=SC2086
[ -z "$missing" ] || (cd "$out/debs" && apt-get -qq -o APT::Sandbox::User=root download $missing) \
    || failed "cannot download the Debian packages$missing"
for deb in "$out"/debs/*.deb; do
    dpkg-deb -x "$deb" "$all"
done

# Of all that, the program and what its loader says it needs.
loader=$(find "$all" -name 'ld-linux*.so.*' | sort | head -n 1)
path=$(find "$all" -type f -name '*.so*' -exec dirname {} \; | sort -u | tr '\n' ':')
libraries=$("$loader" --inhibit-cache --library-path "$path" --list "$all/usr/bin/povray")
case $libraries in *'not found'*) failed "a library is missing: $libraries" ;; esac
for library in $(printf '%s\n' "$libraries" | sed -n 's/^.* => \(\/[^ ]*\) .*/\1/p'); do
    case $library in "$all"/*) cp -L "$library" "$root/usr/lib/$(basename "$library")" ;; *) failed "$library is this machine's own" ;; esac
done
cp -L "$loader" "$root/lib64/$(basename "$loader")"
cp "$all/usr/bin/povray" "$root/usr/bin/povray"
cp "$(command -v busybox)" "$root/bin/busybox"
for tool in sh cat tail head rm; do
    ln -s busybox "$root/bin/$tool"
done
cp "$here/render.sh" "$here/scene.pov" "$root/"
chmod 755 "$root/render.sh" && chmod 1777 "$root/tmp"

tar -C "$root" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=gnu -cf "$out/image/layer/layer.tar" .
layer=$(sha256sum "$out/image/layer/layer.tar" | cut -d' ' -f1)
printf '%s' "{\"architecture\":\"$(dpkg --print-architecture)\",\"os\":\"linux\",\"created\":\"1970-01-01T00:00:00Z\",\
\"config\":{\"Env\":[\"PATH=/usr/bin:/bin\",\"LC_ALL=C\",\"LD_LIBRARY_PATH=/usr/lib\",\"HOME=/tmp\"],\"Cmd\":[\"/render.sh\"],\"WorkingDir\":\"/tmp\",\"User\":\"65534\"},\
\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:$layer\"]}}" >"$out/image/config.json"
id=$(sha256sum "$out/image/config.json" | cut -d' ' -f1)
mv "$out/image/config.json" "$out/image/$id.json"
printf '%s' "[{\"Config\":\"$id.json\",\"RepoTags\":[\"rxelon/povray:local\"],\"Layers\":[\"layer/layer.tar\"]}]" \
    >"$out/image/manifest.json"
tar -C "$out/image" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$out/image.tar" .

if command -v cpio >/dev/null && command -v mksquashfs >/dev/null; then
    RXELON_VM_TREE=$root RXELON_VM_DEBS=${RXELON_VM_DEBS:-$out/vm/debs} sh "$here/../vm-primes/build.sh" "$out/vm" >/dev/null \
        || failed "the virtual machine cannot be built"
    rm "$out/vm/task.yaml"
    machine=$(cat "$out/vm/image.id")
    sed "s/sha256:[0-9a-f]*/$machine/; s/^# .*/# Written by samples\/rendering\/build.sh./" "$here/frame-vm.yaml" >"$out/frame-vm.yaml"
    echo "built $machine (give it to each node: rxelon-node vm-image add $out/vm/image)"
fi
rm -rf "$root" "$all" "$out/image"

echo "sha256:$id" >"$out/image.id"
for task in picture animation; do
    sed "s/sha256:[0-9a-f]*/sha256:$id/; s/^# .*/# Written by samples\/rendering\/build.sh./" "$here/$task.yaml" >"$out/$task.yaml"
done
echo "built sha256:$id (load it into each node's engine: docker load -i $out/image.tar)"
