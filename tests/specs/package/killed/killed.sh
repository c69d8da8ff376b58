# Kills unpack, with all that it has started, at moments that go through all its steps, and lets the next one do it.
export LPMX_HOME=$PWD/other
state() {
  for folder in unpacking names bin images volumes layers/sha256; do ls -A "other/$folder" 2>/dev/null | grep -v '\.tmp\.'; done
}
clean() {
  lpmx rm tool other
  lpmx expose rm ls
  rm -r other/volumes
}
lpmx unpack -q tool.lpmx >/dev/null
lpmx start -a tool >ok
state >>ok
clean >/dev/null
for t in $(seq 5 45); do
  setsid lpmx unpack -q tool.lpmx >/dev/null 2>&1 &
  sleep "$(printf 0.%03d $((t * 10)))"
  kill -9 -- -$! 2>/dev/null
  wait $! 2>/dev/null
  lpmx unpack -q tool.lpmx >out 2>&1 || grep -q 'name "tool" is already in use' out || cat out
  { lpmx start -a tool; state; } | diff ok - || echo "killed after $t hundredths"
  clean >/dev/null 2>&1
done
rm out
echo same
