/* Copies from and to guest memory that answer -EFAULT where the kernel would, instead of dying.
 *
 * The routines keep nothing on the stack, so that the SIGSEGV/SIGBUS handler (sigsys.c) can send a fault anywhere inside
 * [guest_copy_begin, guest_copy_end) to guest_copy_fault, which returns -EFAULT to the caller. No cost without a fault.
 * The first page and what is not user space are refused before they fault: a fault while the guest has SIGSEGV blocked would kill.
 */
#include "start.h"
#include <errno.h>

_Static_assert(EFAULT == 14 && ENAMETOOLONG == 36, "numbers in the assembly below");

__asm__(".text\n"
        ".globl guest_copy_str, guest_read, guest_write\n"
        ".globl guest_copy_begin, guest_copy_end, guest_copy_fault\n"
        ".hidden guest_copy_str, guest_read, guest_write\n"
        ".hidden guest_copy_begin, guest_copy_end, guest_copy_fault\n"
        ".type guest_copy_str,@function\n"
        ".type guest_read,@function\n"
        ".type guest_write,@function\n"
        "guest_copy_begin:\n"
        "guest_copy_str:\n" /* rdi dst, rsi src, rdx cap */
        "  leaq -4096(%rsi),%rax\n"
        "  shrq $47,%rax\n"
        "  jnz guest_copy_fault\n"
        "1: cmpq %rdx,%rax\n"
        "  jae 2f\n"
        "  movb (%rsi,%rax),%cl\n"
        "  movb %cl,(%rdi,%rax)\n"
        "  incq %rax\n"
        "  testb %cl,%cl\n"
        "  jne 1b\n"
        "  decq %rax\n"
        "  ret\n"
        "2: movq $-36,%rax\n"
        "  ret\n"
        "guest_read:\n"
        "  leaq -4096(%rsi),%rax\n"
        "  jmp 3f\n"
        "guest_write:\n"
        "  leaq -4096(%rdi),%rax\n"
        "3: shrq $47,%rax\n"
        "  jnz 5f\n"
        "4: movq %rdx,%rcx\n"
        "  rep movsb\n"
        "  xorl %eax,%eax\n"
        "  ret\n"
        "5: testq %rdx,%rdx\n" /* no bytes are no fault */
        "  jz 4b\n"
        "  jmp guest_copy_fault\n"
        "guest_copy_end:\n"
        "guest_copy_fault:\n"
        "  movq $-14,%rax\n"
        "  ret\n");
