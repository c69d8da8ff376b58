set -e
# A reference of 200,000 bases and reads cut from it, by arithmetic, so that no data has to be fetched.
perl -e 'my $x = 42; my $s = ""; for (1 .. 200000) { $x = ($x * 1103515245 + 12345) % 2147483648; $s .= substr("ACGT", ($x >> 16) % 4, 1) }
  open my $r, ">", "/tmp/ref.fa"; print $r ">chr1\n$s\n"; open my $q, ">", "/tmp/reads.fq";
  for my $i (1 .. 2000) { $x = ($x * 1103515245 + 12345) % 2147483648; my $p = ($x >> 8) % 199000; my $t = substr($s, $p, 150);
    substr($t, 70, 1) = "A"; print $q "\@read$i\n$t\n+\n", "I" x 150, "\n" }'
minimap2 -t 2 -a -x sr --secondary=no /tmp/ref.fa /tmp/reads.fq 2>/tmp/log | samtools sort -@ 2 -m 2M -T /tmp/sort --no-PG -o /tmp/out.bam - 2>>/tmp/log
samtools view /tmp/out.bam | md5sum
samtools index /tmp/out.bam
samtools flagstat /tmp/out.bam
samtools view -c /tmp/out.bam chr1:1000-20000
samtools faidx /tmp/ref.fa chr1:5-60
ls /tmp | sort
