/* Makes hot call sites jump straight to the engine instead of trapping: a trap costs over 2 microseconds, a jump 0.1. Why that is safe, with
 * threads too, is in docs/decisions/0007-hot-site-patching.md.
 *
 * A site (site.c) is one instruction of at least 5 bytes, replaced by a jump to a trampoline (trampoline.c), and what stands between it and the
 * system call, which stays in place and is done by the trampoline instead. A thread between the two, or code that jumps there, is still right:
 * it traps. The trampoline loads the place to return to (in rcx, which the kernel destroys anyway) and enters patch_enter. Nothing is returned
 * to by `ret` that was not called, so shadow stacks agree.
 *
 * Only sites in a libc, its loader or a program that is not Go are patched (mappings.c): Go calls from stacks with no room for the core. A site
 * is patched after some traps, when a short program has ended already. With other threads only if the bytes lie in one aligned word, which
 * processors fetch whole. In a vfork child never: the threads of its parent are not seen. LPMX_PATCH=0 in the guest's environment turns
 * it off. A bad pointer passed by a patched site while the guest has SIGSEGV blocked kills it instead of answering EFAULT.
 */
#include "../preload/preload.h"
#include <asm/signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define TRAPS_BEFORE 12 /* patching a site costs about as much as so many traps; most sites of short programs see fewer */
#define SITES 256
#define PAGE 4096UL

__asm__(".text\n"
        ".balign 16\n"
        ".globl patch_enter\n"
        ".hidden patch_enter\n"
        "patch_enter:\n" /* rax number, rcx return address; all but rax, rcx and r11 come back as they were. struct patch_frame: */
        "  leaq -128(%rsp), %rsp\n" /* the red zone is the guest's */
        "  pushq %rcx\n"
        "  pushq %rax\n"
        "  movabsq $0x6c706d786a756d70, %rcx\n" /* PATCH_MARK */
        "  pushq %rcx\n"
        "  pushq %rbx\n"
        "  pushq %rbp\n"
        "  pushq %r12\n"
        "  pushq %r13\n"
        "  pushq %r14\n"
        "  pushq %r15\n"
        "  pushq %r9\n"
        "  pushq %r8\n"
        "  pushq %r10\n"
        "  pushq %rdx\n"
        "  pushq %rsi\n"
        "  pushq %rdi\n"
        "  movq %rax, %rdi\n"
        "  movq %rsp, %rsi\n"
        "  movq %rsp, %rbx\n"
        "  andq $-16, %rsp\n"
        "  call patch_syscall\n"
        "  movq %rbx, %rsp\n"
        "  popq %rdi\n"
        "  popq %rsi\n"
        "  popq %rdx\n"
        "  popq %r10\n"
        "  popq %r8\n"
        "  popq %r9\n"
        "  leaq 40(%rsp), %rsp\n" /* r15 … rbp: as they are */
        "  popq %rbx\n"
        "  movq $0, (%rsp)\n" /* a mark that is left over would be taken for a live frame */
        "  leaq 16(%rsp), %rsp\n"
        "  popq %rcx\n"
        "  leaq 128(%rsp), %rsp\n"
        "  jmpq *%rcx\n");

TOUCHED_AT_START static u64 sites[SITES]; /* address << 8 | traps so far; 255 = settled */
TOUCHED_AT_START static volatile u32 lock_pid;
TOUCHED_AT_START static bool enabled;

void patch_init(const struct stack *s, u64 low, u64 high, bool is_go)
{
    const char *wish = stack_getenv(s, "LPMX_PATCH");
    enabled = !preload_on && !(wish && str_equal(wish, "0")) && !nested_present();
    if (!is_go)
        mapping_program(low, high);
}

void patch_stop(void)
{
    enabled = false;
}

/* Called by patch_enter only: the call of a patched site. */
__attribute__((used)) long patch_syscall(long nr, const long a[6])
{
    long r;
    if (preload_on)
        return preload_syscall(nr, a);
    if (nested_call(nr, a, &r))
        return r;
    r = signal_syscall(NULL, nr, a);
    if (r == CORE_PASS)
        r = core_syscall(core_self, nr, a);
    if (r == CORE_PASS)
        r = sys6(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    return r;
}

bool patch_is_worth(u32 nr)
{
    if (preload_on)
        return wants_number(nr);
    for (unsigned i = 0; i < core_calls_count; i++)
        if (core_calls[i].nr == nr)
            return core_calls[i].trap == TRAP_PATH || nr == SYS_rt_sigprocmask || nr == SYS_rt_sigaction;
    return false;
}

static bool is_single_threaded(void)
{
    struct stat st;
    return sys2(SYS_stat, "/proc/self/task", &st) == 0 && st.st_nlink == 3;
}

/* Puts the jump over the instruction at site. False when that cannot be done safely, or the text must not be written. */
static bool write_jump(u64 site, u64 to)
{
    u64 word_at = site & ~7UL, page = site & ~(PAGE - 1);
    bool one_word = site + 5 <= word_at + 8;
    if (site + 5 > page + PAGE || (!one_word && !is_single_threaded()))
        return false;
    int distance = (int)(to - (site + 5));
    u8 jump[5] = {0xe9};
    memcpy(jump + 1, &distance, 4);
    if (sys3(SYS_mprotect, page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC))
        return false;
    if (one_word) {
        u64 word = *(u64 *)word_at;
        memcpy((u8 *)&word + (site - word_at), jump, sizeof jump);
        __atomic_store_n((u64 *)word_at, word, __ATOMIC_SEQ_CST);
    } else {
        memcpy((void *)site, jump, sizeof jump);
    }
    sys3(SYS_mprotect, page, PAGE, PROT_READ | PROT_EXEC);
    return true;
}

static void patch_site(u64 ip, u32 nr)
{
    struct site site;
    u64 low;
    if (!patch_is_worth(nr) || !mapping_good(ip - 1, &low) || !site_read(&site, ip, nr, low))
        return;
    u64 trampoline = trampoline_make(&site);
    if (trampoline)
        write_jump(site.at, trampoline);
}

/* One at a time in this memory. A lock left over by a fork in the middle of another thread's patching is taken over. */
static bool try_lock(u32 pid)
{
    u32 now = lock_pid;
    return now != pid && __atomic_compare_exchange_n(&lock_pid, &now, pid, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

void patch_consider(u64 ip, long nr)
{
    u64 *site = &sites[(ip ^ ip >> 8) % SITES];
    u64 seen = __atomic_load_n(site, __ATOMIC_RELAXED);
    if (!enabled)
        return;
    if (seen >> 8 != ip)
        seen = ip << 8;
    if ((seen & 255) == 255)
        return;
    seen++;
    if ((seen & 255) >= TRAPS_BEFORE) {
        u64 all = ~(SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS)), old; /* guest_read needs these two */
        u32 pid = (u32)sys0(SYS_getpid);
        if (core_is_guest_of(core_self))
            return;
        sys4(SYS_rt_sigprocmask, SIG_BLOCK, &all, &old, sizeof all);
        if (try_lock(pid)) {
            patch_site(ip, (u32)nr);
            seen = ip << 8 | 255;
            __atomic_store_n(&lock_pid, 0, __ATOMIC_SEQ_CST);
        }
        sys4(SYS_rt_sigprocmask, SIG_SETMASK, &old, NULL, sizeof old);
    }
    __atomic_store_n(site, seen, __ATOMIC_RELAXED);
}
