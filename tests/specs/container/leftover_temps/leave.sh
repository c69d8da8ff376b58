# Makes the copy of /etc/debian_version pending again, as a process killed before its rename leaves it, and two temps that nobody needs.
cd "$1"/tree || exit 1
mark=$(find dead -name debian_version -type l)
temp=$(readlink "$mark")
mv upper/etc/debian_version "work/$temp"
touch work/n.0000000000000001.0000000000000002.3.4
mkdir -p work/d.0000000000000001.0000000000000002.3.5/below
ls work | sed "s/^$temp\$/c.named/; s/^\([nd][.]0000\).*/\1/" | LC_ALL=C sort
