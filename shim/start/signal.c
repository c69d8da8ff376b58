/* The signals that the engine needs for itself, virtualised: the guest sees its own actions and masks.
 *
 * SIGSYS carries the traps, SIGSEGV and SIGBUS end copies from bad guest pointers (guest.c). Our handler is always installed for
 * the three. What the guest wants instead is in `actions`, and which entry holds is encoded in the address of the handler: entry
 * N of a row of stubs (sigsys.c). So the kernel keeps the truth: it is copied by fork and vfork and shared by threads exactly as
 * signal actions are, although a vfork child shares our memory. Entries never change once used; equal actions share one.
 * The libcs' cancel signals take the same way when they have a handler, since it has to see the guest's place (sigsys.c); by default
 * or ignored they are the kernel's. SIGSYS is kept out of every mask: a trap that meets a blocked SIGSYS kills the process.
 */
#include "start.h"
#include <asm/signal.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define ACTIONS 256
#define STUB_SIZE 16 /* sigsys.c */
#define SIG_IGN_VALUE 1
enum { ACTION_DEFAULT, ACTION_IGNORE, ACTION_FREE };

extern const char signal_stubs[], signal_return[];

__attribute__((section(".bss.start_end"))) static struct signal_action actions[ACTIONS]; /* the first two stay empty */
static volatile u8 action_ready[ACTIONS];
TOUCHED_AT_START static volatile u32 actions_taken; /* from ACTION_FREE on */
TOUCHED_AT_START static volatile u8 ever_ignored;

const int signals_held[SIGNALS_HELD] = {SIGBUS, SIGSEGV, SIGSYS, 32, 33};

/* glibc cancels threads by 32, musl by 33 (glibc uses that to change ids). */
bool signal_is_cancel(int sig)
{
    return sig == 32 || sig == 33;
}

static bool is_ours(int sig)
{
    return sig == trap_signal() || sig == SIGSEGV || sig == SIGBUS;
}

static long kernel_action(int sig, const struct signal_action *set, struct signal_action *old)
{
    return sys4(SYS_rt_sigaction, sig, set, old, sizeof(u64));
}

/* Installs entry `slot` for sig. The kernel's flags and mask are the guest's, so that the frame which our stub hands on is the
 * native one; SA_RESETHAND is done by hand, since the kernel would take away our handler. */
static long install(int sig, unsigned slot, struct signal_action *old)
{
    struct signal_action set = actions[slot];
    set.handler = (u64)(signal_stubs + slot * STUB_SIZE);
    set.flags = (set.flags & ~(u64)SA_RESETHAND) | SA_SIGINFO | SA_RESTORER; /* the kernel fills in siginfo only when asked */
    if (!(actions[slot].flags & SA_RESTORER))
        set.restorer = (u64)signal_return;
    if (slot < ACTION_FREE)
        set.flags |= SA_ONSTACK | SA_RESTART;
    if (sig == trap_signal()) {
        set.flags = (set.flags & SA_RESTART) | SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTORER;
        set.restorer = (u64)signal_return;
        set.mask = 0;
    }
    set.mask &= ~SIGNAL_BIT(trap_signal());
    return kernel_action(sig, &set, old);
}

static bool is_stub(const struct signal_action *kernel)
{
    return kernel->handler - (u64)signal_stubs < ACTIONS * STUB_SIZE;
}

static unsigned slot_of(const struct signal_action *kernel)
{
    return is_stub(kernel) ? (unsigned)((kernel->handler - (u64)signal_stubs) / STUB_SIZE) : ACTION_DEFAULT;
}

static int find_slot(const struct signal_action *want)
{
    if (want->handler == (u64)SIG_DFL)
        return ACTION_DEFAULT;
    if (want->handler == SIG_IGN_VALUE)
        return ACTION_IGNORE;
    for (u32 i = ACTION_FREE; i < ACTIONS && i < ACTION_FREE + actions_taken; i++)
        if (action_ready[i] && !memcmp(&actions[i], want, sizeof *want))
            return (int)i;
    u32 slot = ACTION_FREE + __atomic_fetch_add(&actions_taken, 1, __ATOMIC_SEQ_CST);
    if (slot >= ACTIONS) {
        actions_taken = ACTIONS;
        return -ENOMEM; /* more than 250 different actions for these three signals: not seen */
    }
    actions[slot] = *want;
    __atomic_store_n(&action_ready[slot], 1, __ATOMIC_RELEASE);
    return (int)slot;
}

/* The three, one by one. */
#define OURS 3
static int our_signal(unsigned i)
{
    return i == 0 ? SIGSEGV : i == 1 ? SIGBUS : trap_signal();
}

u64 signal_init(void)
{
    u64 bit = SIGNAL_BIT(trap_signal()), mask = 0;
    sys4(SYS_rt_sigprocmask, SIG_UNBLOCK, &bit, &mask, sizeof bit);
    for (unsigned i = 0; i < OURS; i++) {
        struct signal_action old;
        if (install(our_signal(i), ACTION_DEFAULT, &old) == 0 && old.handler == SIG_IGN_VALUE) {
            install(our_signal(i), ACTION_IGNORE, NULL);
            ever_ignored = 1;
        }
    }
    return mask;
}

/* A trap that meets an ignored SIGSYS kills, so with other threads, which may trap, SIGSYS is left out: it is the default after the exec. */
static void each_ignored(void (*change)(int sig))
{
    struct signal_action now;
    struct stat st;
    for (unsigned i = 0; ever_ignored && i < OURS; i++) {
        if (kernel_action(our_signal(i), NULL, &now) || (slot_of(&now) != ACTION_IGNORE && now.handler != SIG_IGN_VALUE))
            continue;
        if (our_signal(i) != trap_signal() || (sys2(SYS_stat, "/proc/self/task", &st) == 0 && st.st_nlink == 3))
            change(our_signal(i));
    }
}

static void really_ignore(int sig)
{
    struct signal_action set = {.handler = SIG_IGN_VALUE};
    kernel_action(sig, &set, NULL);
}

static void hold_ignored(int sig)
{
    install(sig, ACTION_IGNORE, NULL);
}

void signal_exec_begin(void)
{
    each_ignored(really_ignore);
}

void signal_exec_failed(void)
{
    each_ignored(hold_ignored);
}

static long own_action(int sig, const struct signal_action *set, struct signal_action *old)
{
    struct signal_action kernel;
    long r = kernel_action(sig, NULL, &kernel);
    if (r)
        return r;
    *old = actions[slot_of(&kernel)];
    if (slot_of(&kernel) == ACTION_IGNORE)
        old->handler = SIG_IGN_VALUE;
    if (!set)
        return 0;
    int slot = find_slot(set);
    if (slot < 0)
        return slot;
    if (slot == ACTION_IGNORE)
        ever_ignored = 1;
    return install(sig, (unsigned)slot, NULL);
}

static long cancel_action(int sig, struct signal_action *set, struct signal_action *old)
{
    long r = kernel_action(sig, NULL, old);
    if (!r && is_stub(old))
        *old = actions[slot_of(old)];
    if (r || !set)
        return r;
    if (set->handler <= SIG_IGN_VALUE)
        return kernel_action(sig, set, NULL);
    int slot = find_slot(set);
    return slot < 0 ? slot : install(sig, (unsigned)slot, NULL);
}

static long do_sigaction(const long a[6])
{
    struct signal_action set, old;
    int sig = (int)a[0];
    if (a[3] != sizeof(u64))
        return -EINVAL;
    if (a[1] && guest_read(&set, (const void *)a[1], sizeof set))
        return -EFAULT;
    long r;
    if (is_ours(sig)) {
        r = own_action(sig, a[1] ? &set : NULL, &old);
    } else {
        set.mask &= ~SIGNAL_BIT(trap_signal());
        struct signal_action *given = a[1] ? &set : NULL;
        r = signal_is_cancel(sig) ? cancel_action(sig, given, &old) : kernel_action(sig, given, &old);
    }
    if (r || !a[2])
        return r;
    return guest_write((void *)a[2], &old, sizeof old);
}

/* The mask in the frame is the guest's: sigreturn makes it the thread's. Without a frame the thread's own is meant. */
static long do_sigprocmask(struct signal_frame *frame, const long a[6])
{
    u64 set, old;
    if (a[3] != sizeof set)
        return -EINVAL;
    if (!a[1] || a[0] == SIG_UNBLOCK)
        return CORE_PASS;
    if (guest_read(&set, (const void *)a[1], sizeof set))
        return -EFAULT;
    if (a[0] != SIG_BLOCK && a[0] != SIG_SETMASK)
        return -EINVAL;
    if (!frame) {
        set &= ~SIGNAL_BIT(trap_signal());
        long r = sys4(SYS_rt_sigprocmask, a[0], &set, &old, sizeof set);
        return r || !a[2] ? r : guest_write((void *)a[2], &old, sizeof old);
    }
    old = frame->mask;
    if (a[0] == SIG_BLOCK)
        set |= old;
    frame->mask = set & ~(SIGNAL_BIT(trap_signal()) | SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
    return a[2] ? guest_write((void *)a[2], &old, sizeof old) : 0;
}

/* Argument n is a mask that holds during the call, its size follows. */
static long with_mask(long nr, const long a[6], int n)
{
    u64 mask;
    if (!a[n] || a[n + 1] != sizeof mask)
        return CORE_PASS;
    if (guest_read(&mask, (const void *)a[n], sizeof mask))
        return CORE_PASS; /* the kernel knows in which order to complain */
    mask &= ~SIGNAL_BIT(trap_signal());
    long b[6] = {a[0], a[1], a[2], a[3], a[4], a[5]};
    b[n] = (long)&mask;
    return sys6(nr, b[0], b[1], b[2], b[3], b[4], b[5]);
}

static long do_pselect(const long a[6])
{
    struct {
        u64 at, size;
    } given;
    u64 mask;
    if (!a[5] || guest_read(&given, (const void *)a[5], sizeof given))
        return CORE_PASS;
    if (!given.at || given.size != sizeof mask || guest_read(&mask, (const void *)given.at, sizeof mask))
        return CORE_PASS;
    mask &= ~SIGNAL_BIT(trap_signal());
    given.at = (u64)&mask;
    return sys6(SYS_pselect6, a[0], a[1], a[2], a[3], a[4], (long)&given);
}

long signal_syscall(struct signal_frame *frame, long nr, const long a[6])
{
    switch (nr) {
    case SYS_rt_sigprocmask: return do_sigprocmask(frame, a);
    case SYS_rt_sigaction: return do_sigaction(a);
    case SYS_rt_sigsuspend: return with_mask(nr, a, 0);
    case SYS_ppoll: return with_mask(nr, a, 3);
    case SYS_epoll_pwait: return with_mask(nr, a, 4);
    case SYS_epoll_pwait2: return with_mask(nr, a, 4);
    case SYS_pselect6: return do_pselect(a);
    case SYS_ptrace: return exec_trace_me();
    case SYS_prctl: /* the core's, where it is none of a filter */
    case SYS_seccomp: return nested_install(nr, a);
    default: return CORE_PASS;
    }
}

/* Ends the process as sig would have: the default action, and the same signal once more, with the same information, pending until
 * our handler returns. So a core file shows the place of the fault. */
static void die_of(int sig, struct signal_info *info)
{
    struct signal_action set = {.handler = (u64)SIG_DFL};
    u64 bit = SIGNAL_BIT(sig);
    long pid = sys0(SYS_getpid), tid = sys0(SYS_gettid);
    sys4(SYS_rt_sigprocmask, SIG_BLOCK, &bit, NULL, sizeof bit);
    kernel_action(sig, &set, NULL);
    if (sys4(SYS_rt_tgsigqueueinfo, pid, tid, sig, info))
        sys3(SYS_tgkill, pid, tid, sig);
}

u64 signal_forward(int sig, struct signal_info *info, unsigned slot)
{
    const struct signal_action *action = &actions[slot];
    if (slot == ACTION_IGNORE && info->code <= 0) /* sent by somebody; a real fault kills all the same */
        return 0;
    if (slot < ACTION_FREE) {
        die_of(sig, info);
        return 0;
    }
    if (action->flags & SA_RESETHAND && is_ours(sig))
        install(sig, ACTION_DEFAULT, NULL);
    if (sig == trap_signal()) {
        u64 mask = action->mask & ~SIGNAL_BIT(sig);
        sys4(SYS_rt_sigprocmask, SIG_BLOCK, &mask, NULL, sizeof mask);
    }
    return action->handler;
}
