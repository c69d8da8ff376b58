/* Probe: a blocking open of a fifo that is interrupted: EINTR without SA_RESTART, going on with it, left by siglongjmp many
 * times (scratch that is lost each time shows as a hang), and a thread cancelled in it. musl and new glibc cancel only a thread whose
 * place of interruption is their own system call instruction.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static sigjmp_buf back;
static char fifo[64];
static volatile sig_atomic_t hits, release_it;

static void on_alarm(int sig)
{
    (void)sig;
    hits++;
    if (release_it && hits == 3) { /* a writer, so that a restarted open ends */
        if (open(fifo, O_RDWR | O_NONBLOCK) < 0)
            _exit(3);
    }
}

static void leave(int sig)
{
    (void)sig;
    siglongjmp(back, 1);
}

static void timer(long us, int again)
{
    struct itimerval t = {{0, again ? us : 0}, {0, us}};
    setitimer(ITIMER_REAL, &t, NULL);
}

static void set(void (*handler)(int), int flags)
{
    struct sigaction act = {.sa_handler = handler, .sa_flags = flags};
    sigaction(SIGALRM, &act, NULL);
}

static void *blocked(void *arg)
{
    (void)arg;
    int fd = open(fifo, O_RDONLY);
    printf("not cancelled: %d\n", fd);
    return NULL;
}

static void cancelled(void)
{
    pthread_t id;
    void *result = NULL;
    pthread_create(&id, NULL, blocked, NULL);
    usleep(50000);
    pthread_cancel(id);
    pthread_join(id, &result);
    printf("cancelled: %d\n", result == PTHREAD_CANCELED);
}
int main(void)
{
    char dir[] = "/tmp/probe.XXXXXX";
    if (!mkdtemp(dir))
        return 1;
    snprintf(fifo, sizeof fifo, "%s/fifo", dir);
    if (mkfifo(fifo, 0600))
        printf("mkfifo: %s\n", strerror(errno));
    set(on_alarm, 0);
    timer(20000, 0);
    int fd = open(fifo, O_RDONLY);
    printf("without restart: %d %s hits %d\n", fd, strerror(errno), hits);
    set(on_alarm, SA_RESTART);
    hits = 0;
    release_it = 1;
    timer(20000, 1);
    fd = open(fifo, O_RDONLY);
    timer(0, 0);
    printf("with restart: %s hits %d\n", fd >= 0 ? "opened" : strerror(errno), hits);
    release_it = 0;
    close(fd);
    for (fd = 3; fd < 20; fd++)
        close(fd);
    set(leave, 0);
    volatile int left = 0;
    for (int i = 0; i < 200; i++) {
        if (sigsetjmp(back, 1)) {
            left++;
            continue;
        }
        timer(1000, 0);
        fd = open(fifo, O_RDONLY);
        printf("came back: %d %s\n", fd, strerror(errno));
    }
    printf("left by longjmp: %d\n", left);
    cancelled();
    printf("unlink %d rmdir %d\n", unlink(fifo), rmdir(dir));
    return 0;
}
