/* Probe: a program that brings a seccomp filter of its own, as browsers and servers do: RET_TRAP with its own SIGSYS handler, on a call
 * that the trap engine leaves alone and on one that it traps too, and RET_ERRNO. Also a SIGSYS with the default action.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static volatile int calls, last_call, last_code, last_data;

static void on_sys(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    struct stat st;
    (void)sig;
    calls++;
    last_call = info->si_syscall;
    last_code = info->si_code;
    last_data = info->si_errno;
    uc->uc_mcontext.gregs[REG_RAX] = stat("/etc/passwd", &st) ? -1 : 4711;
}

static int install(unsigned nr, unsigned action)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, action),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(void)
{
    struct sigaction act = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO};
    struct stat st;
    int status;
    sigaction(SIGSYS, &act, NULL);
    printf("install %d\n", install(SYS_getppid, SECCOMP_RET_TRAP | 77));
    long r = syscall(SYS_getppid);
    printf("getppid %ld calls %d nr %d code %d data %d\n", r, calls, last_call == SYS_getppid, last_code, last_data);
    printf("install %d\n", install(SYS_mkdir, SECCOMP_RET_TRAP | 78));
    r = syscall(SYS_mkdir, "/tmp/never", 0755);
    printf("mkdir %ld calls %d nr %d code %d data %d\n", r, calls, last_call == SYS_mkdir, last_code, last_data);
    printf("not made %d\n", stat("/tmp/never", &st));
    printf("install %d\n", install(SYS_sched_yield, SECCOMP_RET_ERRNO | EBADMSG));
    r = syscall(SYS_sched_yield);
    printf("sched_yield %ld %s\n", r, strerror(errno));
    r = syscall(SYS_stat, "/etc", &st);
    printf("stat %ld dir %d\n", r, S_ISDIR(st.st_mode));
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        signal(SIGSYS, SIG_DFL);
        r = syscall(SYS_getppid);
        _exit(3);
    }
    waitpid(pid, &status, 0);
    printf("default: %s %d\n", WIFSIGNALED(status) ? "killed" : "exit", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return 0;
}
