# All that can be seen of a tree but what lpmx itself shows in it.
cd /
find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp -o -path ./case \) -prune -o ! -type d ! -path './etc/h*' \
  ! -path ./etc/resolv.conf ! -path ./etc/group -exec stat -c '%A %u:%g %F %s %t:%T %h %Y %n' {} + | sort
find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp -o -path ./case \) -prune -o -type d ! -path . \
  -exec stat -c '%A %u:%g %F %Y %n' {} + | sort
find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp -o -path ./case \) -prune -o -type f ! -path './etc/h*' \
  ! -path ./etc/resolv.conf ! -path ./etc/group -exec md5sum {} + | sort
find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp -o -path ./case \) -prune -o -type l -print | sort | while IFS= read -r l; do echo "$l" $(readlink "$l"); done
