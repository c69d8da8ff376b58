hosts() {
  for entry in "$LPMX_HOME"/containers/*/tree/hosts/*; do
    echo "$1: $(basename "$entry" | sed -E 's/^bloom[.].*/bloom/; s/^[0-9a-f]{16}$/host/')"
  done | sort -r # names of hosts are hashes: their order says nothing
}
wait_for() {
  while ! [ -e "$1" ]; do sleep 0.1; done
}
wait_for "$LPMX_HOME/a-runs"
hosts "a runs"
LPMX_LOG=info lpmx exec both sh -c '
  ls /bin/vi
  echo b >/etc/from-b
  i=0; while [ $i -lt 300 ] && ! [ -e /etc/from-a ]; do sleep 0.1; i=$((i + 1)); done
  cat /etc/from-a; ls /bin/vi'
wait_for "$LPMX_HOME/a-left"
hosts "a left"
touch "$LPMX_HOME/b-looks"
lpmx start -a both >again.out 2>&1 &
while ! [ -s again.out ]; do sleep 0.1; done
hosts "b runs"
rm "$LPMX_HOME/b-looks"
wait
cat again.out
hosts "b left"
