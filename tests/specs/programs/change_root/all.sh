# A small system in a folder, entered by chroot(8); then the call itself, from Python.
top=/srv/tree
mkdir -p $top/bin $top/etc $top/usr/share $top/tmp $top/inner/bin $top/dev $top/proc
copy() {
  for program in "$@"; do
    path=$(command -v "$program")
    cp "$(readlink -f "$path")" "$top/bin/$program"
    ldd "$path" | tr -d '()' | awk '/\// { print $(NF - 1) }' | while read -r lib; do
      mkdir -p "$top$(dirname "$lib")"
      [ -e "$top$lib" ] || cp "$(readlink -f "$lib")" "$top$lib"
    done
  done
}
copy sh ls cat readlink mkdir rm mv touch stat find env chroot
printf 'inside\n' >$top/etc/name
printf 'root:x:0:0:root:/:/bin/sh\n' >$top/etc/passwd
ln -s /etc/name $top/absolute
ln -s ../../../etc/name $top/usr/share/far
printf '#!/bin/sh\necho script "$0" "$@"; cat /etc/name\n' >$top/bin/script
chmod +x $top/bin/script
cp -r $top/bin $top/inner
cp -r $top/lib* $top/inner

echo "== programs"
chroot $top /bin/sh -c 'pwd; ls /; cat /etc/name /absolute /usr/share/far ../../etc/name; cd /usr/share; pwd; cd ../../..; pwd'
chroot $top script one two
chroot $top /bin/sh -c 'cd /etc; touch new; mv new ../tmp/moved; ls -l ../tmp | cat >/dev/null; find /tmp /etc; mkdir -p /a/b/c; cd /a/b/c; rm -r /a/b/c; touch x || echo gone; cat /srv/tree/etc/name' || echo "last: $?"
ls $top/tmp $top/a
chroot $top /bin/none || echo "missing: $?"
chroot $top/none /bin/true || echo "no directory: $?"
chroot $top/etc/name /bin/true || echo "a file: $?"
echo "== another inside"
chroot $top chroot /inner /bin/sh -c 'ls / /..; cat /etc/name; pwd' || echo "last: $?"
chroot $top env -i sh -c 'chroot / cat /absolute'
echo "== the call"
python3 /case/root.py $top
