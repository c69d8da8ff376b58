/* Messages between a command and the broker (contract.h, "Broker"): bytes and descriptors over a stream socket. unix(7), cmsg(3). */
#include "broker.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

int wire_send(int conn, const void *data, size_t len)
{
    const char *at = data;
    while (len) {
        ssize_t n = send(conn, at, len, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            return -errno;
        at += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

int wire_receive(int conn, void *data, size_t len)
{
    char *at = data;
    while (len) {
        ssize_t n = recv(conn, at, len, 0);
        if (!n || (n < 0 && errno != EINTR))
            return n ? -errno : -EPIPE;
        at += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

int wire_word(int conn, u32 kind, u32 value)
{
    struct lpmx_word word = {kind, value};
    return wire_send(conn, &word, sizeof word);
}

union control {
    char bytes[CMSG_SPACE(LPMX_ASK_BATCH * sizeof(int))];
    struct cmsghdr align;
};

int wire_send_fds(int conn, const u32 *numbers, const int *fds, u32 n)
{
    union control control = {0};
    struct iovec part = {(void *)numbers, n * sizeof *numbers};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(n * sizeof(int))};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(n * sizeof(int));
    memcpy(CMSG_DATA(c), fds, n * sizeof(int));
    for (int tries = 0; tries < 2000; tries++) {
        ssize_t sent = sendmsg(conn, &m, MSG_NOSIGNAL);
        if (sent >= 0)
            return (size_t)sent == part.iov_len ? 0 : wire_send(conn, (const char *)numbers + sent, part.iov_len - (size_t)sent);
        if (errno != EINTR && errno != ETOOMANYREFS) /* the user's other descriptors that are under way just now */
            return -errno;
        if (errno == ETOOMANYREFS)
            nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    return -ETOOMANYREFS;
}

int wire_receive_fds(int conn, u32 *numbers, int *fds, u32 n)
{
    union control control;
    struct iovec part = {numbers, n * sizeof *numbers};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(n * sizeof(int))};
    ssize_t got;
    do
        got = recvmsg(conn, &m, 0);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return got ? -errno : -EPIPE;
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    if (m.msg_flags & MSG_CTRUNC)
        return -EMFILE;
    if (!c || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(n * sizeof(int)))
        return -EPROTO;
    memcpy(fds, CMSG_DATA(c), n * sizeof(int));
    return (size_t)got == part.iov_len ? 0 : wire_receive(conn, (char *)numbers + got, part.iov_len - (size_t)got);
}
