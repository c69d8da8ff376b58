/* What the engine adds to an execve of the core: scratch that a vfork child holds is released by the kernel itself, since a
 * successful execve never returns, and ignored signals stay ignored.
 *
 * The thread's "clear on exit" word (set_tid_address) is pointed at the busy word of the scratch; the kernel writes 0 there when
 * the new program takes over. Where the old address cannot be asked for (PR_GET_TID_ADDRESS needs Linux 3.5 with
 * CONFIG_CHECKPOINT_RESTORE) nothing is changed, and the core reclaims the scratch of dead processes itself.
 *
 * A traced process stops at every trap. A vfork child that asks to be traced and then calls execve would stop in it while its
 * tracer still waits for the exec: gdb starts programs so. Its request is therefore passed on with the exec.
 * The tracer of a PTRACE_TRACEME gets a SIGTRAP from each exec and then looks at the program, which lpmx-start has yet to map. The SIGTRAP is
 * therefore held back by the mask until that is done. The trap signal, blocked beside it, tells lpmx-start that it was us: it never is otherwise.
 */
#include "start.h"
#include <asm/signal.h>
#include <linux/ptrace.h>
#include <linux/prctl.h>
#include <sys/syscall.h>

/* The old addresses, by busy word. Whoever holds the scratch owns the entry; one left by a success is taken over by the next holder. */
static struct {
    u32 *busy;
    long old;
} saved[64];
#define SAVED (sizeof saved / sizeof *saved)

TOUCHED_AT_START static volatile u32 wants_trace; /* pid of a vfork child, 0 = none; its parent cannot run, so one is enough */
TOUCHED_AT_START static volatile bool traced;     /* this process, or the one it was forked from, has asked to be traced */

static u64 held_back(void)
{
    return SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(trap_signal());
}

long exec_trace_me(void)
{
    traced = true;
    if (!core_is_guest_of(core_self))
        return sys1(SYS_ptrace, PTRACE_TRACEME);
    wants_trace = (u32)sys0(SYS_getpid);
    return 0;
}

static unsigned entry_of(u32 *busy, bool make)
{
    for (unsigned i = 0; i < SAVED; i++) {
        u32 *now = __atomic_load_n(&saved[i].busy, __ATOMIC_ACQUIRE);
        if (now == busy)
            return i;
        if (!now && make && __atomic_compare_exchange_n(&saved[i].busy, &now, busy, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            return i;
        if (!now && !make)
            break;
    }
    return SAVED;
}

void engine_exec_begin(u32 *busy)
{
    long old = 0;
    unsigned i = entry_of(busy, true);
    if (i < SAVED)
        saved[i].old = -1;
    if (i < SAVED && sys5(SYS_prctl, PR_GET_TID_ADDRESS, &old, 0, 0, 0) == 0) {
        saved[i].old = old;
        sys1(SYS_set_tid_address, busy);
    }
    signal_exec_begin();
    u64 mask;
    const u64 held = held_back();
    if (traced && sys4(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, sizeof mask) == 0 && !(mask & SIGNAL_BIT(SIGTRAP)))
        sys4(SYS_rt_sigprocmask, SIG_BLOCK, &held, NULL, sizeof held);
    if (wants_trace && wants_trace == (u32)sys0(SYS_getpid)) {
        wants_trace = 0;
        sys1(SYS_ptrace, PTRACE_TRACEME);
    }
}

void exec_show(u64 mask)
{
    const u64 held = held_back();
    if ((mask & held) != held)
        return;
    traced = true;
    sys4(SYS_rt_sigprocmask, SIG_UNBLOCK, &held, NULL, sizeof held);
}

void engine_exec_failed(u32 *busy)
{
    u64 mask;
    if (traced && sys4(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, sizeof mask) == 0)
        exec_show(mask);
    signal_exec_failed();
    unsigned i = entry_of(busy, false);
    if (i < SAVED && saved[i].old != -1)
        sys1(SYS_set_tid_address, saved[i].old);
}
