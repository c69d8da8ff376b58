/* The core's own descriptors, LPMX_FD_MIN … LPMX_FD_MAX: to the guest they do not exist. It may close all it likes, and a number it asks for is
 * given up and ours moved. The filter brings only calls on that range here. */
#include "ops.h"

bool fds_ours(const struct core *c, long fd)
{
    return fd >= LPMX_FD_MIN && fd <= LPMX_FD_MAX && c->own_fds >> (fd - LPMX_FD_MIN) & 1;
}

/* A program in the host's own view sees it, as all that it inherits. */
void fds_keep(struct core *c, u32 fd)
{
    if (fd < LPMX_FD_MIN || fd > LPMX_FD_MAX)
        return;
    c->broker_fd = (short)(fd + 1);
    if (!c->native)
        c->own_fds |= 1ull << (fd - LPMX_FD_MIN);
}

/* The guest wants this number: the place is opened anew at its next use, what keeps the broker gets another number. */
static void give_up(struct core *c, long fd)
{
    if (c->broker_fd == fd + 1) {
        long other = core_is_guest_of(c) ? 0 : sys3(SYS_fcntl, fd, F_DUPFD, LPMX_FD_MIN);
        c->broker_fd = 0;
        if (other > LPMX_FD_MAX)
            sys1(SYS_close, other);
        else if (other > 0)
            fds_keep(c, (u32)other);
    }
    for (unsigned i = 0; i < PLACES; i++)
        if (c->place_fd[i] == fd + 1)
            c->place_fd[i] = 0;
    __atomic_fetch_and(&c->own_fds, ~(1ull << (fd - LPMX_FD_MIN)), __ATOMIC_SEQ_CST);
}

long op_close(struct call *k, const long *a)
{
    return fds_ours(k->c, (int)a[0]) ? -EBADF : CORE_PASS;
}

long op_dup(struct call *k, const long *a)
{
    return fds_ours(k->c, (int)a[0]) ? -EBADF : CORE_PASS;
}

long op_dup2(struct call *k, const long *a)
{
    if (fds_ours(k->c, (int)a[0]))
        return -EBADF;
    if (fds_ours(k->c, (int)a[1]))
        give_up(k->c, (int)a[1]);
    return CORE_PASS;
}

long op_fcntl(struct call *k, const long *a)
{
    return fds_ours(k->c, (int)a[0]) ? -EBADF : CORE_PASS;
}

/* Ours are left out: the range is closed in the pieces between them. */
long op_close_range(struct call *k, const long *a)
{
    u32 from = (u32)a[0], to = (u32)a[1];
    if (from > to || to < LPMX_FD_MIN || from > LPMX_FD_MAX || !k->c->own_fds)
        return CORE_PASS;
    while (from <= to) {
        u32 end = from;
        if (fds_ours(k->c, from)) {
            from++;
            continue;
        }
        while (end < to && !fds_ours(k->c, (long)end + 1)) {
            end++;
            if (end > LPMX_FD_MAX)
                end = to;
        }
        long r = sys3(SYS_close_range, from, end, a[2]);
        if (r || end == UINT32_MAX)
            return r;
        from = end + 1;
    }
    return 0;
}

/* /proc/self/fd without the core's own descriptors. */
long fds_list(struct call *k, const long *a)
{
    long n = sys3(SYS_getdents64, a[0], a[1], a[2]), out = 0;
    char head[64];
    for (long at = 0; at < n;) {
        struct linux_dirent64 *e = (void *)head;
        if (guest_read(head, (void *)(a[1] + at), 24) || e->len < 24 || e->len > sizeof head)
            return n;
        if (guest_read(head, (void *)(a[1] + at), e->len))
            return n;
        u64 fd;
        const char *s = e->name;
        if (!text_number(&s, &fd) || !fds_ours(k->c, (long)fd)) {
            guest_write((void *)(a[1] + out), head, e->len);
            out += e->len;
        }
        at += e->len;
    }
    return n > 0 && !out ? sys3(SYS_getdents64, a[0], a[1], a[2]) : n > 0 ? out : n;
}

bool fds_folder(const char *path, u32 len)
{
    return len > 9 && str_starts(path, "/proc/") && (str_equal(path + len - 3, "/fd") || str_equal(path + len - 7, "/fdinfo"));
}
