/* What becomes of the guest's calls under the preload engine: by the jump of a site, or by SIGILL. */
#include "preload.h"
#include <asm/signal.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define SHOWN_RELEASE "3.10.0" /* of a kernel that is older than 3.2 */

struct new_utsname { /* linux/utsname.h */
    char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65];
};

TOUCHED_AT_START bool preload_on;
TOUCHED_AT_START static bool old_kernel;

int trap_signal(void)
{
    return preload_on ? SIGILL : SIGSYS;
}

/* C libraries refuse kernels older than those that they were built for ("FATAL: kernel too old"), although they get on with most: Linux 3.2 is what
 * Debian's have asked for since 2017. They look at the vdso's note first (main.c takes it away), then here. */
static bool is_old(const char *release)
{
    u64 major = 0, minor = 0;
    text_number(&release, &major);
    if (*release == '.')
        release++;
    text_number(&release, &minor);
    return major < 3 || (major == 3 && minor < 2);
}

void preload_begin(void)
{
    struct new_utsname name;
    preload_on = true;
    old_kernel = !sys1(SYS_uname, &name) && is_old(name.release);
}

bool preload_hides_vdso(void)
{
    return old_kernel;
}

static bool is_error(long value)
{
    return value < 0 && value > -4096;
}

static APART long show_release(long to)
{
    struct new_utsname name;
    long r = old_kernel ? sys1(SYS_uname, &name) : CORE_PASS;
    if (r)
        return r;
    memcpy(name.release, SHOWN_RELEASE, sizeof SHOWN_RELEASE);
    return guest_write((void *)to, &name, sizeof name);
}

/* A file that is mapped to be executed. Shared text cannot be changed without changing the file, so it becomes private. */
static APART long map_code(const long a[6])
{
    long flags = a[3];
    if ((flags & MAP_TYPE) != MAP_PRIVATE && !(a[2] & PROT_WRITE))
        flags = (flags & ~(long)MAP_TYPE) | MAP_PRIVATE;
    long at = sys6(SYS_mmap, a[0], a[1], a[2], flags, a[4], a[5]);
    if (is_error(at))
        return at;
    long r = rewrite_mapping(&(struct mapped){.at = (u64)at, .length = (u64)a[1], .fd = (int)a[4], .offset = (u64)a[5]}, (int)a[2]);
    if (r)
        sys2(SYS_munmap, at, a[1]);
    return r ? r : at;
}

/* CORE_PASS: the kernel is to do it. */
static long answer(struct signal_frame *frame, long nr, const long a[6])
{
    long r;
    if (nr == SYS_mmap)
        return a[2] & PROT_EXEC && !(a[3] & MAP_ANONYMOUS) ? map_code(a) : CORE_PASS;
    if (nr == SYS_uname)
        return show_release(a[0]);
    if (!wants_call(nr, a, &r))
        return r;
    r = signal_syscall(frame, nr, a);
    return r == CORE_PASS ? core_syscall(core_self, nr, a) : r;
}

long preload_syscall(long nr, const long a[6])
{
    long r = answer(NULL, nr, a);
    return r == CORE_PASS ? sys6(nr, a[0], a[1], a[2], a[3], a[4], a[5]) : r;
}

bool preload_is_call(const struct signal_frame *frame)
{
    u8 code[2];
    return !guest_read(code, (const void *)frame->reg[REG_RIP], sizeof code) && code[0] == 0x0f && code[1] == 0x04;
}

void preload_trap(struct signal_frame *frame)
{
    u64 *reg = frame->reg, site = reg[REG_RIP];
    const long a[6] = {(long)reg[REG_RDI], (long)reg[REG_RSI], (long)reg[REG_RDX], (long)reg[REG_R10], (long)reg[REG_R8], (long)reg[REG_R9]};
    long nr = (long)reg[REG_RAX];
    reg[REG_RIP] = reg[REG_RCX] = site + 2; /* as the instruction would have left them */
    reg[REG_R11] = reg[REG_FLAGS];
    long r = CORE_PASS;
    if (wants_number((u32)nr)) {
        admit_faults(frame);
        r = answer(frame, nr, a);
    }
    u64 stub = r == CORE_PASS ? rewrite_stub(site) : 0;
    if (stub)
        reg[REG_RIP] = stub;
    else
        reg[REG_RAX] = (u64)(r == CORE_PASS ? sys6(nr, a[0], a[1], a[2], a[3], a[4], a[5]) : r);
}
