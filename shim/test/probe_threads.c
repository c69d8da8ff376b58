/* Probe: threads that make path calls while a timer interrupts them with a handler that makes path calls too. Every result is
 * checked; the number of wrong ones is printed, and must be 0. The file names are real ones of any image.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 6
#define ROUNDS 3000
static atomic_int wrong, in_handler;

static void check(int fine)
{
    if (!fine)
        atomic_fetch_add(&wrong, 1);
}

static void on_timer(int sig)
{
    int saved = errno;
    struct stat st;
    (void)sig;
    check(stat("/etc", &st) == 0 && S_ISDIR(st.st_mode));
    check(access("/no/such", F_OK) == -1 && errno == ENOENT);
    atomic_fetch_add(&in_handler, 1);
    errno = saved;
}

static void *work(void *arg)
{
    struct stat st, again;
    long number = (long)arg;
    for (int i = 0; i < ROUNDS; i++) {
        int fd = open("/etc/passwd", O_RDONLY);
        check(fd >= 0);
        check(fstat(fd, &st) == 0 && stat("/etc/passwd", &again) == 0 && st.st_ino == again.st_ino && st.st_size == again.st_size);
        check(close(fd) == 0);
        check(stat("/no/such/file", &st) == -1 && errno == ENOENT);
        check(open("/etc/passwd/x", O_RDONLY) == -1 && errno == ENOTDIR);
        if (number == 0 && i % 300 == 0) {
            pid_t pid = fork();
            if (!pid)
                _exit(stat("/etc", &st) ? 1 : 0);
            int status = 1;
            while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
                ;
            check(status == 0);
        }
    }
    return NULL;
}

int main(void)
{
    struct sigaction act = {.sa_handler = on_timer, .sa_flags = SA_RESTART};
    struct itimerval every = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
    pthread_t id[THREADS];
    sigaction(SIGALRM, &act, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
    for (long i = 0; i < THREADS; i++)
        if (pthread_create(&id[i], NULL, work, (void *)i))
            check(0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(id[i], NULL);
    setitimer(ITIMER_REAL, &never, NULL);
    printf("handlers ran: %s\n", in_handler > 10 ? "yes" : "no");
    printf("wrong results: %d\n", (int)wrong);
    return 0;
}
