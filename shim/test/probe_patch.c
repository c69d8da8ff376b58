/* Probe: call sites become hot, and are patched, while many threads, signal handlers and children are in them. Each thread checks all that its
 * calls return; the sums printed must be those of a native run. At the end threads are cancelled in an open that blocks, whose call
 * sites are hot by then.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 8
#define ROUNDS 400
static atomic_int wrong, calls, waiting;
static pthread_barrier_t start;

static void check(int fine)
{
    atomic_fetch_add(&calls, 1);
    if (!fine)
        atomic_fetch_add(&wrong, 1);
}

static void use_stat(void)
{
    struct stat st;
    check(stat("/etc", &st) == 0 && S_ISDIR(st.st_mode));
}

static void use_lstat(void)
{
    struct stat st;
    check(lstat("/etc/none", &st) == -1 && errno == ENOENT);
}

static void use_open(void)
{
    struct stat st;
    int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    check(fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0);
    check(close(fd) == 0);
}

static void use_openat(void)
{
    int fd = openat(AT_FDCWD, "/etc/passwd/none", O_RDONLY);
    check(fd == -1 && errno == ENOTDIR);
}

static void use_access(void)
{
    check(access("/etc/passwd", R_OK) == 0 && faccessat(AT_FDCWD, "/none", F_OK, 0) == -1);
}

static void use_readlink(void)
{
    char text[64];
    check(readlink("/etc/passwd", text, sizeof text) == -1 && errno == EINVAL);
}

static void use_listing(void)
{
    DIR *dir = opendir("/etc");
    int entries = 0;
    while (dir && readdir(dir))
        entries++;
    check(dir && entries > 2 && closedir(dir) == 0);
}

static void use_mask(void)
{
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    check(pthread_sigmask(SIG_BLOCK, &set, &old) == 0 && pthread_sigmask(SIG_SETMASK, &old, NULL) == 0);
}

static void use_ids(void)
{
    char text[300];
    check(getuid() == geteuid() && getgid() == getegid() && getcwd(text, sizeof text) == text);
}

static void (*const uses[])(void) = {use_stat, use_lstat, use_open, use_openat, use_access, use_readlink, use_listing, use_mask, use_ids};
#define USES (sizeof uses / sizeof *uses)

static void on_timer(int sig)
{
    int saved = errno;
    (void)sig;
    use_stat();
    use_readlink();
    errno = saved;
}

/* All threads come to the same call at the same time, so that it is in use when it is patched. */
static void *work(void *arg)
{
    long number = (long)arg;
    for (unsigned use = 0; use < USES; use++) {
        pthread_barrier_wait(&start);
        for (int i = 0; i < ROUNDS; i++) {
            uses[use]();
            if (number == 1 && i % 80 == 10) {
                pid_t pid = fork();
                if (!pid) {
                    for (int j = 0; j < 12; j++)
                        uses[(use + 1) % USES]();
                    _exit(wrong != 0);
                }
                int status = 1;
                while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
                    ;
                check(status == 0);
            }
        }
    }
    return NULL;
}

static void hammer(void)
{
    struct sigaction act = {.sa_handler = on_timer, .sa_flags = SA_RESTART};
    struct itimerval every = {{0, 700}, {0, 700}}, never = {{0, 0}, {0, 0}};
    pthread_t id[THREADS];
    pthread_barrier_init(&start, NULL, THREADS);
    sigaction(SIGALRM, &act, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
    for (long i = 0; i < THREADS; i++)
        if (pthread_create(&id[i], NULL, work, (void *)i))
            exit(1);
    for (int i = 0; i < THREADS; i++)
        pthread_join(id[i], NULL);
    setitimer(ITIMER_REAL, &never, NULL);
}

static char fifo[64];

static void note(void *arg)
{
    *(int *)arg = 1;
}

static void *wait_in_open(void *arg)
{
    pthread_cleanup_push(note, arg);
    atomic_fetch_add(&waiting, 1);
    int fd = open(fifo, O_RDONLY);
    close(fd);
    pthread_cleanup_pop(0);
    return NULL;
}

static void cancel_one(void)
{
    pthread_t id;
    void *result = NULL;
    int cleaned = 0;
    if (pthread_create(&id, NULL, wait_in_open, &cleaned))
        exit(1);
    while (!waiting)
        sched_yield();
    usleep(30000);
    pthread_cancel(id);
    pthread_join(id, &result);
    check(result == PTHREAD_CANCELED && cleaned);
    waiting = 0;
}

int main(void)
{
    hammer();
    printf("hammered: %d wrong, enough calls: %s\n", (int)wrong, calls > 20000 ? "yes" : "no");
    snprintf(fifo, sizeof fifo, "/tmp/probe_patch.%d", (int)getpid());
    if (mkfifo(fifo, 0600))
        perror("mkfifo");
    for (int i = 0; i < 5; i++)
        cancel_one();
    unlink(fifo);
    printf("cancelled in open: %d wrong\n", (int)wrong);
    return 0;
}
