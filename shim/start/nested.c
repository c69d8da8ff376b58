/* Seccomp filters of the guest's own (sshd, man, browsers). They see the engine's calls beside the guest's, and their authors have not thought of
 * those: a default-deny filter would kill at the first sigreturn. So what the guest installs is rewritten on its way to the kernel.
 *
 * Only its ends are: each `ret` that denies becomes a jump to a block behind the program, so all offsets stay, and what is allowed costs as
 * much as before and is cached by the kernel. There a call from our text is allowed when it is one of `harmless`, none of which gives a program in
 * a sandbox anything it could use, and answers ENOSYS instead of death when it is not. For a call of the guest's the answer stays,
 * but SECCOMP_RET_ERRNO becomes a trap that carries the error: our own trap outranks an error, and the core would do the call by others.
 * Patched sites make their calls from our text, so from then on they go through a system call instruction outside of it and trap.
 */
#include "start.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define NESTED_NR (LPMX_PROBE_NR + 1) /* an unassigned call number: a rewritten filter answers it with LPMX_PROBE_ERRNO */
#define DENIED 0xb000                 /* si_errno of a trap in the place of an error: the error in the lower bits */
#define FRONT 4
#define ENDS_MAX 16
#define PAGE 4096UL

static const u16 harmless[] = {SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_rt_sigaction, SYS_getpid, SYS_gettid, SYS_close, SYS_fstat, SYS_newfstatat, SYS_readlinkat};
#define HARMLESS (sizeof harmless / sizeof *harmless)
#define END_LENGTH (8 + HARMLESS)

TOUCHED_AT_START static volatile u64 outside; /* where a `syscall; ret` of ours outside the text window is; 0 = this process has installed no filter */

static struct sock_filter *add(struct sock_filter *at, u16 op, u8 yes, u8 no, u32 k)
{
    *at = (struct sock_filter){op, yes, no, k};
    return at + 1;
}

/* The block that stands for `ret #action`. */
static void write_end(struct sock_filter *at, u32 action)
{
    bool error = (action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
    u32 data = action & SECCOMP_RET_DATA;
    at = add(at, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, instruction_pointer) + 4);
    at = add(at, BPF_JMP | BPF_JEQ | BPF_K, 0, HARMLESS + 5, (u32)(LPMX_TEXT_BASE >> 32));
    at = add(at, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, instruction_pointer));
    at = add(at, BPF_JMP | BPF_JGE | BPF_K, HARMLESS + 3, 0, LPMX_TEXT_WINDOW);
    at = add(at, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
    for (u8 i = 0; i < HARMLESS; i++)
        at = add(at, BPF_JMP | BPF_JEQ | BPF_K, (u8)(HARMLESS - i), 0, harmless[i]);
    at = add(at, BPF_RET | BPF_K, 0, 0, error ? action : SECCOMP_RET_ERRNO | ENOSYS);
    at = add(at, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
    add(at, BPF_RET | BPF_K, 0, 0, error && data < 4096 ? SECCOMP_RET_TRAP | DENIED | data : action);
}

static bool denies(u32 action)
{
    action &= SECCOMP_RET_ACTION_FULL;
    return action == SECCOMP_RET_KILL_PROCESS || action == SECCOMP_RET_KILL_THREAD || action == SECCOMP_RET_TRAP || action == SECCOMP_RET_ERRNO;
}

/* The n instructions at code[FRONT], made into the program that is installed; its length. Ends for which there is no room stay as they are. */
static unsigned rewrite(struct sock_filter *code, unsigned n)
{
    u32 ends[ENDS_MAX];
    unsigned nends = 0, behind = FRONT + n;
    add(code, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
    add(code + 1, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, NESTED_NR);
    add(code + 2, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | LPMX_PROBE_ERRNO);
    add(code + 3, BPF_LD | BPF_IMM, 0, 0, 0); /* a program starts with 0 there */
    for (unsigned i = FRONT; i < FRONT + n; i++) {
        unsigned end = 0;
        if (code[i].code != (BPF_RET | BPF_K) || !denies(code[i].k))
            continue;
        while (end < nends && ends[end] != code[i].k)
            end++;
        if (end == nends) {
            if (nends == ENDS_MAX || behind + (nends + 1) * END_LENGTH > BPF_MAXINSNS)
                continue;
            write_end(code + behind + nends * END_LENGTH, code[i].k);
            ends[nends++] = code[i].k;
        }
        add(code + i, BPF_JMP | BPF_JA, 0, 0, behind + end * (unsigned)END_LENGTH - i - 1);
    }
    return behind + nends * (unsigned)END_LENGTH;
}

static bool make_outside(void)
{
    static const u8 code[] = {0x0f, 0x05, 0xc3}; /* syscall; ret */
    if (outside)
        return true;
    long at = sys6(SYS_mmap, 0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at < 0 && at > -4096)
        return false;
    memcpy((void *)at, code, sizeof code);
    if (sys3(SYS_mprotect, at, PAGE, PROT_READ | PROT_EXEC)) {
        sys2(SYS_munmap, at, PAGE);
        return false;
    }
    outside = (u64)at;
    patch_stop();
    return true;
}

/* Does the call with a rewritten copy of the program given. */
static long install_copy(long nr, const long a[6], const struct sock_fprog *given)
{
    size_t size = (FRONT + given->len + ENDS_MAX * END_LENGTH) * sizeof(struct sock_filter);
    long at = sys6(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at < 0 && at > -4096)
        return at;
    struct sock_filter *code = (struct sock_filter *)at;
    long r = -EFAULT;
    if (!guest_read(code + FRONT, given->filter, given->len * sizeof *code)) {
        struct sock_fprog ours = {(unsigned short)rewrite(code, given->len), code};
        r = make_outside() ? sys6(nr, a[0], a[1], (long)&ours, a[3], a[4], a[5]) : -ENOMEM;
    }
    sys2(SYS_munmap, at, size);
    return r;
}

long nested_install(long nr, const long a[6])
{
    bool wanted = nr == SYS_prctl ? a[0] == PR_SET_SECCOMP && a[1] == SECCOMP_MODE_FILTER : a[0] == SECCOMP_SET_MODE_FILTER;
    struct sock_fprog given;
    if (!wanted || guest_read(&given, (const void *)a[2], sizeof given))
        return CORE_PASS;
    if (!given.len || given.len > BPF_MAXINSNS - FRONT)
        return CORE_PASS; /* the kernel knows what to say; a filter of the greatest length stays as it is */
    return install_copy(nr, a, &given);
}

bool nested_answer(const struct signal_info *info, struct signal_frame *frame)
{
    if ((info->err & 0xf000) != DENIED || info->addr - LPMX_TEXT_BASE < LPMX_TEXT_WINDOW)
        return false;
    frame->reg[REG_RAX] = (u64)-(long)(info->err & 0xfff);
    return true;
}

bool nested_present(void)
{
    return sys6(NESTED_NR, 0, 0, 0, 0, 0, 0) == -LPMX_PROBE_ERRNO;
}

bool nested_call(long nr, const long a[6], long *result)
{
    register long r10 __asm__("r10") = a[3];
    register long r8 __asm__("r8") = a[4];
    register long r9 __asm__("r9") = a[5];
    if (!outside)
        return false;
    __asm__ volatile("call *%[at]" : "=a"(*result) : "a"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9), [at] "b"(outside) : "rcx", "r11", "memory");
    return true;
}
