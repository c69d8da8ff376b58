/* libpoly.so: gives the engine's private glibc getrandom and getentropy on kernels older than 3.17, which lack the call.
 * Preloaded into the engine only (never into contained programs), so it must need no library, no TLS and no constructor.
 * It may rely on nothing but raw system calls of Linux 2.6.32. See getrandom(2), getentropy(3). */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/syscall.h>

#define EXPORT __attribute__((visibility("default")))
#define ENTROPY_MAX 256 /* getentropy(3): larger requests are refused */

EXPORT long getrandom(char *buffer, size_t size, unsigned flags);
EXPORT int getentropy(char *buffer, size_t size);

static long call3(long number, long a, long b, long c)
{
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}

/* The random device never blocks after boot, which is when this runs. Returns the bytes read or -errno. */
static long read_urandom(char *buffer, size_t size)
{
  long fd = call3(SYS_open, (long)"/dev/urandom", O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0)
    return fd;
  size_t done = 0;
  while (done < size) {
    long got = call3(SYS_read, fd, (long)(buffer + done), (long)(size - done));
    if (got == -EINTR)
      continue;
    if (got <= 0)
      break;
    done += (size_t)got;
  }
  call3(SYS_close, fd, 0, 0);
  return done > 0 ? (long)done : -EIO;
}

EXPORT long getrandom(char *buffer, size_t size, unsigned flags)
{
  long got = call3(SYS_getrandom, (long)buffer, (long)size, (long)flags);
  if (got == -ENOSYS)
    got = read_urandom(buffer, size);
  if (got >= 0)
    return got;
  extern int *__errno_location(void);
  *__errno_location() = (int)-got;
  return -1;
}

EXPORT int getentropy(char *buffer, size_t size)
{
  return size <= ENTROPY_MAX && getrandom(buffer, size, 0) == (long)size ? 0 : -1;
}
