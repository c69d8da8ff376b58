/* The only way of the core to the kernel: raw system calls that return a value >= 0 or -errno, and the copies from guest memory.
 *
 * In the freestanding build the calls are inline assembly. In the hosted build (-DLPMX_HOSTED, unit and model tests) they go
 * through sys_hook, which counts them and can make call number N fail or kill the process. Nothing here touches errno, the
 * heap, TLS or stdio; all of it may run in a signal handler and in a vfork child.
 */
#ifndef LPMX_SYS_H
#define LPMX_SYS_H

#include "contract.h"
#include <stddef.h>

#ifdef LPMX_HOSTED
long sys_hook(long nr, long a, long b, long c, long d, long e, long f);
static inline long sys6(long nr, long a, long b, long c, long d, long e, long f) { return sys_hook(nr, a, b, c, d, e, f); }
#else
static inline long sys6(long nr, long a, long b, long c, long d, long e, long f)
{
    long ret;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    return ret;
}
#endif
#define sys5(nr, a, b, c, d, e) sys6((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define sys4(nr, a, b, c, d) sys6((nr), (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define sys3(nr, a, b, c) sys6((nr), (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define sys2(nr, a, b) sys6((nr), (long)(a), (long)(b), 0, 0, 0, 0)
#define sys1(nr, a) sys6((nr), (long)(a), 0, 0, 0, 0, 0)
#define sys0(nr) sys6((nr), 0, 0, 0, 0, 0, 0)

/* Guest memory: a bad pointer gives -EFAULT, not a signal. Implemented by the engine (shim/start/guest.c) with a fix-up range,
 * by the hosted tests as plain copies. */

/* Copies a NUL-terminated guest string with its NUL into dst[cap]. Its length, -EFAULT, or -ENAMETOOLONG when it does not fit. */
long guest_copy_str(char *dst, const char *src, size_t cap);
/* Copies n bytes out of or into guest memory. 0 or -EFAULT. */
long guest_read(void *dst, const void *src, size_t n);
long guest_write(void *dst, const void *src, size_t n);

#endif
