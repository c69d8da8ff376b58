# Sourced by ./dev test. As root: installs what the tests need, builds images, records what a chroot prints, prepares the mounts
# that only root can make, then runs the tests as the ordinary user lpmx-test. As an ordinary user: runs what needs no image,
# or everything when root has built the images before. Everything lasting is in $tests (outside the clone).
# "--long" among the names: everything that is else only sampled is run whole.
tests=${LPMX_TEST_CACHE:-/var/cache/lpmx-tests}
test_user=lpmx-test
mounts=
schedulers=

for name in "$@"; do
  shift
  if [ "$name" = --long ]; then export LPMX_TEST_LONG=1; else set -- "$@" "$name"; fi
done

missing_packages() {
  while read -r package; do
    case $(dpkg-query -Wf '${Status}' "$package" 2>/dev/null) in *" installed") ;; *) printf '%s ' "$package" ;; esac
  done <tests/images/packages.txt
}

# The sources, as the test user may not be able to read the clone, and the programs the tests call.
fill_work() {
  mkdir -p "$work/bin" "$work/cases" "$work/home" "$work/cache" "$work/source" "$work/host/folder"
  cp -a tests src tools shim docs main.ts deno.json "$work/source/"
  [ ! -f deno.lock ] || cp deno.lock "$work/source/"
  [ ! -f "$tests/images.json" ] || cp "$tests/images.json" "$work/"
  cp dist/lpmx "$work/bin/"
  [ ! -d bundles/x86_64/test ] || cp bundles/x86_64/test/* "$work/bin/"
  cp "$deno" "$work/deno"
  echo "not to be changed" >"$work/host/file"
  echo "nor this" >"$work/host/folder/file"
}

# give_capability FILE NUMBER: effective and permitted; struct vfs_cap_data, version 2 (linux/capability.h)
give_capability() {
  python3 -c 'import os, struct, sys
os.setxattr(sys.argv[1], "security.capability", struct.pack("<5I", 0x02000001, 1 << int(sys.argv[2]), 0, 0, 0))' "$@"
}

# $work/small: a file system of 8 MB; $work/noexec; $work/shared: one of a kind that lpmx does not know to be of this host alone, as a
# network's; $work/empty: a root with nothing but /dev/null, /dev/random and urandom (kernels of old have no other source), /proc, /tmp.
prepare_mounts() {
  mkdir -p "$work/small" "$work/noexec" "$work/shared" "$work/empty/dev" "$work/empty/proc" "$work/empty/tmp"
  chown -R "$test_user" "$work/empty"
  mount -t tmpfs -o size=8m,mode=1777 tmpfs "$work/small" && mounts="$work/small"
  mount -t tmpfs -o noexec,size=400m,mode=1777 tmpfs "$work/noexec" && mounts="$mounts $work/noexec"
  mount -t ramfs -o mode=1777 ramfs "$work/shared" && mounts="$mounts $work/shared"
  mount -t proc proc "$work/empty/proc" && mounts="$mounts $work/empty/proc"
  mknod -m 666 "$work/empty/dev/null" c 1 3
  mknod -m 666 "$work/empty/dev/random" c 1 8 && mknod -m 666 "$work/empty/dev/urandom" c 1 9
  give_capability "$work/bin/tool_chroot" 18 # CAP_SYS_CHROOT
  give_capability "$work/bin/tool_host" 21   # CAP_SYS_ADMIN
}

# $work/rights: a program that shows its rights, set-user-ID, set-group-ID, with a capability and with nothing; where the file system of $work
# ignores such bits (nosuid), a link to a folder elsewhere.
prepare_rights() {
  [ -e "$work/bin/tool_rights" ] || return 0
  rights=$work/rights
  case ",$(findmnt -no OPTIONS -T "$work")," in *,nosuid,* | *,noexec,*)
    rights=/usr/local/lib/lpmx-tests.$$
    ln -s "$rights" "$work/rights"
    ;;
  esac
  mkdir -p "$rights"
  chmod 755 "$rights"
  install -o root -g root -m 4755 "$work/bin/tool_rights" "$rights/set_user"
  install -o root -g daemon -m 2755 "$work/bin/tool_rights" "$rights/set_group"
  install -o root -g root -m 755 "$work/bin/tool_rights" "$rights/capable"
  install -o root -g root -m 755 "$work/bin/tool_rights" "$rights/ordinary"
  give_capability "$rights/capable" 10 # CAP_NET_BIND_SERVICE
}

# $work/moved: a package of a container that another user than the one of the tests has made, and what the container showed there.
prepare_moved() {
  [ ! -d "$work/moved" ] || return 0
  mkdir "$work/moved" "$work/moved/home"
  chown -R nobody "$work/moved"
  archives=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["archives"])' "$work/images.json")
  setpriv --reuid nobody --regid nogroup --clear-groups env -i HOME="$work/moved/home" PATH="$work/bin:/usr/bin:/bin" \
    sh "$work/source/tests/support/moved.sh" make "$archives" "$work/moved"
  rm -rf "$work/moved/home"
  offers="$offers moved"
}

# Debian asks for these; the tests have a cell of their own, but without one of the machine's its packages do not set up.
preseed() {
  command -v debconf-set-selections >/dev/null || return 0
  for package in gridengine-common gridengine-client gridengine-master gridengine-exec; do
    printf '%s shared/gridenginemaster string %s\n%s shared/gridenginecell string default\n%s shared/gridengineconfig boolean true\n' \
      $package "$(hostname)" $package $package
  done | debconf-set-selections
}

free_ports() {
  python3 -c 'import socket
held = [socket.socket() for _ in range(2)]
for s in held: s.bind(("", 0))
print(*(s.getsockname()[1] for s in held))'
}

# A Grid Engine and a Slurm of this run, where cases of them may be asked for. What they need stands in $work/NAME/env.
start_schedulers() {
  [ $# = 0 ] || case " $* " in *grid* | *" spec: "* | *" spec "*) ;; *) return 0 ;; esac
  chmod a+x "$work"
  for scheduler in gridengine slurm; do
    # shellcheck disable=SC2046 # two ports
    sh tests/support/$scheduler.sh start "$work/$scheduler" $(free_ports)
    schedulers="$schedulers $scheduler"
    offers="$offers $scheduler"
  done
}

# The machine's cron daemon, for the case that has a crontab; where none runs, one of the tests, which the last of several runs at once ends.
start_cron() {
  offers="$offers cron"
  ! kill -0 "$(cat /run/crond.pid 2>/dev/null || echo none)" 2>/dev/null || return 0
  cron -f >/dev/null 2>&1 </dev/null 7>&- &
  echo $! >"$tests/cron.pid"
}

stop_cron() {
  for other in "$tests"/work.*; do
    [ "$other" = "$work" ] || ! kill -0 "${other##*.}" 2>/dev/null || return 0
  done
  [ ! -s "$tests/cron.pid" ] || kill "$(cat "$tests/cron.pid")" 2>/dev/null || true
  rm -f "$tests/cron.pid"
}

# The hosted tests start as root: what they compare with is root in a plain directory. The code under test runs as nobody there.
start_native() {
  for program in "$work"/bin/test_*; do
    name=${program##*/}
    [ $# = 0 ] || case " $* " in *" native:$name"* | *" native: "* | *" native "*) ;; *) continue ;; esac
    status=0
    timeout "${LPMX_TEST_LONG:+9}900" "$program" >"$work/native/$name.out" 2>&1 </dev/null || status=$?
    echo "$status" >"$work/native/.code" && chmod 644 "$work/native/.code" "$work/native/$name.out"
    mv "$work/native/.code" "$work/native/$name.code"
  done
}

# The faults that this run puts into the core (tests/faults): those asked for, of a whole run a sample.
choose_faults() {
  [ $# != 0 ] || "$deno" run --quiet --no-config -A tests/faults/run.ts choose "${LPMX_TEST_LONG:-}"
  for name in "$@"; do
    case $name in
      fault | fault:) "$deno" run --quiet --no-config -A tests/faults/run.ts choose all ;;
      fault:*) echo "${name#fault:}" ;;
    esac
  done
}

start_faults() {
  # shellcheck disable=SC2046 # one word per fault
  set -- $(cat "$work/native/faults")
  [ $# = 0 ] || nice -n 5 "$deno" run --quiet --no-config -A tests/faults/run.ts run "$zig" "$work/native" "$@"
}

# What a killed run left: its folder carries its process id.
sweep_old_runs() {
  for old in "$tests"/work.*; do
    [ -d "$old" ] && ! kill -0 "${old##*.}" 2>/dev/null || continue
    for folder in small noexec shared empty/proc; do umount -l "$old/$folder" 2>/dev/null || true; done
    for scheduler in gridengine slurm; do
      [ ! -d "$old/$scheduler" ] || sh tests/support/$scheduler.sh stop "$old/$scheduler"
    done
    # Its containers and servers have the folder in their words or their environment.
    for file in $(grep -lsF "$old/" /proc/[0-9]*/cmdline /proc/[0-9]*/environ); do
      pid=${file#/proc/} && kill -9 "${pid%%/*}" 2>/dev/null || true
    done
    rm -rf "$old" "/usr/local/lib/lpmx-tests.${old##*.}"
  done
}

clean_up() {
  stop_cron
  for scheduler in $schedulers; do sh tests/support/$scheduler.sh stop "$work/$scheduler"; done
  for folder in $mounts; do umount -l "$folder" || true; done
  rm -rf "/usr/local/lib/lpmx-tests.$$"
  if [ -n "${LPMX_TEST_KEEP:-}" ]; then echo "kept: $work" >&2; else chmod -R u+rwX "$work" 2>/dev/null; rm -rf "$work"; fi
}

run_as_root() {
  missing=$(missing_packages)
  # shellcheck disable=SC2086 # one word per package
  [ -z "$missing" ] || { preseed; need_packages $missing; }
  id "$test_user" >/dev/null 2>&1 || useradd --system --home-dir "$tests/home" --shell /bin/sh "$test_user"
  mkdir -p "$tests/deno" "$tests/home"
  chown "$test_user" "$tests/deno" "$tests/home"
  # One build at a time, also from other clones: they share the cache.
  exec 7>"$tests/.lock" && flock 7
  "$deno" run --quiet --no-config -A tests/images/build.ts "$tests" "$zig"
  "$deno" run --quiet --no-config -A tests/images/record.ts "$tests" tests/specs
  chmod -R a+rX "$tests/expected" "$tests/images.json"
  sweep_old_runs
  work=$tests/work.$$
  trap clean_up EXIT
  trap 'exit 130' INT TERM
  fill_work
  exec 7>&-
  chown -R "$test_user" "$work"
  prepare_mounts
  prepare_rights
  offers="images mounts"
  start_schedulers "$@"
  [ $# != 0 ] || set -- spec:
  for name in "$@"; do
    case spec:compose/cron in "$name"*) start_cron ;; esac
    case spec:package/another_user in "$name"*) prepare_moved ;; esac
  done
  uid=$(id -u "$test_user") gid=$(id -g "$test_user")
  as_user="setpriv --reuid $uid --regid $gid --clear-groups"
}

run_as_user() {
  offers=none
  [ ! -f "$tests/images.json" ] || offers=images
  [ "$offers" = images ] ||
    echo "dev: no test images on this machine: cases that need them are skipped; build them once with: sudo ./dev test" >&2
  work=$(mktemp -d "${TMPDIR:-/tmp}/lpmx-tests.XXXXXX")
  trap clean_up EXIT
  trap 'exit 130' INT TERM
  fill_work
  as_user=
}

build
native tests
strict=0
if [ "$(id -u)" = 0 ]; then
  run_as_root "$@"
  strict=1
  export DENO_DIR="$tests/deno"
  mkdir "$work/native"
  choose_faults "$@" >"$work/native/faults"
  { start_native "$@" && start_faults; } &
else
  run_as_user
fi
status=0
(
  cd "$work"
  # shellcheck disable=SC2086 # a command and its arguments
  exec $as_user env HOME="$work/home" LPMX_TEST_CACHE="$tests" LPMX_TEST_WORK="$work" LPMX_TEST_SOURCE="$work/source" \
    LPMX_TEST_OFFERS="$offers" LPMX_TEST_STRICT="$strict" \
    "$work/deno" run --quiet --no-config -A "$work/source/tests/support/run.ts" "$@"
) || status=$?
exit $status
