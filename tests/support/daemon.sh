# Ending a daemon of the tests; for gridengine.sh and slurm.sh, which include it.

# The process of a pid file, if it still is ours: its environment has the words. Some take long to end by themselves.
end_daemon() {
  pid=$(cat "$1" 2>/dev/null) || return 0
  grep -qF "$2" "/proc/$pid/environ" 2>/dev/null || return 0 # the number may be another's by now
  kill "$pid" 2>/dev/null || return 0
  for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" 2>/dev/null || return 0; sleep 0.2; done
  kill -9 "$pid" 2>/dev/null || true
}
