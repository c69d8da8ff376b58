/* Copies from and to guest memory that answer -EFAULT where the kernel would, instead of dying.
 *
 * The routines keep nothing on the stack, so that the SIGSEGV/SIGBUS handler (sigsys.c) can send a fault anywhere inside
 * [guest_copy_begin, guest_copy_end) to guest_copy_fault, which returns -EFAULT to the caller. No cost without a fault.
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
        "  xorl %eax,%eax\n"
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
        "guest_write:\n"
        "  movq %rdx,%rcx\n"
        "  rep movsb\n"
        "  xorl %eax,%eax\n"
        "  ret\n"
        "guest_copy_end:\n"
        "guest_copy_fault:\n"
        "  movq $-14,%rax\n"
        "  ret\n");
