# native.sh TOOL=TREE... -- COMMAND...: runs a command with tools of images' trees on its PATH, as this machine's own programs: by the
# trees' own loaders and libraries, without lpmx.
mkdir -p native
while [ "$1" != -- ]; do
  tree=${1#*=} tool=${1%%=*}
  libraries=$tree/lib/x86_64-linux-gnu:$tree/usr/lib/x86_64-linux-gnu
  echo "#!/bin/sh
exec $tree/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 --library-path $libraries $tree/usr/bin/$tool \"\$@\"" >"native/$tool"
  chmod +x "native/$tool"
  shift
done
shift
PATH=$PWD/native:$PATH "$@"
