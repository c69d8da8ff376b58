# All that a program can see of the container's files.
pwd
cd /
left='( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp -o -path ./run -o -path ./case ) -prune -o ! -path . ! -path ./etc/host* ! -path ./etc/resolv.conf'
set -f
find . $left ! -type d -printf '%M %U:%G %s %l %n %T@ %p\n' | sort
find . $left -type d -printf '%M %U:%G %T@ %p\n' | sort
find . $left -type f -print0 | sort -z | xargs -0 sha256sum
python3 -c '
import os
for folder, folders, files in os.walk(b"/srv"):
    for name in sorted(folders + files):
        path = os.path.join(folder, name)
        if not os.path.islink(path):
            print(path, [(key, os.getxattr(path, key)) for key in sorted(os.listxattr(path))])'
du -k /srv/made/holes /data/holes | cut -c1-2
env | sort
id
/usr/bin/thing
dpkg --verify thing
