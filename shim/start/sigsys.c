/* Where the kernel enters the engine: the handler of SIGSYS, SIGSEGV and SIGBUS.
 *
 * signal_stubs is a row of small entries; which one the kernel calls tells what the guest wants for this signal (signal.c).
 * The handler runs on whatever stack the guest has, with nothing blocked that the guest did not block, and may be left by a guest
 * handler's longjmp at any system call. A guest handler is entered by a jump with the registers and the stack that the
 * kernel made, so it sees a native frame.
 */
#include "../core/numbers.h"
#include "../preload/preload.h"
#include <asm/signal.h>
#include <errno.h>
#include <sys/syscall.h>

#define FRAME_MARK 0x6c706d7874726170UL
#define PATCH_MARK 0x6c706d786a756d70UL /* patch.c */
#define CODE_SECCOMP 1 /* SYS_SECCOMP, si_code of a filter's SIGSYS */

__asm__(".text\n"
        ".globl signal_stubs, signal_return\n"
        ".hidden signal_stubs, signal_return\n"
        ".balign 16\n"
        "signal_stubs:\n"
        ".set slot, 0\n"
        ".rept 256\n"
        "  .balign 16\n"
        "  movl $slot, %ecx\n"
        "  jmp signal_common\n"
        "  .set slot, slot + 1\n"
        ".endr\n"
        ".balign 16\n"
        "signal_common:\n"
        "  pushq %rdi\n"
        "  pushq %rsi\n"
        "  pushq %rdx\n"
        "  pushq %rcx\n"
        "  movabsq $0x6c706d7874726170, %r11\n" /* FRAME_MARK */
        "  pushq %r11\n"
        "  call signal_enter\n"
        "  movq $0, (%rsp)\n" /* a mark that is left over would be taken for a live frame */
        "  addq $16, %rsp\n"
        "  popq %rdx\n"
        "  popq %rsi\n"
        "  popq %rdi\n"
        "  testq %rax, %rax\n"
        "  jz 1f\n"
        "  movq %rax, %r11\n"
        "  xorl %eax, %eax\n"
        "  jmpq *%r11\n"
        "1: ret\n"
        ".balign 16\n"
        "signal_return:\n"
        "  movq $15, %rax\n" /* rt_sigreturn; debuggers know this very sequence */
        "  syscall\n");

void admit_faults(const struct signal_frame *frame)
{
    u64 faults = SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS);
    if (frame->mask & faults)
        sys4(SYS_rt_sigprocmask, SIG_UNBLOCK, &faults, NULL, sizeof faults);
}

static void answer_trap(struct signal_frame *frame)
{
    const u64 *reg = frame->reg;
    const long a[6] = {(long)reg[REG_RDI], (long)reg[REG_RSI], (long)reg[REG_RDX], (long)reg[REG_R10], (long)reg[REG_R8], (long)reg[REG_R9]};
    long nr = (long)reg[REG_RAX];
    admit_faults(frame);
    long r = signal_syscall(frame, nr, a);
    if (r == CORE_PASS)
        r = core_syscall(core_self, nr, a);
    if (r == CORE_PASS)
        r = sys6(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    frame->reg[REG_RAX] = (u64)r;
    patch_consider(frame->reg[REG_RIP], nr);
}

static bool is_between(u64 at, const char *begin, const char *end)
{
    return at >= (u64)begin && at < (u64)end;
}

/* The call in progress, by the mark that signal_common or patch_enter put on the stack above sp. */
static void find_call(u64 sp, const struct signal_frame **trap, const struct patch_frame **jump)
{
    struct {
        u64 mark, slot, frame, info, sig;
    } word;
    for (u64 at = sp; at < sp + 32768; at += 8) {
        if (guest_read(&word, (const void *)at, sizeof word))
            return;
        if (word.mark == FRAME_MARK && word.sig == (u64)trap_signal() && word.frame > at && word.frame < at + 4096)
            *trap = (const struct signal_frame *)word.frame;
        else if (word.mark == PATCH_MARK)
            *jump = (const struct patch_frame *)(at - offsetof(struct patch_frame, mark));
        else
            continue;
        return;
    }
}

static void show_patched_place(u64 *reg, const struct patch_frame *f)
{
    static const u8 place[] = {REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9, REG_R15, REG_R14, REG_R13, REG_R12, REG_RBP, REG_RBX};
    for (unsigned i = 0; i < sizeof place; i++)
        reg[place[i]] = f->reg[i];
    reg[REG_RAX] = f->nr;
    reg[REG_RIP] = f->back - 2;
    reg[REG_RSP] = (u64)(f + 1) + 128; /* the red zone */
}

/* Calls that the core makes itself and that may wait. */
static bool may_wait(u64 nr)
{
    switch (nr) {
    case SYS_open: case SYS_openat: case SYS_openat2: case SYS_connect: case SYS_accept: case SYS_accept4: case SYS_sendto: case SYS_recvfrom:
    case SYS_sendmsg: case SYS_recvmsg: case SYS_sendmmsg: case SYS_recvmmsg: case SYS_fcntl: case SYS_rt_sigsuspend: case SYS_ppoll:
    case SYS_pselect6: case SYS_epoll_pwait:
        return true;
    default:
        return false;
    }
}

/* A libc cancels a thread in a blocking call only if the interrupted place is its own system call instruction (musl, glibc since 2.41).
 * When the place is ours, waiting to begin such a call again, the guest's is put in its stead: going on there repeats the call. */
static void show_guest_place(struct signal_frame *frame)
{
    u64 *reg = frame->reg, at = reg[REG_RIP], nr = reg[REG_RAX], site = rewrite_site_of_stub(at);
    if (site) {
        bool begun = *(const u8 *)at != 0x0f;
        reg[REG_RIP] = site + (begun ? 2 : 0);
        return;
    }
    if (at - LPMX_TEXT_BASE >= LPMX_TEXT_WINDOW || ((const u8 *)at)[0] != 0x0f || ((const u8 *)at)[1] != 0x05)
        return;
    if (!may_wait(nr))
        return;
    const struct signal_frame *trap = NULL;
    const struct patch_frame *jump = NULL;
    find_call(reg[REG_RSP], &trap, &jump);
    if (trap) {
        for (int i = REG_R8; i <= REG_FLAGS; i++)
            reg[i] = trap->reg[i];
        reg[REG_RIP] -= 2;
        frame->mask = trap->mask;
    } else if (jump) {
        show_patched_place(reg, jump);
    }
}

/* Programs of images older than glibc 2.14 call fixed addresses of the kernel for three things. A kernel with vsyscall=none has nothing there:
 * the call faults as it fetches the instruction (bit 4 of the error code). True when it was one of them and has been done. */
static bool emulate_vsyscall(struct signal_frame *frame)
{
    static const u16 calls[] = {SYS_gettimeofday, SYS_time, SYS_getcpu};
    u64 *reg = frame->reg, call = (reg[REG_RIP] - 0xffffffffff600000UL) / 1024, back;
    if (call >= sizeof calls / sizeof *calls || reg[REG_RIP] % 1024 || !(reg[REG_ERR] & 16) || guest_read(&back, (const void *)reg[REG_RSP], sizeof back))
        return false;
    reg[REG_RAX] = (u64)sys3(calls[call], reg[REG_RDI], reg[REG_RSI], reg[REG_RDX]);
    reg[REG_RIP] = back;
    reg[REG_RSP] += sizeof back;
    return true;
}

/* Called by the stubs only. The guest's handler to go on with, or 0. */
__attribute__((used)) u64 signal_enter(int sig, struct signal_info *info, struct signal_frame *frame, unsigned slot)
{
    if (preload_on && sig == SIGILL && info->code > 0 && preload_is_call(frame)) {
        preload_trap(frame);
        return 0;
    }
    if (sig == SIGSYS && info->code == CODE_SECCOMP && !preload_on) {
        if (info->err == FILTER_DATA) {
            answer_trap(frame);
            return 0;
        }
        if (nested_answer(info, frame))
            return 0;
        /* Another filter's trap. On a call of our own it cannot be shown to the guest: it never made that call. */
        if (info->addr - LPMX_TEXT_BASE < LPMX_TEXT_WINDOW) {
            frame->reg[REG_RAX] = (u64)-ENOSYS;
            return 0;
        }
    } else if ((sig == SIGSEGV || sig == SIGBUS) && info->code > 0 && is_between(frame->reg[REG_RIP], guest_copy_begin, guest_copy_end)) {
        frame->reg[REG_RIP] = (u64)guest_copy_fault;
        return 0;
    } else if (sig == SIGSEGV && emulate_vsyscall(frame)) {
        return 0;
    }
    if (signal_is_cancel(sig))
        show_guest_place(frame);
    return signal_forward(sig, info, slot);
}
