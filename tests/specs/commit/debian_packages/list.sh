cd /
find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp -o -path ./run \) -prune -o ! -type d ! -path './etc/host*' ! -path ./etc/resolv.conf ! -path ./change.sh \
  -printf '%M %U:%G %s %l %n %T@ %p\n' | sort
find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp -o -path ./run \) -prune -o -type d ! -path . -printf '%M %U:%G %T@ %p\n' | sort
find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp -o -path ./run \) -prune -o -type f ! -path './etc/host*' ! -path ./etc/resolv.conf ! -path ./change.sh -print0 | sort -z | xargs -0 sha256sum
