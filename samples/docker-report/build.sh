#!/bin/sh
# Builds the image without a registry and without an engine: files of Debian packages, put into one layer and described by
# hand (docker image format 1.2). The same packages give the same image id. Needs apt-get, dpkg, busybox-static, GNU tar.
#
#   build.sh [DIR]    default .rx/samples/docker-report: image.tar, image.id, packages.csv, task.yaml
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../.rx/samples/docker-report}
umask 022
mkdir -p "$out/debs"
out=$(cd "$out" && pwd)
root=$out/root

packages="gawk libc6 libgmp10 libmpfr6 libreadline8 libsigsegv2 libtinfo6"
for package in $packages; do
    ls "$out/debs/${package}_"*.deb >/dev/null 2>&1 && continue
    (cd "$out/debs" && apt-get -qq -o APT::Sandbox::User=root download "$package") || {
        echo "docker-report: cannot download the Debian package $package (try: apt-get update)" >&2
        exit 69
    }
done

rm -rf "$root" "$out/image"
mkdir -p "$root/bin" "$root/in" "$root/out" "$root/tmp" "$out/image/layer"
for deb in "$out"/debs/*.deb; do
    dpkg-deb -x "$deb" "$root"
done
rm -rf "$root/usr/share/doc" "$root/usr/share/man" "$root/usr/share/info" "$root/usr/share/locale" "$root/usr/share/lintian" \
    "$root/etc" "$root/var" "$root/usr/lib"/*/gconv "$root/usr/lib"/*/audit
cp "$(command -v busybox)" "$root/bin/busybox"
for tool in sh cat; do
    ln -s busybox "$root/bin/$tool"
done
cp "$here/report.sh" "$here/report.awk" "$root/"
chmod 755 "$root/report.sh" && chmod 1777 "$root/tmp"

tar -C "$root" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=gnu -cf "$out/image/layer/layer.tar" .
layer=$(sha256sum "$out/image/layer/layer.tar" | cut -d' ' -f1)
printf '%s' "{\"architecture\":\"$(dpkg --print-architecture)\",\"os\":\"linux\",\"created\":\"1970-01-01T00:00:00Z\",\
\"config\":{\"Env\":[\"PATH=/usr/bin:/bin\",\"LC_ALL=C\"],\"Cmd\":[\"/report.sh\"],\"WorkingDir\":\"/\",\"User\":\"65534\"},\
\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:$layer\"]}}" >"$out/image/config.json"
id=$(sha256sum "$out/image/config.json" | cut -d' ' -f1)
mv "$out/image/config.json" "$out/image/$id.json"
printf '%s' "[{\"Config\":\"$id.json\",\"RepoTags\":[\"rxelon/package-report:local\"],\"Layers\":[\"layer/layer.tar\"]}]" \
    >"$out/image/manifest.json"
tar -C "$out/image" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$out/image.tar" .
rm -rf "$root" "$out/image"

echo "sha256:$id" >"$out/image.id"
sh "$here/packages.sh" >"$out/packages.csv"
sed "s/sha256:[0-9a-f]*/sha256:$id/; s/^# .*/# Written by samples\/docker-report\/build.sh./" "$here/task.yaml" \
    >"$out/task.yaml"
echo "built sha256:$id (load it into each node's engine: docker load -i $out/image.tar)"
