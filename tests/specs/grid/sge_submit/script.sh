#!/bin/bash
#$ -N named -j y
#$ -o /w/script.log
echo "$# $1|$2"
head -1 /etc/os-release
pwd
echo "$JOB_NAME $SGE_TASK_ID $NSLOTS"
touch "$TMPDIR/own" && test -d "$SGE_JOB_SPOOL_DIR" && grep -c . "$PE_HOSTFILE"
exit 5
