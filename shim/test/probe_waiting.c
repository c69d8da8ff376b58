/* Probe: signals that are waited for instead of handled (signalfd, sigtimedwait, pending sets), timers, queued values, alternate stacks changed in
 * handlers, robust mutexes over an exec. Above all for SIGSEGV and SIGBUS, whose handlers are the engine's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const int signals[] = {SIGSEGV, SIGBUS, SIGUSR1};
static volatile sig_atomic_t hits, last_code, last_value, last_pid_is_mine, on_stack, change;

static void note(int sig, siginfo_t *info, void *context)
{
    stack_t now, other = {.ss_sp = (void *)&now, .ss_size = 65536};
    struct stat st;
    (void)sig;
    (void)context;
    hits++;
    last_code = info->si_code;
    last_value = info->si_value.sival_int;
    last_pid_is_mine = info->si_pid == getpid() && stat("/etc", &st) == 0;
    sigaltstack(NULL, &now);
    on_stack = now.ss_flags;
    change = now.ss_flags != SS_ONSTACK ? 0 : sigaltstack(&other, NULL) == -1 ? errno : 0;
}

static void handle(int sig, int flags)
{
    struct sigaction act = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | flags};
    sigaction(sig, &act, NULL);
    hits = last_code = last_value = 0;
}

static void queued(void)
{
    static char alternate[65536];
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    sigaltstack(&stack, NULL);
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) {
        union sigval value = {.sival_int = 4711};
        handle(signals[i], SA_ONSTACK);
        sigqueue(getpid(), signals[i], value);
        printf("queued %d: hits %d queue %d value %d mine %d on stack %d change %d\n", signals[i], hits, last_code == SI_QUEUE, last_value, last_pid_is_mine,
            on_stack == SS_ONSTACK, change == EPERM);
        handle(signals[i], 0);
        kill(getpid(), signals[i]);
        printf("killed %d: hits %d user %d on stack %d\n", signals[i], hits, last_code == SI_USER, on_stack == SS_ONSTACK);
        signal(signals[i], SIG_DFL);
    }
    stack.ss_flags = SS_DISABLE;
    sigaltstack(&stack, NULL);
}

static void waited(void)
{
    sigset_t set, pending;
    struct timespec second = {1, 0}, none = {0, 0};
    siginfo_t info;
    sigemptyset(&set);
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&set, signals[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) {
        kill(getpid(), signals[i]);
        sigpending(&pending);
        int is_pending = sigismember(&pending, signals[i]);
        int got = sigtimedwait(&set, &info, &second);
        printf("pending %d waited %d from %d", is_pending, got == signals[i], info.si_pid == getpid());
        got = sigtimedwait(&set, &info, &none);
        printf(" then %d %s\n", got, strerror(errno));
    }
    int fd = signalfd(-1, &set, SFD_CLOEXEC);
    struct pollfd ask = {fd, POLLIN, 0};
    struct signalfd_siginfo read_info;
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) {
        kill(getpid(), signals[i]);
        int ready = poll(&ask, 1, 1000);
        printf("signalfd ready %d", ready);
        printf(" read %d", read(fd, &read_info, sizeof read_info) == (ssize_t)sizeof read_info);
        printf(" signal %d\n", (int)read_info.ssi_signo);
    }
    close(fd);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* A slow call that is interrupted goes on or not, as SA_RESTART says. */
static void interrupted(int sig, int flags)
{
    int ends[2];
    char byte = 0;
    if (pipe(ends))
        return;
    handle(sig, flags);
    fflush(stdout);
    pid_t parent = getpid(), pid = fork();
    if (!pid) { /* again and again, since the first may come before the read */
        for (int i = 0; i < (flags ? 5 : 1000); i++) {
            usleep(10000);
            kill(parent, sig);
        }
        _exit(write(ends[1], "x", 1) != 1);
    }
    ssize_t n = read(ends[0], &byte, 1);
    printf("read with flags %d: %d %s\n", flags != 0, (int)n, n < 0 ? strerror(errno) : "");
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
        ;
    close(ends[0]);
    close(ends[1]);
    signal(sig, SIG_DFL);
}

static void timers(void)
{
    timer_t id;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGSEGV, .sigev_value.sival_int = 12};
    struct itimerspec every = {{0, 1000000}, {0, 1000000}};
    struct stat st;
    handle(SIGSEGV, SA_RESTART);
    printf("timer_create %d\n", timer_create(CLOCK_MONOTONIC, &event, &id));
    timer_settime(id, 0, &every, NULL);
    int good = 1;
    while (hits < 50)
        good &= stat("/etc/passwd", &st) == 0 && access("/no/such", F_OK) == -1 && errno == ENOENT;
    timer_delete(id);
    printf("timer: value %d code %d paths %d\n", last_value, last_code == SI_TIMER, good);
    signal(SIGSEGV, SIG_DFL);
}

/* An exec ends the owner of a robust mutex as an exit does. */
static void robust(void)
{
    pthread_mutexattr_t attr;
    pthread_mutex_t *lock = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(lock, &attr);
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        pthread_mutex_lock(lock);
        execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    waitpid(pid, NULL, 0);
    int r = pthread_mutex_lock(lock);
    printf("robust mutex: %s\n", r == EOWNERDEAD ? "owner died" : strerror(r));
}

static void *named(void *arg)
{
    char name[17] = "";
    (void)arg;
    prctl(PR_SET_NAME, "a thread's name!");
    prctl(PR_GET_NAME, name);
    printf("thread's name %s\n", name);
    return NULL;
}

static void process_control(void)
{
    pthread_t id;
    char name[17] = "";
    int sig = 0;
    if (pthread_create(&id, NULL, named, NULL) == 0)
        pthread_join(id, NULL);
    prctl(PR_GET_NAME, name);
    printf("name %s\n", name);
    prctl(PR_SET_PDEATHSIG, SIGUSR2);
    prctl(PR_GET_PDEATHSIG, &sig);
    printf("death signal %d\n", sig == SIGUSR2);
    printf("dumpable %d", prctl(PR_GET_DUMPABLE));
    prctl(PR_SET_DUMPABLE, 0);
    int fd = open("/etc/passwd", O_RDONLY), dir = open("/etc", O_RDONLY | O_DIRECTORY);
    char text[4096];
    printf(" then %d open %d in directory %d fchdir %d exe %d", prctl(PR_GET_DUMPABLE), fd >= 0, openat(dir, "passwd", O_RDONLY) >= 0, fchdir(dir),
        readlink("/proc/self/exe", text, sizeof text) > 0);
    printf(" system %d\n", system("exit 3") >> 8);
}

int main(void)
{
    queued();
    waited();
    interrupted(SIGSEGV, 0);
    interrupted(SIGSEGV, SA_RESTART);
    interrupted(SIGUSR1, 0);
    timers();
    robust();
    process_control();
    return 0;
}
