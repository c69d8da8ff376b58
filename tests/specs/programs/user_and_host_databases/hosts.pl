# Hosts: the container's /etc/hosts is its own.
use strict;
use Socket qw(:DEFAULT :addrinfo inet_ntoa);
for my $name ("own-host", "own-host-alias", "localhost", "192.0.2.1") {
    my $packed = gethostbyname $name;
    print "gethostbyname $name ", $packed ? inet_ntoa($packed) : "(none)", "\n";
    my ($error, @found) = getaddrinfo($name, "own-service", {family => AF_INET, socktype => SOCK_STREAM});
    print "getaddrinfo $name $error", (map { my ($port, $at) = unpack_sockaddr_in($_->{addr}); " " . inet_ntoa($at) . ":$port" } @found), "\n";
}
print "gethostbyaddr ", scalar gethostbyaddr(inet_aton("192.0.2.47"), AF_INET), "\n";
my ($error, $host, $service) = getnameinfo(pack_sockaddr_in(47110, inet_aton("192.0.2.47")), 0);
print "getnameinfo $error $host $service\n";
