# Users, groups, networks, protocols and services by libc's own functions, one by one and as lists.
use strict;
sub say { print join(" ", map { defined $_ ? $_ : "(none)" } @_), "\n" }
say "getpwnam", (getpwnam "only")[0, 2, 3, 6, 7, 8];
say "getpwuid", scalar getpwuid 4711;
say "missing", scalar(getpwnam "none-such"), scalar(getpwuid 4799);
say "getgrnam", (getgrnam "extra")[0, 2, 3];
say "getgrgid", scalar getgrgid 4713;
my (@users, @groups, @services, @protocols, @networks);
while (my @e = getpwent) { push @users, $e[0] }
while (my @e = getgrent) { push @groups, $e[0] }
while (my @e = getservent) { push @services, "$e[0]/$e[3]" }
while (my @e = getprotoent) { push @protocols, $e[0] }
while (my @e = getnetent) { push @networks, $e[0] }
say "getpwent", @users;
say "getgrent", @groups;
say "getservent", @services;
say "getprotoent", @protocols;
say "getnetent", @networks;
setpwent;
say "setpwent", (getpwent)[0];
endpwent;
say "getservbyname", (getservbyname "own-alias", "tcp")[0, 2, 3];
say "getservbyport", (getservbyport 47110, "tcp")[0];
say "getprotobyname", (getprotobyname "OWN")[0, 2];
say "getprotobynumber", scalar getprotobynumber 253;
say "getnetbyname", (getnetbyname "own-network")[0];
