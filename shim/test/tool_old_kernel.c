/* Runs a command as if the kernel were older: every system call that came later answers ENOSYS.
 * Usage: tool_old_kernel 3.10|2.6.32 COMMAND [ARG...]. Test tool, static musl; x86_64 only.
 * The last call of each kernel is from its arch/x86/syscalls/syscall_64.tbl (unistd_64.h before 3.3).
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define LAST_OF_3_10 313   /* finit_module */
#define LAST_OF_2_6_32 298 /* perf_event_open */

static int hide_calls_above(unsigned last)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, last, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int argc, char **argv)
{
    unsigned last = 0;
    if (argc > 2 && !strcmp(argv[1], "3.10"))
        last = LAST_OF_3_10;
    if (argc > 2 && !strcmp(argv[1], "2.6.32"))
        last = LAST_OF_2_6_32;
    if (!last) {
        fprintf(stderr, "usage: tool_old_kernel 3.10|2.6.32 COMMAND [ARG...]\n");
        return 125;
    }
    if (hide_calls_above(last)) {
        perror("tool_old_kernel: cannot install a seccomp filter");
        return 125;
    }
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    return 127;
}
