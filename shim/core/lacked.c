/* Calls that a kernel may be too old for, by others that it has: C libraries built for newer ones do not always have another way. */
#include "ops.h"

/* Since Linux 3.17. The pool that blocks is never meant: no such kernel starts users' programs before it is filled. */
long op_getrandom(struct call *k, const long *a)
{
    (void)k;
    long fd = sys4(SYS_openat, AT_FDCWD, "/dev/urandom", O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return -ENOSYS;
    long n = sys3(SYS_read, fd, a[0], a[1]);
    sys1(SYS_close, fd);
    return n;
}

/* Since Linux 2.6.36. Of other processes nobody else can tell. */
long op_prlimit64(struct call *k, const long *a)
{
    (void)k;
    if (a[0] && (int)a[0] != (int)sys0(SYS_getpid))
        return -ENOSYS;
    long r = a[3] ? sys2(SYS_getrlimit, a[1], a[3]) : 0;
    return r || !a[2] ? r : sys2(SYS_setrlimit, a[1], a[2]);
}
