#!/bin/bash
#SBATCH -J named -o /w/script.%j.out --open-mode=append
echo "$# $1|$2 $SLURM_JOB_NAME A=$A"
head -1 /etc/os-release; pwd
srun cat /inside
echo end >"/w/end.$SLURM_JOB_ID"
