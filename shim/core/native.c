/* The host's own view, for programs of the host that a contained program starts: nothing is redirected, no owner is made up, every call is
 * the kernel's. Only exec has to go through lpmx-start again, since the filter is inherited and its traps need our handler, and the process
 * has to find its own program where lpmx-start is. Used by dispatch.c and exec.c. */
#include "native.h"

/* Of calls that take a path: the number of that argument, or -1. */
static int path_argument(long nr)
{
    switch (nr) {
    case SYS_open: case SYS_stat: case SYS_access: case SYS_readlink:
        return 0;
    case SYS_openat: case SYS_newfstatat: case SYS_statx: case SYS_faccessat: case 439 /* faccessat2 */: case 437 /* openat2 */: case SYS_readlinkat:
        return 1;
    default:
        return -1;
    }
}

/* The link to this process's program. */
static bool own_exe(const char *path)
{
    u64 pid;
    if (!str_starts(path, "/proc/"))
        return false;
    path += 6;
    if (str_starts(path, "self/") || str_starts(path, "thread-self/"))
        path += *path == 's' ? 5 : 12;
    else if (text_number(&path, &pid) && *path == '/' && pid == (u64)sys0(SYS_getpid))
        path++;
    else
        return false;
    return str_equal(path, "exe");
}

static long read_exe(const struct core *c, char *out, long cap)
{
    size_t n = strlen(c->exe);
    if (cap <= 0)
        return -EINVAL;
    n = n < (size_t)cap ? n : (size_t)cap;
    return guest_write(out, c->exe, n) ? -EFAULT : (long)n;
}

long native_call(struct call *k, long nr, const long *a)
{
    char path[40];
    int at = path_argument(nr);
    if (nr == SYS_execve)
        return op_execve(k, a);
    if (nr == SYS_execveat)
        return op_execveat(k, a);
    if (at < 0 || guest_copy_str(path, (const char *)a[at], sizeof path) < 0 || !own_exe(path))
        return CORE_PASS;
    if (nr == SYS_readlink || nr == SYS_readlinkat)
        return read_exe(k->c, (char *)a[at + 1], a[at + 2]);
    if (nr == SYS_newfstatat && a[3] & AT_SYMLINK_NOFOLLOW)
        return CORE_PASS;
    long with[6] = {a[0], a[1], a[2], a[3], a[4], a[5]};
    with[at] = (long)k->c->exe;
    return sys6(nr, with[0], with[1], with[2], with[3], with[4], with[5]);
}

int native_inspect(int dirfd, const char *path, bool follow, struct plan *p)
{
    struct stat st;
    char link[40];
    size_t pos = 0;
    long fd = sys4(SYS_openat, dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW), 0);
    if (fd < 0)
        return (int)fd;
    p->set_id = 0;
    p->dir = -1;
    long r = sys2(SYS_fstat, fd, &st);
    if (!r && (!S_ISREG(st.st_mode) || sys3(SYS_faccessat, dirfd, path, 1)))
        r = -EACCES;
    long n = r ? r : sys4(SYS_pread64, fd, p->head, HEAD, 0);
    text_add(link, sizeof link, &pos, "/proc/self/fd/", 14);
    text_decimal(link + pos, (u64)fd);
    long len = n < 0 ? n : sys4(SYS_readlinkat, AT_FDCWD, link, p->host, sizeof p->host - 1);
    sys1(SYS_close, fd);
    if (len < 0)
        return (int)len;
    if (len >= CORE_PATH_MAX)
        return -ENAMETOOLONG;
    if (n < HEAD)
        memset(p->head + n, 0, (size_t)(HEAD - n));
    p->host[len] = 0;
    memcpy(p->guest, p->host, (size_t)len + 1);
    return exec_examine(p->head, n);
}
