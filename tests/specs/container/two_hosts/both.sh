# Host a runs the container's main program, host b changes files in the same container. Then b alone starts it again.
rm -f "$LPMX_HOME"/[ab]-*
tool_host b sh b.sh >b.out 2>&1 &
tool_host a lpmx run --name both -v "$LPMX_HOME:/store" busybox sh -c '
  ls /etc/from-b /bin/vi 2>&1; touch /store/a-runs
  i=0; while [ $i -lt 300 ] && ! [ -e /etc/from-b ]; do sleep 0.1; i=$((i + 1)); done
  cat /etc/from-b; rm -f /bin/vi; echo a >/etc/from-a
  while [ -e /store/b-looks ]; do sleep 0.1; done'
touch "$LPMX_HOME/a-left"
wait
cat b.out
