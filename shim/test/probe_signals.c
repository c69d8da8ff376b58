/* Probe: signals as the guest sees them, above all the three that the trap engine keeps for itself (SIGSYS, SIGSEGV, SIGBUS).
 * Prints facts; natively and contained the output must be the same. Not looked at: SIGSYS as a member of masks that are read
 * back, since the engine keeps it out of all. Linux only, any libc.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static sigjmp_buf back;
static volatile sig_atomic_t hits, code, nested, blocked_inside;
static void *volatile address;

static int paths_work(void)
{
    struct stat st;
    int fd = open("/etc/passwd", O_RDONLY);
    int good = fd >= 0 && stat("/etc", &st) == 0 && S_ISDIR(st.st_mode) && access("/nonexistent", F_OK) && errno == ENOENT;
    close(fd);
    return good;
}

static void count(int sig)
{
    (void)sig;
    hits++;
    nested += paths_work();
}

static void jump(int sig, siginfo_t *info, void *context)
{
    (void)context;
    sigset_t now;
    hits++;
    code = info->si_code;
    address = info->si_addr;
    nested += paths_work();
    sigprocmask(SIG_BLOCK, NULL, &now);
    blocked_inside = (sig != SIGSYS && sigismember(&now, sig)) * 2 + sigismember(&now, SIGUSR2);
    siglongjmp(back, 1);
}

static void set(int sig, void (*handler)(int), int flags)
{
    struct sigaction act = {.sa_handler = handler, .sa_flags = flags};
    sigaddset(&act.sa_mask, SIGUSR2);
    if (sigaction(sig, &act, NULL))
        printf("sigaction(%d): %s\n", sig, strerror(errno));
}

/* Runs act in a child and tells how it ended. */
static void child(const char *what, void (*act)(void))
{
    int status;
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        act();
        _exit(7);
    }
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status))
        printf("%s: killed by %d\n", what, WTERMSIG(status));
    else
        printf("%s: exit %d\n", what, WEXITSTATUS(status));
}

static void fault(void)
{
    *(volatile int *)16 = 1;
}

static void bus_fault(void)
{
    FILE *file = tmpfile();
    char *map = file ? mmap(NULL, 4096, PROT_READ, MAP_SHARED, fileno(file), 0) : MAP_FAILED;
    if (map == MAP_FAILED)
        return;
    nested += *(volatile char *)map;
}

static void raise_sys(void) { raise(SIGSYS); }
static void raise_segv(void) { raise(SIGSEGV); }
static void ignored_raise(void)
{
    signal(SIGSEGV, SIG_IGN);
    signal(SIGBUS, SIG_IGN);
    signal(SIGSYS, SIG_IGN);
    raise(SIGSEGV);
    raise(SIGBUS);
    raise(SIGSYS);
    _exit(paths_work() ? 3 : 4);
}
static void ignored_fault(void)
{
    signal(SIGSEGV, SIG_IGN);
    fault();
}
static void reset_twice(void)
{
    set(SIGSEGV, count, SA_RESETHAND);
    raise(SIGSEGV);
    if (hits == 1)
        raise(SIGSEGV);
}
static void blocked_fault(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    set(SIGSEGV, count, 0);
    static char *const bad[] = {NULL, (char *)16, (char *)-1, (char *)0x800000000000};
    for (int i = 0; i < 80; i++) { /* often enough for the sites to be patched */
        char *volatile p = bad[i % 4];
        struct stat st;
        if (open(p, O_RDONLY) != -1 || errno != EFAULT || stat(p, &st) != -1 || errno != EFAULT || access(p, F_OK) != -1 || errno != EFAULT)
            _exit(6);
    }
    fault();
}

static void try_fault(const char *what, void (*act)(void), int sig, int flags)
{
    struct sigaction jumping = {.sa_sigaction = jump, .sa_flags = SA_SIGINFO | flags}, old;
    sigaddset(&jumping.sa_mask, SIGUSR2);
    sigaction(sig, &jumping, NULL);
    hits = nested = 0;
    if (!sigsetjmp(back, 1))
        act();
    sigaction(sig, NULL, &old);
    int same = old.sa_sigaction == jump;
    printf("%s: hits %d code %d paths %d blocked %d action %s\n", what, hits, code, nested, blocked_inside,
        same ? "kept" : old.sa_handler == SIG_DFL ? "default" : "other");
    signal(sig, SIG_DFL);
}

static void masks(void)
{
    sigset_t all, old, now, none;
    sigfillset(&all);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &all, &old);
    printf("all blocked: paths %d\n", paths_work());
    sigprocmask(SIG_BLOCK, NULL, &now);
    printf("blocked: hup %d term %d kill %d segv %d\n", sigismember(&now, SIGHUP), sigismember(&now, SIGTERM), sigismember(&now, SIGKILL), sigismember(&now, SIGSEGV));
    set(SIGALRM, count, 0);
    set(SIGUSR1, count, 0);
    hits = nested = 0;
    raise(SIGUSR1);
    printf("pending stays: %d\n", hits);
    sigset_t but = all;
    sigdelset(&but, SIGUSR1);
    int r = sigsuspend(&but);
    printf("sigsuspend: %d %s hits %d paths %d\n", r, strerror(errno), hits, nested);
    struct timespec long_time = {20, 0};
    raise(SIGUSR1);
    r = ppoll(NULL, 0, &long_time, &but);
    printf("ppoll: %d %s hits %d\n", r, strerror(errno), hits);
    raise(SIGUSR1);
    r = pselect(0, NULL, NULL, NULL, &long_time, &but);
    printf("pselect: %d %s hits %d\n", r, strerror(errno), hits);
    sigprocmask(SIG_BLOCK, NULL, &now);
    printf("mask again: usr1 %d alrm %d\n", sigismember(&now, SIGUSR1), sigismember(&now, SIGALRM));
    sigprocmask(SIG_SETMASK, &none, NULL);
    sigemptyset(&all);
    sigaddset(&all, SIGSYS);
    sigprocmask(SIG_BLOCK, &all, NULL);
    printf("sigsys blocked: paths %d\n", paths_work());
    sigprocmask(SIG_SETMASK, &old, NULL);
    errno = 0;
    r = sigprocmask(77, &all, NULL);
    printf("bad how: %d %s\n", r, strerror(errno));
}

static void actions(void)
{
    struct sigaction old;
    static const int list[] = {SIGSEGV, SIGBUS, SIGSYS, SIGUSR1};
    for (unsigned i = 0; i < sizeof list / sizeof *list; i++) {
        set(list[i], count, SA_RESTART | SA_NODEFER);
        sigaction(list[i], NULL, &old);
        printf("action %d: same %d flags %x usr2 %d usr1 %d\n", list[i], old.sa_handler == count,
            (unsigned)old.sa_flags & (unsigned)(SA_RESTART | SA_NODEFER | SA_RESETHAND | SA_ONSTACK | SA_SIGINFO), sigismember(&old.sa_mask, SIGUSR2), sigismember(&old.sa_mask, SIGUSR1));
        hits = nested = 0;
        raise(list[i]);
        printf("raised: hits %d paths %d\n", hits, nested);
        signal(list[i], SIG_IGN);
        sigaction(list[i], NULL, &old);
        printf("ignored: %d\n", old.sa_handler == SIG_IGN);
        signal(list[i], SIG_DFL);
        sigaction(list[i], NULL, &old);
        printf("default: %d\n", old.sa_handler == SIG_DFL);
    }
    set(SIGKILL, count, 0);
    set(99, count, 0);
}

/* What a spawned child does to its actions must not reach us, though it may share our memory. */
static void spawned(const char *self)
{
    struct sigaction old;
    posix_spawnattr_t attr;
    sigset_t all;
    char *argv[] = {(char *)self, "dispositions", NULL};
    pid_t pid;
    int status;
    set(SIGSEGV, count, 0);
    signal(SIGBUS, SIG_IGN);
    posix_spawnattr_init(&attr);
    sigemptyset(&all);
    sigaddset(&all, SIGSEGV);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
    fflush(stdout);
    if (posix_spawn(&pid, self, NULL, &attr, argv, environ))
        printf("posix_spawn failed\n");
    waitpid(pid, &status, 0);
    sigaction(SIGSEGV, NULL, &old);
    printf("after spawn: segv kept %d\n", old.sa_handler == count);
    sigaction(SIGBUS, NULL, &old);
    printf("after spawn: bus ignored %d\n", old.sa_handler == SIG_IGN);
    signal(SIGBUS, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
}

static void dispositions(void)
{
    struct sigaction old;
    sigaction(SIGSEGV, NULL, &old);
    printf("inherited: segv %s", old.sa_handler == SIG_DFL ? "default" : "other");
    sigaction(SIGBUS, NULL, &old);
    printf(" bus %s\n", old.sa_handler == SIG_IGN ? "ignored" : "other");
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        dispositions();
        return 0;
    }
    masks();
    actions();
    try_fault("segv", fault, SIGSEGV, 0);
    printf("address %p\n", (void *)address);
    try_fault("segv nodefer", fault, SIGSEGV, SA_NODEFER);
    try_fault("segv resethand", fault, SIGSEGV, SA_RESETHAND);
    try_fault("bus", bus_fault, SIGBUS, 0);
    try_fault("sys sent", raise_sys, SIGSYS, SA_RESETHAND);
    child("fault", fault);
    child("bus fault", bus_fault);
    child("raise sys", raise_sys);
    child("raise segv", raise_segv);
    child("ignored, raised", ignored_raise);
    child("ignored, fault", ignored_fault);
    hits = 0;
    child("resethand twice", reset_twice);
    child("blocked fault", blocked_fault);
    spawned("/proc/self/exe");
    return 0;
}
