ready() { for _ in $(seq 100); do [ -s "$1" ] && return; sleep 0.05; done; echo "not ready: $1"; exit 1; }
start() { rm -f started; lpmx run --rm -v "$PWD:/case" debian12 sh -c "$1" & pid=$!; ready started; }

start 'trap "exit 41" TERM; echo x >/case/started; while :; do sleep 0.1; done'
kill -TERM $pid; wait $pid; echo "TERM trapped by the program: $?"

# In the background of a script INT is ignored, so it is given back its meaning first.
rm -f started
perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' lpmx run --rm -v "$PWD:/case" debian12 sh -c 'echo x >/case/started; exec sleep 60' & pid=$!
ready started; sleep 0.3; kill -INT $pid; wait $pid; echo "INT not trapped: $?"

start 'n=40; trap "n=\$((n+1))" USR1 USR2; echo x >/case/started; while [ $n -lt 42 ]; do sleep 0.1; done; exit $n'
kill -USR1 $pid; sleep 0.5; kill -USR2 $pid; wait $pid; echo "USR1 and USR2 passed: $?"

start 'echo x >/case/started; exec sleep 60'
sleep 0.3; kill -TERM $pid; wait $pid; echo "TERM of its default: $?"

start 'echo x >/case/started; exec sleep 61.25'
sleep 0.3; kill -KILL $pid; wait $pid 2>/dev/null
for _ in $(seq 100); do grep -qsz 61.25 /proc/[0-9]*/cmdline || break; sleep 0.05; done
grep -lsz '^61.25' /proc/[0-9]*/cmdline && echo "still running" || echo "KILL of lpmx takes the program along"

set -m # TSTP does nothing to an orphaned process group, and the script may be in one
start 'echo x >/case/started; while [ ! -e /case/go ]; do sleep 0.1; done; exit 43'
kill -TSTP $pid; sleep 0.5
state=; for task in $(cat /proc/$pid/task/*/children); do state=$(sed 's/.*) //' /proc/$task/stat | cut -c1); done
echo "TSTP stopped it: $state"; : >go; kill -CONT $pid
# With job control wait may first tell of the stop: 128 + STOP or TSTP.
wait $pid; status=$?; while [ $status = 147 ] || [ $status = 148 ]; do sleep 0.1; wait $pid; status=$?; done
echo "CONT let it go on: $status"
