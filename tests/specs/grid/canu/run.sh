#!/bin/sh
# Canu in a container with useGrid=true: submits itself and its parts to the host's scheduler until one contig is there.
# run.sh CONTAINER; the container sees this folder at /w. Says how many jobs ran, whether each was in the container, and how good the contig is.
set -eu
container=$1
perl reads.pl "${LENGTH:-40000}" 30
! command -v canu || { echo "the host has a canu: this would show nothing"; exit 1; }
LPMX_LOG=info lpmx exec "$container" canu -p tiny -d asm useGrid=true gridOptions="${OPTIONS:-}" genomeSize="${LENGTH:-40000}" minReadLength=1000 minOverlapLength=500 \
  maxThreads=2 maxMemory=8 corThreads=2 corMemory=4 minInputCoverage=1 stopOnLowCoverage=1 -pacbio-hifi reads.fa >canu.log 2>&1 ||
  { cat canu.log; exit 1; }
queue() { if [ -n "${SLURM_CONF:-}" ]; then squeue -h -o %j; else qstat -xml; fi | grep tiny; }
# A step has submitted the next one before it ends, so an empty queue is the end.
idle=0
for _ in $(seq 1200); do
  if [ -z "$(queue)" ]; then idle=$((idle + 1)); else idle=0; fi
  [ $idle -lt 4 ] || break
  sleep 0.5
done
[ -s asm/tiny.contigs.fasta ] || { cat canu.log; tail -n 40 asm/canu-scripts/*.out; exit 1; }
# With LPMX_LOG each job says first where it runs.
find asm -name '*.out' ! -name '*.jobSubmit-*' ! -name '*.config.*' >outputs # but those of the submissions and of parts of a job
grep -l "^lpmx: this job runs in container $container on " $(cat outputs) >inside
cmp outputs inside && [ "$(wc -l <inside)" -ge 8 ] && echo "every job ran in the container"
minimap2 -cx asm5 ref.fa asm/tiny.contigs.fasta 2>/dev/null >found.paf
python3 - <<'P'
rows = [line.split("\t") for line in open("found.paf")]
length = int(rows[0][6])
covered = bytearray(length)
for row in rows:
    covered[int(row[7]):int(row[8])] = b"\1" * (int(row[8]) - int(row[7]))
same, aligned = sum(int(row[9]) for row in rows), sum(int(row[10]) for row in rows)
contigs = open("asm/tiny.contigs.fasta").read().count(">")
with open("figures", "w") as out:
    out.write(f"covered {sum(covered)} of {length}, identity {same / aligned:.6f}\n")
print(f"contigs {contigs}, covered {'enough' if sum(covered) >= 0.99 * length else sum(covered) / length}, "
      f"identity {'enough' if same >= 0.9999 * aligned else same / aligned}")
P
