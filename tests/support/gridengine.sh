#!/bin/sh
# A real Grid Engine of one node for the tests, from Debian's packages, with a cell, spools and ports of its own, so several can be there at
# once and nothing of the machine's own setup is used. As root: gridengine.sh start FOLDER QMASTER_PORT EXECD_PORT | stop FOLDER.
# FOLDER/env then says what its users need. The node's jobs run as whoever submits them. Facts: sge_conf(5), queue_conf(5), bootstrap(5).
set -eu
action=$1 folder=$2
root=$folder/sge common=$folder/sge/default/common
host=$(hostname)
programs=/usr/lib/gridengine
. "$(dirname "$0")/daemon.sh"

# Both daemons hand their environment on to jobs.
clean() {
  env -i PATH=/usr/local/bin:/usr/bin:/bin SGE_ROOT="$root" SGE_CELL=default SGE_QMASTER_PORT="$qmaster" SGE_EXECD_PORT="$execd" SGE_ND=1 "$@"
}

as_admin() {
  clean setpriv --reuid sgeadmin --regid sgeadmin --clear-groups "$@"
}

write_cell() {
  mkdir -p "$common" "$folder/qmaster/job_scripts" "$folder/execd" "$folder/db"
  for part in bin lib util utilbin; do ln -s "/var/lib/gridengine/$part" "$root/$part"; done
  sed -e "s|^spooling_params .*|spooling_params $folder/db|" -e "s|^qmaster_spool_dir .*|qmaster_spool_dir $folder/qmaster|" \
    -e "s|^admin_user .*|admin_user sgeadmin|" /usr/share/gridengine/default-bootstrap >"$common/bootstrap"
  echo "$host" >"$common/act_qmaster"
  # The daemons ask what the name's address is called, which often is localhost.
  [ "$(getent hosts "$host" | awk '{ print $2 }')" = "$host" ] && case $(getent hosts "$host") in 127.* | ::1*) echo "$host localhost" >"$common/host_aliases" ;; esac
  chown -R sgeadmin:sgeadmin "$folder"
  as_admin /usr/share/gridengine/scripts/init_cluster "$root" default "$folder/db" sgeadmin >"$folder/init.log" 2>&1
}

configure() {
  cd "$folder"
  as_admin $programs/qconf -sconf >conf
  sed -i -e "s|^execd_spool_dir .*|execd_spool_dir $folder/execd|" -e "s|^reporting_params .*|reporting_params accounting=true reporting=false flush_time=00:00:01 joblog=false sharelog=00:00:00|" conf
  grep -q '^min_uid' conf && sed -i -e 's/^min_uid .*/min_uid 0/' -e 's/^min_gid .*/min_gid 0/' conf
  mkdir -p new && cp conf new/global && chown -R sgeadmin new && as_admin $programs/qconf -Mconf new/global
  as_admin $programs/qconf -ssconf | sed -e 's/^schedule_interval .*/schedule_interval 0:0:2/' -e 's/^flush_submit_sec .*/flush_submit_sec 1/' \
    -e 's/^flush_finish_sec .*/flush_finish_sec 1/' >sched
  as_admin $programs/qconf -Msconf sched
  as_admin $programs/qconf -sc | sed -e 's/^mem_free .*/mem_free mf MEMORY <= YES YES 0 0/' >complexes
  as_admin $programs/qconf -Mc complexes
  as_admin $programs/qconf -ah "$host"
  as_admin $programs/qconf -as "$host"
  printf 'hostname %s\nload_scaling NONE\ncomplex_values mem_free=64G,slots=8\nuser_lists NONE\nxuser_lists NONE\nprojects NONE\nxprojects NONE\nusage_scaling NONE\nreport_variables NONE\n' "$host" >exechost
  as_admin $programs/qconf -Me exechost || as_admin $programs/qconf -Ae exechost
  printf 'group_name @allhosts\nhostlist %s\n' "$host" >hostgroup
  as_admin $programs/qconf -Ahgrp hostgroup
  printf 'pe_name smp\nslots 64\nuser_lists NONE\nxuser_lists NONE\nstart_proc_args NONE\nstop_proc_args NONE\nallocation_rule $pe_slots\ncontrol_slaves FALSE\njob_is_first_task TRUE\nurgency_slots min\naccounting_summary FALSE\nqsort_args NONE\n' >pe
  as_admin $programs/qconf -Ap pe
  as_admin $programs/qconf -sq >queue
  sed -i -e 's/^qname .*/qname all.q/' -e 's/^hostlist .*/hostlist @allhosts/' -e 's/^load_thresholds .*/load_thresholds NONE/' -e 's/^pe_list .*/pe_list smp/' \
    -e 's/^slots .*/slots 8/' -e 's|^shell .*|shell /bin/bash|' -e 's/^shell_start_mode .*/shell_start_mode unix_behavior/' queue
  as_admin $programs/qconf -Aq queue
}

# Its process id has to be the daemon's own, also through Debian's wrapper, which ends in an exec.
daemon() {
  clean sh -c 'echo $$ >"$1.pid"; exec "/usr/sbin/sge_${1##*/}"' sh "$folder/$1" >"$folder/$1.log" 2>&1 &
}

start() {
  qmaster=$1 execd=$2
  mkdir -p "$folder"
  chmod 755 "$folder"
  write_cell
  printf '%s\n' "SGE_ROOT=$root" SGE_CELL=default "SGE_QMASTER_PORT=$qmaster" "SGE_EXECD_PORT=$execd" >"$folder/env"
  daemon qmaster
  tries=0
  until as_admin $programs/qconf -sh >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { cat "$folder/qmaster.log" "$folder/qmaster/messages" >&2; return 1; }
    sleep 0.2
  done
  configure >"$folder/configure.log" 2>&1 || { cat "$folder/configure.log" >&2; return 1; }
  daemon execd
}

stop() {
  for daemon in execd qmaster; do end_daemon "$folder/$daemon.pid" "SGE_ROOT=$root"; done
}

case $action in start) shift 2; start "$@" ;; stop) stop ;; *) exit 2 ;; esac
