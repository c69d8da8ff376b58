/* Where the kernel enters the engine: the handler of SIGSYS, SIGSEGV and SIGBUS.
 *
 * signal_stubs is a row of small entries; which one the kernel calls tells what the guest wants for this signal (signal.c).
 * The handler runs on whatever stack the guest has, with nothing blocked that the guest did not block, and may be left by a guest
 * handler's longjmp at any system call. A guest handler is entered by a jump with the registers and the stack that the
 * kernel made, so it sees a native frame.
 */
#include "start.h"
#include <asm/signal.h>
#include <errno.h>
#include <sys/syscall.h>

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
        "  call signal_enter\n"
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

/* The guest may have blocked SIGSEGV and SIGBUS; a copy from a bad pointer must still end in -EFAULT, not in death. The mask in
 * the frame, which is the guest's, comes back on return. */
static void admit_faults(const struct signal_frame *frame)
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

/* Called by the stubs only. The guest's handler to go on with, or 0. */
__attribute__((used)) u64 signal_enter(int sig, struct signal_info *info, struct signal_frame *frame, unsigned slot)
{
    if (sig == SIGSYS && info->code == CODE_SECCOMP) {
        if (info->err == FILTER_DATA) {
            answer_trap(frame);
            return 0;
        }
        /* Another filter's trap. On a call of our own it cannot be shown to the guest: it never made that call. */
        if (info->addr - LPMX_TEXT_BASE < LPMX_TEXT_WINDOW) {
            frame->reg[REG_RAX] = (u64)-ENOSYS;
            return 0;
        }
    } else if (is_between(frame->reg[REG_RIP], guest_copy_begin, guest_copy_end)) {
        frame->reg[REG_RIP] = (u64)guest_copy_fault;
        return 0;
    }
    return signal_forward(sig, info, slot);
}
