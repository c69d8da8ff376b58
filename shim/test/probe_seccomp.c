/* Probe: a program that brings a seccomp filter of its own, as browsers and servers do: RET_TRAP with its own SIGSYS handler, on a call
 * that the trap engine leaves alone and on one that it traps too, and RET_ERRNO. Also a SIGSYS with the default action, sandboxes that kill at
 * whatever they do not name, as sshd's, and errors for path calls, at sites that were hot before and over an exec.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
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

/* A default-deny filter that names what sshd's sandbox does, and `more` if not 0. */
static int deny_all_but(unsigned more)
{
    static const unsigned named[] = {SYS_brk, SYS_clock_gettime, SYS_close, SYS_exit, SYS_exit_group, SYS_futex, SYS_geteuid, SYS_getpid, SYS_getrandom,
        SYS_getuid, SYS_madvise, SYS_mmap, SYS_munmap, SYS_nanosleep, SYS_poll, SYS_ppoll, SYS_read, SYS_rt_sigprocmask, SYS_write, SYS_writev, SYS_ioctl};
    struct sock_filter code[64] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
    unsigned n = 1;
    for (unsigned i = 0; i <= sizeof named / sizeof *named; i++) {
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, i < sizeof named / sizeof *named ? named[i] : more, 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL);
    struct sock_fprog program = {(unsigned short)n, code};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

static void sandbox(unsigned more)
{
    sigset_t all;
    struct pollfd none = {-1, 0, 0};
    char line[100];
    struct timespec now = {0, 0};
    int installed = deny_all_but(more);
    sigfillset(&all);
    int r = sigprocmask(SIG_SETMASK, &all, NULL);
    int n = snprintf(line, sizeof line, "sandbox %d uid %d mask %d ppoll %d\n", installed, getuid() == geteuid(), r, ppoll(&none, 1, &now, &all));
    if (write(1, line, (size_t)n) != n)
        _exit(1);
    if (more) {
        n = snprintf(line, sizeof line, "open there %d missing %d %s\n", (int)syscall(SYS_openat, AT_FDCWD, "/etc/../etc/passwd", O_RDONLY) >= 0,
            (int)syscall(SYS_openat, AT_FDCWD, "/no/such", O_RDONLY), strerror(errno));
        if (write(1, line, (size_t)n) != n)
            _exit(1);
    }
    mkdir("/tmp/never", 0755); /* kills */
    _exit(7);
}
static void sandbox_closed(void) { sandbox(0); }
static void sandbox_with_open(void) { sandbox(SYS_openat); }

static int refused(int times)
{
    int count = 0;
    struct stat st;
    for (int i = 0; i < times; i++)
        count += rmdir("/no/such") == -1 && errno == EBUSY && stat("/etc", &st) == 0;
    return count;
}

static void hot(void)
{
    int before = 0;
    for (int i = 0; i < 20; i++)
        before += rmdir("/no/such") == -1 && errno == ENOENT;
    install(SYS_rmdir, SECCOMP_RET_ERRNO | EBUSY);
    printf("rmdir before %d refused %d\n", before, refused(20));
    install(SYS_unlinkat, SECCOMP_RET_ERRNO | EBUSY);
    printf("refused %d\n", refused(20));
    fflush(stdout);
    execl("/proc/self/exe", "probe", "again", (char *)NULL);
    _exit(8);
}

static void child(const char *what, void (*act)(void))
{
    int status = 0;
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        act();
        _exit(9);
    }
    waitpid(pid, &status, 0);
    printf("%s: %s %d\n", what, WIFSIGNALED(status) ? "killed" : "exit", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

int main(int argc, char **argv)
{
    struct sigaction act = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO};
    struct stat st;
    int status;
    (void)argv;
    if (argc > 1) {
        printf("after exec refused %d\n", refused(20));
        return 3;
    }
    child("closed", sandbox_closed);
    child("with open", sandbox_with_open);
    child("hot", hot);
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
