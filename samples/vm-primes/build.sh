#!/bin/sh
# Builds the sample's virtual machine without installing anything: Debian's kernel for clouds taken out of its package, a static
# busybox, the guest's init, a read-only root. The same packages give the same image. Needs apt-get, dpkg-deb, busybox-static,
# cpio, squashfs-tools; the kernel is for x86-64.
#
#   build.sh [DIR]    default .rx/samples/vm-primes: image/ (manifest.json kernel initrd root), image.id, task.yaml
#
# RXELON_VM_EXTRA names files, RXELON_VM_TREE a folder, that go into the root as well. RXELON_VM_DEBS keeps the kernel's package.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../.rx/samples/vm-primes}
umask 022
debs=${RXELON_VM_DEBS:-$out/debs}
mkdir -p "$out" "$debs"
out=$(cd "$out" && pwd)
debs=$(cd "$debs" && pwd)

if ! ls "$debs"/linux-image-*.deb >/dev/null 2>&1; then
    kernel=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2; exit }')
    if [ -z "$kernel" ] || ! (cd "$debs" && apt-get -qq -o APT::Sandbox::User=root download "$kernel"); then
        echo "vm-primes: cannot download the kernel behind linux-image-cloud-amd64 (try: apt-get update)" >&2
        exit 69
    fi
fi
rm -rf "$out/kernel" "$out/initrd" "$out/root" "$out/image"
mkdir -p "$out/kernel" "$out/image"
dpkg-deb -x "$debs"/linux-image-*.deb "$out/kernel"
cp "$out"/kernel/boot/vmlinuz-* "$out/image/kernel"

# The initramfs: init, busybox and the drivers of the devices that the node gives, in the order in which they load.
mkdir -p "$out/initrd/bin" "$out/initrd/lib"
for dir in dev proc sys job root cgroup in out tmp etc .rxelon; do
    mkdir "$out/initrd/$dir"
done
: >"$out/initrd/etc/passwd"
: >"$out/initrd/etc/group"
cp "$(command -v busybox)" "$out/initrd/bin/busybox"
cp "$here/init" "$out/initrd/init"
chmod 755 "$out/initrd/init" "$out/initrd/bin/busybox"
modules="virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk squashfs virtio_console"
for module in $modules; do
    found=$(find "$out/kernel" \( -name "$module.ko" -o -name "$module.ko.xz" \) | head -n 1)
    case $found in
        *.ko) cp "$found" "$out/initrd/lib/" ;;
        *.xz) xz -dc "$found" >"$out/initrd/lib/$module.ko" ;;
        *) echo "vm-primes: this kernel has no module $module" >&2; exit 70 ;;
    esac
    echo "$module" >>"$out/initrd/lib/modules.order"
done

# The program's /dev is copied from here and from the guest's own.
mkdir "$out/initrd/lib/dev"
ln -s /proc/self/fd "$out/initrd/lib/dev/fd"
for stream in 0:stdin 1:stdout 2:stderr; do
    ln -s "/proc/self/fd/${stream%:*}" "$out/initrd/lib/dev/${stream#*:}"
done

# The program's root: busybox and the program. What the guest mounts needs a place.
mkdir -p "$out/root/bin" "$out/root/etc"
[ -z "${RXELON_VM_TREE:-}" ] || cp -a "$RXELON_VM_TREE/." "$out/root/"
: >"$out/root/etc/passwd"
: >"$out/root/etc/group"
for dir in in out tmp proc dev .rxelon; do
    mkdir -p "$out/root/$dir"
done
cp "$out/initrd/bin/busybox" "$out/root/bin/busybox"
ln -sf busybox "$out/root/bin/sh"
cp "$here/primes.sh" "$out/root/primes.sh"
chmod 755 "$out/root/primes.sh"
for program in ${RXELON_VM_EXTRA:-}; do
    cp "$program" "$out/root/"
done

find "$out/initrd" "$out/root" -exec touch -h -d @0 {} +
(cd "$out/initrd" && find . | LC_ALL=C sort | cpio --quiet --reproducible -o -H newc -R 0:0) >"$out/image/initrd"
mksquashfs "$out/root" "$out/image/root" -quiet -no-progress -noappend -all-root -mkfs-time 0 -all-time 0 -no-xattrs \
    -noI -noD -noF >/dev/null

entry() { printf '{"digest":"sha256:%s","size":%d}' "$(sha256sum "$out/image/$1" | cut -d' ' -f1)" "$(wc -c <"$out/image/$1")"; }
printf '{"version":1,"protocol":1,"append":"%s","kernel":%s,"initrd":%s,"root":%s}' \
    "quiet loglevel=0 panic=-1 tsc=reliable no_timer_check random.trust_cpu=on mitigations=off nokaslr" \
    "$(entry kernel)" "$(entry initrd)" "$(entry root)" >"$out/image/manifest.json"
rm -rf "$out/kernel" "$out/initrd" "$out/root"
id=$(sha256sum "$out/image/manifest.json" | cut -d' ' -f1)
echo "sha256:$id" >"$out/image.id"
sed "s/sha256:[0-9a-f]*/sha256:$id/; s/^# .*/# Written by samples\/vm-primes\/build.sh./" "$here/task.yaml" >"$out/task.yaml"
echo "built sha256:$id (give it to each node: rxelon-node vm-image add $out/image)"
