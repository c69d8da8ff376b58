# Every kind of change that a layer can hold, over an image that has something in each place.
set -e
cd /data
rm hard1 absolute keep/file
rm -r opaque && mkdir opaque && echo again >opaque/again
rm -r replaced && echo "now a file" >replaced
echo new >fresh && ln fresh fresh2 && ln -s fresh sym && chown 5:6 fresh && chmod 6755 fresh && touch -d '2001-02-03 04:05:06' fresh
ln -s /etc/passwd abs; ln -s ../x rel
mknod dev b 8 1; mknod tty c 5 1; chmod 620 tty; mkfifo pipe; mkdir -m 1777 sticky
chmod 640 owned; chown 77 name*
cp -r gone moved; rm -r gone
dd if=/dev/zero of=sparse bs=1 count=1 seek=10000000 2>/dev/null
mkdir -p new/deep; echo x >new/deep/x; chmod 700 new; chmod 0 new/deep/x
mkdir -p several/sub half/sub; touch several/a several/b several/sub/c half/a half/b half/sub/stay half/sub/go
echo odd >"$(printf 'caf\351')"
echo long >$(printf %0255d 7)
mkdir -p $(printf '%0120d/%0120d' 1 2); echo far >$(printf '%0120d/%0120d/f' 1 2)
touch -d '1960-01-01 00:00:00' ancient
adduser -D -u 1234 someone 2>/dev/null || echo someone:x:1234:1234::/home/someone:/bin/sh >>/etc/passwd
