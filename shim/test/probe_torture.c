/* Probe: everything at once. Threads make path calls, spawn, fork and vfork, change masks and actions and leave handlers by siglongjmp, while
 * a timer of 50 microseconds runs a handler that makes path calls too; then chains of exec under the same timer. Every result is checked and
 * the number of wrong ones must be 0. LPMX_TEST_LONG makes it 20 times as long; the seed of the order of things is printed on stderr.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 8
extern char **environ;
static atomic_int wrong, in_handler;
static unsigned seed;
static int rounds = 1500;
static char dir[] = "/tmp/probe.XXXXXX";

static void check(int fine, const char *what)
{
    if (!fine && atomic_fetch_add(&wrong, 1) < 10)
        fprintf(stderr, "wrong: %s: %s\n", what, strerror(errno));
}
#define CHECK(what) check(what, #what)

static void on_timer(int sig)
{
    int saved = errno;
    struct stat st;
    (void)sig;
    CHECK(stat("/etc", &st) == 0 && S_ISDIR(st.st_mode));
    CHECK(access("/no/such", F_OK) == -1 && errno == ENOENT);
    atomic_fetch_add(&in_handler, 1);
    errno = saved;
}

static void timer(long first, long then)
{
    struct itimerval set = {{0, then}, {0, first}};
    setitimer(ITIMER_REAL, &set, NULL);
}

static int ended(pid_t pid)
{
    int status = 0;
    while (pid > 0 && waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            return -1;
    return pid < 0 ? -1 : WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void files(int number, int i)
{
    char name[64], other[64], text[64];
    struct stat st;
    snprintf(name, sizeof name, "%s/%d.%d", dir, number, i);
    snprintf(other, sizeof other, "%s/%d.%d.new", dir, number, i);
    int fd = open(name, O_CREAT | O_EXCL | O_RDWR, 0640);
    CHECK(fd >= 0 && write(fd, name, strlen(name)) == (ssize_t)strlen(name));
    CHECK(fstat(fd, &st) == 0 && st.st_size == (off_t)strlen(name) && close(fd) == 0);
    CHECK(rename(name, other) == 0 && stat(name, &st) == -1 && errno == ENOENT);
    fd = open(other, O_RDONLY);
    CHECK(fd >= 0 && read(fd, text, sizeof text) == (ssize_t)strlen(name) && !memcmp(text, name, strlen(name)) && close(fd) == 0);
    CHECK(unlink(other) == 0 && unlink(other) == -1 && errno == ENOENT);
}

static void listing(void)
{
    DIR *list = opendir("/etc");
    int n = 0;
    while (list && readdir(list))
        n++;
    CHECK(n > 5);
    if (list)
        closedir(list);
}

static void spawning(int kind)
{
    char *argv[] = {"/bin/true", NULL}, *none[] = {"/no/such", NULL};
    pid_t pid = -1;
    if (kind == 0) {
        CHECK(posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) == 0 && ended(pid) == 0);
    } else if (kind == 1) {
        CHECK(posix_spawn(&pid, none[0], NULL, NULL, none, environ) == ENOENT);
    } else if (kind == 2) {
        pid = fork();
        if (!pid)
            _exit(access("/etc/passwd", R_OK) == 0 ? 5 : 6);
        CHECK(ended(pid) == 5);
    } else {
        pid = vfork();
        if (!pid) {
            execve(none[0], none, environ);
            _exit(errno == ENOENT ? 44 : 45);
        }
        CHECK(ended(pid) == 44);
    }
}

/* Signals blocked, path calls made, the timer's signal pending meanwhile; the mask must come back as it was. */
static void masked(void)
{
    sigset_t all, old, now;
    struct stat st;
    sigfillset(&all);
    CHECK(pthread_sigmask(SIG_SETMASK, &all, &old) == 0 && !sigismember(&old, SIGALRM));
    CHECK(stat("/etc/passwd", &st) == 0 && access("/etc/passwd/x", F_OK) == -1 && errno == ENOTDIR);
    CHECK(pthread_sigmask(SIG_SETMASK, &old, &now) == 0 && sigismember(&now, SIGALRM) && sigismember(&now, SIGTERM));
}

static void *work(void *arg)
{
    int number = (int)(long)arg;
    unsigned random = seed + (unsigned)number;
    struct stat st;
    for (int i = 0; i < rounds; i++) {
        int what = rand_r(&random) % 200;
        if (what < 40)
            files(number, i);
        else if (what < 60)
            listing();
        else if (what < 100)
            masked();
        else if (what < 104)
            spawning(what - 100);
        else
            CHECK(stat("/etc/passwd", &st) == 0 && stat("/no/such/file", &st) == -1 && errno == ENOENT && open("/etc/passwd/x", O_RDONLY) == -1 && errno == ENOTDIR);
    }
    return NULL;
}

static sigjmp_buf back;
static void leave(int sig)
{
    (void)sig;
    siglongjmp(back, 1);
}

/* A handler that leaves whatever path call it has interrupted: what the core holds for the call must not be lost. */
static void leaving(void)
{
    volatile int left = 0, calls = 0;
    struct stat st;
    struct sigaction act = {.sa_handler = leave};
    sigaction(SIGALRM, &act, NULL);
    for (volatile int i = 0; i < rounds; i++) {
        if (sigsetjmp(back, 1)) {
            left++;
            continue;
        }
        timer(50 + i % 50, 0);
        for (;;) {
            char name[600];
            memset(name, '/', sizeof name);
            strcpy(name + 500, "etc/./../etc/passwd");
            CHECK(stat(name, &st) == 0);
            calls++;
        }
    }
    timer(0, 0);
    printf("left %s, calls %s, paths %d\n", left == rounds ? "always" : "not always", calls ? "made" : "none", stat("/etc", &st));
}

/* An exec of itself again and again; the timer goes on over it, ignored half the time and pending the other half. */
static void chain(int left)
{
    char number[16];
    sigset_t set, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    if (left) {
        signal(SIGALRM, SIG_IGN);
        sigprocmask(SIG_BLOCK, &set, NULL);
        kill(getpid(), SIGUSR1);
        timer(50, 50);
        snprintf(number, sizeof number, "%d", left - 1);
        execl("/proc/self/exe", "probe", "chain", number, (char *)NULL);
        _exit(9);
    }
    timer(0, 0);
    sigpending(&pending);
    sigprocmask(SIG_BLOCK, NULL, &set);
    struct sigaction old;
    sigaction(SIGALRM, NULL, &old);
    _exit(sigismember(&pending, SIGUSR1) && sigismember(&set, SIGUSR1) && !sigismember(&set, SIGSYS) && old.sa_handler == SIG_IGN ? 3 : 4);
}

int main(int argc, char **argv)
{
    struct sigaction act = {.sa_handler = on_timer, .sa_flags = SA_RESTART};
    pthread_t id[THREADS];
    int good = 0;
    if (argc > 2)
        chain(atoi(argv[2]));
    seed = getenv("LPMX_TEST_SEED") ? (unsigned)atoi(getenv("LPMX_TEST_SEED")) : (unsigned)time(NULL);
    fprintf(stderr, "seed %u\n", seed);
    rounds *= getenv("LPMX_TEST_LONG") ? 20 : 1;
    if (!mkdtemp(dir))
        return 1;
    sigaction(SIGALRM, &act, NULL);
    timer(50, 50);
    for (long i = 0; i < THREADS; i++)
        CHECK(pthread_create(&id[i], NULL, work, (void *)i) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(id[i], NULL);
    timer(0, 0);
    printf("handlers ran: %s\n", in_handler > 100 ? "yes" : "no");
    printf("wrong results: %d\n", (int)wrong);
    leaving();
    fflush(stdout);
    for (int i = 0; i < 4; i++) {
        pid_t pid = fork();
        if (!pid)
            chain(rounds / 50);
        good += ended(pid) == 3;
    }
    printf("chains %d rmdir %d\n", good, rmdir(dir));
    return 0;
}
