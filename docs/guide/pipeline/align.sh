#!/bin/sh
# Long reads by minimap2, short ones by bwa, sorted by samtools. Runs the same on the host, by exposed commands, and in the container
# "pipeline", by maps.
set -eu
echo "minimap2 $(minimap2 --version)"
minimap2 -a -x map-ont -t 2 ref.fa long.fq 2>minimap2.log | samtools sort -o long.bam - 2>sort.log
bwa index ref.fa 2>bwa.log
bwa mem -t 2 ref.fa short.1.fq short.2.fq 2>>bwa.log | samtools sort -o short.bam - 2>>sort.log
for kind in long short; do
  samtools index $kind.bam
  echo "$kind: $(samtools view -c -F 4 $kind.bam) of $(samtools view -c $kind.bam) alignments, $(samtools view $kind.bam | sha256sum | cut -c1-64)"
done
