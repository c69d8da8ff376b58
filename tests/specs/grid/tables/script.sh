#!/bin/sh
#PBS -o /w/out -l walltime=1:0:0
#PBS -v A,B=2
#BSUB -o /w/out.%J
echo "$# $1 A=$A B=$B $PBS_JOBID $LSB_JOBID $(cat /inside) $(cat $PBS_NODEFILE)"
#PBS -too late
exit 4
