use strict;
use warnings;
use Cwd;
use File::Temp qw(tempdir);
use POSIX ();
$| = 1;
my $folder = tempdir(CLEANUP => 1);
chdir $folder;
print getcwd() eq $folder ? "cwd\n" : "lost\n";
open my $out, ">", "a" or die;
print $out "line $_\n" for 1 .. 5;
close $out;
print `sort -r a | head -2`;
rename "a", "b" and print join(",", glob "*"), "\n";
my $child = fork;
if (!$child) { exec "sh", "-c", 'kill -USR1 $$; exit 1' }
waitpid $child, 0;
print $? & 127, "\n";
pipe my $read, my $write;
if (!fork) { close $read; print $write "from a child\n"; POSIX::_exit(0) }
close $write;
print <$read>;
my @stat = stat "/usr/bin/perl";
printf "%o %d %d\n", $stat[2], $stat[4], $stat[5];
my $count = 0;
sub walk {
  opendir my $dir, $_[0] or return;
  for my $name (readdir $dir) {
    next if $name =~ /^\.\.?$/;
    $count++ if $name =~ /\.pm$/;
    walk("$_[0]/$name") if -d "$_[0]/$name" && !-l "$_[0]/$name";
  }
}
walk($_) for grep { -d } @INC;
print $count > 50 ? "modules\n" : "none\n";
symlink "/etc", "link";
print readlink("link"), " ", -d "link/apt" ? "dir" : "no", "\n";
print "$!\n" unless open my $missing, "<", "/no/such";
