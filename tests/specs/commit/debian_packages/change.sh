# Real package work: removal with its scripts, re-installation from a package made here, a user, alternatives, the linker's cache.
set -e
export DEBIAN_FRONTEND=noninteractive
dpkg --purge --force-depends --force-remove-essential gzip >/dev/null 2>&1
mkdir -p /build/DEBIAN /build/usr/bin /build/usr/share/thing /build/etc
printf 'Package: thing\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b>\nDescription: a thing\n' >/build/DEBIAN/control
echo /etc/thing.conf >/build/DEBIAN/conffiles
printf '#!/bin/sh\nset -e\nuseradd --system --home /var/lib/thing --create-home thing\ninstall -d -o thing -g thing -m 2750 /var/log/thing\nchown root:thing /usr/bin/thing && chmod 2755 /usr/bin/thing\n' >/build/DEBIAN/postinst
chmod 755 /build/DEBIAN/postinst
printf '#!/bin/sh\necho thing works\n' >/build/usr/bin/thing; chmod 755 /build/usr/bin/thing
echo setting >/build/etc/thing.conf
dpkg-deb --build /build /tmp/thing.deb >/dev/null
dpkg -i /tmp/thing.deb >/dev/null
rm -r /build
update-alternatives --install /usr/bin/editor editor /usr/bin/thing 50 >/dev/null 2>&1
ldconfig
