/* Tests of functions.def: sockets with names in the file system. */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "functions.h"

static struct sockaddr_un named(const char *name)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    strncpy(a.sun_path, name, sizeof a.sun_path - 1);
    return a;
}

#define ADDRESS(a) (const struct sockaddr *)&(a), sizeof(a)

static int made(int type)
{
    return socket(AF_UNIX, type, 0);
}

/* A socket with a name in the fixture, which listens where it can. */
static int server(int type, const char *name)
{
    int s = made(type);
    struct sockaddr_un a = named(name);
    syscall(SYS_bind, s, &a, sizeof a);
    if (type == SOCK_STREAM)
        listen(s, 5);
    return s;
}

static void say_address(const char *r, const struct sockaddr_un *a, socklen_t length)
{
    int path = length > offsetof(struct sockaddr_un, sun_path);
    say("%s %.*s %u", r, path ? (int)sizeof a->sun_path : 0, a->sun_path, path ? (unsigned)(length - strlen(a->sun_path)) : (unsigned)length);
}

void try_bind(const struct function *f)
{
    int (*call)(int, const struct sockaddr *, socklen_t) = f->call;
    struct sockaddr_un a = named("n"), missing = named("none/n"), long_ = named(at("m"));
    say("%s %s, again %s", result(call(made(SOCK_STREAM), ADDRESS(a))), seen("n"), result(call(made(SOCK_STREAM), ADDRESS(a))));
    say(", missing %s, absolute %s %s", result(call(made(SOCK_STREAM), ADDRESS(missing))), result(call(made(SOCK_DGRAM), ADDRESS(long_))), seen("m"));
}

void try_connect(const struct function *f)
{
    int (*call)(int, const struct sockaddr *, socklen_t) = f->call;
    server(SOCK_STREAM, "n");
    struct sockaddr_un a = named("n"), missing = named(at("none")), file = named("f");
    say("%s, missing %s, file %s", result(call(made(SOCK_STREAM), ADDRESS(a))), result(call(made(SOCK_STREAM), ADDRESS(missing))),
        result(call(made(SOCK_STREAM), ADDRESS(file))));
    say(", wrong kind %s", result(call(made(SOCK_DGRAM), ADDRESS(a))));
}

/* The name as it was bound, also a relative one, and its length. */
void try_getsockname(const struct function *f)
{
    int (*call)(int, struct sockaddr *, socklen_t *) = f->call;
    struct sockaddr_un a;
    for (int i = 0; i < 3; i++) {
        socklen_t length = sizeof a;
        memset(&a, 0, sizeof a);
        int s = i == 2 ? made(SOCK_STREAM) : server(SOCK_STREAM, i ? at("m") : "n");
        const char *r = result(call(s, (struct sockaddr *)&a, &length));
        say(i ? ", " : "");
        say_address(r, &a, length);
    }
}

/* A stream from "client" to "n": the accepted end of it, or the client's. */
static int connected(int client_end)
{
    int s = server(SOCK_STREAM, "n"), c = server(SOCK_DGRAM, "unused");
    close(c);
    c = made(SOCK_STREAM);
    struct sockaddr_un own = named("client"), a = named("n");
    syscall(SYS_bind, c, &own, sizeof own);
    if (syscall(SYS_connect, c, &a, sizeof a))
        return -1;
    return client_end ? c : (int)syscall(SYS_accept, s, NULL, NULL);
}

void try_getpeername(const struct function *f)
{
    int (*call)(int, struct sockaddr *, socklen_t *) = f->call;
    struct sockaddr_un a = {0};
    socklen_t length = sizeof a;
    const char *r = result(call(connected(1), (struct sockaddr *)&a, &length));
    say_address(r, &a, length);
    syscall(SYS_unlink, "n");
    syscall(SYS_unlink, "client");
    syscall(SYS_unlink, "unused");
    length = sizeof a;
    memset(&a, 0, sizeof a);
    r = result(call(connected(0), (struct sockaddr *)&a, &length));
    say(", ");
    say_address(r, &a, length);
    say(", alone %s", result(call(made(SOCK_STREAM), (struct sockaddr *)&a, &length)));
}

static void say_accepted(int s, const struct sockaddr_un *a, socklen_t length)
{
    say_address(s < 0 ? error(errno) : "0", a, length);
}

static int waiting(void)
{
    int s = server(SOCK_STREAM, "n"), c = made(SOCK_STREAM);
    struct sockaddr_un own = named("client"), a = named("n");
    syscall(SYS_bind, c, &own, sizeof own);
    syscall(SYS_connect, c, &a, sizeof a);
    return s;
}

void try_accept(const struct function *f)
{
    struct sockaddr_un a = {0};
    socklen_t length = sizeof a;
    int s = CALL(int, int, struct sockaddr *, socklen_t *)(waiting(), (struct sockaddr *)&a, &length);
    say_accepted(s, &a, length);
}

void try_accept4(const struct function *f)
{
    struct sockaddr_un a = {0};
    socklen_t length = sizeof a;
    int s = CALL(int, int, struct sockaddr *, socklen_t *, int)(waiting(), (struct sockaddr *)&a, &length, SOCK_CLOEXEC);
    say_accepted(s, &a, length);
}

static const char *received(int s)
{
    static char out[100];
    long n = recv(s, out, sizeof out - 1, MSG_DONTWAIT);
    out[n < 0 ? 0 : n] = 0;
    return n < 0 ? error(errno) : out;
}

void try_sendto(const struct function *f)
{
    ssize_t (*call)(int, const void *, size_t, int, const struct sockaddr *, socklen_t) = f->call;
    int s = server(SOCK_DGRAM, "n"), c = made(SOCK_DGRAM);
    struct sockaddr_un a = named("n"), b = named(at("n")), missing = named("none");
    say("%s %s", result(call(c, "one", 3, 0, ADDRESS(a))), received(s));
    say(", %s %s, missing %s", result(call(c, "two", 3, 0, ADDRESS(b))), received(s), result(call(c, "x", 1, 0, ADDRESS(missing))));
}

struct parcel {
    struct sockaddr_un name;
    char text[20];
    struct iovec part;
    struct msghdr head;
};

static struct msghdr *parcel(struct parcel *p, const char *name, const char *content)
{
    memset(p, 0, sizeof *p);
    p->name = named(name);
    strcpy(p->text, content);
    p->part = (struct iovec){p->text, *content ? strlen(content) : sizeof p->text - 1};
    p->head.msg_name = &p->name;
    p->head.msg_namelen = sizeof p->name;
    p->head.msg_iov = &p->part;
    p->head.msg_iovlen = 1;
    return &p->head;
}

void try_sendmsg(const struct function *f)
{
    ssize_t (*call)(int, const struct msghdr *, int) = f->call;
    int s = server(SOCK_DGRAM, "n"), c = made(SOCK_DGRAM);
    struct parcel p;
    say("%s %s", result(call(c, parcel(&p, "n", "one"), 0)), received(s));
    say(", %s %s, missing %s", result(call(c, parcel(&p, at("n"), "two"), 0)), received(s), result(call(c, parcel(&p, "none", "x"), 0)));
}

void try_sendmmsg(const struct function *f)
{
    int (*call)(int, struct mmsghdr *, unsigned, int) = f->call;
    int s = server(SOCK_DGRAM, "n"), c = made(SOCK_DGRAM);
    struct parcel p[2];
    struct mmsghdr both[2] = {{.msg_hdr = *parcel(&p[0], "n", "one")}, {.msg_hdr = *parcel(&p[1], at("n"), "second")}};
    say("%s %u %u", result(call(c, both, 2, 0)), both[0].msg_len, both[1].msg_len);
    say(" %s", received(s));
    say(" %s", received(s));
    both[0].msg_hdr = *parcel(&p[0], "none", "one");
    say(", missing %s", result(call(c, both, 1, 0)));
}

/* A datagram of "client", and the socket "n" where it waits. */
static int told(void)
{
    int s = server(SOCK_DGRAM, "n"), c = server(SOCK_DGRAM, "client");
    struct sockaddr_un a = named("n");
    for (int i = 0; i < 2; i++)
        if (syscall(SYS_sendto, c, "hello", 5, 0, &a, sizeof a) != 5)
            return -1;
    return s;
}

void try_recvfrom(const struct function *f)
{
    struct sockaddr_un a = {0};
    socklen_t length = sizeof a;
    char out[20] = "";
    const char *r = result(CALL(ssize_t, int, void *, size_t, int, struct sockaddr *, socklen_t *)(told(), out, 19, 0, (struct sockaddr *)&a, &length));
    say("%s ", out);
    say_address(r, &a, length);
}

void try_recvmsg(const struct function *f)
{
    struct parcel p;
    const char *r = result(CALL(ssize_t, int, struct msghdr *, int)(told(), parcel(&p, "", ""), 0));
    say("%s ", p.text);
    say_address(r, &p.name, p.head.msg_namelen);
}

void try_recvmmsg(const struct function *f)
{
    int (*call)(int, struct mmsghdr *, unsigned, int, void *) = f->call;
    struct parcel p[2];
    struct mmsghdr both[2] = {{.msg_hdr = *parcel(&p[0], "", "")}, {.msg_hdr = *parcel(&p[1], "", "")}};
    const char *r = result(call(told(), both, 2, 0, NULL));
    for (int i = 0; i < 2; i++) {
        say("%s%s %u ", i ? ", " : "", p[i].text, both[i].msg_len);
        say_address(r, &p[i].name, both[i].msg_hdr.msg_namelen);
    }
}
