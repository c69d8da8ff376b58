/* The filter's rules (start/filter.c) for calls that come here whatever their arguments. */
#include "../core/numbers.h"
#include "preload.h"
#include <errno.h>
#include <linux/netlink.h>
#include <linux/prctl.h>
#include <sys/socket.h>

#define NUMBERS 512
enum { UNWANTED, WANTED }; /* + enum core_trap */

static const u8 how[NUMBERS] = {
#define CALL(name, trap, op) [SYS_##name] = WANTED + TRAP_##trap,
#include "../core/calls.def"
#undef CALL
};

/* mmap is how code comes into the process; uname tells how old the kernel is. */
bool wants_number(u32 nr)
{
    return nr >= CORE_CALLS_END || nr == SYS_mmap || nr == SYS_uname || how[nr] != UNWANTED;
}

u64 wants_hash(void)
{
    u64 hash = 0xcbf29ce484222325;
    for (u32 nr = 0; nr <= CORE_CALLS_END; nr++)
        hash = (hash ^ wants_number(nr)) * 0x100000001b3;
    return hash;
}

static bool is_own_fd(long fd)
{
    return (u32)fd >= LPMX_FD_MIN && (u32)fd <= 0x7fffffff;
}

/* The engine's own business: what SIGILL needs, and what a kernel without filters says about those. */
static bool wants_signal_call(long nr, const long a[6], long *answer)
{
    if (nr == SYS_seccomp)
        *answer = -ENOSYS;
    else if (nr == SYS_prctl && (int)a[0] == PR_SET_SECCOMP)
        *answer = -EINVAL;
    else if (nr == SYS_prctl)
        return filter_wants_prctl((u32)a[0]);
    else
        return nr != SYS_ptrace || a[0] == 0; /* PTRACE_TRACEME */
    return false;
}

bool wants_call(long nr, const long a[6], long *answer)
{
    *answer = CORE_PASS;
    if (nr < 0 || nr >= CORE_CALLS_END) {
        *answer = -ENOSYS;
        return false;
    }
    switch (how[nr]) {
    case UNWANTED: return false;
    case WANTED + TRAP_FD0: return is_own_fd(a[0]);
    case WANTED + TRAP_FD01: return is_own_fd(a[0]) || is_own_fd(a[1]);
    case WANTED + TRAP_LACKED:
        *answer = sys6(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
        return *answer == -ENOSYS;
    case WANTED + TRAP_FLAGS: return filter_wants_ioctl((u32)a[1]);
    case WANTED + TRAP_ADDR1: return a[1];
    case WANTED + TRAP_ADDR4: return a[4];
    case WANTED + TRAP_SIGNAL: return wants_signal_call(nr, a, answer);
    case WANTED + TRAP_AUDIT:
        if ((int)a[0] == AF_NETLINK && (int)a[2] == NETLINK_AUDIT)
            *answer = -EPROTONOSUPPORT;
        return false;
    case WANTED + TRAP_ENOSYS: *answer = -ENOSYS; return false;
    default: return true;
    }
}
