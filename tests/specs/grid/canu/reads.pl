# Writes a random genome and HiFi-like reads of it: reads.pl LENGTH COVERAGE. Same seed, same files: ref.fa, reads.fa.
use strict;
use warnings;

my ($length, $coverage) = @ARGV;
srand(20211117);
my @bases = qw(A C G T);
my $genome = join "", map { $bases[rand 4] } 1 .. $length;

# One error in a thousand bases: substitution, insertion or deletion.
sub damaged {
    my ($read) = @_;
    for (my $at = 0; $at < length $read; $at++) {
        next if rand() >= 0.001;
        my $kind = int rand 3;
        substr($read, $at, $kind == 1 ? 0 : 1) = $kind < 2 ? $bases[rand 4] : "";
    }
    return $read;
}

open my $ref, ">", "ref.fa" or die "ref.fa: $!";
print $ref ">ref\n$genome\n";
close $ref;
open my $reads, ">", "reads.fa" or die "reads.fa: $!";
for (my ($done, $number) = (0, 0); $done < $coverage * $length;) {
    my $size = 6000 + int rand 6000;
    my $start = int(rand $length) - int($size / 2);
    my $end = $start + $size;
    $start = 0 if $start < 0;
    $end = $length if $end > $length;
    next if $end - $start < 2000;
    my $read = substr $genome, $start, $end - $start;
    $done += length $read;
    $read = reverse $read =~ tr/ACGT/TGCA/r if rand() < 0.5;
    print $reads ">read", ++$number, "\n", damaged($read), "\n";
}
close $reads;
