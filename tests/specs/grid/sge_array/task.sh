#!/bin/sh
#$ -cwd -j y -o /dev/null
# All tasks are in the container at once, on one node, each with a folder of its own.
touch "/meet/$SGE_TASK_ID"
for i in $(seq 300); do [ "$(ls /meet | wc -l)" = 4 ] && break; sleep 0.1; done
for i in $(seq 50); do mkdir "/tree/$SGE_TASK_ID.$i" && echo "$i" >"/tree/$SGE_TASK_ID.$i/f" && mv "/tree/$SGE_TASK_ID.$i" "/tree/done.$SGE_TASK_ID.$i"; done
echo "$SGE_TASK_ID of $SGE_TASK_LAST step $SGE_TASK_STEPSIZE met $(ls /meet | wc -l) in $(basename $TMPDIR | sed s/$JOB_ID/J/)" >"out.$SGE_TASK_ID"
