#!/bin/sh
# A real Slurm of one node for the tests, from Debian's packages, with a munge of its own; all its state is in FOLDER. As root:
# slurm.sh start FOLDER CONTROLLER_PORT NODE_PORT | stop FOLDER. FOLDER/env then says what its users need. Facts: slurm.conf(5), munged(8).
set -eu
action=$1 folder=$2
host=$(uname -n | cut -d. -f1)
. "$(dirname "$0")/daemon.sh"

clean() {
  env -i PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin SLURM_CONF="$folder/slurm.conf" "$@"
}

write_configuration() {
  cat >"$folder/slurm.conf" <<END
ClusterName=lpmx
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=$1
SlurmdPort=$2
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,defer_batch
MinJobAge=300
NodeName=$host NodeHostname=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$(awk '/MemTotal/ { print int($2 / 1024 * 9 / 10) }' /proc/meminfo) State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:4
END
}

start_munge() {
  mkdir -p "$folder/munge"
  head -c 1024 /dev/urandom >"$folder/munge/key"
  chown -R munge: "$folder/munge"
  chmod 755 "$folder/munge"
  chmod 400 "$folder/munge/key"
  clean setpriv --reuid munge --regid munge --clear-groups /usr/sbin/munged --force --key-file="$folder/munge/key" \
    --socket="$folder/munge/socket" --pid-file="$folder/munge/pid" --log-file="$folder/munge/log" --seed-file="$folder/munge/seed" >"$folder/munge.log" 2>&1
}

start() {
  mkdir -p "$folder/state" "$folder/spool"
  chmod 755 "$folder"
  start_munge
  write_configuration "$1" "$2"
  echo "SLURM_CONF=$folder/slurm.conf" >"$folder/env"
  clean /usr/sbin/slurmctld -i
  clean /usr/sbin/slurmd
  tries=0
  until clean sinfo -h -o %t 2>/dev/null | grep -q -e idle -e mix; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { tail -n 20 "$folder"/*.log "$folder/munge/log" >&2; return 1; }
    sleep 0.2
  done
}

stop() {
  for file in slurmd.pid slurmctld.pid munge/pid; do end_daemon "$folder/$file" "SLURM_CONF=$folder/"; done
}

case $action in start) shift 2; start "$@" ;; stop) stop ;; *) exit 2 ;; esac
