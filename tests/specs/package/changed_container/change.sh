# Package work, and one of everything that a layer or a volume can hold.
set -e
umask 022
export DEBIAN_FRONTEND=noninteractive
dpkg --purge --force-depends --force-remove-essential gzip >/dev/null 2>&1
mkdir -p /build/DEBIAN /build/usr/bin
printf 'Package: thing\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b>\nDescription: a thing\n' >/build/DEBIAN/control
printf '#!/bin/sh\nset -e\nuseradd --system --home /var/lib/thing --create-home thing\nchown root:thing /usr/bin/thing && chmod 2755 /usr/bin/thing\n' >/build/DEBIAN/postinst
chmod 755 /build/DEBIAN/postinst
printf '#!/bin/sh\necho thing works\n' >/build/usr/bin/thing
chmod 755 /build/usr/bin/thing
dpkg-deb --build /build /tmp/thing.deb >/dev/null
dpkg -i /tmp/thing.deb >/dev/null
rm -r /build /usr/share/doc
mkdir -p /srv/made/deep
cd /srv/made
echo linked >file
ln file deep/again
ln -s ../file deep/link
ln -s /no/where dangling
mkfifo fifo
mknod null c 1 3
truncate -s 30M holes
echo text >"$(printf 'odd \377 name\n')"
echo secret >secret
chown thing:thing secret
chmod 4640 secret
chmod 1777 deep
# setxattr(2)
perl -e 'sub set { my ($file, $name, $value) = @_; syscall(188, $file, $name, $value, length $value, 0) == 0 or die "$name: $!" }
set("file", "user.note", "a\0b");
set("file", "security.capability", pack("L5", 0x02000001, 1 << 13, 0, 0, 0));
set("deep", "user.kind", "folder")'
for volume in /data /own; do
  cd $volume
  mkdir -m 700 closed
  echo in $volume >closed/file
  ln closed/file again
  ln -s /etc link
  echo run >run
  chmod 750 run
  chmod 440 closed/file
  truncate -s 20M holes
  touch -d 2001-02-03T04:05:06.789 run closed
done
