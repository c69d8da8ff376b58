#!/bin/sh
#$ -cwd -j y -o /dev/null
echo "step $1 in $(cat /name)" >>log
[ "$1" = 3 ] || qsub -N "step$(($1 + 1))" step.sh $(($1 + 1)) >/dev/null
