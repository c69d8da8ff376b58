/* Probe: path calls where there is little stack: a handler on an 8 KB alternate stack that is itself interrupted by another, and
 * threads with 16 KB stacks. A trap's frame is over 3 KB on a machine with wide vector registers.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ALTSTACK 8192
static volatile sig_atomic_t good, on_stack, ran;
static char *alternate;

static int path_calls(void)
{
    struct stat st;
    int fd = open("/etc/passwd", O_RDONLY);
    char byte;
    int fine = fd >= 0 && read(fd, &byte, 1) == 1;
    close(fd);
    return fine && stat("/usr/../etc/./passwd", &st) == 0 && access("/etc/none/such", F_OK) && errno == ENOENT;
}

static void handler(int sig)
{
    char here;
    (void)sig;
    ran++;
    on_stack += &here >= alternate && &here < alternate + ALTSTACK;
    good += path_calls();
}

static void *thread(void *arg)
{
    int *result = arg;
    for (int i = 0; i < 200; i++)
        *result += path_calls();
    return NULL;
}

int main(void)
{
    /* an unmapped page on either side shows an overflow */
    char *area = mmap(NULL, ALTSTACK + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    alternate = area + 4096;
    mprotect(alternate, ALTSTACK, PROT_READ | PROT_WRITE);
    stack_t stack = {.ss_sp = alternate, .ss_size = ALTSTACK}, now;
    struct sigaction act = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    printf("sigaltstack %d\n", sigaltstack(&stack, NULL));
    sigaction(SIGUSR1, &act, NULL);
    for (int i = 0; i < 100; i++)
        raise(SIGUSR1);
    printf("handler ran %d on the alternate stack %d paths %d\n", ran, on_stack, good);
    sigaltstack(NULL, &now);
    printf("alternate stack kept %d flags %d\n", now.ss_sp == alternate && now.ss_size == ALTSTACK, now.ss_flags);
    printf("plain paths %d\n", path_calls());

    pthread_attr_t attr;
    pthread_t id[4];
    int results[4] = {0};
    pthread_attr_init(&attr);
    printf("16 KB stacks %d\n", pthread_attr_setstacksize(&attr, 16384));
    for (int i = 0; i < 4; i++)
        if (pthread_create(&id[i], &attr, thread, &results[i]))
            printf("no thread\n");
    for (int i = 0; i < 4; i++) {
        pthread_join(id[i], NULL);
        printf("thread %d: %d\n", i, results[i]);
    }
    return 0;
}
