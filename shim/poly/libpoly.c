/* libpoly.so: getentropy and getrandom for the engine's private glibc on kernels before 3.17, which lack the system call.
 *
 * Preloaded into Deno only (shim/launcher/engine.c), freestanding: no libc, no thread-local storage, not even errno, which is
 * why a failure cannot say more than -1. /dev/urandom is the fallback; short reads are continued, interrupted ones repeated.
 */
#include "../include/sys.h"
#include <fcntl.h>
#include <errno.h>
#include <sys/syscall.h>

#define EXPORT __attribute__((visibility("default")))

static long fill(unsigned char *buf, size_t len, unsigned flags)
{
    long got = sys3(SYS_getrandom, buf, len, flags);
    if (got != -ENOSYS)
        return got;
    long fd = sys4(SYS_openat, AT_FDCWD, "/dev/urandom", O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return fd;
    size_t done = 0;
    while (done < len && ((got = sys3(SYS_read, fd, buf + done, len - done)) > 0 || got == -EINTR))
        done += got > 0 ? (size_t)got : 0;
    sys1(SYS_close, fd);
    return done == len ? (long)len : got < 0 ? got : -EIO;
}

EXPORT long getrandom(void *buf, size_t len, unsigned flags)
{
    long got = fill(buf, len, flags);
    return got < 0 ? -1 : got;
}

EXPORT int getentropy(void *buf, size_t len)
{
    if (len > 256)
        return -1;
    for (size_t done = 0; done < len;) {
        long got = fill((unsigned char *)buf + done, len - done, 0);
        if (got == -EINTR)
            continue;
        if (got < 0)
            return -1;
        done += (size_t)got;
    }
    return 0;
}
