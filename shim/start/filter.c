/* The seccomp filter: sends the calls of core_calls[] to our SIGSYS handler unless they come from our own text.
 *
 * Built from the table as a balanced tree over ranges of numbers. A number that is not in the table is allowed having looked at
 * the architecture and the number only, so that Linux >= 5.11 answers it from its per-number cache. A filter is inherited by
 * every descendant and cannot be removed: programs started later, also by another release, find it by the probe number. Calls of
 * another architecture (32-bit, x32) answer ENOSYS: they would see the host instead of the container.
 */
#include "../core/numbers.h"
#include "start.h"
#include <asm/signal.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define PROGRAM_MAX 1024
#define RANGES_MAX 512
#define TRAPS_MAX 48
#define HIGHEST_FD 0x7fffffff
#define REVISIONS 8 /* filters with errno LPMX_PROBE_ERRNO … + 7 are compatible */

_Static_assert((u32)LPMX_TEXT_BASE == 0, "the window check compares the upper half of the address for equality");

_Static_assert(CORE_CALLS_END < LPMX_PROBE_NR, "ranges are added in ascending order");

/* What is done with a range of call numbers. The blocks of code for all but ALLOW follow the tree. */
enum rule {
    RULE_ALLOW, RULE_TRAP, RULE_FD0, RULE_FD01, RULE_ARG1, RULE_ARG3, RULE_ARG4, RULE_ARG5, RULE_MASK_CHANGE, RULE_ACTION, RULE_ZERO, RULE_PRCTL,
    RULE_FLAGS, RULE_AUDIT, RULE_ENOSYS, RULE_PROBE,
    RULES,
};
struct range {
    u32 first; /* up to the next range's first */
    u32 rule;
};
struct program {
    struct range range[RANGES_MAX];
    unsigned ranges;
    struct sock_filter code[PROGRAM_MAX];
    unsigned length;
    unsigned block[RULES];
    struct side {
        u16 at;
        bool unless;
    } trap[TRAPS_MAX]; /* tests that go to the trap */
    unsigned traps;
    bool full;
};

static unsigned emit(struct program *p, u16 op, u8 yes, u8 no, u32 k)
{
    if (p->length == PROGRAM_MAX) {
        p->full = true;
        return 0;
    }
    p->code[p->length] = (struct sock_filter){op, yes, no, k};
    return p->length++;
}

static void load(struct program *p, u32 offset)
{
    emit(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, offset);
}

static void answer(struct program *p, u32 value)
{
    emit(p, BPF_RET | BPF_K, 0, 0, value);
}

#define LOW_HALF(n) (u32)(offsetof(struct seccomp_data, args) + 8 * (n))
#define HIGH_HALF(n) (LOW_HALF(n) + 4)

/* Which rule a call of the engine's own business follows: the filter can see NULL pointers and numbers, not what they point to. */
static enum rule signal_rule(u32 nr)
{
    switch (nr) {
    case SYS_rt_sigprocmask: return RULE_MASK_CHANGE;
    case SYS_rt_sigaction: return RULE_ACTION;
    case SYS_ppoll: return RULE_ARG3;
    case SYS_epoll_pwait: return RULE_ARG4;
    case SYS_epoll_pwait2: return RULE_ARG4;
    case SYS_pselect6: return RULE_ARG5;
    case SYS_ptrace: return RULE_ZERO; /* PTRACE_TRACEME */
    case SYS_prctl: return RULE_PRCTL;
    default: return RULE_TRAP;
    }
}

/* All arguments 0 ask for nothing. */
static bool is_lacked(u32 nr)
{
    return sys6(nr, 0, 0, 0, 0, 0, 0) == -ENOSYS;
}

static enum rule rule_of(const struct core_call *call)
{
    switch (call->trap) {
    case TRAP_LACKED: return is_lacked(call->nr) ? RULE_TRAP : RULE_ALLOW;
    case TRAP_FD0: return RULE_FD0;
    case TRAP_FD01: return RULE_FD01;
    case TRAP_ADDR1: return RULE_ARG1;
    case TRAP_ADDR4: return RULE_ARG4;
    case TRAP_FLAGS: return RULE_FLAGS;
    case TRAP_AUDIT: return RULE_AUDIT;
    case TRAP_ENOSYS: return RULE_ENOSYS;
    case TRAP_SIGNAL: return signal_rule(call->nr);
    default: return RULE_TRAP;
    }
}

static void add_range(struct program *p, u32 first, u32 rule)
{
    if (p->ranges && p->range[p->ranges - 1].rule == rule)
        return;
    if (p->ranges == RANGES_MAX) {
        p->full = true;
        return;
    }
    p->range[p->ranges++] = (struct range){first, rule};
}

static void make_ranges(struct program *p)
{
    static u8 rule[CORE_CALLS_END]; /* the table is in no order; what it does not name is RULE_ALLOW, 0 */
    for (unsigned i = 0; i < core_calls_count; i++) {
        if (core_calls[i].nr < CORE_CALLS_END)
            rule[core_calls[i].nr] = (u8)rule_of(&core_calls[i]);
        else
            p->full = true;
    }
    for (u32 nr = 0; nr < CORE_CALLS_END; nr++)
        add_range(p, nr, rule[nr]);
    /* Newer than the table: it may carry a path that would be looked up on the host. x32's numbers end the range. */
    add_range(p, CORE_CALLS_END, RULE_ENOSYS);
    add_range(p, LPMX_PROBE_NR, RULE_PROBE);
    add_range(p, LPMX_PROBE_NR + 1, RULE_ENOSYS);
}

/* Code for range[from, to): the number is loaded. A side of a test that is one range goes straight to its rule's landing behind the
 * tree: jt and jf hold the rule until build knows where that is, and open_sides says which of them do (1 jf, 2 jt). */
static u8 open_sides[PROGRAM_MAX];

static void emit_tree(struct program *p, unsigned from, unsigned to)
{
    unsigned middle = from + (to - from) / 2;
    unsigned test = emit(p, BPF_JMP | BPF_JGE | BPF_K, 0, 0, p->range[middle].first);
    if (middle - from == 1) {
        p->code[test].jf = (u8)p->range[from].rule;
        open_sides[test] |= 1;
    } else {
        emit_tree(p, from, middle);
    }
    if (to - middle == 1) {
        p->code[test].jt = (u8)p->range[middle].rule;
        open_sides[test] |= 2;
    } else {
        p->code[test].jt = (u8)(p->length - test - 1);
        emit_tree(p, middle, to);
    }
}

/* A test that goes to the trap, which comes last, when it holds (with `unless`: when it does not), and else to the next instruction. */
static void trap_if(struct program *p, u16 op, u32 k, bool unless)
{
    unsigned at = emit(p, BPF_JMP | op | BPF_K, 0, 0, k);
    if (p->traps == TRAPS_MAX)
        p->full = true;
    else
        p->trap[p->traps++] = (struct side){(u16)at, unless};
}

/* Allow, or trap unless the caller is our own text. All tests that lead here have been emitted. */
static void emit_trap(struct program *p)
{
    p->block[RULE_TRAP] = p->length;
    for (unsigned i = 0; i < p->traps; i++) {
        struct sock_filter *test = &p->code[p->trap[i].at];
        unsigned distance = p->length - p->trap[i].at - 1;
        *(p->trap[i].unless ? &test->jf : &test->jt) = (u8)distance;
        p->full = p->full || distance > 255;
    }
    load(p, offsetof(struct seccomp_data, instruction_pointer) + 4);
    emit(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 2, (u32)(LPMX_TEXT_BASE >> 32));
    load(p, offsetof(struct seccomp_data, instruction_pointer));
    emit(p, BPF_JMP | BPF_JGE | BPF_K, 0, 1, LPMX_TEXT_WINDOW);
    answer(p, SECCOMP_RET_TRAP | FILTER_DATA);
    answer(p, SECCOMP_RET_ALLOW);
}

/* Trap when argument n is a descriptor >= LPMX_FD_MIN. */
static void emit_fd_test(struct program *p, unsigned n)
{
    load(p, LOW_HALF(n));
    emit(p, BPF_JMP | BPF_JGE | BPF_K, 0, 1, LPMX_FD_MIN);
    trap_if(p, BPF_JGT, HIGHEST_FD, true);
}

static void emit_fd_blocks(struct program *p)
{
    p->block[RULE_FD01] = p->length;
    emit_fd_test(p, 1);
    p->block[RULE_FD0] = p->length; /* FD01 goes on with it */
    emit_fd_test(p, 0);
    answer(p, SECCOMP_RET_ALLOW);
}

/* Allow when argument n is NULL, else trap. */
static void emit_null_test(struct program *p, unsigned n)
{
    load(p, LOW_HALF(n));
    trap_if(p, BPF_JEQ, 0, true);
    load(p, HIGH_HALF(n));
    trap_if(p, BPF_JEQ, 0, true);
    answer(p, SECCOMP_RET_ALLOW);
}

/* ioctl(fd, request): those that change a file open for reading (core/flags.c). */
static const u32 request[] = {0x40086602 /* FS_IOC_SETFLAGS */, 0x401c5820 /* FS_IOC_FSSETXATTR */, 0x40087602 /* FS_IOC_SETVERSION */,
                              0x40806685 /* FS_IOC_ENABLE_VERITY */, 0x800c6613 /* FS_IOC_SET_ENCRYPTION_POLICY */};
/* prctl(option): filters, and what is about capabilities (core/caps.c). */
static const u32 option[] = {PR_SET_SECCOMP, PR_GET_KEEPCAPS, PR_SET_KEEPCAPS, PR_CAPBSET_READ, PR_CAPBSET_DROP, PR_GET_SECUREBITS, PR_SET_SECUREBITS,
                             PR_CAP_AMBIENT};

static bool is_among(u32 value, const u32 *list, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (list[i] == value)
            return true;
    return false;
}

bool filter_wants_ioctl(u32 nr)
{
    return is_among(nr, request, sizeof request / sizeof *request);
}

bool filter_wants_prctl(u32 nr)
{
    return is_among(nr, option, sizeof option / sizeof *option);
}

static void emit_flags_block(struct program *p)
{
    p->block[RULE_FLAGS] = p->length;
    load(p, LOW_HALF(1));
    for (unsigned i = 0; i < sizeof request / sizeof *request; i++)
        trap_if(p, BPF_JEQ, request[i], false);
    answer(p, SECCOMP_RET_ALLOW);
}

/* socket(AF_NETLINK, type, NETLINK_AUDIT) */
static void emit_audit_block(struct program *p)
{
    p->block[RULE_AUDIT] = p->length;
    load(p, LOW_HALF(0));
    emit(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 2, AF_NETLINK);
    load(p, LOW_HALF(2));
    emit(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, NETLINK_AUDIT);
    answer(p, SECCOMP_RET_ALLOW);
    answer(p, SECCOMP_RET_ERRNO | EPROTONOSUPPORT);
}

/* Trap when argument 0 is value, else allow. */
static void emit_equal(struct program *p, enum rule rule, u32 value)
{
    p->block[rule] = p->length;
    load(p, LOW_HALF(0));
    trap_if(p, BPF_JEQ, value, false);
    answer(p, SECCOMP_RET_ALLOW);
}

static void emit_prctl_block(struct program *p)
{
    p->block[RULE_PRCTL] = p->length;
    load(p, LOW_HALF(0));
    for (unsigned i = 0; i < sizeof option / sizeof *option; i++)
        trap_if(p, BPF_JEQ, option[i], false);
    answer(p, SECCOMP_RET_ALLOW);
}

static void emit_blocks(struct program *p)
{
    emit_fd_blocks(p);
    p->block[RULE_ARG1] = p->length;
    emit_null_test(p, 1);
    for (unsigned n = 3; n <= 5; n++) {
        p->block[RULE_ARG3 + n - 3] = p->length;
        emit_null_test(p, n);
    }
    /* rt_sigprocmask(how, set): adding to the mask or replacing it */
    p->block[RULE_MASK_CHANGE] = p->length;
    load(p, LOW_HALF(0));
    emit(p, BPF_JMP | BPF_JEQ | BPF_K, 2, 0, SIG_BLOCK);
    emit(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, SIG_SETMASK);
    answer(p, SECCOMP_RET_ALLOW);
    emit_null_test(p, 1);
    /* rt_sigaction(sig, act): setting any (the mask), reading those that we hold */
    p->block[RULE_ACTION] = p->length;
    load(p, LOW_HALF(0));
    for (unsigned i = 0; i < SIGNALS_HELD; i++)
        trap_if(p, BPF_JEQ, (u32)signals_held[i], false);
    emit_null_test(p, 1);
    emit_equal(p, RULE_ZERO, 0);
    emit_prctl_block(p);
    emit_flags_block(p);
    emit_audit_block(p);
    p->block[RULE_ENOSYS] = p->length;
    answer(p, SECCOMP_RET_ERRNO | ENOSYS);
    p->block[RULE_PROBE] = p->length;
    answer(p, SECCOMP_RET_ERRNO | LPMX_PROBE_ERRNO);
    emit_trap(p);
}

static int build(struct program *p)
{
    make_ranges(p);
    load(p, offsetof(struct seccomp_data, arch));
    emit(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, AUDIT_ARCH_X86_64);
    answer(p, SECCOMP_RET_ERRNO | ENOSYS);
    load(p, offsetof(struct seccomp_data, nr));
    unsigned tree = p->length;
    emit_tree(p, 0, p->ranges);
    unsigned tree_end = p->length, landing[RULES];
    landing[RULE_ALLOW] = p->length;
    answer(p, SECCOMP_RET_ALLOW);
    for (unsigned r = 1; r < RULES; r++)
        landing[r] = emit(p, BPF_JMP | BPF_JA, 0, 0, 0);
    emit_blocks(p);
    if (p->full || tree_end - tree + RULES > 255)
        return -E2BIG;
    for (unsigned i = tree; i < tree_end; i++) {
        if (open_sides[i] & 1)
            p->code[i].jf = (u8)(landing[p->code[i].jf] - i - 1);
        if (open_sides[i] & 2)
            p->code[i].jt = (u8)(landing[p->code[i].jt] - i - 1);
    }
    for (unsigned r = 1; r < RULES; r++)
        p->code[landing[r]].k = p->block[r] - landing[r] - 1;
    return 0;
}

bool filter_is_active(void)
{
    long r = -sys6(LPMX_PROBE_NR, 0, 0, 0, 0, 0, 0);
    return r >= LPMX_PROBE_ERRNO && r < LPMX_PROBE_ERRNO + REVISIONS;
}

/* A kernel that has filters, and a sandbox that allows them, reads the program. */
bool filter_is_possible(void)
{
    return sys5(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, 0, 0, 0) == -EFAULT;
}

int filter_install(const char **what)
{
    static struct program p;
    *what = "its filter table is too large for this release";
    int r = build(&p);
    if (r)
        return r;
    *what = "the kernel does not offer no_new_privs (Linux 3.5 or newer is needed; the preload engine does without)";
    r = (int)sys5(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (r)
        return r;
    struct sock_fprog program = {(unsigned short)p.length, p.code};
    *what = "the kernel refuses seccomp filters (Linux 3.5 or newer with CONFIG_SECCOMP_FILTER is needed, and no sandbox that forbids them; the preload engine does without)";
    /* SPEC_ALLOW (4.17): or every guest pays for speculation guards that protect nobody here. seccomp(2) itself is 3.17. */
    r = (int)sys3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program);
    if (r)
        r = (int)sys3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
    if (r)
        r = (int)sys5(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
    return r;
}
