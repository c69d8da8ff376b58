/* Probe: AF_UNIX names in every call that takes or gives one, abstract names, names relative to the cwd, long ones, and the credentials that
 * messages carry. Runs in its current directory. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static socklen_t address(struct sockaddr_un *un, const char *path)
{
    memset(un, 0, sizeof *un);
    un->sun_family = AF_UNIX;
    strcpy(un->sun_path, path);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1);
}

static const char *shown(const struct sockaddr_un *un, socklen_t len)
{
    static char text[200];
    if (len <= offsetof(struct sockaddr_un, sun_path))
        return "(none)";
    snprintf(text, sizeof text, "%c%.*s (%d)", un->sun_path[0] ? un->sun_path[0] : '@', (int)(len - 3), un->sun_path + 1, (int)len);
    return text;
}

static const char *error(long r)
{
    return r >= 0 ? "ok" : strerror(errno);
}

static int socket_at(int type, const char *path)
{
    struct sockaddr_un un = {0};
    int fd = socket(AF_UNIX, type, 0);
    unlink(path);
    if (bind(fd, (void *)&un, address(&un, path)))
        printf("bind %s: %s\n", path, strerror(errno));
    return fd;
}

static void streams(const char *server, const char *client)
{
    struct sockaddr_un un = {0};
    socklen_t len = sizeof un;
    int s = socket_at(SOCK_STREAM, server), c = socket_at(SOCK_STREAM, client);
    printf("listen %s", error(listen(s, 3)));
    printf(" connect %s\n", error(connect(c, (void *)&un, address(&un, server))));
    int peer = accept(s, (void *)&un, &len);
    printf("accept from %s\n", shown(&un, len));
    len = sizeof un;
    getpeername(c, (void *)&un, &len);
    printf("peer of the client %s\n", shown(&un, len));
    len = 10;
    memset(&un, 'x', sizeof un);
    printf("short name %s", error(getsockname(c, (void *)&un, &len)));
    printf(" %d %.8s\n", (int)len, un.sun_path);
    close(peer);
    close(c);
    c = socket(AF_UNIX, SOCK_STREAM, 0);
    connect(c, (void *)&un, address(&un, server));
    len = sizeof un;
    peer = accept4(s, (void *)&un, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
    printf("accept4 from %s cloexec %d nonblock %d\n", shown(&un, len), fcntl(peer, F_GETFD), !!(fcntl(peer, F_GETFL) & O_NONBLOCK));
    close(peer);
    close(c);
    close(s);
}

static void datagrams(void)
{
    struct sockaddr_un un = {0}, from[3];
    char byte[4] = "abc";
    socklen_t len = sizeof un;
    int a = socket_at(SOCK_DGRAM, "a"), b = socket_at(SOCK_DGRAM, "b");
    printf("sendto %s", error(sendto(a, "1", 1, 0, (void *)&un, address(&un, "b"))));
    printf(" from %s\n", recvfrom(b, byte, 1, 0, (void *)&un, &len) == 1 ? shown(&un, len) : "?");
    struct iovec vec = {byte, 1};
    struct msghdr m = {.msg_name = &un, .msg_namelen = address(&un, "b"), .msg_iov = &vec, .msg_iovlen = 1};
    printf("sendmsg %s", error(sendmsg(a, &m, 0)));
    printf(" name %s\n", un.sun_path);
    memset(&un, 0, sizeof un);
    m.msg_namelen = sizeof un;
    printf("recvmsg %s", error(recvmsg(b, &m, 0)));
    printf(" from %s\n", shown(&un, m.msg_namelen));
    struct mmsghdr many[3];
    memset(many, 0, sizeof many);
    for (int i = 0; i < 3; i++)
        many[i].msg_hdr = (struct msghdr){.msg_name = &from[i], .msg_namelen = address(&from[i], i == 1 ? "../absent/b" : "b"), .msg_iov = &vec, .msg_iovlen = 1};
    printf("sendmmsg %ld", (long)syscall(SYS_sendmmsg, a, many, 3, 0));
    many[1].msg_hdr.msg_namelen = address(&from[1], "b");
    printf(" again %ld len %u\n", (long)syscall(SYS_sendmmsg, a, many + 1, 2, 0), many[2].msg_len);
    memset(from, 0, sizeof from);
    for (int i = 0; i < 3; i++)
        many[i].msg_hdr.msg_namelen = sizeof from[i];
    printf("recvmmsg %ld", (long)syscall(SYS_recvmmsg, b, many, 3, MSG_DONTWAIT, NULL));
    for (int i = 0; i < 3; i++)
        printf(" %s", shown(&from[i], many[i].msg_hdr.msg_namelen));
    printf("\n");
    m.msg_namelen = address(&un, "absent");
    m.msg_name = &un;
    printf("sendmsg to nothing: %s\n", error(sendmsg(a, &m, 0)));
    m.msg_name = (void *)16;
    printf("sendmsg to a bad pointer: %s\n", error(sendmsg(a, &m, 0)));
    close(a);
    close(b);
}

static void abstract(void)
{
    struct sockaddr_un un = {0};
    int a = socket(AF_UNIX, SOCK_DGRAM, 0), b = socket(AF_UNIX, SOCK_DGRAM, 0);
    socklen_t len = address(&un, "xlpmx-probe") - 1;
    snprintf(un.sun_path + 1, 40, "lpmx-probe-%d", (int)getpid());
    un.sun_path[0] = 0;
    len = (socklen_t)(3 + strlen(un.sun_path + 1));
    printf("abstract bind %s", error(bind(a, (void *)&un, len)));
    printf(" sendto %s", error(sendto(b, "1", 1, 0, (void *)&un, len)));
    len = sizeof un;
    getsockname(a, (void *)&un, &len);
    printf(" name starts %d %.10s\n", un.sun_path[0], un.sun_path + 1);
    close(a);
    close(b);
}

static void credentials(uid_t uid, gid_t gid, const char *what)
{
    int pair[2], one = 1;
    struct ucred who;
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof who)];
    } control;
    char byte = 'c';
    struct iovec vec = {&byte, 1};
    struct msghdr m = {.msg_iov = &vec, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof one);
    who.pid = getpid();
    who.uid = uid;
    who.gid = gid;
    memset(&control, 0, sizeof control);
    control.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof who), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_CREDENTIALS};
    memcpy(CMSG_DATA(&control.head), &who, sizeof who);
    long r = sendmsg(pair[0], &m, 0);
    printf("credentials %s: %s", what, error(r));
    if (r >= 0) {
        memset(&control, 0, sizeof control);
        m.msg_controllen = sizeof control;
        r = recvmsg(pair[1], &m, 0);
        memcpy(&who, CMSG_DATA(&control.head), sizeof who);
        printf(" received %s type %d pid mine %d uid mine %d gid mine %d", error(r), control.head.cmsg_type, who.pid == getpid(), who.uid == getuid(), who.gid == getgid());
    }
    printf("\n");
    close(pair[0]);
    close(pair[1]);
}

static void passed_descriptor(void)
{
    int pair[2], fd = open("/etc/passwd", O_RDONLY);
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof fd)];
    } control;
    char byte = 'd';
    struct iovec vec = {&byte, 1};
    struct msghdr m = {.msg_iov = &vec, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct stat st, other;
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    memset(&control, 0, sizeof control);
    control.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
    printf("descriptor sent %s", error(sendmsg(pair[0], &m, 0)));
    m.msg_controllen = sizeof control;
    printf(" received %s", error(recvmsg(pair[1], &m, MSG_CMSG_CLOEXEC)));
    int got;
    memcpy(&got, CMSG_DATA(&control.head), sizeof got);
    printf(" same %d cloexec %d\n", !fstat(fd, &st) && !fstat(got, &other) && st.st_ino == other.st_ino, fcntl(got, F_GETFD));
    close(pair[0]);
    close(pair[1]);
}

static void long_names(void)
{
    char name[80];
    memset(name, 'n', 70);
    name[70] = 0;
    mkdir(name, 0755);
    if (chdir(name))
        printf("chdir: %s\n", strerror(errno));
    streams("server-with-a-name-of-its-own", "client-with-a-name-of-its-own");
    if (chdir(".."))
        printf("chdir: %s\n", strerror(errno));
}

static void in_a_folder_of_the_image(void)
{
    struct sockaddr_un un = {0};
    char path[100];
    mkdir("/var", 0755); /* a small image may lack them */
    mkdir("/var/tmp", 0777);
    snprintf(path, sizeof path, "/var/tmp/lpmx-probe-folder-with-a-name-as-long-as-may-be/%d", (int)getpid());
    *strrchr(path, '/') = 0;
    mkdir(path, 0755);
    strcat(path, "/listening");
    int s = socket_at(SOCK_STREAM, path);
    socklen_t len = sizeof un;
    getsockname(s, (void *)&un, &len);
    printf("in the image %s listen %s", shown(&un, len), error(listen(s, 1)));
    int c = socket(AF_UNIX, SOCK_STREAM, 0);
    printf(" connect %s", error(connect(c, (void *)&un, address(&un, path))));
    len = sizeof un;
    getpeername(c, (void *)&un, &len);
    printf(" peer %s\n", shown(&un, len));
    unlink(path);
    *strrchr(path, '/') = 0;
    rmdir(path);
}

int main(void)
{
    streams("server", "client");
    datagrams();
    abstract();
    credentials(getuid(), getgid(), "own");
    if (getuid())
        credentials(0, 0, "root's");
    else
        printf("credentials root's: Operation not permitted\n"); /* as natively for others */
    passed_descriptor();
    long_names();
    in_a_folder_of_the_image();
    return 0;
}
